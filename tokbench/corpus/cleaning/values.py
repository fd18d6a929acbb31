"""What stands in columns, compared with what a recipe says."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tokbench.corpus.cleaning.rows_kept import filled, flags
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokbench.corpus.cleaning.options import Value

    Values = pa.Array[Any]


def compared(batch: pa.RecordBatch, column: str, how: str, value: "Value", who: str) -> "Values":
    """For each row whether its value is in a relation to another one; null where it has none.

    Args:
        batch: the rows.
        column: whose values are compared.
        how: `equal`, `greater_equal` or `less_equal`.
        value: what they are compared with.
        who: what asks, for the message.

    Raises:
        CorpusError: they cannot be compared.

    >>> stars = pa.RecordBatch.from_pydict({"stars": ["5", "3", None, "10"]})
    >>> compared(stars, "stars", "greater_equal", 4, "step x").to_pylist()
    [True, False, None, True]
    >>> compared(stars, "stars", "equal", True, "step x")
    Traceback (most recent call last):
    tokbench.errors.CorpusError: step x: column 'stars' holds text, not true or false
    """
    values = batch.column(column)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.bool_())
    found, wanted = _alike(values, value, f"{who}: column {column!r}")
    return cast("Values", pc.call_function(how, [found, wanted]))


def is_one_of(
    batch: pa.RecordBatch, column: str, values: "Sequence[Value]", who: str
) -> pa.BooleanArray:
    """For each row whether its value is one of these; not where it has none.

    Raises:
        CorpusError: they cannot be compared.
    """
    found = flags(np.zeros(len(batch), bool))
    for value in values:
        found = pc.or_(found, filled(compared(batch, column, "equal", value, who)))
    return found


def _alike(values: "Values", value: "Value", where: str) -> "tuple[Values, pa.Scalar[Any]]":
    """The column and the value as Arrow compares them."""
    types, kind = pa.types, values.type
    if types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    holds = "text" if is_text else "true or false" if types.is_boolean(kind) else str(kind)
    match value:
        case bool():
            if types.is_boolean(kind):
                return values, pa.scalar(value)
            raise CorpusError(f"{where} holds {holds}, not true or false")
        case str() if is_text:
            return values.cast(pa.large_string()), pa.scalar(value, pa.large_string())
        case str() if types.is_temporal(kind):
            return values, _moment(value, kind, where)
        case str():
            plain = f"; write {value} without quotes" if is_number and _is_number(value) else ""
            raise CorpusError(f"{where} holds {holds}, and {value!r} is text{plain}")
        case _ if is_text:
            return _numbers(values, where), pa.scalar(value)
        case _ if is_number:
            return values, pa.scalar(value)
    raise CorpusError(f"{where} holds {holds}, not numbers, and {value} is one")


def _numbers(values: "Values", where: str) -> "Values":
    """A column of text as the numbers that it spells; empty text is none."""
    trimmed = pc.utf8_trim_whitespace(values.cast(pa.large_string()))
    said = pc.if_else(
        pc.equal(trimmed, pa.scalar("", pa.large_string())),
        pa.scalar(None, pa.large_string()),
        trimmed,
    )
    try:
        return cast("Values", pc.cast(said, pa.float64()))
    except pa.ArrowInvalid as error:
        wrong = next(text for text in said.to_pylist() if text and not _is_number(text))
        raise CorpusError(f"{where} holds {wrong!r}, which is no number; quote the value to "
                          "compare text") from error  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        pc.cast(pa.scalar(text), pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _moment(value: str, kind: pa.DataType, where: str) -> "pa.Scalar[Any]":
    try:
        return pc.cast(pa.scalar(value), kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise CorpusError(
            f"{where} holds {kind}, and {value!r} is none; write it like 2026-01-31"
        ) from error
