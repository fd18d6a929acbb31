"""`extends: base.yaml`: a recipe says only what differs from another."""

import glob
from pathlib import Path
from typing import Any

from tokbench.errors import Location
from tokbench.recipe import document
from tokbench.recipe.document import Document, refuse
from tokbench.recipe.explain import kind
from tokbench.recipe.layers import lay

OWN = ("name", "description")
"""Keys that a recipe does not inherit."""
_PATHS = ("path", "paths", "file", "folder", "baselines")
"""Keys whose strings are paths, relative to the file that says them."""
_TASKS = "tasks"
"""The key of a list of names, paths and maps."""
_MOST_FILES = 100


def compose(read: Document, path: Path) -> Document:
    """A document laid over the recipes that its `extends` names, the later over the earlier.

    Args:
        read: a parsed recipe.
        path: its file, which relative names start from.

    Returns:
        A document without `extends` in which everything knows its file, line and column; paths
        that a base names lead to the same files. `read` itself where it extends nothing.

    Raises:
        RecipeError: a base is missing, is no recipe, or extends what extends it.
    """
    return _Bases().composed(read, path, ((path.resolve(), str(path)),))


class _Bases:
    """Reads bases, and counts them."""

    def __init__(self) -> None:
        self._files = 0

    def composed(self, read: Document, path: Path, chain: tuple[tuple[Path, str], ...]) -> Document:
        if not isinstance(read.value, dict) or "extends" not in read.value:
            return read
        names = read.value.pop("extends")
        made = Document(read.file, value={})
        for position, name in enumerate(names if isinstance(names, list) else [names]):
            where = read.where(("extends", position))
            target = self._found(name, where, path)
            self._refuse_circle(target, where, chain)
            base = document.read(target)
            if not isinstance(base.value, dict):
                said = "empty" if base.value is None else kind(base.value)
                raise refuse(where, f"extends: {target} is no recipe: it is {said}")
            base = self.composed(base, target, (*chain, (target.resolve(), str(target))))
            for key in OWN:
                base.value.pop(key, None)
            _rebase(base.value, target.parent, Path(name).expanduser().parent)
            made = lay(base, made)
        return lay(read, made)

    def _found(self, name: Any, where: Location, path: Path) -> Path:
        if not isinstance(name, str):
            raise refuse(where, f"extends: expected the path of a recipe, got {kind(name)}")
        try:
            target = path.parent / Path(name).expanduser()
            there = target.is_file()
        except (OSError, RuntimeError, ValueError) as error:  # no such user's home, a null in it
            raise refuse(where, f"extends: {name!r} is not a path: {error}") from error
        if not there:
            if "://" in name:
                raise refuse(where, f"extends: {name}: is a URL; save it and name the file")
            what = "is no regular file" if _is_there(target) else "no such file"
            if target.is_dir():
                what = "is a folder, not a recipe"
            raise refuse(
                where,
                f"extends: {target}: {what}; "
                "the path starts from the folder of the recipe that says it",
            )
        self._files += 1
        if self._files > _MOST_FILES:
            raise refuse(where, f"extends: the recipe comes from more than {_MOST_FILES} files")
        return target

    def _refuse_circle(
        self, target: Path, where: Location, chain: tuple[tuple[Path, str], ...]
    ) -> None:
        resolved = [one for one, _ in chain]
        if target.resolve() not in resolved:
            return
        circle = [said for _, said in chain[resolved.index(target.resolve()) :]]
        if len(circle) == 1:
            raise refuse(where, "extends: a recipe cannot extend itself; name another")
        said = ", which extends ".join((*circle, circle[0]))
        raise refuse(where, f"extends: {said}: take one of these out")


def _rebase(value: Any, folder: Path, prefix: Path) -> None:
    """Make the paths in a base relative to the folder of the recipe that extends it, in place.

    Args:
        value: a map or list of the base.
        folder: of the base.
        prefix: the same folder as the extending recipe names it.
    """
    if prefix == Path() or not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        last = key.rpartition(".")[2] if isinstance(key, str) else ""
        if last in _PATHS:
            value[key] = _moved(inner, folder, prefix, always=last != "baselines")
        elif last == _TASKS and isinstance(inner, str):
            value[key] = _moved(inner, folder, prefix, always=False)
        elif last == _TASKS and isinstance(inner, list):
            value[key] = [_moved_task(one, folder, prefix) for one in inner]
        else:
            _rebase(inner, folder, prefix)


def _moved_task(value: Any, folder: Path, prefix: Path) -> Any:
    """A task of a base: a name stays, a path is moved, and so are the paths in a map."""
    if isinstance(value, str):
        return _moved(value, folder, prefix, always=False)
    _rebase(value, folder, prefix)
    return value


def _moved(value: Any, folder: Path, prefix: Path, *, always: bool) -> Any:
    """Every path in a value; a baseline that is no file or folder is a name on the Hub."""
    if isinstance(value, list):
        return [_moved(one, folder, prefix, always=always) for one in value]
    if isinstance(value, dict):
        return {key: _moved(one, folder, prefix, always=always) for key, one in value.items()}
    if not isinstance(value, str) or value.startswith("~") or "://" in value:
        return value
    if not always and not (value.startswith(".") or _is_there(folder / value)):
        return value
    magic = glob.has_magic(value) and not _is_there(folder / value)
    return (Path(glob.escape(str(prefix))) / value if magic else prefix / value).as_posix()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
