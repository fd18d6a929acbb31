"""How results leave: tables to the terminal, JSON to a file or stdout."""

import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.text import Text

from tokbench.store import finite, write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokbench.values import Comparison, Downstream, Row

_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def show(renderable: RenderableType) -> None:
    """Print to stdout; without colour where that is no terminal or NO_COLOR is set."""
    Console(highlight=False, soft_wrap=False).print(renderable)


def show_yaml(text: str) -> None:
    """Print YAML as it is, comments at the end of lines dim."""
    console = Console(highlight=False, soft_wrap=True)
    for line in text.splitlines():
        shown, mark, comment = line.rpartition(" # ")
        console.print(Text(shown).append(mark + comment, "dim") if mark else Text(line))


def write_svg(renderable: RenderableType, path: str, title: str, width: int = 100) -> None:
    """Write what a terminal of that width would show as an SVG picture."""
    console = Console(
        record=True,
        width=width,
        file=io.StringIO(),
        highlight=False,
        force_terminal=True,
        color_system="truecolor",
    )
    console.print(renderable)
    picture = console.export_svg(title=title, unique_id="tokbench")
    alone = _FONT_FACE.sub("", picture)  # the reader's own monospace font, fetched from nowhere
    write_bytes(Path(path), alone.encode())


def write_json(value: Any, path: str) -> None:
    """Write JSON to a file, atomically, or to stdout for `-`; what is no number is null."""
    text = json.dumps(finite(value), ensure_ascii=False, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        write_bytes(Path(path), text.encode("utf-8", "backslashreplace"))


def write_reports(
    comparison: "Comparison", rows: "Mapping[str, Row]", paths: "Sequence[str]"
) -> None:
    """Write a comparison to files, atomically, each in the format that its ending says."""
    from tokbench.reports import written

    for path in paths:
        write_bytes(Path(path), written(path, comparison, rows))


def write_models(made: "Downstream", paths: "Sequence[str]") -> None:
    """The same of models that differ in the tokenizer."""
    from tokbench.reports.downstream import written

    for path in paths:
        write_bytes(Path(path), written(path, made))


def note(message: str) -> None:
    """Say something beside the result, on stderr."""
    console = Console(stderr=True, highlight=False)
    console.print(message, style="yellow", soft_wrap=True, markup=False)
