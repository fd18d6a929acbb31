"""From a format's columns to rows: what is wanted, the right types, valid UTF-8, no null."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa

from tokbench.corpus.problems import RECODE, refused
from tokbench.corpus.rows import rows_of
from tokbench.corpus.texts import TextFields
from tokbench.errors import CorpusError, nearest
from tokbench.fingerprint import utf8

_FILL = "fill it in, remove the row, or add the step `drop_empty`"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each row of a file.

    Attributes:
        text: what its text is.
        columns: what else, under the names by which it was asked for.
        nulls: whether a row without a text is given, with null; an error otherwise.
    """

    text: TextFields = field(default_factory=TextFields)
    columns: tuple[str, ...] = ()
    nulls: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """All that must be read of a row, each once, what the text is made of first."""
        return tuple(dict.fromkeys((*self.text.columns(), *self.columns)))

    def rows(
        self,
        columns: "Sequence[pa.Array[Any]]",
        shown: str,
        first_row: int,
        numbers: Sequence[int] | None = None,
    ) -> pa.RecordBatch:
        """The rows, with their text and the columns that were asked for.

        Args:
            columns: one for each of `fields`, valid.
            shown: the file, for messages.
            first_row: the number of the first row in the file, from 1.
            numbers: that of each row, where they do not follow each other.

        Raises:
            CorpusError: a row has no text, or its text cannot be composed.
        """
        found = pa.RecordBatch.from_arrays(list(columns), names=list(self.fields))
        texts = self.text.compose(found, shown, first_row, numbers)
        if texts.null_count and not self.nulls:
            at = next(index for index, text in enumerate(texts) if not text.is_valid)
            row = numbers[at] if numbers else first_row + at
            made_of = self.text.columns()
            empty = [name for name in made_of if not found.column(name)[at].is_valid]
            if not empty:  # a list of messages that is there
                raise refused(shown, f"field {made_of[0]!r} has no messages; {_FILL}", row)
            raise is_null(shown, empty[0], row)
        return rows_of(texts, [(name, found.column(name)) for name in self.columns])

    def missing(
        self, shown: str, name: str, known: Sequence[str], row: int | None = None, hint: str = ""
    ) -> CorpusError:
        """The error for a field that is not there."""
        there = nearest(name, known) if known else "there are no fields"
        if name not in self.text.columns():
            advice = "name one of them where a step or a group asks for it"
        else:
            says = next((one for one in ("messages", "words") if getattr(self.text, one)), "text")
            advice = f"name one with `{says}:`{hint}"
        return refused(shown, f"no field {name!r}; {there}; {advice}", row)


def checked(
    column: "pa.Array[Any]", shown: str, first_row: int, name: str | None = None
) -> "pa.Array[Any]":
    """The column, known to be valid; text of any of Arrow's kinds, and nothing, as large_string.

    Args:
        column: what a file says that it holds.
        shown: the file, for messages.
        first_row: the number of the column's first row in the file, from 1.
        name: that of the column, for messages.

    Raises:
        CorpusError: it is damaged, or not UTF-8.
    """
    try:
        column.validate(full=True)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            if not is_text(column.type):
                what = f"{_subject(name)}holds text that is not valid UTF-8"
                raise refused(shown, f"{what}; convert the file to UTF-8") from error
            for row, text in enumerate(utf8(_large(column)), first_row):
                check_utf8(bytes(text), shown, name, row, "convert the file to UTF-8")
        raise refused(shown, f"is damaged ({error}); copy it again") from error
    return _large(column) if is_text(column.type) or pa.types.is_null(column.type) else column


def _large(column: "pa.Array[Any]") -> pa.LargeStringArray:
    return cast("pa.LargeStringArray", column.cast(pa.large_string()))


def is_text(kind: pa.DataType) -> bool:
    """Whether columns of this type hold text."""
    types = pa.types
    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def check_utf8(text: bytes, shown: str, field: str | None, row: int, advice: str = RECODE) -> None:
    """Raise a `CorpusError`, with this advice, unless the bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        what = f"{_subject(field)}is not valid UTF-8 (byte {error.start + 1})"
        raise refused(shown, f"{what}; {advice}", row) from error


def is_null(shown: str, field: str | None, row: int) -> CorpusError:
    """The error for a row without a text."""
    return refused(shown, f"{_subject(field)}is null; {_FILL}", row)


def is_absent(shown: str, name: str, row: int) -> CorpusError:
    """The error for a row that lacks what other rows have."""
    return refused(shown, f"has no {name!r}; {_FILL}", row)


def not_text(shown: str, field: str | None, kind: str, row: int | None = None) -> CorpusError:
    """The error for a value that is something else than text."""
    return refused(shown, f"{_subject(field)}is {kind}, not text; name a text field with `text:`",
                   row)  # fmt: skip


def _subject(field: str | None) -> str:
    return "" if field is None else f"field {field!r} "
