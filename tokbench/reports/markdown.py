"""The comparison as Markdown that renders on GitHub."""

from collections.abc import Mapping

from tokbench.reports.downstream import facts
from tokbench.reports.downstream.markdown import correlations
from tokbench.reports.downstream.side import SIDE, beside
from tokbench.reports.github import code, escaped
from tokbench.reports.notes import notes
from tokbench.reports.numbers import change, interval, lines, number
from tokbench.reports.registry import REPORTS
from tokbench.reports.sizes import size
from tokbench.reports.warning import MODELS_NOTE, NOTE
from tokbench.values import Comparison, Measurement, Row

_MARKS = {"": "{}", "best": "**{}** \\*", "clearly best": "**{}** \\*\\*"}


@REPORTS.register("markdown")
def render(comparison: Comparison, rows: Mapping[str, Row]) -> str:
    """A line for each metric, a column for each tokenizer."""
    comparison, rows = beside(comparison, rows)
    names = [one.name for one in comparison.tokenizers]
    baseline = names[comparison.baseline]
    parts = [
        (
            f"Measured on {escaped(comparison.on)}: {comparison.documents:,} documents, "
            f"{size(comparison.bytes)}."
        ),
        "",
        "| | unit | " + " | ".join(map(escaped, names)) + " |",
        "| --- | --- |" + " ---: |" * len(names),
    ]
    for one in lines(comparison, rows):
        against = one.measurements[comparison.baseline]
        better = {"higher": " ↑", "lower": " ↓"}.get(one.better, "")
        cells = [_cell(each, against, one.row.digits) for each in one.measurements]
        head = f"{escaped(one.row.title)}{better} | {escaped(one.unit)}"
        parts.append(f"| {head} | {' | '.join(cells)} |")
    parts += [
        "",
        (
            "↑ higher is better, ↓ lower is better; \\* best, \\*\\* best and a difference to "
            f"every other is seen; [95% interval] by paired bootstrap, of what is timed from the "
            "lowest to the highest of interleaved rounds; % against "
            f"{escaped(baseline)}.{f' {escaped(SIDE)}' if comparison.downstream else ''}"
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


def _cell(measurement: Measurement, baseline: Measurement, digits: int) -> str:
    shown = [_MARKS[measurement.best].format(number(measurement, digits))]
    if found := interval(measurement, digits):
        shown.append(f"<sub>{found}</sub>")
    if found := change(measurement, baseline):
        shown.append(f"<sub>{found}</sub>")
    return "<br>".join(shown)
