"""From the paths that a recipe names to the files that they mean."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tokbench.corpus.left_out import LeftOut
from tokbench.corpus.pieces import FORMATS, UNKNOWN, ending
from tokbench.corpus.places import Place
from tokbench.corpus.places.credentials import is_url, redacted
from tokbench.corpus.places.local import LocalFile
from tokbench.corpus.problems import refused, unreadable
from tokbench.errors import CorpusError, nearest


def expand(patterns: Sequence[str], base: Path) -> tuple[list[Place], list[str]]:
    """Each file that the patterns match, once; and what was left out of folders, in sentences.

    Args:
        patterns: paths, or globs (`*`, `?`, `[...]`, `**` for any folders), absolute, in `~`, or
            relative to `base`; folders, whose files of known kind are read; or URLs. A path that
            exists is taken literally.
        base: the folder that relative paths are relative to.

    Returns:
        In the order of the patterns; the files of one glob or folder sorted.

    Raises:
        CorpusError: a pattern matches no file, or a file cannot be looked at.
    """
    files: dict[Path | str, Place] = {}
    notes: list[str] = []
    for pattern in patterns:
        if is_url(pattern) and (local := _local(pattern)) is None:
            for address in _addresses(pattern, notes):
                if address not in files:
                    files[address] = _looked_at(address)
            continue
        for shown in _matches(local if is_url(pattern) and local else pattern, base, notes):
            path = base / os.path.expanduser(shown)  # noqa: PTH111 - pathlib raises without a home
            resolved = path.resolve()
            files.setdefault(resolved, LocalFile(resolved, shown))
    return list(files.values()), notes


def _local(url: str) -> str | None:
    """The path in a `file://` URL.

    >>> _local("file:///data/a%20b.txt"), _local("s3://data/a.txt")
    ('/data/a b.txt', None)
    """
    parts = url.partition("://")
    if parts[0].lower() not in ("file", "local"):
        return None
    return unquote(parts[2])


def _addresses(pattern: str, notes: list[str]) -> list[str]:
    if _is_web(pattern):
        try:
            path = urlsplit(pattern).path
        except ValueError as error:
            raise refused(redacted(pattern), "is no address of a file; check it") from error
        if "*" in path:
            raise refused(redacted(pattern), "web servers list no files; name each")
        return [pattern]
    from tokbench.corpus.places import filesystems  # noqa: PLC0415 - 0.1 s that only URLs need

    found, folder = filesystems.matches(pattern)
    if not folder:
        if not found:
            raise refused(redacted(pattern), "matches no file; check the address")
        return found
    left = LeftOut(redacted(pattern))
    top = len(pattern.rstrip("/")) + 1
    kept = [each for each in found if _is_known(each[top:], left)]
    if not kept:
        raise _nothing_known(redacted(pattern), left)
    notes += left.notes()
    return kept


def _looked_at(address: str) -> Place:
    if _is_web(address):
        from tokbench.corpus.places import web  # noqa: PLC0415 - 0.1 s that only URLs need

        return web.look(address)
    from tokbench.corpus.places import filesystems  # noqa: PLC0415 - as above

    return filesystems.look(address)


def _is_web(url: str) -> bool:
    return url.partition("://")[0].lower() in ("http", "https")


def _matches(pattern: str, base: Path, notes: list[str]) -> list[str]:
    written = os.path.expanduser(pattern)  # noqa: PTH111 - pathlib raises without a home
    path = base / written
    try:
        if path.is_dir():
            return _below(pattern, path, notes)
        if path.is_file():
            return [pattern]
        if path.exists():
            raise refused(pattern, "is no regular file; a corpus is read more than once: save it")
        if not glob.has_magic(written):
            raise refused(pattern, f"no such file; {_near(path)}")
        # pathlib's glob follows no links and cannot start at an absolute pattern.
        found = sorted(glob.glob(written, root_dir=base, recursive=True))  # noqa: PTH207
    except OSError as error:
        raise unreadable(pattern, error) from error
    files = [match for match in found if (base / match).is_file()]
    if not files:
        what = (
            "matches folders only; name one, or the files in them" if found else "matches no file"
        )
        raise refused(pattern, f"{what}; it was looked for in {base.absolute()}")
    return files


def _below(pattern: str, folder: Path, notes: list[str]) -> list[str]:
    """The files of known kind in a folder and those below it, sorted; hidden ones are not."""
    left = LeftOut(pattern)
    root = pattern.rstrip("/") or "/"
    found = [name for name in _walked(folder, "", set()) if _is_known(name, left)]
    if not found:
        raise _nothing_known(pattern, left)
    notes += left.notes()
    return [os.path.join(root, name) for name in sorted(found)]  # noqa: PTH118 - as it was written


def _walked(folder: Path, inside: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """The paths of all files, relative to the first folder; no folder is entered twice."""
    found = folder.stat()
    if (found.st_dev, found.st_ino) in seen:
        return
    seen.add((found.st_dev, found.st_ino))
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        kind = _kind(entry)
        if kind == "folder":
            yield from _walked(folder / entry.name, f"{inside}{entry.name}/", seen)
        else:
            yield f"{inside}{entry.name}{'' if kind == 'file' else '/'}"


def _kind(entry: "os.DirEntry[str]") -> str:
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"
    except OSError:  # a link that leads to itself
        return "other"


def _is_known(name: str, left: LeftOut) -> bool:
    if any(part.startswith(".") for part in name.split("/")):
        return False
    if name.endswith("/"):
        left.add("links and devices without a file", name.rstrip("/"))
        return False
    if ending(name):
        return True
    left.add(UNKNOWN, name)
    return False


def _nothing_known(shown: str, left: LeftOut) -> CorpusError:
    if names := left.named(UNKNOWN):
        what = f"holds no file of a known kind, only {names}"
        return refused(shown, f"{what}; name files with a glob, and say what they are: `format:`")
    return refused(shown, f"holds no file; one of {', '.join(FORMATS)} is looked for")


def _near(path: Path) -> str:
    folder = next(parent for parent in path.parents if parent.is_dir())
    if folder != path.parent:
        return f"nor the folder {str(path.parent)!r}; check the path"
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    return nearest(path.name, names, limit=8) if names else f"{str(folder)!r} is empty"
