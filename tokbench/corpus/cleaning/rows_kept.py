"""What most steps do with a batch: keep some rows, or put other texts in place of some."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tokbench.corpus.cleaning.step import EXAMPLES
from tokbench.corpus.documents import array_of
from tokbench.corpus.rows import texts_of, with_texts
from tokbench.fingerprint import offsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.corpus.cleaning.step import Tally

FALSE = pa.scalar(value=False)


def only(
    batch: pa.RecordBatch, wanted: "pa.BooleanArray", tally: "Tally", reason: str
) -> pa.RecordBatch:
    """The rows that are wanted and those without a text; the others are dropped.

    Args:
        batch: the rows.
        wanted: one for each row; null where a row has no text, which is no reason to drop it here.
        tally: told how many were dropped.
        reason: why the others were dropped.
    """
    kept = pc.or_(pc.is_null(texts_of(batch)), filled(wanted))
    dropped = pc.invert(kept)
    count = dropped.true_count
    if not count:
        return batch
    examples = (
        texts_of(batch).filter(dropped)[:EXAMPLES].to_pylist() if tally.wants_examples else ()
    )
    tally.drop(reason, count, cast("list[str]", examples))
    return batch.filter(kept)


def filled(values: "pa.Array[Any]") -> pa.BooleanArray:
    """The flags with false for null."""
    return cast("pa.BooleanArray", pc.fill_null(values, FALSE))


def flags(values: "NDArray[np.bool_]") -> "pa.BooleanArray":
    """The values as an array; `pa.array` would import pandas (a second) where it is there."""
    bits = np.packbits(values, bitorder="little")
    array = pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits.data)])
    return cast("pa.BooleanArray", array)


def as_numpy(values: pa.BooleanArray) -> "NDArray[np.bool_]":
    """The values of an array without nulls; its `to_numpy` would import pandas likewise."""
    bits = np.frombuffer(memoryview(pc.and_(values, values).buffers()[1] or b""), np.uint8)
    return np.unpackbits(bits, count=len(values), bitorder="little").astype(bool)


def numbers(values: "NDArray[np.int64]") -> "pa.Int64Array":
    """The values as an array."""
    array = pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values.data)])
    return cast("pa.Int64Array", array)


def retold(batch: pa.RecordBatch, texts: pa.LargeStringArray, tally: "Tally") -> pa.RecordBatch:
    """The same rows with other texts; those that differ are counted as changed."""
    before = texts_of(batch)
    if texts is before:
        return batch
    differs = filled(pc.not_equal(before, texts))
    count = differs.true_count
    examples: list[tuple[str, str]] = []
    if count and tally.wants_examples:
        old, new = (each.filter(differs)[:EXAMPLES].to_pylist() for each in (before, texts))
        examples = list(zip(map(str, old), map(str, new), strict=True))
    tally.change(count, examples)
    return with_texts(batch, texts)


def each_of(
    texts: pa.LargeStringArray,
    suspects: "pa.BooleanArray",
    change: Callable[[str], str],
) -> pa.LargeStringArray:
    """The texts with those that are suspected changed one by one; nulls are left alone.

    Args:
        texts: any.
        suspects: which of them `change` could make different; null is no.
        change: gives the text to put in place.
    """
    suspects = filled(suspects)
    some = texts.filter(suspects).to_pylist()
    if not some:
        return texts
    changed = array_of([change(text).encode() for text in some if text is not None])
    if len(changed) == len(texts):
        return changed
    return cast("pa.LargeStringArray", pc.replace_with_mask(texts, suspects, changed))


def said(texts: pa.LargeStringArray) -> "NDArray[np.bool_]":
    """Which rows have a text."""
    if not texts.null_count:
        return np.ones(len(texts), bool)
    return as_numpy(pc.is_valid(texts))


def bytes_of_each(texts: pa.LargeStringArray) -> "NDArray[np.int64]":
    """The UTF-8 bytes of each text; none where there is none."""
    return np.where(said(texts), np.diff(offsets(texts)), 0)
