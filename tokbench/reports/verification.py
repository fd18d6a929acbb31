"""Published values beside ours."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.values import Recomputed

_NAMES, _VALUES, _MARK = 44, 11, 7
_MARKS = {True: ("=", "green"), False: ("differs", "bold red"), None: ("skipped", "dim")}


def render(found: Sequence[Recomputed]) -> RenderableType:
    """A line for each value above where it comes from; at the end, why some were skipped."""
    parts: list[RenderableType] = []
    for source, some in groupby(found, key=lambda one: one.source):
        table = _table(head=not parts)
        for one in some:
            mark, style = _MARKS[one.agrees]
            ours = "" if one.ours is None else str(one.ours)
            table.add_row(Text(one.name), str(one.published), ours, Text(mark, style))
        parts += [table, Text(f"  {source}", style="dim")]
    whys = dict.fromkeys(one.why for one in found if one.why)
    return Group(*parts, *(Text(f"skipped: {why}", style="dim") for why in whys))


def _table(*, head: bool) -> Table:
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=head
    )
    table.add_column("", width=_NAMES)
    table.add_column("published", justify="right", width=_VALUES, overflow="fold")
    table.add_column("ours", justify="right", width=_VALUES, overflow="fold")
    table.add_column("", width=_MARK)
    return table


def as_json(found: Sequence[Recomputed]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [{**asdict(one), "agrees": one.agrees} for one in found]
