"""Arrays of documents: gathered and cut to a bounded size, split by hash."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from tokbench.corpus.split_kernel import copy_marked, mark_below
from tokbench.fingerprint import characters_as_bytes, offsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.values import Split

_COLUMNS: dict[str, pa.DataType] = {"text": pa.large_string(), "source": pa.int32()}

SCHEMA = pa.schema(_COLUMNS)
"""The columns of every batch."""

BATCH_BYTES = 4 << 20
"""A batch is not larger than this, counting eight bytes a document, unless one document is."""


def batch(texts: pa.LargeStringArray, source: int) -> pa.RecordBatch:
    """The documents as a batch of `SCHEMA`, all from the source with this index."""
    indices = pa.py_buffer(np.full(len(texts), source, np.int32).data)
    sources = pa.Array.from_buffers(pa.int32(), len(texts), [None, indices])
    return pa.RecordBatch.from_arrays([texts, sources], schema=SCHEMA)


def array_of(texts: Sequence[bytes]) -> pa.LargeStringArray:
    """The texts as an array; that they are UTF-8 is not looked at.

    >>> array_of([b"a", b"", b"bc"]).to_pylist()
    ['a', '', 'bc']
    """
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    return array_from(ends, b"".join(texts))


def array_from(ends: "NDArray[np.int64]", text: bytes | memoryview) -> pa.LargeStringArray:
    """The array of the texts that end in `text` at `ends`, whose first number is 0.

    Arrays are made from buffers, because `pa.array` imports pandas (a second) where it is there.
    """
    array = pa.LargeStringArray.from_buffers(
        len(ends) - 1, pa.py_buffer(ends.data), pa.py_buffer(text)
    )
    return cast("pa.LargeStringArray", array)


def gather(
    pieces: Iterator[tuple[pa.LargeStringArray, int]], limit: int = BATCH_BYTES
) -> Iterator[tuple[pa.LargeStringArray, int]]:
    """The same documents in arrays of about `limit` bytes: small ones joined, large ones cut."""
    held: list[pa.LargeStringArray] = []
    weight, done = 0, 0
    for texts, consumed in pieces:
        for part in _cut(texts, limit):
            added = _weight(part)
            if held and weight + added > limit:
                yield _joined(held), done
                held, weight = [], 0
            held.append(part)
            weight, done = weight + added, consumed
            if weight > limit // 2:
                yield _joined(held), done
                held, weight = [], 0
        done = consumed
    if held:
        yield _joined(held), done


def keep(texts: pa.LargeStringArray, split: "Split", held_out: float) -> pa.LargeStringArray:
    """The documents of one split.

    A document is held out when XXH64 (seed 0) of its UTF-8 bytes is below `held_out` x 2^64, so
    the choice is the same in every recipe, and a larger share holds out a superset.

    >>> texts = pa.array([f"text {number}" for number in range(100)], pa.large_string())
    >>> len(keep(texts, "held_out", 0.25)), len(keep(texts, "train", 0.25))
    (31, 69)
    """
    if split == "all" or (split == "train" and held_out == 0):
        return texts
    # Scaling by a power of two is exact, and a whole number is below x when it is below ceil(x).
    limit = math.ceil(held_out * 2**64)
    text, starts = characters_as_bytes(texts), offsets(texts)
    below = np.empty(len(texts), np.uint8)
    mark_below(text, starts, np.uint64(limit), below)
    # Not texts.filter: it imports pyarrow.compute, and is no faster.
    copy = np.empty(int(starts[-1] - starts[0]), np.uint8)
    ends = np.zeros(len(texts) + 1, np.int64)
    copied = copy_marked(text, starts, below, split == "held_out", copy, ends)
    return array_from(ends[: copied + 1], copy[: ends[copied]].data)


def _cut(texts: pa.LargeStringArray, limit: int) -> Iterator[pa.LargeStringArray]:
    if _weight(texts) <= limit:
        if len(texts):
            yield texts
        return
    ends = offsets(texts) + 8 * np.arange(len(texts) + 1)
    start = 0
    while start < len(texts):
        end = int(np.searchsorted(ends, ends[start] + limit, side="right")) - 1
        end = max(end, start + 1)
        yield texts[start:end]
        start = end


def _weight(texts: pa.LargeStringArray) -> int:
    bounds = offsets(texts)
    return int(bounds[-1] - bounds[0]) + 8 * len(texts)


def _joined(held: list[pa.LargeStringArray]) -> pa.LargeStringArray:
    return held[0] if len(held) == 1 else pa.concat_arrays(held)
