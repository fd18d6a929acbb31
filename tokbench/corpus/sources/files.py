"""Files of text, tables and JSON: `{type: files, paths: [data/*.jsonl.gz], text: body}`.

>>> FilesSpec(paths="novels/**/*.txt.xz", sample_by="paragraph").paths
('novels/**/*.txt.xz',)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from tokbench.corpus.formats.transcoding import UTF8, text_codec
from tokbench.corpus.paths import expand
from tokbench.corpus.pieces import ENCODED, TAR, Piece, Wanted, pieces
from tokbench.corpus.places import Place
from tokbench.corpus.places.credentials import redacted
from tokbench.corpus.problems import refused
from tokbench.corpus.rows import Rows, Stream, rows_of
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec

_FITS = {
    "text": ("csv", "tsv", "json", "jsonl", "parquet", "arrow"),
    "sample_by": ("txt",),
    "quote": ("csv", "tsv"),
    "records": ("json",),
    "encoding": ENCODED,
}
"""Which formats an option says something about."""


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


def _shown(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(redacted, paths))


Strings = Annotated[
    tuple[str, ...],
    Field(strict=False),
    BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...]),
]
Paths = Annotated[Strings, Field(min_length=1), PlainSerializer(_shown, when_used="json")]
"""What is written anywhere of addresses is without their credentials."""


@SOURCES.register("files")
class FilesSpec(SourceSpec):
    """Files by path, folder, glob or URL; what they are is told by their names."""

    type: Literal["files"] = "files"

    paths: Paths
    """Files, folders, globs (`**` for any folders) or URLs; each must match. A file is read once.

    Of folders, the files of known kind are read that are not hidden, at any depth."""

    format: Literal["auto", "txt", "csv", "tsv", "json", "jsonl", "parquet", "arrow"] = "auto"
    """What the files are; by default their extension says it, before .gz .bz2 .xz .zst .zip .tar.

    In a zip or tar it says what all members are."""

    text: Annotated[str, Field(min_length=1)] = "text"
    """The column that is the text, or a nested field with dots: `data.text`."""

    sample_by: Literal["line", "paragraph", "document"] = "line"
    """What is one document in a txt file; paragraphs are separated by empty lines."""

    quote: Annotated[str | None, AfterValidator(_quote_mark)] = "auto"
    """What quotes a field of a csv or tsv file; by default `"` in csv and nothing in tsv."""

    records: Annotated[str, Field(min_length=1)] | None = None
    """Where a JSON file that is an object keeps its list of rows: `data` or `data.rows`."""

    members: Strings = ()
    """Which members of a zip or tar are read, as globs over their whole paths: `*.txt`; by default
    all of known kind."""

    encoding: Annotated[str, AfterValidator(text_codec)] = UTF8
    """How text is written, by Python's name for it: `shift_jis`, `cp1252`, `utf-16`."""

    max_expansion: int = Field(default=200, ge=1)
    """So many times its size, beyond 256 MB, a compressed file may become; a bomb becomes more."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """What to call the source; by default its paths."""

    def open(self, base: Path) -> OpenSource:
        """Find the files and what they are."""
        files, notes = expand(self.paths, base)
        wanted = Wanted(self.format, self.members, self.encoding, self.max_expansion)
        found: list[Piece] = []
        for place in files:
            inside, left_out = pieces(place, wanted)
            found += inside
            notes += left_out
        source = FilesSource(self, tuple(files), tuple(found), tuple(notes))
        formats = sorted({piece.format for piece in found})
        for option, fits in _FITS.items():
            unused = getattr(self, option) != type(self).model_fields[option].default
            if unused and not {*fits, TAR} & set(formats):
                what = f"option {option!r} does nothing for {', '.join(formats)}"
                raise refused(source.name, f"{what}; it is for {', '.join(fits)}: leave it out")
        if self.members and not any(piece.member or piece.format == TAR for piece in found):
            what = "option 'members' does nothing without a zip or tar"
            raise refused(source.name, f"{what}; leave it out")
        return source


@dataclass(frozen=True)
class FilesSource:
    """Files that were found.

    Attributes:
        spec: what the recipe said.
        files: each file once, in the order of reading.
        pieces: what is read: the files, and for a zip its members.
        notes: what was left out of folders and zips, as sentences for users.
    """

    spec: FilesSpec
    files: tuple[Place, ...]
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name from the recipe, else the first path."""
        first, *rest = _shown(self.spec.paths)
        return self.spec.name or (f"{first} and {len(rest)} more" if rest else first)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(piece.size for piece in self.pieces)

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The rows of one file after the other."""
        from tokbench.corpus.formats import reading  # noqa: PLC0415 - pyarrow is slow to import

        before = sum(piece.size for piece in self.pieces[:first])
        notes, rows = list(self.notes), None
        for number, piece in enumerate(self.pieces[first:], first):
            for texts, done in reading.read(piece, self.spec, notes):
                rows = Rows(rows_of(texts), before + min(done, piece.size), number, tuple(notes))
                notes.clear()
                yield rows
            before += piece.size
        if notes and rows is not None:  # the last tar says at its end what was left out of it
            yield rows._replace(batch=rows.batch.slice(0, 0), notes=tuple(notes))

    def identity(self) -> Any:
        """The contents of the files, and what says how to read them; not where they lie."""
        said_elsewhere = {"paths", "name", "format", "steps", "max_expansion"}
        options = self.spec.model_dump(mode="json", exclude=said_elsewhere)
        formats = [[piece.format, piece.codec] for piece in self.pieces]
        return {**options, "pieces": formats, "files": [file.identity() for file in self.files]}
