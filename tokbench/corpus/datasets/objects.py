"""Python objects as corpora."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tokbench.corpus.opening import OpenCorpus, open  # noqa: A004 - as corpus.open
from tokbench.corpus.sources.given import GivenSpec
from tokbench.corpus.spec import CorpusSpec
from tokbench.errors import CorpusError, nearest


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
        CorpusError: it cannot be read, or can be read only once, as a generator; or an option is
            not what it can be.

    >>> corpus = of(["one document", "another"], held_out=0)
    >>> [batch.column("text").to_pylist() for batch in corpus.batches()]
    [['one document', 'another']]
    """
    try:
        source = GivenSpec(text=text, name=name, messages=messages, chat_template=chat_template)
        spec = CorpusSpec(
            sources=(source.holding(given),),
            steps=steps,  # type: ignore[arg-type] # names and maps, as in a recipe
            held_out=held_out,
            seed=seed,
        )
    except ValidationError as error:
        raise CorpusError(_sentence(error)) from error
    return open(spec, Path())


_KINDS = {
    "tuple_type": "a list",
    "model_type": "a name or a dict",
    "model_attributes_type": "a name or a dict",
    "union_tag_not_found": "a name or a dict with the key 'type'",
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "True or False",
}


def _sentence(error: ValidationError) -> str:
    """What is wrong with the options: which, what, what instead; a misspelt one first."""
    wrong = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    sort, context, place = wrong["type"], wrong.get("ctx", {}), [*wrong["loc"]]
    if place[:1] == ["steps"]:
        del place[2:3]  # the type of the step, which is no key of it
    where = ".".join(map(str, place))
    what = wrong["msg"].replace("Input should", "must", 1) + f", got {wrong['input']!r}"
    if sort == "union_tag_invalid":
        known = [name.strip("'") for name in context["expected_tags"].split(", ")]
        what = f"unknown step {context['tag']!r}: {nearest(context['tag'], known)}"
    elif sort in _KINDS:
        what = f"expected {_KINDS[sort]}, got {wrong['input']!r}"
    elif sort in ("too_short", "string_too_short"):
        what = "must not be empty"
    elif sort == "extra_forbidden":
        what = "there is no such option; `tokbench list steps` names those of each step"
    elif sort == "missing":
        what = "must be given"
    elif sort == "value_error":
        what = str(context["error"])
    return f"{where}: {what}" if where else what


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
