"""How many tokens a text takes at every vocabulary size."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokbench import encoding, pipeline, training
from tokbench.encoding import Subject
from tokbench.errors import CorpusError
from tokbench.recipe import Recipe, load, load_all
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
        recipe, listed = _one(recipe, overrides)
        sizes = sizes or listed
    sizes = sorted(set(sizes)) or halves(recipe.trainer.vocab_size)
    largest = learn(Plan.of(at_size(recipe, sizes[-1])), watch, memory)
    corpus = Plan.of(recipe).corpus
    texts: list[tuple[str, Corpus, Split]] = [("training", corpus, "train")]
    if on:
        other = named_corpus(on, text)
        texts.append((", ".join(other.sources), other, "all"))
    elif corpus.held_out:
        texts.append(("held out", corpus, "held_out"))
    each = {len(one.tokens): one for one in _each(recipe, largest, sizes, watch, memory)}
    sizes = sorted(each)
    follows = largest.model == "BPE" and _cuttable(recipe, largest) and _own(recipe, largest)
    encoded_by = [largest] if follows else [each[size] for size in sizes]
    subjects = [_subject(recipe, one) for one in encoded_by]
    found = []
    for name, read, split in texts:
        try:
            encoded = encoding.encode(subjects, read, split, watch)
        except CorpusError:
            if split == "held_out":  # a share so small that no document fell into it
                continue
            raise
        found.append(_text(name, encoded, largest if follows else None, sizes))
    return Curve(recipe.family, tuple(sizes), tuple(found), encoded=not follows)


def _one(path: str | Path, overrides: Sequence[str]) -> tuple[Recipe, list[int]]:
    """The recipe in a file, and its sizes where it lists some and varies nothing else."""
    first, *others = load_all(path, overrides)
    if not others:
        return first, []
    said = {at_size(one, 1).model_dump_json(exclude={"name"}) for one in (first, *others)}
    if len(said) > 1:
        return load(path, overrides), []  # which says what the recipe stands for
    largest = max((first, *others), key=lambda one: one.trainer.vocab_size)
    return largest, [one.trainer.vocab_size for one in (first, *others)]


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


def _cuttable(recipe: Recipe, largest: Trained) -> bool:
    """Whether smaller vocabularies are cuts of the largest.

    With byte_fallback they are not: how many characters there are follows from the size.
    """
    return not recipe.byte_fallback and training.cut(largest, largest.initial) is not None


def _own(recipe: Recipe, largest: Trained) -> bool:
    """Whether no added token has the id of a learned one: it is one token at every size."""
    learned = set(largest.tokens[largest.initial :])
    return learned.isdisjoint(one.content for one in recipe.added_tokens)


def _each(
    recipe: Recipe, largest: Trained, sizes: Sequence[int], watch: Watch, memory: int | None
) -> Iterator[Trained]:
    """The vocabulary of every size: cut where that can be, learned where not."""
    for size in sizes:
        smaller = training.cut(largest, size) if _cuttable(recipe, largest) else None
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
