"""The comparison as tables and coloured text that fit the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.errors import CONTROLS
from tokbench.reports.registry import REPORTS
from tokbench.values import Comparison, Cut, Measured, Measurement, Row

_TITLE_WIDTH = 18
_COLUMN_WIDTH = 18
_GAP = 2
_NAME_WIDTH = 16
_MOST_PERCENT = 1000
_MOST_LOST = 0.001
_STYLES = {
    "token": ("#000000 on #8ecae6", "#000000 on #ffd166"),
    "byte": ("#000000 on #d7b8f3", "#000000 on #b48ede"),
    "unk": ("bold #ffffff on #c1121f", "bold #ffffff on #8d0801"),
    "lost": ("bold #ffffff on #c1121f strike", "bold #ffffff on #8d0801 strike"),
}
"""Two shades for each kind of cut, in turn, so that neighbours are told apart."""
_MARKS = {"unk": "⟨{}⟩", "lost": "⟨-{}-⟩", "byte": "<{}>", "token": "{}"}
_PICTURES = {**CONTROLS, ord("\n"): "⏎", ord("\t"): "⇥"}
NOTE = (
    "Compression is not quality: fewer tokens can make a worse model (Schmidt et al. 2024). "
    "Speeds hold for this machine and moment."
)


@REPORTS.register("terminal")
def render(comparison: Comparison, rows: Mapping[str, Row]) -> RenderableType:
    """Tables side by side, what does not apply, how texts come back, samples.

    Args:
        comparison: what was measured.
        rows: how each metric is shown, in the order of the table.
    """
    parts: list[RenderableType] = [_heading(comparison), _Tables(comparison, rows)]
    parts += _notes(comparison, rows)
    if comparison.samples:
        parts += ["", *_samples(comparison)]
    parts += ["", Text(NOTE, style="dim")]
    return Group(*parts)


def _heading(comparison: Comparison) -> Text:
    return Text.assemble(
        ("measured on ", "dim"),
        (_visible(comparison.on), "bold"),
        (f": {comparison.documents:,} documents, {_size(comparison.bytes)}", "dim"),
    )


def _size(size: int) -> str:
    """Bytes in the largest unit that leaves a digit before the point.

    >>> _size(512), _size(82_345), _size(15_470_000)
    ('512 bytes', '82.3 kB', '15.5 MB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


class _Tables:
    """As many tokenizers side by side as the width holds; the first is repeated in each table."""

    def __init__(self, comparison: Comparison, rows: Mapping[str, Row]) -> None:
        self._all = comparison.tokenizers
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = max(2, (options.max_width - _TITLE_WIDTH) // (_COLUMN_WIDTH + _GAP))
        first, *others = self._all
        step = columns - 1
        for start in range(0, max(1, len(others)), step):
            yield self._table([first, *others[start : start + step]])

    def _table(self, shown: Sequence[Measured]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
        table.add_column("", width=_TITLE_WIDTH, no_wrap=True)
        for one in shown:
            table.add_column(
                Text(_visible(one.name)), justify="right", width=_COLUMN_WIDTH, overflow="fold"
            )
        for name, row in self._rows.items():
            if all(name not in one.measurements for one in shown):
                continue
            best = _best(self._all, name, row)
            baseline = self._all[0].measurements[name]
            cells = [
                _cell(one.measurements[name], baseline, row.digits, best=one in best)
                for one in shown
            ]
            table.add_row(Text(row.title), *cells)
        return table


def _best(all_: Sequence[Measured], name: str, row: Row) -> list[Measured]:
    """Who is best in a row: none where nothing is better or all are equal.

    Text that is skipped costs no tokens: who loses letters cannot win by that.
    """
    values = {one.measurements[name].value for one in all_} - {None}
    better = all_[0].measurements[name].better
    if better is None or len(values) < 2:  # noqa: PLR2004 - two to compare
        return []
    honest = [one for one in all_ if not (row.flattered_by_loss and one.letters_lost > _MOST_LOST)]
    found = [one.measurements[name].value for one in honest]
    numbers = [value for value in found if value is not None]
    if not numbers:
        return []
    best = max(numbers) if better == "higher" else min(numbers)
    return [one for one in honest if one.measurements[name].value == best]


def _cell(measurement: Measurement, baseline: Measurement, digits: int, *, best: bool) -> Text:
    value = measurement.value
    if value is None:
        return Text("n/a", style="dim")
    text = Text()
    text.append(f"{value:,.{digits}f}" + ("*" if best else ""), "bold green" if best else "")
    if measurement is not baseline:
        text.append(f" {_change(value, baseline):>7}", style="dim")
    return text


def _change(value: float, baseline: Measurement) -> str:
    """The difference to the first tokenizer in per cent."""
    if not baseline.value or not baseline.better:
        return ""
    change = (value / baseline.value - 1) * 100
    return f"{change:+.1f}%" if abs(change) < _MOST_PERCENT else f"x{value / baseline.value:,.0f}"


def _notes(comparison: Comparison, rows: Mapping[str, Row]) -> list[RenderableType]:
    """What the numbers do not say: why a metric does not apply, how a round trip fails."""
    lines: list[RenderableType] = []
    if len(comparison.tokenizers) > 1:
        lines.append(Text("* best of its row; percentages are to the first", style="dim"))
    for one in comparison.tokenizers:
        if (lost := one.letters_lost) > _MOST_LOST:
            said = f" loses {lost:.1%} of the letters: text that it skips costs it no tokens"
            lines.append(Text.assemble((_visible(one.name), "bold red"), said))
    lines += _encoded_by(comparison)
    whys: dict[tuple[str, str], list[str]] = {}
    for one in comparison.tokenizers:
        for name, row in rows.items():
            if (got := one.measurements.get(name)) and got.value is None:
                whys.setdefault((row.title, got.why), []).append(one.name)
    for (title, why), names in whys.items():
        whose = "" if len(names) == len(comparison.tokenizers) else f" ({', '.join(names)})"
        lines.append(Text(f"n/a {title}{whose}: {why}", style="dim"))
    for one in comparison.tokenizers:
        trip = one.measurements.get("roundtrip")
        if trip and trip.detail.get("verdict", "lossless") != "lossless":
            lines.append(_trip(one.name, trip.detail))
    return lines


def _encoded_by(comparison: Comparison) -> list[RenderableType]:
    """How the counts were found, where chunks were used, should have been or could not be."""
    lines: list[RenderableType] = []
    through: list[str] = []
    whole: dict[str, list[str]] = {}
    for one in comparison.tokenizers:
        by = one.encoded_by
        if by and by.differed:
            lines.append(Text.assemble((_visible(one.name), "bold red"), f": {by.why}"))
        elif by and by.by == "chunks":
            share = by.whole / max(1, comparison.documents)
            also = f" ({_percent(share)} of documents whole)" if by.whole else ""
            through.append(one.name + also)
        elif by and by.why:
            whole.setdefault(by.why, []).append(one.name)
    said = [f"through distinct chunks: {', '.join(through)}"] if through else []
    said += [f"whole: {', '.join(names)}, since {why}" for why, names in whole.items()]
    if said:
        lines.append(Text(_visible(f"encoded {'; '.join(said)}"), style="dim"))
    return lines


def _percent(share: float) -> str:
    """A share that is neither none nor all.

    >>> _percent(0.00001), _percent(0.123), _percent(0.9999), _percent(1)
    ('0.01%', '12.3%', '99.9%', '100%')
    """
    if share == 1:
        return "100%"
    return f"{max(0.0001, share):.2%}" if share < 0.01 else f"{min(0.999, share):.1%}"  # noqa: PLR2004


def _trip(name: str, detail: Mapping[str, Any]) -> Text:
    text = Text.assemble((_visible(name), "bold"), f" is {detail['verdict']}")
    if detail["differences"]:
        wanted, got = detail["differences"][0]
        text.append(": ").append(repr(wanted), "green").append(" came back as ")
        text.append(repr(got), "red")
    return text


def _samples(comparison: Comparison) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for sample in comparison.samples:
        lines += [_Line("", Text(_visible(sample.text)), "")]
        for one, cuts in zip(comparison.tokenizers, sample.cuts, strict=True):
            lines.append(_Line(one.name, cuts, str(len(cuts))))
        lines.append("")
    return lines[:-1]


class _Line:
    """One line: whose, how many tokens, and as much of the cut text as fits."""

    def __init__(self, name: str, content: Text | Sequence[Cut], count: str) -> None:
        self._name = name
        self._content = content
        self._count = count

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text(overflow="ellipsis", no_wrap=True)
        name = Text(_visible(self._name), style="bold")
        name.truncate(_NAME_WIDTH, overflow="ellipsis", pad=True)
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
        text.append(_visible(one.text), _STYLES[one.kind][position % 2])
    return text


def _plain(cuts: Sequence[Cut]) -> Text:
    return Text("|".join(_MARKS[one.kind].format(_visible(one.text)) for one in cuts))


def _visible(text: str) -> str:
    """Line ends and other controls as pictures, so that a sample stays one line and harmless."""
    return text.translate(_PICTURES)
