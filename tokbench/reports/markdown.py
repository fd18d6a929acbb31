"""The comparison as Markdown that renders on GitHub."""

from collections.abc import Mapping, Sequence

from tokbench.reports.downstream import facts
from tokbench.reports.downstream.markdown import correlations
from tokbench.reports.downstream.side import SIDE, beside
from tokbench.reports.github import code, escaped
from tokbench.reports.loss import FLATTERED, mark
from tokbench.reports.notes import notes
from tokbench.reports.numbers import MANY, Line, change, families, interval, lines, number
from tokbench.reports.registry import REPORTS
from tokbench.reports.sizes import size
from tokbench.reports.warning import MODELS_NOTE, NOTE
from tokbench.values import Comparison, Measurement, Row

_MARKS = {"": "{}", "best": "**{}** \\*", "clearly best": "**{}** \\*\\*"}


@REPORTS.register("markdown")
def render(comparison: Comparison, rows: Mapping[str, Row]) -> str:
    """A line for each metric; of more than six tokenizers for each of them, in several tables."""
    comparison, rows = beside(comparison, rows)
    names = [one.name for one in comparison.tokenizers]
    baseline = names[comparison.baseline]
    parts = [
        (
            f"Measured on {escaped(comparison.on)}: {comparison.documents:,} documents, "
            f"{size(comparison.bytes)}."
        ),
        "",
    ]
    found = list(lines(comparison, rows))
    if len(names) > MANY:
        for family, some in families(found):
            parts += [f"**{escaped(family or 'Metrics')}**", "", *_by_rows(comparison, some), ""]
    else:
        parts += [*_by_columns(comparison, found), ""]
    flattered = any(each.flattered for one in found for each in one.measurements)
    parts += [
        (
            "↑ higher is better, ↓ lower is better; \\* best, \\*\\* best and a difference to "
            f"the rest is seen; [95% interval] by paired bootstrap, of what is timed from the "
            "lowest to the highest of interleaved rounds; % against "
            f"{escaped(baseline)}.{f' {escaped(SIDE)}' if comparison.downstream else ''}"
            f"{f' {FLATTERED} looks better than it is, see below.' if flattered else ''}"
        ),
        "",
    ]
    parts += [f"- {escaped(one)}" for one in notes(comparison, rows)]
    if models := comparison.downstream:
        parts += [f"- {escaped(one)}" for one in facts.summary(models)]
        parts += correlations(models, {name: row.title for name, row in rows.items()})
        parts += ["", f"> {escaped(MODELS_NOTE)}"]
    parts += ["", f"> {escaped(NOTE)}", ""]
    if comparison.signature:
        parts += [f"Cite: {code(comparison.signature)}", ""]
    if comparison.repeat:
        parts += [f"Again: {code(comparison.repeat)}", ""]
    return "\n".join(parts)


def _by_columns(comparison: Comparison, found: Sequence[Line]) -> list[str]:
    """A line for each metric, a column for each tokenizer."""
    names = [escaped(one.name) for one in comparison.tokenizers]
    made = [f"| | unit | {' | '.join(names)} |", "| --- | --- |" + " ---: |" * len(names)]
    for one in found:
        against = one.measurements[comparison.baseline]
        cells = [_cell(each, against, one.row.digits) for each in one.measurements]
        made.append(f"| {_title(one)} | {escaped(one.unit)} | {' | '.join(cells)} |")
    return made


def _by_rows(comparison: Comparison, found: Sequence[Line]) -> list[str]:
    """A line for each tokenizer, a column for each metric: some are wider than a page otherwise."""
    heads = [f"{_title(one)}<br>{escaped(one.unit)}" for one in found]
    made = [f"| | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    for place, tokenizer in enumerate(comparison.tokenizers):
        cells = [
            _cell(one.measurements[place], one.measurements[comparison.baseline], one.row.digits)
            for one in found
        ]
        made.append(f"| {escaped(tokenizer.name)} | {' | '.join(cells)} |")
    return made


def _title(one: Line) -> str:
    better = {"higher": " ↑", "lower": " ↓"}.get(one.better, "")
    return f"{escaped(one.row.title)}{better}"


def _cell(measurement: Measurement, baseline: Measurement, digits: int) -> str:
    shown = [_MARKS[measurement.best].format(number(measurement, digits)) + mark(measurement)]
    if found := interval(measurement, digits):
        shown.append(f"<sub>{found}</sub>")
    if found := change(measurement, baseline):
        shown.append(f"<sub>{found}</sub>")
    return "<br>".join(shown)
