"""Counts on disk: an Arrow IPC stream that anything can read, with a checksum behind it.

Arrow's readers stop at the stream's end, so the 16 bytes of XXH3-128 behind it are nobody's
business but ours. A file that was cut short, or has one bit turned over, is as good as none.
"""

import io
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import numpy as np
import pyarrow as pa
import xxhash

from tokbench import store
from tokbench.chunks.arrow import large_strings, raw_strings
from tokbench.counting.parts import ChunkParts
from tokbench.values import ChunkCounts, LeftOut, WordCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tokbench.counting.spilling import Strings

Counts = TypeVar("Counts", ChunkCounts, WordCounts)
FORMAT = 1
_DIGEST = 16
_BLOCK = 1 << 20
_BATCH = 16 << 20
"""Bytes of text in a batch."""
_KEY = b"tokbench"
_ARRAYS = ("chunks", "words", "counts")


def save(path: Path, counts: ChunkCounts | WordCounts) -> None:
    """Write counts so that the file is there whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    strings = counts.chunks if isinstance(counts, ChunkCounts) else counts.words
    _write(path, counts, [(*raw_strings(strings), np.ascontiguousarray(counts.counts))])


def save_parts(path: Path, parts: ChunkParts) -> None:
    """Write chunk counts that were never in memory together.

    Raises:
        StoreError: the file cannot be written.
    """
    _write(path, parts.whole, parts.read())


def _write(path: Path, whole: ChunkCounts | WordCounts, parts: "Iterable[Strings]") -> None:
    rest = {key: value for key, value in _fields(whole).items() if key not in _ARRAYS}
    header = json.dumps({"kind": type(whole).__name__, "format": FORMAT, **rest}, ensure_ascii=True)
    # From buffers: pa.array and pa.table import pandas where it is installed, for a quarter second.
    columns: dict[str, pa.DataType] = {"text": pa.large_string(), "count": pa.int64()}
    schema = pa.schema(columns, {_KEY: header.encode()})
    with store.new_file(path) as file:
        digest = _Digested(file)
        with pa.ipc.new_stream(pa.PythonFile(digest, "w"), schema) as writer:
            for text, offsets, counts in (few for part in parts for few in few_at_a_time(part)):
                numbers = pa.Array.from_buffers(
                    pa.int64(), len(counts), [None, pa.py_buffer(counts.data)]
                )
                arrays: list[pa.Array[Any]] = [large_strings(text, offsets), numbers]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
        file.write(digest.hash.digest())


def few_at_a_time(strings: "Strings") -> "Iterator[Strings]":
    """The same in batches that are not too long to be read one at a time."""
    text, offsets, counts = strings
    first = 0
    while first < len(counts) or not first:
        after = int(np.searchsorted(offsets, offsets[first] + _BATCH, "right")) - 1
        after = min(max(after, first + 1), len(counts))
        yield text, offsets[first : after + 1], counts[first:after]
        first = after or 1


class _Digested(io.RawIOBase):
    """Writes to a file and hashes what it writes."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.hash = xxhash.xxh3_128()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return self._file.write(data)


def load(path: Path, kind: type[Counts]) -> Counts | None:
    """The counts in a file, or None if there is no file, or it is damaged or of another kind."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    stream = memoryview(data)[:-_DIGEST]
    if len(data) <= _DIGEST or xxhash.xxh3_128_digest(stream) != data[-_DIGEST:]:
        return None
    table = pa.ipc.open_stream(pa.py_buffer(stream)).read_all().combine_chunks()
    strings = _one(table.column("text"), pa.large_string())
    return _value(kind, table.schema, strings, _numbers(table.column("count")))


def load_parts(path: Path) -> ChunkParts | None:
    """The chunk counts in a file, to be read a part at a time; None as for `load`.

    The file must stay as it is as long as the parts are read.
    """
    try:
        size = path.stat().st_size - _DIGEST
        with path.open("rb") as file:
            digest, left = xxhash.xxh3_128(), size
            while left > 0 and (block := file.read(min(left, _BLOCK))):
                digest.update(block)
                left -= len(block)
            if size <= 0 or digest.digest() != file.read():
                return None
    except OSError:
        return None
    with pa.OSFile(str(path), "rb") as file:
        schema = pa.ipc.open_stream(file).schema
    nothing = pa.array([], pa.large_string())
    whole = _value(ChunkCounts, schema, nothing, np.empty(0, np.int64))
    return None if whole is None else ChunkParts(whole, lambda: _parts(path))


def _parts(path: Path) -> "Iterator[Strings]":
    with pa.OSFile(str(path), "rb") as file:
        for batch in pa.ipc.open_stream(file):
            counts = _numbers(pa.chunked_array([batch.column("count")]))
            yield (*raw_strings(batch.column("text")), counts)


def _value(
    kind: type[Counts], schema: pa.Schema, strings: Any, counts: "NDArray[np.int64]"
) -> Counts | None:
    header: dict[str, Any] = json.loads((schema.metadata or {})[_KEY])
    if (header.pop("kind"), header.pop("format")) != (kind.__name__, FORMAT):
        return None
    found: Any
    if kind is ChunkCounts:
        header["sample"] = tuple(header["sample"])
        found = ChunkCounts(chunks=strings, counts=counts, **header)
    else:
        header["left_out"] = tuple(LeftOut(**word) for word in header["left_out"])
        found = WordCounts(words=strings, counts=counts, **header)
    return cast("Counts", found)


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
