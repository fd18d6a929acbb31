"""What a training would take, before it is begun."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders

from tokbench import corpus as corpora
from tokbench import counting, kernels, memory, pipeline, training
from tokbench.errors import CorpusError
from tokbench.recipe import Recipe, load
from tokbench.values import Estimate, Growth, Kept, Progress, Watch, ignore
from tokbench.workbench import vocabularies
from tokbench.workbench.plan import Plan
from tokbench.workbench.runs import is_finished

_HASHED = 2_000_000_000
"""Bytes of a corpus whose files are read to see whether it was counted before."""
_COUNTED: tuple[Kept, ...] = ("words", "vocabulary", "tokenizer")
_LEARNED: tuple[Kept, ...] = ("vocabulary", "tokenizer")
_PAIRS = ("BPE", "WordPiece")
_ENTRY = 16
"""Bytes of a string on disk beside its text: its count and where it ends."""


def estimate(
    recipe: str | Path | Recipe,
    *,
    overrides: Sequence[str] = (),
    budget: int | None = None,
    watch: Watch = ignore,
) -> Estimate:
    """Count a sample of the corpus, for a second or two, and say what all of it would take.

    Nothing is written but compiled kernels. Documents come from all over the corpus; files that
    cannot be entered in the middle give their beginning. The number of distinct strings is taken to
    grow as a power of the text's length (Heaps' law), with the exponent seen between halves of the
    sample and all of it, which falls a little (`values.Growth`).

    Args:
        recipe: a file, or a recipe already loaded.
        overrides: `key.path=value` assignments that win over the file.
        budget: bytes that counting and training may take; None: half of what is free.
        watch: told when kernels are compiled.

    Raises:
        CorpusError: the corpus cannot be read, or the sample is empty.
    """
    if not isinstance(recipe, Recipe):
        recipe = load(recipe, overrides)
    corpus = corpora.open(recipe.corpus, recipe.base)
    if not kernels.compiled_before():
        watch(Progress("compiling", 0, None, "kernels"))
    blank = pipeline.assemble(recipe.pipeline)
    seen = counting.sample(corpus.spread("train"), corpus.size, blank)
    if not seen.documents:
        raise CorpusError(
            f"the sample of the corpus ({', '.join(corpus.sources)}) has no documents"
        )
    times = seen.times
    cached = _cached(recipe, corpus.size, blank)
    words = seen.words.at(times)
    chunks = seen.chunks.at(times) if seen.chunks else None
    room = memory.room(budget)
    model = recipe.trainer.for_model
    held = words.text + _ENTRY * words.pieces
    learning = held + training.needed(model, words.pieces, words.characters)
    whole = budget or memory.RESERVED + room
    counting_ = min(counting.tables(seen), room)
    threads = memory.cores()
    passing = max(seen.reading, (seen.reading + seen.counting) / threads) * times
    growing = (chunks.pieces / max(seen.chunks.pieces, 1)) if chunks and seen.chunks else times
    return Estimate(
        name=recipe.name,
        share=seen.share,
        documents=seen.documents,
        bytes=seen.bytes,
        chunks=chunks.pieces if chunks else None,
        words=words.pieces,
        peak=memory.RESERVED + max(counting_, learning),
        spilled=counting.spilled(seen, room),
        kept=held + (_on_disk(chunks) if chunks else 0),
        counting=_left(cached, passing, seen.pre_tokenizing * growing),
        training=(
            0.0 if cached in _LEARNED else training.seconds(model, words.pieces, words.characters)
        ),
        memory=whole,
        too_small=memory.RESERVED + learning > (budget or memory.available()),
        exponents=((seen.chunks or seen.words).exponent, seen.words.exponent),
        longest=_spelled(seen.longest, recipe),
        longest_allowed=recipe.trainer.max_word_chars,
        pair=seen.pair * times if model in _PAIRS else None,
        cached=cached,
        notes=tuple(_notes(corpus)),
    )


def _spelled(longest: tuple[str, int], recipe: Recipe) -> tuple[str, int]:
    """The longest word with its beginning as people read it, where the pipeline works on bytes."""
    start, characters = longest
    if not recipe.byte_level:
        return longest
    return decoders.ByteLevel().decode([start]).rstrip("\ufffd"), characters


def _cached(recipe: Recipe, size: int, blank: Tokenizer) -> Kept | None:
    """What is there before; None where it would take long to find out."""
    if size > _HASHED:
        return None
    plan = Plan.of(recipe)
    if is_finished(plan):
        return "tokenizer"
    if vocabularies.find(plan.family, recipe.trainer.vocab_size):
        return "vocabulary"
    return counting.kept(plan.corpus, blank, max_word_chars=recipe.trainer.max_word_chars)


def _left(cached: Kept | None, reading: float, pre_tokenizing: float) -> float:
    """Seconds for what of counting is not there before."""
    if cached in _COUNTED:
        return 0.0
    return pre_tokenizing if cached == "chunks" else reading + pre_tokenizing


def _notes(corpus: corpora.OpenCorpus) -> Iterator[str]:
    """Why the sample may tell something else than all documents would."""
    if corpus.together:
        names = ", ".join(step.type for step in corpus.together)
        yield f"the steps that see all documents ({names}) were left out: it may be less"
    unknown = [source.name for source in corpus.opened if not source.size]
    if unknown:
        yield f"{', '.join(unknown)}: the size is not known; what was read is taken for all of it"


def _on_disk(strings: Growth) -> float:
    return strings.text + _ENTRY * strings.pieces
