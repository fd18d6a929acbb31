"""What counting came to: a few lines, plain data."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.memory import shown
from tokbench.values import Counted

_SLOW = 1_000_000
"""Of so few bytes nobody asks how fast they were counted."""


def render(made: Counted) -> RenderableType:
    """What was counted, for people."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    fast = made.bytes > _SLOW and made.seconds and not made.before
    per = f", {made.bytes / made.seconds / 1e6:,.1f} MB/s" if fast else ""
    rows = [
        ("documents", f"{made.documents:,}, {shown(made.bytes)} of text"),
        ("distinct", f"{made.strings:,} {made.of}"),
        ("time", f"{made.seconds:.1f} s{per}"),
    ]
    if made.moved and made.parts > 1:
        rows.append(("moved", f"{shown(made.moved)}, in {made.parts:,} parts"))
    for name, value in rows:
        table.add_row(name, Text(value))
    table.add_row("kept in", Text(_where(made.places)))
    done = "counted before, nothing was read" if made.before else made.what
    heading = Text.assemble((made.name, "bold"), f": {done}")
    parts: list[RenderableType] = [heading, "", table]
    if made.notes:
        parts += ["", *(Text(note, style="dim") for note in made.notes)]
    return Group(*parts)


def _where(places: tuple[str, ...]) -> str:
    """The file, or the folder and how many files there."""
    if len(places) == 1:
        return places[0]
    return f"{Path(places[0]).parent}, {len(places)} files" if places else "nothing"


def plain(made: Counted) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return asdict(made)
