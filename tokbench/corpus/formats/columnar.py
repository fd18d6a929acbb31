"""Parquet, and Arrow's own files and streams (what `datasets` saves)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tokbench.corpus.documents import BATCH_BYTES
from tokbench.corpus.formats.columns import Wanted, checked, is_text, not_text
from tokbench.corpus.pieces import Piece
from tokbench.corpus.problems import refused, unreadable
from tokbench.errors import CorpusError

_FILE_MAGIC = b"ARROW1"
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"
_MOST_ROWS = 1 << 14


def read_parquet(piece: Piece, wanted: Wanted) -> Iterator[tuple[pa.RecordBatch, int]]:
    """The rows of a file, with the bytes on disk consumed so far (by share of rows).

    Args:
        piece: the file.
        wanted: columns, each under its name, or with dots nested fields.

    Raises:
        CorpusError: the file is damaged, has no such column, or that of the text is not of text.
    """
    with (
        _blamed(piece.shown, "a whole Parquet file"),
        _at_any_place(piece) as opened,
        pq.ParquetFile(opened, pre_buffer=False, page_checksum_verification=True) as file,
    ):
        columns = Columns(file.schema_arrow, piece.shown, wanted)
        size, rows = piece.size, 0
        batches = file.iter_batches(
            _rows_a_batch(file.metadata), columns=list(wanted.fields), use_threads=False
        )
        for batch in batches:
            found = columns.rows(batch, rows + 1)
            rows += len(batch)
            yield found, size * rows // max(file.metadata.num_rows, 1)


def read_arrow(piece: Piece, wanted: Wanted) -> Iterator[tuple[pa.RecordBatch, int]]:
    """As `read_parquet`, from an Arrow file or stream."""
    with (
        _blamed(piece.shown, "a whole Arrow file or stream"),
        _at_any_place(piece) as file,
    ):
        schema = _reader(file).schema
        columns = Columns(schema, piece.shown, wanted)
        included = sorted({schema.get_field_index(keys[0]) for keys in columns.keys})
        options = pa.ipc.IpcReadOptions(included_fields=included)
        row = 1
        for batch, done in _batches(file, options, piece.shown):
            yield columns.rows(batch, row), done * piece.size // max(file.size(), 1)
            row += len(batch)


@contextmanager
def _at_any_place(piece: Piece) -> Iterator[pa.NativeFile]:
    """The file, to be read at any place."""
    path = str(piece.path)
    with pa.memory_map(path) if piece.format == "arrow" else pa.OSFile(path, "rb") as file:
        yield file


class Columns:
    """Where what is wanted stands in the batches of one schema.

    Attributes:
        keys: for each field, the keys that lead to it.
    """

    def __init__(self, schema: pa.Schema, shown: str, wanted: Wanted) -> None:
        self.keys = [_find(schema, shown, wanted, name) for name in wanted.fields]
        self._shown = shown
        self._wanted = wanted

    def rows(self, batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
        """What is wanted of the rows of a batch."""
        found = [
            checked(_column(batch, keys), self._shown, first_row, name)
            for keys, name in zip(self.keys, self._wanted.fields, strict=True)
        ]
        return self._wanted.rows(found, self._shown, first_row)


Reader = pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader


def _reader(file: pa.NativeFile, options: pa.ipc.IpcReadOptions | None = None) -> Reader:
    file.seek(0)
    magic = file.read(len(_FILE_MAGIC))
    file.seek(0)
    if magic == _FILE_MAGIC:
        return pa.ipc.open_file(file, options=options)
    return pa.ipc.open_stream(file, options=options)


def _batches(
    file: pa.NativeFile, options: pa.ipc.IpcReadOptions, shown: str
) -> Iterator[tuple[pa.RecordBatch, int]]:
    size = file.size()
    reader = _reader(file, options)
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index), size * (index + 1) // reader.num_record_batches
        return
    for batch in reader:
        yield batch, file.tell()
    # A writer that was interrupted between two batches leaves a stream that reads well.
    file.seek(size - len(_STREAM_END))
    if file.read(len(_STREAM_END)) != _STREAM_END:
        raise refused(shown, "is cut short: the Arrow stream has no end mark; save it again")


def _find(schema: pa.Schema, shown: str, wanted: Wanted, name: str) -> list[str]:
    """The keys that lead to a field: its name alone where a column has it, else its parts."""
    keys = [name] if name in schema.names else name.split(".")
    kind: pa.DataType = pa.struct(list(schema))
    for key in keys:
        if not isinstance(kind, pa.StructType) or kind.get_field_index(key) < 0:
            raise wanted.missing(shown, name, list(leaves(list(schema))))
        kind = kind.field(key).type
    alone = wanted.text.is_column and name == wanted.text.text
    if alone and not is_text(kind) and not pa.types.is_null(kind):
        raise not_text(shown, name, str(kind))
    return keys


def leaves(fields: "Sequence[pa.Field[Any]]", prefix: str = "") -> Iterator[str]:
    """The dotted names of all columns and nested fields.

    >>> inner = pa.struct([("title", pa.string()), ("body", pa.string())])
    >>> list(leaves(list(pa.schema([("id", pa.int64()), ("data", inner)]))))
    ['id', 'data.title', 'data.body']
    """
    for field in fields:
        if isinstance(field.type, pa.StructType):
            yield from leaves(list(field.type), f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


def _column(batch: pa.RecordBatch, keys: list[str]) -> "pa.Array[Any]":
    column = batch.column(keys[0])
    return pc.struct_field(column, keys[1:]) if keys[1:] else column


def _rows_a_batch(metadata: pq.FileMetaData) -> int:
    """So many rows that they hold about as much as a batch, all columns together."""
    # The sizes of single columns would be nearer, but asking for them ends the process where the
    # file is damaged: pyarrow does not catch that exception of Parquet's C++.
    groups = range(metadata.num_row_groups)
    size = sum(metadata.row_group(group).total_byte_size for group in groups)
    # Values that occur again and again take little space in the file: hence an upper limit.
    return max(1, min(_MOST_ROWS, BATCH_BYTES * metadata.num_rows // max(size, 1)))


@contextmanager
def _blamed(shown: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _damaged(shown, kind, error) from error
    except OSError as error:
        # Arrow says what is wrong with the data in an OSError without a number.
        if error.errno is None:
            raise _damaged(shown, kind, error) from error
        raise unreadable(shown, error) from error


def _damaged(shown: str, kind: str, error: Exception) -> CorpusError:
    reason = str(error).splitlines()[0].rstrip(".")
    return refused(shown, f"is not {kind} ({reason}); copy or save it again")
