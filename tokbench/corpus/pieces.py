"""What a file is, by its name, and what it holds: one piece, or the members of a zip."""

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tokbench.corpus.problems import refused, unreadable

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
}
CODECS = (".gz", ".bz2", ".xz", ".zst")
COLUMNAR = ("parquet", "arrow")

_JUNK = ("__MACOSX", ".DS_Store")
"""What macOS adds to the zips that it makes."""


@dataclass(frozen=True)
class Piece:
    """One stretch of rows: a file, or a member of a zip.

    Attributes:
        path: the file.
        shown: the file, and the member in it, as the user wrote it.
        format: one of the values of `FORMATS`.
        codec: one of `CODECS`, or nothing.
        size: bytes on disk.
        member: the name of the member in the zip, or nothing.
    """

    path: Path
    shown: str
    format: str
    codec: str
    size: int
    member: str = ""


def ending(name: str) -> str:
    """The part of a name that says how to read the file, or nothing.

    >>> ending("wiki.en.TXT.gz"), ending("a.zip"), ending("a.pdf")
    ('.TXT.gz', '.zip', '')
    """
    suffixes = _suffixes(name)
    parts = 2 if suffixes[-1:] and suffixes[-1] in CODECS else 1
    if suffixes[-1:] == [".zip"] or _split(suffixes)[0]:
        return "".join(PurePosixPath(name).suffixes[-parts:])
    return ""


def pieces(path: Path, shown: str, format_: str) -> list[Piece]:
    """What there is to read in one file.

    Args:
        path: the file.
        shown: the path as the user wrote it.
        format_: one of the values of `FORMATS`, or "auto" for what the name says.

    Raises:
        CorpusError: the name says no format, or the file is a zip that cannot be read.
    """
    try:
        size = path.stat().st_size
        if _suffixes(path.name)[-1:] == [".zip"]:
            return _members(path, shown, format_, size)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise refused(shown, f"is not a whole zip ({error}); make or copy it again") from error
    except OSError as error:
        raise unreadable(shown, error) from error
    return [_piece(path, shown, format_, size)]


def _members(path: Path, shown: str, format_: str, size: int) -> list[Piece]:
    with zipfile.ZipFile(path) as archive:
        infos = sorted(
            (info for info in archive.infolist() if not info.is_dir() and not _is_junk(info)),
            key=lambda info: info.filename,
        )
    if not infos:
        raise refused(shown, "is a zip without a file in it; leave it out")
    found = []
    rest = size
    for info in infos:
        # What lies between the members counts with the last, so that the sum is the file's size.
        share = rest if info is infos[-1] else info.compress_size
        rest -= share
        label = f"{shown}/{info.filename}"
        if info.flag_bits & 1:
            raise refused(label, "is encrypted; unpack the zip and name the files")
        found.append(_piece(path, label, format_, share, info.filename))
    return found


def _piece(path: Path, shown: str, format_: str, size: int, member: str = "") -> Piece:
    suffixes = _suffixes(member or path.name)
    by_name, codec = _split(suffixes)
    chosen = by_name if format_ == "auto" else format_
    if suffixes[-1:] == [".zip"]:
        raise refused(shown, "is a zip in a zip; unpack the outer one")
    if not chosen:
        said = f"unknown extension {suffixes[-1]!r}" if suffixes else "no extension"
        choices = ", ".join(dict.fromkeys(FORMATS.values()))
        raise refused(shown, f"{said}; say what it is with `format:`, one of {choices}")
    if chosen in COLUMNAR and (member or codec):
        raise refused(shown, f"{chosen} inside {codec or 'a zip'} is not read; unpack it first")
    return Piece(path, shown, chosen, codec, size, member)


def _split(suffixes: list[str]) -> tuple[str, str]:
    codec = suffixes[-1] if suffixes and suffixes[-1] in CODECS else ""
    inner = suffixes[:-1] if codec else suffixes
    return (FORMATS.get(inner[-1], "") if inner else ""), codec


def _suffixes(name: str) -> list[str]:
    return [suffix.lower() for suffix in PurePosixPath(name).suffixes]


def _is_junk(info: zipfile.ZipInfo) -> bool:
    return any(part in _JUNK for part in PurePosixPath(info.filename).parts)
