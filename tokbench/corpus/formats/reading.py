"""From a piece to its rows: the reader of its format."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from tokbench.corpus.formats import conll, conllu, delimited, json_lines, json_rows, plain, xml
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Unpacked, opened
from tokbench.corpus.formats.delimited import Dialect
from tokbench.corpus.pieces import TAR, Piece
from tokbench.corpus.problems import refuse_columns
from tokbench.corpus.rows import rows_of

if TYPE_CHECKING:
    from tokbench.corpus.sources.files import FilesSpec

_TABLES = {"csv": Dialect(",", '"'), "tsv": Dialect("\t", None)}
"""How each is written, unless the recipe names a quote."""


def read(
    piece: Piece,
    spec: "FilesSpec",
    columns: Sequence[str] = (),
    *,
    nulls: bool = False,
    notes: list[str] | None = None,
) -> Iterator[tuple[pa.RecordBatch, int]]:
    """The rows of a piece, with its bytes on disk consumed so far.

    Args:
        piece: what to read.
        spec: says what the text is.
        columns: what else is wanted of each row.
        nulls: whether rows without a text are given, with null.
        notes: given, at the end, what was left out of the piece.

    Args:
        piece: what to read.
        spec: how.
        notes: given, at the end, what was left out of the piece.

    Raises:
        CorpusError: the piece cannot be read, lacks a column, or holds something that is not text.
    """
    wanted = Wanted(spec, tuple(columns), nulls)
    if piece.format == TAR:
        from tokbench.corpus.formats import tar_members  # noqa: PLC0415 - few need it

        for member, done in tar_members.members(piece, [] if notes is None else notes):
            rows = read(member, spec, columns, nulls=nulls)
            yield from ((batch, done()) for batch, _ in rows)
    elif piece.format in ("parquet", "arrow"):
        from tokbench.corpus.formats import columnar  # noqa: PLC0415 - 0.1 s that only they need

        read_columns = columnar.read_parquet if piece.format == "parquet" else columnar.read_arrow
        yield from read_columns(piece, wanted)
    elif piece.format in _TABLES:
        dialect = _TABLES[piece.format]
        if spec.quote != "auto":
            dialect = dialect._replace(quote=spec.quote)
        source = partial(opened, piece)
        dropped: list[str] | None = [] if spec.wrong_rows == "drop" else None
        yield from delimited.read(
            source, piece.shown, wanted, dialect, names=spec.column_names, notes=dropped
        )
        if notes is not None:
            notes += dropped or []
    elif piece.format == "pickle":
        from tokbench.corpus.formats import pandas_pickle  # noqa: PLC0415 - as above

        with opened(piece) as stream:
            for batch, share in pandas_pickle.read(stream, piece.shown, wanted):
                yield batch, int(piece.size * share)
    else:
        json_list = piece.format == "json" and _is_list(piece, spec)
        with opened(piece) as stream:
            for batch in streamed(stream, piece, spec, wanted, json_list=json_list):
                yield batch, stream.done()


def streamed(
    stream: Unpacked, piece: Piece, spec: "FilesSpec", wanted: Wanted, *, json_list: bool
) -> Iterator[pa.RecordBatch]:
    """The rows of a stream of text, XML, CoNLL or JSON."""
    if piece.format == "txt":
        refuse_columns(piece.shown, wanted.columns)
        return map(rows_of, plain.read(stream, piece.shown, spec.sample_by))
    if piece.format == "xml":
        return xml.read(stream, piece.shown, wanted, spec.records)
    if piece.format == "conllu":
        return conllu.read(stream, piece.shown, wanted)
    if piece.format == "conll":
        return conll.read(stream, piece.shown, wanted, spec.column_names, spec.joined_by)
    if json_list:
        return json_rows.read(stream, piece.shown, wanted, spec.records)
    hint = json_rows.HINT if piece.format == "json" else ""
    return json_lines.read(stream, piece.shown, wanted, hint)


def _is_list(piece: Piece, spec: "FilesSpec") -> bool:
    """Whether a .json file holds a list of rows, not an object a line."""
    if spec.records is not None:
        return True
    with opened(piece) as stream:
        return not json_rows.starts_with_object(stream)
