"""How many tokens a text takes at every vocabulary size."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokbench import encoding, pipeline, training
from tokbench.encoding import Subject
from tokbench.errors import CorpusError
from tokbench.recipe import Recipe, load
from tokbench.values import Corpus, Curve, CurveText, Encoded, Split, Trained, Watch, ignore
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.plan import Plan
from tokbench.workbench.runs import learn

_LEAST = 500
"""The smallest size that is looked at unless others are asked for."""


def curve(
    recipe: str | Path | Recipe,
    *,
    sizes: Sequence[int] = (),
    on: Sequence[str] = (),
    text: str | None = None,
    overrides: Sequence[str] = (),
    memory: int | None = None,
    watch: Watch = ignore,
) -> Curve:
    """Tokens of the training text and of others against vocabulary size.

    A BPE vocabulary is learned once, at the largest size, and encodes once; what all smaller ones
    give follows from that. WordPiece and WordLevel are learned once and encode at every size,
    Unigram is learned at every size, from one count.

    Args:
        recipe: a file, or a recipe already loaded.
        sizes: of the vocabulary; none: the recipe's, half of it, a quarter and so on.
        on: files (or the name of a built-in source) to encode instead of the held-out documents.
        text: the column or field that is the text, for files that have some.
        overrides: `key.path=value` assignments that win over the file.
        memory: bytes that counting and training may take; None: as for `run`.
        watch: told how far each stage has come.

    Raises:
        CorpusError: there is nothing to learn from.
    """
    if not isinstance(recipe, Recipe):
        recipe = load(recipe, overrides)
    sizes = sorted(set(sizes)) or halves(recipe.trainer.vocab_size)
    largest = learn(Plan.of(at_size(recipe, sizes[-1])), watch, memory)
    sizes = sorted({min(max(size, largest.initial), len(largest.tokens)) for size in sizes})
    corpus = Plan.of(recipe).corpus
    texts: list[tuple[str, Corpus, Split]] = [("training", corpus, "train")]
    if on:
        other = named_corpus(on, text)
        texts.append((", ".join(other.sources), other, "all"))
    elif corpus.held_out:
        texts.append(("held out", corpus, "held_out"))
    follows = largest.model == "BPE" and training.cut(largest, largest.initial) is not None
    if follows:
        subjects = [_subject(recipe, largest)]
    else:
        subjects = [_subject(recipe, one) for one in _each(recipe, largest, sizes, watch, memory)]
    found = []
    for name, read, split in texts:
        try:
            encoded = encoding.encode(subjects, read, split, watch)
        except CorpusError:
            if split == "held_out":  # a share so small that no document fell into it
                continue
            raise
        found.append(_text(name, encoded, largest if follows else None, sizes))
    return Curve(recipe.name, tuple(sizes), tuple(found), encoded=not follows)


def halves(size: int) -> list[int]:
    """A size, half of it and so on, ascending.

    >>> halves(8000)
    [500, 1000, 2000, 4000, 8000]
    """
    found = [size]
    while found[-1] % 2 == 0 and found[-1] // 2 >= _LEAST:
        found.append(found[-1] // 2)
    return found[::-1]


def at_size(recipe: Recipe, vocab_size: int) -> Recipe:
    """The recipe with another size of the vocabulary."""
    trainer = recipe.trainer.model_copy(update={"vocab_size": vocab_size})
    return recipe.model_copy(update={"trainer": trainer})


def _each(
    recipe: Recipe, largest: Trained, sizes: Sequence[int], watch: Watch, memory: int | None
) -> Iterator[Trained]:
    """The vocabulary of every size: cut where that can be, learned where not."""
    for size in sizes:
        smaller = largest if size == len(largest.tokens) else training.cut(largest, size)
        yield smaller or learn(Plan.of(at_size(recipe, size)), watch, memory)


def _subject(recipe: Recipe, trained: Trained) -> Subject:
    state = pipeline.assemble(recipe.pipeline, trained).to_str()
    return encoding.subject(f"{recipe.name} {len(trained.tokens)}", state, recipe.name)


def _text(
    name: str, encoded: Sequence[Encoded], largest: Trained | None, sizes: Sequence[int]
) -> CurveText:
    documents = encoded[0].documents
    if largest is None:
        tokens = [int(one.tokens.sum()) for one in encoded]
    else:
        tokens = training.tokens_by_size(largest, encoded[0].frequencies, sizes)
    return CurveText(name, len(documents.bytes), int(documents.bytes.sum()), tuple(tokens))
