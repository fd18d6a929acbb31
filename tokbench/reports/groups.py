"""Numbers by group of documents: a line for each group, a column for each tokenizer."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.reports.grid import Grid
from tokbench.reports.loss import FLATTERED, mark
from tokbench.reports.visible import visible
from tokbench.values import Breakdown, Comparison, Measured, Measurement, Row

_LABEL_WIDTH = 18
_NAME_WIDTH = 14
_GAP = 2
_BAR = 12
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def by_group(comparison: Comparison, name: str, row: Row) -> list[RenderableType]:
    """A table for each grouping of a metric; none where it was not measured by group."""
    first = comparison.tokenizers[0].measurements.get(name)
    parts: list[RenderableType] = []
    for grouping in first.by if first else ():
        parts += ["", _Groups(comparison, name, row, grouping)]
    return parts


class _Groups:
    """As many tokenizers side by side as the width holds; bars where all find room with them."""

    def __init__(self, comparison: Comparison, name: str, row: Row, grouping: str) -> None:
        self._shown = [
            (one, found)
            for one in comparison.tokenizers
            if name in one.measurements
            and (found := one.measurements[name].by.get(grouping)) is not None
        ]
        self._row = row
        self._name = name
        self._grouping = grouping
        values = [
            group.value for _, one in self._shown for group in one.groups if group.value is not None
        ]
        self._most = max(values, default=0.0)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"{self._row.title} by {visible(self._grouping)}", style="bold")
        labels = [group.label for group in self._shown[0][1].groups]
        left = min(_LABEL_WIDTH, max(map(cell_len, [*labels, "macro average"])))
        room = options.max_width - left
        width = max(
            min(_NAME_WIDTH, cell_len(one.name + mark(self._of(one)))) for one, _ in self._shown
        )
        width = max(width, len(f"{self._most:,.{self._row.digits}f}") + 1)
        bars = room >= len(self._shown) * (width + _BAR + 1 + _GAP)
        if bars or room >= len(self._shown) * (width + _GAP):
            yield self._table(self._shown, left, width, bars=bars)
        else:
            yield self._grid()
        said = []
        if any(one.worst for _, one in self._shown):
            said.append("! worst of a tokenizer")
        if any(mark(self._of(one)) for one, _ in self._shown):
            said.append(f"{FLATTERED} looks better than it is")
        if said:
            yield Text("; ".join(said), style="dim")

    def _of(self, one: Measured) -> Measurement:
        return one.measurements[self._name]

    def _grid(self) -> Grid:
        """Where they find no room side by side: as many lines as need be, no bars."""
        names = [one.name + mark(self._of(one)) for one, _ in self._shown]
        labels = [group.label for group in self._shown[0][1].groups]
        columns = []
        for _, found in self._shown:
            cells = [*self._cells([group.value for group in found.groups], bars=False)]
            for cell, group in zip(cells, found.groups, strict=True):
                worst = group.label == found.worst
                cell.append("!" if worst else " ")
                cell.stylize("red" if worst else "")
            (macro,) = self._cells([found.macro], bars=False, bold=True)
            columns.append([*cells, macro.append(" ")])
        return Grid(names, [*labels, "macro average"], list(zip(*columns, strict=True)))

    def _table(
        self, shown: Sequence[tuple[Measured, Breakdown]], left: int, width: int, *, bars: bool
    ) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
        table.add_column("", width=left, no_wrap=True, overflow="ellipsis")
        for one, _ in shown:
            shown_name = Text(visible(one.name) + mark(self._of(one)))
            table.add_column(shown_name, width=width, justify="right", overflow="fold")
            if bars:
                table.add_column("", width=_BAR - 1)
        for place, group in enumerate(shown[0][1].groups):
            cells = list(self._cells([one.groups[place].value for _, one in shown], bars=bars))
            for number, (_, found) in enumerate(shown):
                cell = cells[number * (2 if bars else 1)]
                worst = group.label == found.worst
                cell.append("!" if worst else " ")
                cell.stylize("red" if worst else "")
            table.add_row(Text(visible(group.label)), *cells)
        macro = list(self._cells([one.macro for _, one in shown], bars=bars, bold=True))
        for cell in macro[:: 2 if bars else 1]:
            cell.append(" ")
        table.add_row(Text("macro average", style="bold"), *macro)
        return table

    def _cells(
        self, values: Sequence[float | None], *, bars: bool, bold: bool = False
    ) -> Iterator[Text]:
        for value in values:
            if value is None:
                yield Text("n/a", style="dim")
            else:
                yield Text(f"{value:,.{self._row.digits}f}", style="bold" if bold else "")
            if bars:
                yield Text(bar(value or 0.0, self._most, _BAR - 1), style="dim")


def bar(value: float, most: float, width: int) -> str:
    """A bar in eighths of a cell.

    >>> bar(1.0, 2.0, 5)
    '██▌'
    """
    if most <= 0:
        return ""
    eighths = round(8 * width * value / most)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
