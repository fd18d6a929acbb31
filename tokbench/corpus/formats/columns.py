"""From an Arrow column to documents: the right type, no null, valid UTF-8."""

from collections.abc import Sequence
from typing import Any, cast

import pyarrow as pa

from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError, nearest
from tokbench.fingerprint import utf8


def documents(
    column: "pa.Array[Any]", shown: str, first_row: int, field: str | None = None
) -> pa.LargeStringArray:
    """The column as documents.

    Args:
        column: strings of any of Arrow's kinds.
        shown: the file, for messages.
        first_row: the number of the column's first row in the file, from 1.
        field: the name of the column, for messages; None where a file has no fields.

    Raises:
        CorpusError: the column is not of text, or a value is null or invalid UTF-8.
    """
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            for row, text in enumerate(utf8(_large(column)), first_row):
                check_utf8(bytes(text), shown, field, row)
        raise refused(shown, f"is damaged ({error}); copy it again") from error
    if column.null_count:
        raise is_null(shown, field, first_row + _first_null(column))
    return _large(column)


def _large(column: "pa.Array[Any]") -> pa.LargeStringArray:
    return cast("pa.LargeStringArray", column.cast(pa.large_string()))


def _first_null(column: "pa.Array[Any]") -> int:
    return next(index for index, value in enumerate(column) if not value.is_valid)


def is_text(kind: pa.DataType) -> bool:
    """Whether columns of this type hold text."""
    types = pa.types
    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def check_utf8(text: bytes, shown: str, field: str | None, row: int) -> None:
    """Raise a `CorpusError` unless the bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        what = f"{_subject(field)}is not valid UTF-8 (byte {error.start + 1})"
        raise refused(shown, f"{what}; convert the file to UTF-8", row) from error


def is_null(shown: str, field: str | None, row: int) -> CorpusError:
    """The error for a row without a text."""
    return refused(shown, f"{_subject(field)}is null; fill it in or remove the row", row)


def not_text(shown: str, field: str | None, kind: str, row: int | None = None) -> CorpusError:
    """The error for a value that is something else than text."""
    return refused(shown, f"{_subject(field)}is {kind}, not text; name a text field with `text:`",
                   row)  # fmt: skip


def no_field(
    shown: str, field: str, known: Sequence[str], row: int | None = None, hint: str = ""
) -> CorpusError:
    """The error for a field that is not there."""
    there = nearest(field, known) if known else "there are no fields"
    return refused(shown, f"no field {field!r}; {there}; name one with `text:`{hint}", row)


def _subject(field: str | None) -> str:
    return "" if field is None else f"field {field!r} "
