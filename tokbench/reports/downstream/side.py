"""What models learned as further rows of the table of metrics, so that both stand side by side."""

from collections.abc import Mapping
from dataclasses import replace

from tokbench.reports.downstream import facts
from tokbench.reports.downstream.scale import scale as written
from tokbench.reports.numbers import POINTS
from tokbench.values import Comparison, Difference, Measurement, Row, TaskResult

MODELS = "Models"
"""The family of these rows."""
SIDE = (
    "Of models: scores in hundredths, bits as they are, 95% over seeds by Student's t; differences "
    "in points or bits, seen where they stand out from seeds and test examples."
)
"""How the rows of models differ from the others."""


def beside(
    comparison: Comparison, rows: Mapping[str, Row], *, scale: int = 100
) -> tuple[Comparison, dict[str, Row]]:
    """The comparison with a metric for each task, by its deciding score; as it is without models.

    Args:
        comparison: what was measured.
        rows: how each metric is shown.
        scale: what the best score of 1 is told as.

    Returns:
        The same with measurements named `model:<task>`, and rows for these too.
    """
    made = comparison.downstream
    if made is None:
        return comparison, dict(rows)
    same = comparison.tokenizers[comparison.baseline].name == made.tokenizers[made.baseline]
    further: dict[str, dict[str, Measurement]] = {one.name: {} for one in comparison.tokenizers}
    shown = dict(rows)
    for task in made.tasks:
        key = f"model:{task.task}"
        shown[key] = Row(task.task, written(task).digits, family=MODELS)
        by_name = {one.name: one for one in facts.lines(made, task)}
        for name, some in further.items():
            some[key] = _measurement(task, by_name.get(name), scale, same=same)
    tokenizers = tuple(
        replace(one, measurements=one.measurements | further[one.name])
        for one in comparison.tokenizers
    )
    return replace(comparison, tokenizers=tokenizers), shown


def _measurement(
    task: TaskResult, line: facts.Line | None, scale: int, *, same: bool
) -> Measurement:
    n, score = task.sizes[2], line.score if line else None
    if line is None or score is None:
        why = facts.no_score(line) if line else facts.NONE
        return Measurement(None, n, "", None, why=why, of="test examples")
    said = written(task)
    scale = min(scale, said.factor)
    unit = f"{facts.title(task)} {POINTS}" if scale != 1 else facts.title(task)
    difference = None
    if score.gap and same:
        ends = _scaled(score.gap.interval, scale)
        difference = Difference(scale * score.gap.value, ends, score.gap.seen)
    return Measurement(
        scale * score.value,
        n,
        unit,
        "higher" if said.sign > 0 else "lower",
        interval=_scaled(score.interval, scale),
        no_interval="" if score.interval else "one seed",
        difference=difference,
        best=score.best,
        of="test examples",
    )


def _scaled(ends: tuple[float, float] | None, scale: int) -> tuple[float, float] | None:
    return (scale * ends[0], scale * ends[1]) if ends else None
