"""What `encode` wrote: a few lines, plain data."""

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.memory import shown
from tokbench.values import Written

_TYPES = {"<u2": "uint16", "<u4": "uint32"}


def render(made: Written) -> RenderableType:
    """What was written, for people."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    packed = f", {made.layout.pack:,} ids each" if made.layout.pack else ""
    rows = "" if made.rows == made.documents else f", in {made.rows:,} rows{packed}"
    for name, value in (
        ("documents", f"{made.documents:,}{rows}, {shown(made.bytes)} of text"),
        ("tokens", f"{made.tokens:,} as {_TYPES[made.dtype]}, {_ratio(made)} bytes each"),
        ("format", f"{made.layout.format}: {_how_to_read(made)}"),
        ("encoded", "through distinct chunks" if made.by == "chunks" else f"whole: {made.why}"),
        ("proven", _proof(made)),
        ("signature", made.signature),
    ):
        table.add_row(name, Text(value))
    again = ", continued from where an earlier attempt stopped" if made.resumed else ""
    heading = Text.assemble((made.tokenizer, "bold"), f" wrote {made.folder}{again}")
    return Group(heading, "", table)


def plain(made: Written) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return {**asdict(made), "folder": str(made.folder)}


def _ratio(made: Written) -> str:
    return f"{made.bytes / made.tokens:.2f}" if made.tokens else "-"


def _proof(made: Written) -> str:
    """What reading it back has shown."""
    lost = made.sampled - made.returned
    back = "and decode to their text" if not lost else f"; {lost:,} do not decode to their text"
    return (
        f"all ids read back from disk; those of {made.sampled:,} documents are what encoding "
        f"them again gives {back}"
    ).replace(" ;", ";")


def _how_to_read(made: Written) -> str:
    """A line of Python."""
    if made.layout.format == "bin":
        return f'np.memmap("{made.folder}/tokens.bin", "{made.dtype}", "r")'
    files = f"{made.folder}/part-*.{made.layout.format}"
    return f'load_dataset("{made.layout.format}", data_files="{files}")'
