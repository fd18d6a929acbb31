"""What a training would take, before it is begun."""

from collections.abc import Sequence
from pathlib import Path

from tokbench import corpus as corpora
from tokbench import counting, kernels, memory, pipeline, training
from tokbench.errors import CorpusError
from tokbench.recipe import Recipe, load
from tokbench.values import Estimate, Growth, Progress, Watch, ignore

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
    words = seen.words.at(times)
    chunks = seen.chunks.at(times) if seen.chunks else None
    room = memory.room(budget)
    model = recipe.trainer.for_model
    held = words.text + _ENTRY * words.pieces
    learning = held + training.needed(model, words.pieces, words.characters)
    whole = budget or memory.RESERVED + room
    counting_ = min(counting.tables(seen), room)
    threads = counting.cores()
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
        counting=passing + seen.pre_tokenizing * growing,
        training=training.seconds(model, words.pieces, words.characters),
        memory=whole,
        too_small=memory.RESERVED + learning > (budget or memory.available()),
        exponents=((seen.chunks or seen.words).exponent, seen.words.exponent),
    )


def _on_disk(strings: Growth) -> float:
    return strings.text + _ENTRY * strings.pieces
