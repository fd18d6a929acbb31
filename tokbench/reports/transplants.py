"""What became of a checkpoint's vocabulary: two tables, plain data."""

from dataclasses import asdict
from math import prod
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports.visible import visible
from tokbench.values import SOURCES, Transplanted

_SAID = {
    "special": "special, by role",
    "kept": "kept",
    "pieces": "mean of pieces",
    "otherwise": "otherwise",
}


def render(made: Transplanted) -> RenderableType:
    """What was made, for people."""
    heading = Text.assemble((visible(made.tokenizer), "bold"), f" in {made.checkpoint}")
    count, digest = made.untouched
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    before, after = (_parameters(made, at) for at in (0, 1))
    said = [
        ("model", f"{made.folder}, a {made.architecture}"),
        ("rows", f"{made.rows[0]:,} before, {made.rows[1]:,} now"),
        ("parameters", f"{before:,} before, {after:,} now, in {', '.join(made.tables)}"),
        ("untouched", f"{count:,} other tensors (sha256 {digest[:16]})"),
        ("longest", f"{made.longest:,} tokens" if made.longest else "nothing says"),
        ("signature", made.signature),
    ]
    for name, value in said:
        facts.add_row(name, Text(value))
    parts: list[RenderableType] = [heading, "", _sources(made), "", facts]
    parts += [Text(f"note: {one}", "yellow") for one in made.notes]
    return Group(*parts)


def _sources(made: Transplanted) -> Table:
    """Where rows come from."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    longest = len("otherwise (random)")
    table.add_column("rows", no_wrap=True, min_width=longest)
    for name in ("tokens", "share", *(["of the text"] if made.shares else [])):
        table.add_column(name, justify="right", no_wrap=True, min_width=max(len(name), 7))
    table.add_column("for example", overflow="fold")
    total = sum(made.sources.values())
    for source in SOURCES:
        how = f" ({made.otherwise})" if source == "otherwise" else ""
        cells = [
            f"{_SAID[source]}{how}",
            f"{made.sources[source]:,}",
            f"{made.sources[source] / max(total, 1):.1%}",
        ]
        cells += [f"{made.shares[source]:.1%}"] if made.shares else []
        examples = (_shown(*one) for one in made.examples[source])
        table.add_row(*cells, Text("  ".join(examples)))
    return table


def _shown(new: str, old: tuple[str, ...]) -> str:
    """A token, and what its row is made of."""
    parts = "+".join(visible(one) for one in old)
    return f"{visible(new)}={parts}" if old else visible(new)


def _parameters(made: Transplanted, at: int) -> int:
    return sum(prod(shapes[at]) for shapes in made.tables.values())


def plain(made: Transplanted) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return {**asdict(made), "folder": str(made.folder)}
