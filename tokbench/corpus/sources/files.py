"""Files of text, tables and JSON: `{type: files, paths: [data/*.jsonl.gz], text: body}`.

>>> FilesSpec(paths="novels/**/*.txt.xz", sample_by="paragraph").paths
('novels/**/*.txt.xz',)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from tokbench.corpus.formats.transcoding import UTF8, text_codec
from tokbench.corpus.paths import expand
from tokbench.corpus.pieces import ENCODED, TAR, Asked, Piece, pieces
from tokbench.corpus.places import Place
from tokbench.corpus.places.credentials import redacted
from tokbench.corpus.problems import refused
from tokbench.corpus.rows import TEXT, Rows, Stream
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec
from tokbench.corpus.texts import TextFields

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = ("csv", "tsv", "json", "jsonl", "parquet", "arrow", "xml", "pickle", "conll", "conllu")
_FITS = {
    "text": _ROWS,
    "messages": _ROWS,
    "words": _ROWS,
    "column_names": ("csv", "tsv", "conll"),
    "sample_by": ("txt",),
    "quote": ("csv", "tsv"),
    "wrong_rows": ("csv", "tsv"),
    "records": ("json", "xml"),
    "trust_pickle": ("pickle",),
    "encoding": ENCODED,
}
"""Which formats an option says something about."""
_SAYS_NOTHING = {"paths", "name", "format", "trust_pickle", "max_expansion"}
"""Options that do not change what is read of a file."""
_LATER = ("words", "joined_by", "column_names", "wrong_rows")
"""Options that say something of a source only where they are given."""


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


def _names(value: tuple[str, ...]) -> tuple[str, ...]:
    for place, name in enumerate(value):
        if name != "_" and name in value[:place]:
            raise ValueError(f"{name!r} is named twice; `_` stands for any that nobody wants")
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
class FilesSpec(TextFields, SourceSpec):
    """Files by path, folder, glob or URL; what they are is told by their names."""

    type: Literal["files"] = "files"

    paths: Paths
    """Files, folders, globs (`**` for any folders) or URLs; each must match. A file is read once.

    Of folders, the files of known kind are read that are not hidden, at any depth."""

    format: Literal[
        "auto",
        "txt",
        "csv",
        "tsv",
        "json",
        "jsonl",
        "parquet",
        "arrow",
        "xml",
        "pickle",
        "conll",
        "conllu",
    ] = "auto"
    """What the files are; by default their extension says it, before .gz .bz2 .xz .zst .zip .tar.

    In a zip or tar it says what all members are."""

    sample_by: Literal["line", "paragraph", "document"] = "line"
    """What is one document in a txt file; paragraphs are separated by empty lines."""

    quote: Annotated[str | None, AfterValidator(_quote_mark)] = "auto"
    """What quotes a field of a csv or tsv file; by default `"` in csv and nothing in tsv."""

    column_names: Annotated[Strings, AfterValidator(_names)] = ()
    """What the columns of a csv or tsv file are called whose first row does not say it; those of a
    conll file, `words` among them: by default the first is `words` and the last `tags`."""

    wrong_rows: Literal["refuse", "drop"] = "refuse"
    """What becomes of rows of a csv or tsv file that have too many or too few fields; how many were
    dropped is told."""

    records: Annotated[str, Field(min_length=1)] | None = None
    """Where a JSON file that is an object keeps its list of rows: `data` or `data.rows`; in XML
    the element that is a row, without which every element named by `text` is one."""

    trust_pickle: bool = False
    """Whether pickles of pandas are read, which runs whatever code their maker put into them."""

    members: Strings = ()
    """Which members of a zip or tar are read, as globs over their whole paths: `*.txt`; by default
    all of known kind."""

    encoding: Annotated[str, AfterValidator(text_codec)] = UTF8
    """How text is written, by Python's name for it: `shift_jis`, `cp1252`, `utf-16`."""

    max_expansion: int = Field(default=200, ge=1)
    """So many times its size, beyond 256 MB, a compressed file may become; a bomb becomes more."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """What to call the source; by default its paths."""

    @property
    def called(self) -> str | None:
        """The name that the recipe gives the source."""
        return self.name

    def open(self, base: Path) -> OpenSource:
        """Find the files and what they are."""
        files, notes = expand(self.paths, base)
        asked = Asked(self.format, self.members, self.encoding, self.max_expansion)
        found: list[Piece] = []
        for place in files:
            inside, left_out = pieces(place, asked)
            found += inside
            notes += left_out
        for piece in found:
            if piece.format == "pickle" and not self.trust_pickle:
                what = "is a pickle, which runs code of whoever made it when it is read"
                advice = "say `trust_pickle: true` if you trust them, or save it as parquet"
                raise refused(piece.shown, f"{what}; {advice}")
        source = FilesSource(self, tuple(files), tuple(found), tuple(notes))
        formats = sorted({piece.format for piece in found})
        for option, fits in _FITS.items():
            unused = getattr(self, option) != type(self).model_fields[option].default
            if unused and not {*fits, TAR} & set(formats):
                what = f"option {option!r} does nothing for {', '.join(formats)}"
                raise refused(source.name, f"{what}; it is for {', '.join(fits)}: leave it out")
        if self.joined_by != " " and not self.words and "conll" not in {*formats, TAR}:
            what = "option 'joined_by' is about words, and no column of words is named"
            raise refused(source.name, f"{what}; name it with `words:`, or leave it out")
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
        return sum(self.piece_sizes)

    @property
    def piece_sizes(self) -> tuple[int, ...]:
        """Bytes on disk of each piece."""
        return tuple(piece.size for piece in self.pieces)

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The rows of one file after the other."""
        from tokbench.corpus.formats import reading  # noqa: PLC0415 - pyarrow is slow to import

        beside = [name for name in columns if name != TEXT]
        alike = _Alike()
        before = sum(piece.size for piece in self.pieces[:first])
        notes, rows = list(self.notes), None
        for number, piece in enumerate(self.pieces[first:], first):
            for batch, done in reading.read(piece, self.spec, beside, nulls=nulls, notes=notes):
                alike.check(batch, piece.shown)
                rows = Rows(batch, before + min(done, piece.size), number, tuple(notes))
                notes.clear()
                yield rows
            before += piece.size
        if notes and rows is not None:  # the last tar says at its end what was left out of it
            yield rows._replace(batch=rows.batch.slice(0, 0), notes=tuple(notes))

    def identity(self) -> Any:
        """The contents of the files, and what says how to read them; not where they lie."""
        return self.identified([file.identity() for file in self.files])

    def identified(self, files: Sequence[Any]) -> Any:
        """The same where this is known of the files."""
        options = self.spec.model_dump(mode="json", exclude={*_SAYS_NOTHING, *self.spec.BESIDE})
        for name in _LATER:  # identities stay what they were
            if getattr(self.spec, name) == type(self.spec).model_fields[name].default:
                del options[name]
        formats = [[piece.format, piece.codec] for piece in self.pieces]
        return {**options, "pieces": formats, "files": list(files)}


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
