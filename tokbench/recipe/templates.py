"""Recipes to start from: the teaching recipes of the project, shipped with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"^name: .*$", re.MULTILINE)


@dataclass(frozen=True)
class Template:
    """A recipe that can be copied under a new name.

    Attributes:
        name: what `tokbench new --like` calls it.
        summary: its first comment line.
        text: the YAML.
        data: files beside it that its corpus names.
    """

    name: str
    summary: str
    text: str
    data: tuple[Path, ...]

    def named(self, name: str) -> str:
        """The YAML with another name, everything else as it is."""
        return _NAME.sub(f"name: {name}", self.text, count=1)


def templates() -> dict[str, Template]:
    """Every template by name, sorted."""
    return {one.name: one for one in _all()}


def _all() -> Iterator[Template]:
    folder = _folder()
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text("utf-8")
        summary = text.split("\n", maxsplit=1)[0].removeprefix("# ").rstrip(".")
        data = tuple(sorted(one for one in folder.glob("*.txt") if one.name in text))
        yield Template(path.stem, summary, text, data)


def _folder() -> Path:
    """Inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "recipes"
    return installed if installed.is_dir() else package.parent / "recipes"
