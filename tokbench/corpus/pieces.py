"""What a file is, by its name, and what it holds: one piece, or the members of a zip."""

import stat
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from tokbench.corpus.left_out import LeftOut
from tokbench.corpus.places import Place
from tokbench.corpus.problems import refused, unreadable
from tokbench.errors import CorpusError

FORMATS = {
    ".txt": "txt",
    ".text": "txt",
    ".md": "txt",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xml": "xml",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".conll": "conll",
    ".conllu": "conllu",
}
CODECS = (".gz", ".bz2", ".xz", ".zst")
ENCODED = ("txt", "csv", "tsv", "json", "jsonl", "conll", "conllu")
"""Formats that are text in some encoding."""
TAR = "tar"
"""The format of a piece whose members are pieces of their own, found while it is read."""

_SHORT = {".tgz": (".tar", ".gz"), ".tbz2": (".tar", ".bz2"), ".tbz": (".tar", ".bz2"),
          ".txz": (".tar", ".xz"), ".tzst": (".tar", ".zst")}  # fmt: skip
_JUNK = ("__MACOSX", ".DS_Store")
"""What macOS adds to the archives that it makes, beside files that begin with `._`."""
_MOST_MEMBERS = 200_000
MOST = 256 << 20
"""So many unpacked bytes are no bomb, whatever they were packed in."""
UNKNOWN, OUTSIDE, LINKS = "files of unknown kind", "paths out of the archive", "links"
ARCHIVES = "archives"
"""Why members and files are left out."""


@dataclass(frozen=True)
class Asked:
    """What a recipe says about all its files.

    Attributes:
        format: one of the values of `FORMATS`, or "auto" for what each name says.
        members: which members of a zip or tar are read, as globs; none for all of known kind.
        encoding: Python's name of the codec of text.
        max_expansion: so many times its size a compressed file may become.
    """

    format: str = "auto"
    members: tuple[str, ...] = ()
    encoding: str = "utf-8"
    max_expansion: int = 200


@dataclass(frozen=True)
class Piece:
    """One stretch of rows: a file, a member of a zip, or all of a tar.

    Attributes:
        place: where the file lies.
        shown: the file, and the member in it, as the user wrote it, without credentials.
        format: one of the values of `FORMATS`, or `TAR`.
        codec: one of `CODECS`, or nothing.
        size: bytes on disk; 0 where nobody says.
        version: what changes when the file does, as `Place.version` says it when it is opened.
        member: the member of the zip, or None.
        asked: what the recipe says about it.
    """

    place: Place
    shown: str
    format: str
    codec: str
    size: int
    version: str = ""
    member: zipfile.ZipInfo | None = None
    asked: Asked = Asked()


def ending(name: str) -> str:
    """The part of a name that says how to read the file, or nothing.

    >>> ending("wiki.en.TXT.gz"), ending("a.zip"), ending("a.tgz"), ending("a.pdf")
    ('.TXT.gz', '.zip', '.tgz', '')
    """
    written = PurePosixPath(name).suffixes
    last = written[-1].lower() if written else ""
    parts = 2 if last in CODECS else 1
    if last == ".zip" or split(name)[0]:
        return "".join(written[-parts:])
    return ""


def pieces(place: Place, asked: Asked) -> tuple[list[Piece], list[str]]:
    """What there is to read in one file, and what is left out of it, in sentences.

    Args:
        place: where it lies.
        asked: what the recipe says about it.

    Raises:
        CorpusError: the name says no format, or the file is a zip that cannot be read.
    """
    try:
        if place.name.lower().endswith(".zip"):
            return _members(place, asked)
        return [_whole(place, asked)], []
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        what = f"is not a whole zip ({error}); make or copy it again"
        raise refused(place.shown, what) from error
    except OSError as error:
        raise unreadable(place.shown, error) from error


def kind(name: str, asked: Asked) -> tuple[str, str]:
    """The format, or nothing where it cannot be told, and the codec of a file of this name."""
    format_, codec = split(name)
    if format_ != TAR and asked.format != "auto":
        format_ = asked.format
    return format_, codec


def split(name: str) -> tuple[str, str]:
    """The format that a name says, or nothing, and the codec.

    >>> split("a.txt.gz"), split("a.tgz"), split("a.b"), split("a.gz")
    (('txt', '.gz'), ('tar', '.gz'), ('', ''), ('', '.gz'))
    """
    suffixes = _suffixes(name)
    codec = suffixes[-1] if suffixes and suffixes[-1] in CODECS else ""
    inner = suffixes[:-1] if codec else suffixes
    return ({**FORMATS, ".tar": TAR}.get(inner[-1], "") if inner else ""), codec


def unknown(name: str, shown: str) -> CorpusError:
    """The error for a file whose name does not say what it holds."""
    suffixes = _suffixes(name)
    said = f"unknown extension {suffixes[-1]!r}" if suffixes else "no extension"
    choices = ", ".join(dict.fromkeys(FORMATS.values()))
    return refused(shown, f"{said}; say what it is with `format:`, one of {choices}")


def is_read(name: str, label: str, asked: Asked, left: LeftOut) -> bool:
    """Whether the member of an archive is read; what is left out is noted, but for junk.

    Raises:
        CorpusError: it was asked for and cannot be read.
    """
    path = PurePosixPath(name)
    if any(part in _JUNK for part in path.parts) or path.name.startswith("._"):
        return False
    if asked.members and not any(fnmatchcase(name, glob) for glob in asked.members):
        return False
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        left.add(OUTSIDE, name)
        return False
    inner = "zip" if name.lower().endswith(".zip") else split(name)[0]
    if inner in ("zip", TAR):
        if asked.members:
            raise refused(label, f"is a {inner} in an archive; unpack the outer one")
        left.add(ARCHIVES, name)
        return False
    if kind(name, asked)[0]:
        return True
    if asked.members:
        raise unknown(name, label)
    left.add(UNKNOWN, name)
    return False


def nothing_read(shown: str, asked: Asked, left: LeftOut) -> CorpusError:
    """The error for an archive of which nothing is read."""
    if asked.members:
        globs = ", ".join(map(repr, asked.members))
        return refused(shown, f"no member matches {globs}; the whole path of a member is matched")
    if names := left.named(ARCHIVES):
        what = f"holds no file of a known kind, but archives ({names})"
        return refused(shown, f"{what}; unpack the outer one")
    if names := left.named(UNKNOWN):
        what = f"holds no file of a known kind, only {names}"
        return refused(shown, f"{what}; say what they are with `format:`")
    return refused(shown, "is an archive without a file in it; leave it out")


def _whole(place: Place, asked: Asked) -> Piece:
    format_, codec = kind(place.name, asked)
    if not format_:
        raise unknown(place.name, place.shown)
    codec = codec or place.packing
    return Piece(place, place.shown, format_, codec, place.size, place.version, asked=asked)


def _members(place: Place, asked: Asked) -> tuple[list[Piece], list[str]]:
    shown, size = place.shown, place.size
    with place.seekable() as file, zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        what = f"has {len(infos):,} members, more than {_MOST_MEMBERS:,}"
        raise refused(shown, f"{what}; unpack it, or join them in a .jsonl")
    left = LeftOut(shown)
    chosen = sorted(
        (info for info in infos if not info.is_dir() and _is_file(info, shown, asked, left)),
        key=lambda info: info.filename,
    )
    if not chosen:
        raise nothing_read(shown, asked, left)
    _refuse_bomb(chosen, shown, size, asked)
    found, rest = [], size
    for info in chosen:
        # What lies between the members counts with the last, so that the sum is the file's size.
        share = (rest if info is chosen[-1] else info.compress_size) if size else 0
        rest -= share
        label = f"{shown}/{info.filename}"
        if info.flag_bits & 1:
            raise refused(label, "is encrypted; unpack the zip and name the files")
        format_, codec = kind(info.filename, asked)
        found.append(Piece(place, label, format_, codec, share, place.version, info, asked))
    return found, list(left.notes())


def _is_file(info: zipfile.ZipInfo, shown: str, asked: Asked, left: LeftOut) -> bool:
    if stat.S_ISLNK(info.external_attr >> 16):
        left.add(LINKS, info.filename)
        return False
    return is_read(info.filename, f"{shown}/{info.filename}", asked, left)


def _refuse_bomb(infos: list[zipfile.ZipInfo], shown: str, size: int, asked: Asked) -> None:
    packed, unpacked = (
        sum(getattr(info, name) for info in infos) for name in ("compress_size", "file_size")
    )
    if size and packed > size:
        raise refused(shown, "has members that overlap, as bombs do; make it again")
    if unpacked > MOST and unpacked > asked.max_expansion * max(packed, 1):
        raise bomb(shown, unpacked, packed, asked.max_expansion)


def bomb(shown: str, unpacked: int, packed: int, limit: int) -> CorpusError:
    """The error for what unpacks to more than anybody means to give."""
    times = unpacked // max(packed, 1)
    what = f"unpacks to more than {limit:,} times its size ({unpacked:,} bytes from {packed:,})"
    allow = 10 ** len(str(times))
    return refused(shown, f"{what}; if it is meant to, allow it with `max_expansion: {allow}`")


def _suffixes(name: str) -> list[str]:
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    return [*suffixes[:-1], *_SHORT.get(suffixes[-1], suffixes[-1:])] if suffixes else []
