"""From a piece to its documents: the reader of its format."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from tokbench.corpus.formats import delimited, json_lines, json_rows, plain
from tokbench.corpus.formats.compression import Unpacked, opened
from tokbench.corpus.formats.delimited import Dialect
from tokbench.corpus.pieces import TAR, Piece

if TYPE_CHECKING:
    from tokbench.corpus.sources.files import FilesSpec

_TABLES = {"csv": Dialect(",", '"'), "tsv": Dialect("\t", None)}
"""How each is written, unless the recipe names a quote."""


def read(
    piece: Piece, spec: "FilesSpec", notes: list[str] | None = None
) -> Iterator[tuple[pa.LargeStringArray, int]]:
    """The documents of a piece, with its bytes on disk consumed so far.

    Args:
        piece: what to read.
        spec: how.
        notes: given, at the end, what was left out of the piece.

    Raises:
        CorpusError: the piece cannot be read, or holds something that is not text.
    """
    if piece.format == TAR:
        from tokbench.corpus.formats import tar_members  # noqa: PLC0415 - few need it

        for member, done in tar_members.members(piece, [] if notes is None else notes):
            yield from ((texts, done()) for texts, _ in read(member, spec))
    elif piece.format in ("parquet", "arrow"):
        from tokbench.corpus.formats import columnar  # noqa: PLC0415 - 0.1 s that only they need

        columns = columnar.read_parquet if piece.format == "parquet" else columnar.read_arrow
        yield from columns(piece, piece.shown, spec.text)
    elif piece.format in _TABLES:
        dialect = _TABLES[piece.format]
        if spec.quote != "auto":
            dialect = dialect._replace(quote=spec.quote)
        yield from delimited.read(partial(opened, piece), piece.shown, spec.text, dialect)
    else:
        json_list = piece.format == "json" and _is_list(piece, spec)
        with opened(piece) as stream:
            for texts in streamed(stream, piece, spec, json_list=json_list):
                yield texts, stream.done()


def streamed(
    stream: Unpacked, piece: Piece, spec: "FilesSpec", *, json_list: bool
) -> Iterator[pa.LargeStringArray]:
    """The documents of a stream of text or JSON."""
    if piece.format == "txt":
        return plain.read(stream, piece.shown, spec.sample_by)
    if json_list:
        return json_rows.read(stream, piece.shown, spec.text, spec.records)
    hint = json_rows.HINT if piece.format == "json" else ""
    return json_lines.read(stream, piece.shown, spec.text, hint)


def _is_list(piece: Piece, spec: "FilesSpec") -> bool:
    """Whether a .json file holds a list of rows, not an object a line."""
    if spec.records is not None:
        return True
    with opened(piece) as stream:
        return not json_rows.starts_with_object(stream)
