"""From the paths that a recipe names to the files that they mean."""

import glob
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tokbench.corpus.pieces import ending
from tokbench.corpus.problems import refused, unreadable
from tokbench.errors import nearest


def expand(patterns: Sequence[str], base: Path) -> list[tuple[Path, str]]:
    """Each file that the patterns match, once, with its path as the user wrote it.

    Args:
        patterns: paths, or globs (`*`, `?`, `[...]`, `**` for any folders), absolute, in `~`, or
            relative to `base`. A path that exists is taken literally.
        base: the folder that relative paths are relative to.

    Returns:
        In the order of the patterns; the matches of one glob sorted.

    Raises:
        CorpusError: a pattern matches no file, or names a folder.
    """
    files: dict[Path, str] = {}
    for pattern in patterns:
        for shown in _matches(pattern, base):
            path = base / os.path.expanduser(shown)  # noqa: PTH111 - pathlib raises without a home
            files.setdefault(path.resolve(), shown)
    return list(files.items())


def _matches(pattern: str, base: Path) -> list[str]:
    written = os.path.expanduser(pattern)  # noqa: PTH111 - pathlib raises without a home
    path = base / written
    try:
        if path.is_dir():
            raise refused(
                pattern, f"is a folder; name the files in it, as in {_inside(path, pattern)!r}"
            )
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
        what = "matches folders only; name the files in them" if found else "matches no file"
        raise refused(pattern, f"{what}; it was looked for in {base.absolute()}")
    return files


def _inside(folder: Path, written: str) -> str:
    endings = Counter(filter(None, (ending(entry.name) for entry in folder.iterdir())))
    if not endings:
        return f"{written.rstrip('/')}/**/*.txt"
    return f"{written.rstrip('/')}/*{endings.most_common(1)[0][0]}"


def _near(path: Path) -> str:
    folder = next(parent for parent in path.parents if parent.is_dir())
    if folder != path.parent:
        return f"nor the folder {str(path.parent)!r}; check the path"
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    return nearest(path.name, names, limit=8) if names else f"{str(folder)!r} is empty"
