"""Paths of this machine, said so that they hold on another one.

>>> said = Places.of({"paths": ["/home/ann/data/a.txt", "b.txt"]}, Path("/home/ann/recipes"), ())
>>> said.told({"paths": ["/home/ann/data/a.txt", "b.txt"], "note": "of /home/ann/data/a.txt: 3"})
{'paths': ['a.txt', 'b.txt'], 'note': 'of a.txt: 3'}
"""

import glob
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from tokbench.values import Downstream

_PATHS = ("paths", "path", "folder", "file", "sections", "parallel", "tasks")
"""Keys of recipes below which paths stand."""
_FILE_URL = re.compile(r"(?:file|local)://", re.IGNORECASE)


@dataclass(frozen=True)
class Places:
    """What paths are called where they are published.

    Attributes:
        names: of each path as it was written; the longest come first.
        folders: of each folder that texts may name, what stands in its place.
    """

    names: Mapping[str, str]
    folders: Mapping[str, str]

    @classmethod
    def of(cls, said: Any, base: Path, folders: Iterable[Path]) -> "Places":
        """Of all paths in what a recipe says that lead out of its own folder.

        Args:
            said: plain values.
            base: the folder that relative paths start from.
            folders: that texts may name: the current one, that of the run.
        """
        every = list(_texts(said))
        outside = sorted({text for key, text in every if _leads_out(key, text, base)})
        names: dict[str, str] = {}
        taken = {text for _, text in every if text not in outside}
        for path in outside:
            names[path] = next(name for name in _endings(path) if name not in taken)
            taken.add(names[path])
        inside = {f"{folder.absolute()}/": "" for folder in (base, *folders)}
        inside = {
            folder: name for folder, name in inside.items() if len(PurePath(folder).parts) > 1
        }
        return cls(
            dict(sorted(names.items(), key=lambda pair: -len(pair[0]))),
            dict(sorted(inside.items(), key=lambda pair: -len(pair[0]))),
        )

    def told(self, value: Any) -> Any:
        """The same plain value without paths of this machine."""
        if isinstance(value, dict):
            return {key: self.told(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.told(one) for one in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if text in self.names:
            return self.names[text]
        for path, name in (*self.names.items(), *self.folders.items()):
            text = text.replace(path, name)
        return text


def without_folders(made: Downstream) -> Downstream:
    """Models that went on from a checkpoint, of whose path the last part is said.

    >>> without_folders(Downstream((), (), model="/home/ann/bert")).model
    './bert'
    """
    path = made.model
    if not path.startswith((".", "/", "~")) and "\\" not in path:
        return made  # a size, or a name on the Hub
    name = "./" + re.split(r"[\\/]", path.rstrip("/"))[-1]
    return replace(made, model=name, signature=made.signature.replace(path, name))


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the key that it stands under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts(one, name)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one, key)


def _leads_out(key: str, text: str, base: Path) -> bool:
    """Whether a text is a path that does not lie below the recipe.

    Below a key that is not known to name paths it is one only if there is something.
    """
    path = _FILE_URL.sub("", text)
    if not path or "\n" in path or "://" in path:
        return False
    pure = PurePath(path)
    named = key in _PATHS
    if path.startswith("~"):
        return named or path.startswith("~/")
    if pure.is_absolute():
        return len(pure.parts) > 1 and (named or (len(pure.parts) > 2 and _is_there(Path(path))))  # noqa: PLR2004 - root, folder
    return ".." in pure.parts and (named or _is_there(base / path))


def _is_there(path: Path) -> bool:
    """Whether a path, or the folder that a glob starts from, is there or once was."""
    plain = [part for part in path.parts if not glob.has_magic(part)]
    start = Path(*plain[: max(2, len(plain) - 1)])
    try:
        return path.exists() or start.is_dir()
    except OSError:
        return False


def _endings(path: str) -> Iterator[str]:
    """The last parts of a path, ever more of them; then the last ones with a number."""
    parts = [
        part for part in PurePath(_FILE_URL.sub("", path)).parts if part not in ("/", "..", "~")
    ]
    start = len(parts) - 1
    while start > 0 and glob.has_magic(parts[start]):
        start -= 1  # a glob alone would match whatever lies there
    name = "/".join(parts[start:])
    yield name
    number = 2
    while True:
        yield f"{number}/{name}"
        number += 1
