"""Files of text, tables and JSON: `{type: files, paths: [data/*.jsonl.gz], text: body}`.

>>> FilesSpec(paths="novels/**/*.txt.xz", sample_by="paragraph").paths
('novels/**/*.txt.xz',)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import xxhash
from pydantic import AfterValidator, BeforeValidator, Field

from tokbench.corpus.paths import expand
from tokbench.corpus.pieces import Piece, pieces
from tokbench.corpus.problems import refused, unreadable
from tokbench.corpus.rows import TEXT, Rows, Stream
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec
from tokbench.corpus.texts import TextFields

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = ("csv", "tsv", "json", "jsonl", "parquet", "arrow", "xml", "pickle")
_FITS = {
    "text": _ROWS,
    "messages": _ROWS,
    "sample_by": ("txt",),
    "quote": ("csv", "tsv"),
    "records": ("json", "xml"),
    "trust_pickle": ("pickle",),
}
"""Which formats an option says something about."""
_SAYS_NOTHING = {"paths", "name", "format", "steps", "trust_pickle"}
"""Options that do not change what is read of a file."""


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _quote_mark(value: str | None) -> str | None:
    if value is not None and value != "auto" and (len(value) != 1 or not value.isprintable()):
        raise ValueError(f"expected one character, null for none, or auto, got {value!r}")
    if value is not None and not value.isascii():
        raise ValueError("an ASCII character, null for none, or auto")
    if value == ",":
        raise ValueError("not the comma, which delimits the fields; null for none, or auto")
    return value


Paths = Annotated[
    tuple[str, ...],
    Field(strict=False, min_length=1),
    BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...]),
]


@SOURCES.register("files")
class FilesSpec(TextFields, SourceSpec):
    """Files by path or glob; what they are is told by their names."""

    type: Literal["files"] = "files"

    paths: Paths
    """Files or globs, `**` for any folders; each must match. A file is read once."""

    format: Literal[
        "auto", "txt", "csv", "tsv", "json", "jsonl", "parquet", "arrow", "xml", "pickle"
    ] = "auto"
    """What the files are; by default their extension says it, before .gz .bz2 .xz .zst .zip."""

    sample_by: Literal["line", "paragraph", "document"] = "line"
    """What is one document in a txt file; paragraphs are separated by empty lines."""

    quote: Annotated[str | None, AfterValidator(_quote_mark)] = "auto"
    """What quotes a field of a csv or tsv file; by default `"` in csv and nothing in tsv."""

    records: Annotated[str, Field(min_length=1)] | None = None
    """Where a JSON file that is an object keeps its list of rows: `data` or `data.rows`; in XML
    the element that is a row, without which every element named by `text` is one."""

    trust_pickle: bool = False
    """Whether pickles of pandas are read, which runs whatever code their maker put into them."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """What to call the source; by default its paths."""

    def open(self, base: Path) -> OpenSource:
        """Find the files and what they are."""
        files = tuple(expand(self.paths, base))
        found = tuple(piece for path, shown in files for piece in pieces(path, shown, self.format))
        for piece in found:
            if piece.format == "pickle" and not self.trust_pickle:
                what = "is a pickle, which runs code of whoever made it when it is read"
                advice = "say `trust_pickle: true` if you trust them, or save it as parquet"
                raise refused(piece.shown, f"{what}; {advice}")
        source = FilesSource(self, tuple(path for path, _ in files), found)
        formats = sorted({piece.format for piece in found})
        for option, fits in _FITS.items():
            unused = getattr(self, option) != type(self).model_fields[option].default
            if unused and not set(fits) & set(formats):
                what = f"option {option!r} does nothing for {', '.join(formats)}"
                raise refused(source.name, f"{what}; it is for {', '.join(fits)}: leave it out")
        return source


@dataclass(frozen=True)
class FilesSource:
    """Files that were found.

    Attributes:
        spec: what the recipe said.
        paths: each file once, absolute, in the order of reading.
        pieces: what is read: the files, and for a zip its members.
    """

    spec: FilesSpec
    paths: tuple[Path, ...]
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        """The name from the recipe, else the first path."""
        first, *rest = self.spec.paths
        return self.spec.name or (f"{first} and {len(rest)} more" if rest else first)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(piece.size for piece in self.pieces)

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The rows of one file after the other."""
        from tokbench.corpus.formats import reading  # noqa: PLC0415 - pyarrow is slow to import

        beside = [name for name in columns if name != TEXT]
        alike = _Alike()
        before = sum(piece.size for piece in self.pieces[:first])
        for number, piece in enumerate(self.pieces[first:], first):
            for batch, done in reading.read(piece, self.spec, beside, nulls=nulls):
                alike.check(batch, piece.shown)
                yield Rows(batch, before + min(done, piece.size), number)
            before += piece.size

    def identity(self) -> Any:
        """The contents of the files, and what says how to read them; not where they lie."""
        options = self.spec.model_dump(mode="json", exclude=_SAYS_NOTHING)
        formats = [[piece.format, piece.codec] for piece in self.pieces]
        return {**options, "pieces": formats, "files": [_digest(path) for path in self.paths]}


class _Alike:
    """What columns are in the first file, so that those of others can be joined to them."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[pa.DataType, str]] = {}

    def check(self, batch: "pa.RecordBatch", shown: str) -> None:
        """Refuse a column that is of another type than in a file before."""
        for column in batch.schema:
            kind, first = self._first.setdefault(column.name, (column.type, shown))
            if column.type != kind:
                what = f"field {column.name!r} is {column.type}, where it is {kind} in {first}"
                raise refused(shown, f"{what}; write the files alike, or give each its own source")


def _digest(path: Path) -> str:
    digest = xxhash.xxh3_128()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise unreadable(str(path), error) from error
    return digest.hexdigest()
