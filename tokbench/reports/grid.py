"""Cells of many labels and many tokenizers, laid in the terminal as takes the fewest lines."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.reports.names import name_width, shortened
from tokbench.reports.visible import visible

_LABEL_WIDTH = 18
_MOST_LABEL, _MOST_NAME = 12, 14
_GAP = 1


class Grid:
    """A line for each label and a column for each tokenizer, or the other way round.

    Args:
        names: of the tokenizers.
        labels: of the groups.
        cells: for each label that of each tokenizer.
    """

    def __init__(
        self, names: Sequence[str], labels: Sequence[str], cells: Sequence[Sequence[Text]]
    ) -> None:
        self._names, self._labels, self._cells = names, labels, cells

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        ways = (
            _Way(options.max_width, self._label(), _MOST_NAME, self._names, self._cells),
            _Way(
                options.max_width,
                [shortened(one, name_width(self._names, options.max_width)) for one in self._names],
                _MOST_LABEL,
                self._labels,
                list(zip(*self._cells, strict=True)),
            ),
        )
        yield from min(ways, key=lambda way: way.lines).tables()

    def _label(self) -> list[Text]:
        width = min(_LABEL_WIDTH, max(map(cell_len, self._labels)))
        made = [Text(visible(one)) for one in self._labels]
        for one in made:
            one.truncate(width, overflow="ellipsis", pad=True)
        return made


class _Way:
    """One way to lay them: as many columns side by side as the width holds, the rest below."""

    def __init__(
        self,
        width: int,
        lines: Sequence[Text],
        most: int,
        heads: Sequence[str],
        cells: Sequence[Sequence[Text]],
    ) -> None:
        self._lines, self._cells = lines, cells
        self._heads = [visible(one) for one in heads]
        self._left = max(one.cell_len for one in lines)
        self._widths = [
            max(
                *(line[place].cell_len for line in cells),
                min(most, max(map(cell_len, head.split() or [""]))),
            )
            for place, head in enumerate(self._heads)
        ]
        self._tables = list(self._parted(width - self._left))

    def _parted(self, room: int) -> Iterator[range]:
        """The columns of each table."""
        first, left = 0, room
        for place, needed in enumerate(self._widths):
            if needed + _GAP > left and place > first:
                yield range(first, place)
                first, left = place, room
            left -= needed + _GAP
        yield range(first, len(self._widths))

    @property
    def lines(self) -> int:
        """How many lines it takes, about."""
        high = (
            max(-(-cell_len(self._heads[k]) // self._widths[k]) for k in some)
            for some in self._tables
        )
        return sum(len(self._lines) + 1 + one for one in high)

    def tables(self) -> RenderResult:
        """Each table, an empty line between them."""
        for number, some in enumerate(self._tables):
            if number:
                yield Text("")
            table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
            table.add_column("", width=self._left, no_wrap=True)
            for k in some:
                table.add_column(
                    Text(self._heads[k]),
                    width=self._widths[k],
                    justify="right",
                    vertical="bottom",
                    overflow="fold",
                )
            for label, cells in zip(self._lines, self._cells, strict=True):
                table.add_row(label, *(cells[k] for k in some))
            yield table
