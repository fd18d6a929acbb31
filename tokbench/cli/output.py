"""How results leave: tables to the terminal, JSON to a file or stdout."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from tokbench.store import write_bytes


def show(renderable: RenderableType) -> None:
    """Print to stdout; without colour where that is no terminal or NO_COLOR is set."""
    Console(highlight=False, soft_wrap=False).print(renderable)


def write_json(value: Any, path: str) -> None:
    """Write JSON to a file, atomically, or to stdout for `-`."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        write_bytes(Path(path), text.encode("utf-8", "backslashreplace"))


def note(message: str) -> None:
    """Say something beside the result, on stderr."""
    Console(stderr=True, highlight=False).print(message, style="yellow", soft_wrap=True)
