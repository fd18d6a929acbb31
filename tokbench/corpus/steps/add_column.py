"""A column that was not there: `add_column`."""

from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, model_validator

from tokbench.corpus.cleaning.options import Column, Value
from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import TEXT, texts_of, with_column

if TYPE_CHECKING:
    import pyarrow as pa


def _template(template: str) -> str:
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the template {template!r} cannot be read: {error}") from error
    if any(name is not None and (not name or kind or shape) for _, name, shape, kind in parts):
        raise ValueError(f"the template {template!r} can hold only names of columns: '{{column}}'")
    return template


def _not_text(column: str) -> str:
    if column == TEXT:
        raise ValueError("`text` is the documents; `map` or `replace_regex` change them")
    return column


@STEPS.register("add_column")
class AddColumn(BatchStep):
    """Add a column of one value, or made of other columns; one of that name is replaced.

    >>> from tokbench.corpus.cleaning.trying import tried
    >>> rows = {"text": ["a"], "lang": ["en"]}
    >>> tried(AddColumn(column="kind", value="web"), rows)[0]["kind"]
    ['web']
    >>> tried(AddColumn(column="kind", template="web/{lang}"), rows)[0]["kind"]
    ['web/en']
    """

    type: Literal["add_column"] = "add_column"

    column: Annotated[Column, AfterValidator(_not_text)]
    """What it is called."""

    value: Value | None = None
    """What stands in each row."""

    template: Annotated[str, AfterValidator(_template)] | None = None
    """Other columns in a text: `"{country}-{year}"`; null where one of them is."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.value is None) == (self.template is None):
            raise ValueError("needs a `value` or a `template`, one of both")
        return self

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """What the template names, in place of the column, even if nothing asks for that."""
        return (after - {self.column}) | self._used

    @property
    def _used(self) -> frozenset[str]:
        named = {name for _, name, _, _ in Formatter().parse(self.template or "") if name}
        return frozenset(named - {TEXT})

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":  # noqa: ARG002 - no document changes
        """The rows with the column."""
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

        if self.template is not None:
            return with_column(batch, self.column, _filled(self.template, batch))
        kind = pa.large_string() if isinstance(self.value, str) else None
        value: Any = pa.scalar(cast("Any", self.value), kind)
        return with_column(batch, self.column, pa.repeat(value, len(batch)))


def _filled(template: str, batch: "pa.RecordBatch") -> "pa.LargeStringArray":
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

    def repeated(said: str) -> "pa.Array[Any]":
        return pa.repeat(pa.scalar(said, pa.large_string()), len(batch))

    parts: list[pa.Array[Any]] = []
    for said, name, _, _ in Formatter().parse(template):
        parts.append(repeated(said))
        if name == TEXT:
            parts.append(texts_of(batch))
        elif name is not None:
            parts.append(batch.column(name).cast(pa.large_string()))
    joined = pc.binary_join_element_wise(*parts, repeated(""), repeated(""))
    return cast("pa.LargeStringArray", joined)
