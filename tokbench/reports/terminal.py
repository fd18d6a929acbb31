"""The comparison as tables and coloured text that fit the terminal."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.reports.downstream.side import MODELS, SIDE, beside
from tokbench.reports.downstream.terminal import models
from tokbench.reports.groups import by_group
from tokbench.reports.loss import FLATTERED, losers, mark
from tokbench.reports.names import name_width, shortened
from tokbench.reports.numbers import SAME, change
from tokbench.reports.registry import REPORTS
from tokbench.reports.scripts import by_script, count
from tokbench.reports.sizes import size
from tokbench.reports.visible import visible
from tokbench.reports.warning import MODELS_NOTE, NOTE
from tokbench.values import Comparison, Cut, Measured, Measurement, Row, Sample

_TITLE_WIDTH = 18
_NUMBER_WIDTH, _CHANGE_WIDTH = 11, 6
_COLUMN_WIDTH = _NUMBER_WIDTH + 1 + _CHANGE_WIDTH
_HALF_WIDTH = 8
_WIDE_WIDTH = _COLUMN_WIDTH + _HALF_WIDTH + 1
_SAME = "≈"
_BOOTSTRAP = "paired bootstrap over documents"
_GAP = 2
_MOST_TABLES = 2
_MOST_NAMES = 4
_STYLES = {
    "token": ("#000000 on #8ecae6", "#000000 on #ffd166"),
    "byte": ("#000000 on #d7b8f3", "#000000 on #b48ede"),
    "unk": ("bold #ffffff on #c1121f", "bold #ffffff on #8d0801"),
    "lost": ("bold #ffffff on #c1121f strike", "bold #ffffff on #8d0801 strike"),
}
"""Two shades for each kind of cut, in turn, so that neighbours are told apart."""
_MARKS = {"unk": "⟨{}⟩", "lost": "⟨-{}-⟩", "byte": "<{}>", "token": "{}"}


@REPORTS.register("terminal")
def render(
    comparison: Comparison,
    rows: Mapping[str, Row],
    broken_down: Sequence[str] = (),
    *,
    whole: bool = False,
) -> RenderableType:
    """Tables side by side, what does not apply, how texts come back, samples.

    Args:
        comparison: what was measured.
        rows: how each metric is shown, in the order of the table.
        broken_down: metrics whose numbers by group are shown, where there are some.
        whole: show the texts of scripts cut into tokens too, not only how many these are.
    """
    comparison, rows = beside(comparison, rows)
    parts: list[RenderableType] = [_heading(comparison), _Tables(comparison, rows)]
    parts += notes(comparison, rows)
    if comparison.downstream:
        parts += models(comparison.downstream, {name: row.title for name, row in rows.items()})
    for name in broken_down:
        parts += by_group(comparison, name, rows[name])
    if comparison.samples:
        parts += ["", *_samples(comparison, comparison.samples)]
    if comparison.scripts:
        parts += by_script(comparison)
        if whole:
            parts += ["", *_samples(comparison, comparison.scripts)]
    parts += ["", Text(NOTE, style="dim")]
    if comparison.downstream:
        parts.append(Text(MODELS_NOTE, style="dim"))
    if comparison.signature:
        parts.append(Text(f"cite: {visible(comparison.signature)}", style="dim", overflow="fold"))
    if comparison.repeat:
        parts.append(Text(f"again: {visible(comparison.repeat)}", style="dim", overflow="fold"))
    return Group(*parts)


def _heading(comparison: Comparison) -> Text:
    return Text.assemble(
        ("measured on ", "dim"),
        (visible(comparison.on), "bold"),
        (f": {comparison.documents:,} documents, {size(comparison.bytes)}", "dim"),
    )


class _Tables:
    """As many tokenizers side by side as the width holds; the baseline is repeated in each table.

    Half the width of each interval stands beside its number where one table then holds them all.
    Where even without that they would take more than two tables, a tokenizer is a row instead.
    """

    def __init__(self, comparison: Comparison, rows: Mapping[str, Row]) -> None:
        baseline = comparison.tokenizers[comparison.baseline]
        others = [one for one in comparison.tokenizers if one is not baseline]
        self._baseline = baseline
        self._all = [baseline, *others]
        self._rows = rows
        self._models = comparison.downstream is not None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, *others = self._all
        room = (options.max_width - _TITLE_WIDTH) // (_WIDE_WIDTH + _GAP)
        wide = room >= len(self._all)
        columns = room if wide else (options.max_width - _TITLE_WIDTH) // (_COLUMN_WIDTH + _GAP)
        step = max(1, columns - 1)
        starts = range(0, max(1, len(others)), step)
        if len(starts) > _MOST_TABLES:
            yield from self._by_rows(options.max_width)
        else:
            for start in starts:
                yield self._table([first, *others[start : start + step]], wide=wide)
        yield from self._legend(wide=wide, rows=len(starts) > _MOST_TABLES)

    def _is_known(self, name: str) -> bool:
        """Whether a metric says something of one of them; the others stand in the notes."""
        found = [one.measurements.get(name) for one in self._all]
        return any(one is not None and one.value is not None for one in found)

    def _legend(self, *, wide: bool, rows: bool) -> Iterator[Text]:
        """What the marks mean, of those that there are."""
        found = [each for one in self._all for each in one.measurements.values()]
        if said := self._marks(found, rows=rows):
            yield Text("; ".join(said), style="dim")
        if any(each.interval for each in found):
            line = f"± half of the 95% interval, by {_BOOTSTRAP}"
            if not wide:
                line = f"95% intervals by {_BOOTSTRAP}: --json, or a wider terminal"
            yield Text(line, style="dim")
        if self._models:
            yield Text(SIDE, style="dim")
        if any(each.spread for each in found):
            line = "± half of the range of rounds" if wide else "the range of rounds is in --json"
            yield Text(f"what is timed: medians of interleaved rounds, {line}", style="dim")

    def _marks(self, found: Sequence[Measurement], *, rows: bool) -> list[str]:
        """What stands behind numbers, and what it means."""
        said = []
        if any(each.best for each in found):
            said.append("* best")
        if any(each.best == "clearly best" for each in found):
            said.append("** best, and a difference to the rest is seen")
        if any(each.flattered for each in found):
            said.append(f"{FLATTERED} looks better than it is, see below")
        compared = [each.difference for each in found if each.difference]
        if compared and not rows:
            said.append(f"% against {visible(self._baseline.name)}")
        if any(one.seen is False for one in compared):
            said.append(f"{_SAME} no difference seen" + (" to the first" if rows else ""))
        return said

    def _by_rows(self, width: int) -> Iterator[RenderableType]:
        """Tables with a line for each tokenizer and as many metrics as the width holds."""
        names = name_width([one.name for one in self._all], width)
        columns = [
            self._column(name, row) for name, row in self._rows.items() if self._is_known(name)
        ]
        while columns:
            table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
            table.add_column("", width=names, no_wrap=True)
            lines = [[shortened(one.name, names)] for one in self._all]
            left = width - names
            while columns and (left >= columns[0][1] + _GAP or len(table.columns) == 1):
                title, needed, cells = columns.pop(0)
                left -= needed + _GAP
                table.add_column(Text(title), justify="right", width=needed, vertical="bottom")
                for line, cell in zip(lines, cells, strict=True):
                    line.append(cell)
            for line in lines:
                table.add_row(*line)
            yield table
            if columns:
                yield Text("")

    def _column(self, name: str, row: Row) -> tuple[str, int, list[Text]]:
        """A metric as a column: title, width, the cell of each tokenizer."""
        cells = [_number(one.measurements[name], row.digits) for one in self._all]
        for cell, one in zip(cells, self._all, strict=True):
            difference = one.measurements[name].difference
            cell.append(_SAME if difference and difference.seen is False else "", "dim")
        least = max(map(len, row.title.split()))
        return row.title, max(least, *(len(cell) for cell in cells)), cells

    def _table(self, shown: Sequence[Measured], *, wide: bool) -> Table:
        width = _WIDE_WIDTH if wide else _COLUMN_WIDTH
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
        table.add_column("", width=_TITLE_WIDTH, no_wrap=True)
        for one in shown:
            table.add_column(Text(visible(one.name), justify="right"), width=width, overflow="fold")
        family = ""
        for name, row in self._rows.items():
            if not self._is_known(name):
                continue
            if row.family == MODELS and family != MODELS:
                table.add_row(Text("models:", style="dim"))
            family = row.family
            baseline = self._baseline.measurements[name]
            cells = [
                _cell(one.measurements[name], baseline, row.digits, wide=wide) for one in shown
            ]
            table.add_row(Text(row.title), *cells)
        return table


def _cell(measurement: Measurement, baseline: Measurement, digits: int, *, wide: bool) -> Text:
    """Number, marks, half an interval and change, each below its like."""
    text = _number(measurement, digits)
    text.append(" " * (2 - sum(char in f"*{FLATTERED}" for char in text.plain)))
    text.pad_left(max(0, _NUMBER_WIDTH - len(text)))
    if measurement.value is None:
        return text
    if wide:
        text.append(f" {_half(measurement, digits):>{_HALF_WIDTH}}", style="dim")
    if measurement is not baseline:
        text.append(f" {_change(measurement, baseline):>{_CHANGE_WIDTH}}", style="dim")
    return text


def _number(measurement: Measurement, digits: int) -> Text:
    if measurement.value is None:
        return Text("n/a", style="dim")
    text = Text()
    stars = {"": "", "best": "*", "clearly best": "**"}[measurement.best]
    style = {"": "", "best": "green", "clearly best": "bold green"}[measurement.best]
    text.append(f"{measurement.value:,.{digits}f}{stars}", style)
    text.append(mark(measurement), "red")
    return text


def _half(measurement: Measurement, digits: int) -> str:
    """Half the width of the interval, or of the range of rounds."""
    ends = measurement.interval or measurement.spread
    if ends is None:
        return ""
    low, high = ends
    return f"±{(high - low) / 2:,.{digits}f}"


def _change(measurement: Measurement, baseline: Measurement) -> str:
    """The difference to the baseline in few cells."""
    said = change(measurement, baseline)
    return {SAME: _SAME, "equal": "="}.get(said, said.replace("×", "x"))


def notes(comparison: Comparison, rows: Mapping[str, Row]) -> list[RenderableType]:
    """What the numbers do not say: why a metric does not apply, how a round trip fails."""
    lines: list[RenderableType] = []
    for who, said in losers(comparison, rows):
        lines.append(Text.assemble((visible(who), "bold red"), visible(said)))
    lines += _encoded_by(comparison)
    whys: dict[tuple[str, ...], list[str]] = {}
    for name, row in rows.items():
        lacking: dict[str, list[str]] = {}
        for one in comparison.tokenizers:
            if (got := one.measurements.get(name)) and got.value is None:
                lacking.setdefault(got.why, []).append(one.name)
        for why, names in lacking.items():
            whys.setdefault((why, *names), []).append(row.title)
    for (why, *names), titles in whys.items():
        whose = "" if len(names) == len(comparison.tokenizers) else f" ({_listed(names)})"
        lines.append(Text(visible(f"n/a {', '.join(titles)}{whose}: {why}"), style="dim"))
    trips: dict[tuple[str, ...], list[str]] = {}
    for one in comparison.tokenizers:
        trip = one.measurements.get("roundtrip")
        if trip and trip.detail.get("verdict", "lossless") != "lossless":
            first = trip.detail["differences"][0] if trip.detail["differences"] else ()
            trips.setdefault((trip.detail["verdict"], *first), []).append(one.name)
    return lines + [_trip(names, *said) for said, names in trips.items()]


def _encoded_by(comparison: Comparison) -> list[RenderableType]:
    """How the counts were found, where chunks were used, should have been or could not be."""
    lines: list[RenderableType] = []
    through: list[str] = []
    whole: dict[str, list[str]] = {}
    for one in comparison.tokenizers:
        by = one.encoded_by
        if by and by.differed:
            lines.append(Text.assemble((visible(one.name), "bold red"), f": {by.why}"))
        elif by and by.by == "chunks":
            share = by.whole / max(1, comparison.documents)
            also = f" ({_percent(share)} of documents whole)" if by.whole else ""
            through.append(one.name + also)
        elif by and by.why:
            whole.setdefault(by.why, []).append(one.name)
    said = [f"through distinct chunks: {', '.join(through)}"] if through else []
    said += [f"whole: {', '.join(names)}, since {why}" for why, names in whole.items()]
    if said:
        lines.append(Text(visible(f"encoded {'; '.join(said)}"), style="dim"))
    return lines


def _percent(share: float) -> str:
    """A share that is neither none nor all.

    >>> _percent(0.00001), _percent(0.123), _percent(0.9999), _percent(1)
    ('0.01%', '12.3%', '99.9%', '100%')
    """
    if share == 1:
        return "100%"
    return f"{max(0.0001, share):.2%}" if share < 0.01 else f"{min(0.999, share):.1%}"  # noqa: PLR2004


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first ones where there are many.

    >>> _listed(["a", "b", "c", "d"]), _listed(["a", "b", "c", "d", "e"])
    ('a, b, c, d', 'a, b, c and 2 more')
    """
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    shown = names[: _MOST_NAMES - 1]
    return f"{', '.join(shown)} and {len(names) - len(shown)} more"


def _trip(names: Sequence[str], verdict: str, *difference: str) -> Text:
    said = f" {'is' if len(names) == 1 else 'are'} {verdict}"
    text = Text.assemble((visible(_listed(names)), "bold"), said)
    if difference:
        wanted, got = difference
        text.append(": ").append(repr(wanted), "green").append(" came back as ")
        text.append(repr(got), "red")
    return text


def _samples(comparison: Comparison, samples: Sequence[Sample]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    names = [one.name for one in comparison.tokenizers]
    for sample in samples:
        if sample.script:
            lines.append(Text(f"{visible(sample.script)}:", style="dim"))
        lines += [_Line("", Text(visible(sample.text)), "", names)]
        for name, cuts in zip(names, sample.cuts, strict=True):
            lines.append(_Line(name, cuts, str(count(cuts)), names))
        lines.append("")
    return lines[:-1]


class _Line:
    """One line: whose, how many tokens, and as much of the cut text as fits."""

    def __init__(
        self, name: str, content: Text | Sequence[Cut], count: str, names: Sequence[str]
    ) -> None:
        self._name = name
        self._names = names
        self._content = content
        self._count = count

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text(overflow="ellipsis", no_wrap=True)
        name = shortened(self._name, name_width(self._names, options.max_width))
        line.append_text(name).append(f"{self._count:>4} ", "dim")
        coloured = console.color_system is not None and not console.no_color
        line.append_text(
            self._content
            if isinstance(self._content, Text)
            else (_coloured(self._content) if coloured else _plain(self._content))
        )
        line.truncate(options.max_width, overflow="ellipsis")
        yield from console.render(line, options)


def _coloured(cuts: Sequence[Cut]) -> Text:
    text = Text()
    for position, one in enumerate(cuts):
        text.append(visible(one.text), _STYLES[one.kind][position % 2])
    return text


def _plain(cuts: Sequence[Cut]) -> Text:
    return Text("|".join(_MARKS[one.kind].format(visible(one.text)) for one in cuts))
