"""Arrays of documents: gathered and cut to a bounded size, split by hash."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from tokbench.corpus.mixing.split_kernel import copy_marked, mark_below
from tokbench.corpus.rows import Stream, rows_of, texts_of, with_column
from tokbench.fingerprint import characters_as_bytes, offsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.values import Split

BATCH_BYTES = 4 << 20
"""A batch is not larger than this, counting eight bytes a document, unless one document is."""


def batch(texts: pa.LargeStringArray, source: int) -> pa.RecordBatch:
    """The documents as rows of the source with this index."""
    return of_source(rows_of(texts), source)


def of_source(rows: pa.RecordBatch, source: int) -> pa.RecordBatch:
    """The same rows with the index of the source that they come from, behind the text."""
    return with_column(rows, "source", integers(np.full(len(rows), source, np.int32)))


def integers(values: "NDArray[np.int32]") -> "pa.Array[Any]":
    """The numbers as an array."""
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values.data)])


def array_of(texts: Sequence[bytes]) -> pa.LargeStringArray:
    """The texts as an array; that they are UTF-8 is not looked at.

    >>> array_of([b"a", b"", b"bc"]).to_pylist()
    ['a', '', 'bc']
    """
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    return array_from(ends, b"".join(texts))


def array_with_nulls(texts: Sequence[bytes | None]) -> pa.LargeStringArray:
    """As `array_of`, with null for None.

    >>> array_with_nulls([b"a", None]).to_pylist()
    ['a', None]
    """
    if None not in texts:
        return array_of(cast("Sequence[bytes]", texts))
    array = array_of([text or b"" for text in texts])
    valid = np.packbits([text is not None for text in texts], bitorder="little")
    buffers = [pa.py_buffer(valid.data), *array.buffers()[1:]]
    made = pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
    return cast("pa.LargeStringArray", made)


def array_from(ends: "NDArray[np.int64]", text: bytes | memoryview) -> pa.LargeStringArray:
    """The array of the texts that end in `text` at `ends`, whose first number is 0.

    Arrays are made from buffers, because `pa.array` imports pandas (a second) where it is there.
    """
    array = pa.LargeStringArray.from_buffers(
        len(ends) - 1, pa.py_buffer(ends.data), pa.py_buffer(text)
    )
    return cast("pa.LargeStringArray", array)


def gather(stream: Stream, limit: int = BATCH_BYTES) -> Stream:
    """The same rows in batches of about `limit` bytes: small ones joined, large ones cut.

    The rows of one batch may come from several pieces; it says the last, and how many rows of it
    have come so far.
    """
    held: list[pa.RecordBatch] = []
    weight, last, seen = 0, None, 0
    for rows in stream:
        if last is None or rows.piece != last.piece:
            seen = 0
        for part in _cut(rows.batch, limit):
            added = _weight(part)
            if held and last is not None and weight + added > limit:
                yield last._replace(batch=joined(held))
                held, weight = [], 0
            held.append(part)
            seen += len(part)
            rows = rows._replace(seen=seen)  # noqa: PLW2901 - it is what came up to this part
            weight, last = weight + added, rows
            if weight > limit // 2:
                yield rows._replace(batch=joined(held))
                held, weight = [], 0
        last = rows._replace(seen=seen)
    if held and last is not None:
        yield last._replace(batch=joined(held))


def keep(rows: pa.RecordBatch, split: "Split", held_out: float) -> pa.RecordBatch:
    """The documents of one split.

    A document is held out when XXH64 (seed 0) of its UTF-8 bytes is below `held_out` x 2^64, so
    the choice is the same in every recipe, and a larger share holds out a superset.

    >>> texts = pa.array([f"text {number}" for number in range(100)], pa.large_string())
    >>> rows = batch(texts, 0)
    >>> len(keep(rows, "held_out", 0.25)), len(keep(rows, "train", 0.25))
    (31, 69)
    """
    if split == "all" or (split == "train" and held_out == 0):
        return rows
    if held_out >= 1:
        return rows if split == "held_out" else rows.slice(0, 0)
    # Scaling by a power of two is exact, and a whole number is below x when it is below ceil(x).
    limit = math.ceil(held_out * 2**64)
    texts = texts_of(rows)
    text, starts = characters_as_bytes(texts), offsets(texts)
    below = np.empty(len(texts), np.uint8)
    mark_below(text, starts, np.uint64(limit), below)
    return copied(rows, below == (split == "held_out"))


def copied(rows: pa.RecordBatch, wanted: "NDArray[np.bool_]") -> pa.RecordBatch:
    """The rows that are wanted."""
    if wanted.all():
        return rows
    texts = texts_of(rows)
    text, starts = characters_as_bytes(texts), offsets(texts)
    # Not texts.filter: it imports pyarrow.compute, and is no faster.
    copy = np.empty(int(starts[-1] - starts[0]), np.uint8)
    ends = np.zeros(len(texts) + 1, np.int64)
    count = copy_marked(text, starts, wanted.view(np.uint8), 1, copy, ends)
    kept = array_from(ends[: count + 1], copy[: ends[count]].data)
    others = [name for name in rows.schema.names if name != "text"]
    return rows_of(kept, [(name, _chosen(rows.column(name), wanted)) for name in others])


def numbers(column: "pa.Array[Any]") -> "NDArray[np.int32]":
    """The values of an int32 array without nulls."""
    # Not column.to_numpy(): it imports pandas where it is there.
    data = memoryview(column.buffers()[1] or b"")
    return np.frombuffer(data, np.int32, len(column), 4 * column.offset)


def present(sources: "NDArray[np.int32]") -> list[int]:
    """The different ones among these numbers, which are mostly all the same; ascending."""
    if not len(sources):
        return []
    least, most = int(sources.min()), int(sources.max())
    return [least] if least == most else np.unique(sources).tolist()


def _chosen(column: "pa.Array[Any]", wanted: "NDArray[np.bool_]") -> "pa.Array[Any]":
    if column.type == pa.int32() and not column.null_count:
        return integers(numbers(column)[wanted])
    return column.filter(pa.array(wanted))


def _cut(rows: pa.RecordBatch, limit: int) -> Iterator[pa.RecordBatch]:
    if _weight(rows) <= limit:
        if len(rows):
            yield rows
        return
    ends = offsets(texts_of(rows)) + 8 * np.arange(len(rows) + 1)
    start = 0
    while start < len(rows):
        end = int(np.searchsorted(ends, ends[start] + limit, side="right")) - 1
        end = max(end, start + 1)
        yield rows.slice(start, end - start)
        start = end


def _weight(rows: pa.RecordBatch) -> int:
    bounds = offsets(texts_of(rows))
    return int(bounds[-1] - bounds[0]) + 8 * len(rows)


def joined(held: list[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of all batches, one at least, as one."""
    if len(held) == 1:
        return held[0]
    names = held[0].schema.names
    columns = [pa.concat_arrays([each.column(name) for each in held]) for name in names]
    return pa.RecordBatch.from_arrays(columns, names=names)
