"""Columns of cells that stand below each other, in as many blocks as the width asks for."""

from unicodedata import bidirectional

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from tokbench.reports.visible import visible

HEAD = 14
"""Cells that the names of rows take."""
_GAP = 2
_LONGEST = 24
LEFT_TO_RIGHT = "\u200e"
"""A mark that shows nothing and keeps what follows to the right of writing from the right."""
_FROM_THE_RIGHT = {"R", "AL", "AN"}
Column = tuple[str, ...]


def from_the_right(text: str) -> bool:
    """Whether some of a text is written from right to left."""
    return any(bidirectional(sign) in _FROM_THE_RIGHT for sign in text)


class Blocks:
    """Columns side by side, as many as the width holds, then the next block below."""

    def __init__(self, names: tuple[str, ...], columns: list[Column]) -> None:
        self._names = names
        self._columns = columns

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        longest = max(4, min(_LONGEST, options.max_width - HEAD - _GAP))
        shown = [tuple(_fitted(cell, longest) for cell in one) for one in self._columns]
        block: list[Column] = []
        taken = HEAD
        for one in shown:
            wide = max(map(cell_len, one)) + _GAP
            if block and taken + wide > options.max_width + _GAP:
                yield self._drawn(block)
                yield ""
                block, taken = [], HEAD
            block.append(one)
            taken += wide
        if block:
            yield self._drawn(block)

    def _drawn(self, block: list[Column]) -> Text:
        """Lines of cells, the first row bold; a mark after writing from the right keeps its place.

        Without it a terminal that knows both directions would turn neighbouring cells round.
        """
        lines = Text(no_wrap=True, overflow="ignore")
        widths = [max(map(cell_len, one)) for one in block]
        for at, name in enumerate(self._names):
            lines.append(name.ljust(HEAD), "dim")
            for column, width in zip(block, widths, strict=True):
                cell = column[at]
                # Its own style, which shows nothing: pictures place every stretch of one style.
                lines.append(cell, "not dim" if at else "bold")
                if from_the_right(cell):
                    lines.append(LEFT_TO_RIGHT)
                lines.append(" " * (width - cell_len(cell) + _GAP))
            lines.rstrip()
            lines.append("\n" if at + 1 < len(self._names) else "")
        return lines


def _fitted(cell: str, longest: int) -> str:
    """A cell without controls, no wider than that."""
    cell = visible(cell)
    return cell if cell_len(cell) <= longest else set_cell_size(cell, longest - 1).rstrip() + "…"
