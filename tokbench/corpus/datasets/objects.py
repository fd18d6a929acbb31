"""Python objects as corpora."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokbench.corpus.opening import OpenCorpus, open  # noqa: A004 - as corpus.open
from tokbench.corpus.sources.given import GivenSpec
from tokbench.corpus.spec import CorpusSpec


def of(
    given: Any,
    text: str = "text",
    *,
    name: str | None = None,
    messages: str | None = None,
    chat_template: str | None = None,
    held_out: float = 0.05,
    steps: Sequence[Any] = (),
    seed: int = 0,
) -> OpenCorpus:
    """A corpus of what a Python object holds.

    Args:
        given: documents (str) or batches of them (lists of str, dictionaries of columns, tables of
            pyarrow) in anything that can be iterated over again and again; a table, a data frame,
            `datasets.Dataset`, `IterableDataset` or a dictionary of those, whose splits are read
            one after the other; or a function that gives a new iterator at every call.
        text: the column that is the text, or a template of several: `"{question} {answer}"`.
        name: what to call it in tables and messages.
        messages: the column of conversations, in place of `text`.
        chat_template: the Jinja template that makes a text of one.
        held_out: the share of documents that training never sees.
        steps: what is done to the documents, as in a recipe.
        seed: for shuffles and samples.

    Raises:
        CorpusError: it cannot be read, or can be read only once, as a generator.

    >>> corpus = of(["one document", "another"], held_out=0)
    >>> [batch.column("text").to_pylist() for batch in corpus.batches()]
    [['one document', 'another']]
    """
    source = GivenSpec(text=text, name=name, messages=messages, chat_template=chat_template)
    spec = CorpusSpec(
        sources=(source.holding(given),), steps=tuple(steps), held_out=held_out, seed=seed
    )
    return open(spec, Path())


def instead(spec: CorpusSpec, given: Any) -> OpenCorpus:
    """The corpus of a recipe with other documents: those of an object, all else as it says.

    Args:
        spec: what the recipe says.
        given: what `of` takes; or what it gave, which stands for the whole corpus.

    Raises:
        CorpusError: as `of`.
    """
    if isinstance(given, OpenCorpus):
        return given
    return open(spec.model_copy(update={"sources": (GivenSpec().holding(given),)}), Path())
