"""Counts on disk: an Arrow IPC stream that anything can read, with a checksum behind it.

Arrow's readers stop at the stream's end, so the 16 bytes of XXH3-128 behind it are nobody's
business but ours. A file that was cut short, or has one bit turned over, is as good as none.
"""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
import xxhash

from tokbench import store
from tokbench.values import ChunkCounts, LeftOut, WordCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

Counts = TypeVar("Counts", ChunkCounts, WordCounts)
FORMAT = 1
_DIGEST = 16
_KEY = b"tokbench"
_ARRAYS = ("chunks", "words", "counts")


def save(path: Path, counts: ChunkCounts | WordCounts) -> None:
    """Write counts so that the file is there whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    kind = type(counts).__name__
    strings = counts.chunks if isinstance(counts, ChunkCounts) else counts.words
    rest = {key: value for key, value in _fields(counts).items() if key not in _ARRAYS}
    header = json.dumps({"kind": kind, "format": FORMAT, **rest}, ensure_ascii=True)
    # From buffers: pa.array and pa.table import pandas where it is installed, for a quarter second.
    data = np.ascontiguousarray(counts.counts).data
    numbers = pa.Array.from_buffers(pa.int64(), len(data), [None, pa.py_buffer(data)])
    columns: dict[str, pa.DataType] = {"text": pa.large_string(), "count": pa.int64()}
    schema = pa.schema(columns, {_KEY: header.encode()})
    batch = pa.RecordBatch.from_arrays([strings, numbers], schema=schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    stream = sink.getvalue()
    store.write_bytes(path, stream.to_pybytes() + xxhash.xxh3_128_digest(stream))


def load(path: Path, kind: type[Counts]) -> Counts | None:
    """The counts in a file, or None if there is no file, or it is damaged or of another kind."""
    found = _read(path, kind.__name__)
    return found if isinstance(found, kind) else None


def _read(path: Path, kind: str) -> ChunkCounts | WordCounts | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    stream = memoryview(data)[:-_DIGEST]
    if len(data) <= _DIGEST or xxhash.xxh3_128_digest(stream) != data[-_DIGEST:]:
        return None
    table = pa.ipc.open_stream(pa.py_buffer(stream)).read_all().combine_chunks()
    header: dict[str, Any] = json.loads((table.schema.metadata or {})[_KEY])
    if (header.pop("kind"), header.pop("format")) != (kind, FORMAT):
        return None
    counts = _numbers(table.column("count"))
    strings = _one(table.column("text"), pa.large_string())
    if kind == ChunkCounts.__name__:
        header["sample"] = tuple(header["sample"])
        return ChunkCounts(chunks=strings, counts=counts, **header)
    header["left_out"] = tuple(LeftOut(**word) for word in header["left_out"])
    return WordCounts(words=strings, counts=counts, **header)


def _fields(counts: ChunkCounts | WordCounts) -> dict[str, Any]:
    found = {each.name: getattr(counts, each.name) for each in fields(counts)}
    if isinstance(counts, WordCounts):
        found["left_out"] = [asdict(word) for word in counts.left_out]
    return found


def _numbers(column: "pa.ChunkedArray[Any]") -> "NDArray[np.int64]":
    # From the buffer: to_numpy imports pandas where it is installed.
    if not len(column):
        return np.empty(0, np.int64)
    array = _one(column, pa.int64())
    return np.frombuffer(array.buffers()[1], np.int64, len(array), 8 * array.offset)


def _one(column: "pa.ChunkedArray[Any]", kind: "pa.DataType") -> Any:
    return column.chunk(0) if column.num_chunks else pa.array([], kind)
