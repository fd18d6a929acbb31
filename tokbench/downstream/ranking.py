"""How far intrinsic metrics order tokenizers as the scores of their models do."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from tokbench.downstream import extra
from tokbench.values import Downstream, Measured, RankCorrelation, TaskResult

FEWEST_RANKED = 3
"""Of fewer tokenizers no rank correlation is told."""
_MOST_PERMUTED = 8


def correlations(
    measured: Sequence[Measured], downstream: Downstream
) -> tuple[RankCorrelation, ...]:
    """How far each intrinsic metric orders the tokenizers as each task's deciding score does.

    Kendall's tau-b over the tokenizers that have both numbers. Metrics without a better direction,
    those by which all are equal, and tasks of fewer than three tokenizers are left out.
    """
    names = list(dict.fromkeys(name for one in measured for name in one.measurements))
    found = (
        _correlation(name, task, measured, downstream.tokenizers)
        for name in names
        for task in downstream.tasks
    )
    return tuple(one for one in found if one is not None)


def _correlation(
    metric: str, task: TaskResult, measured: Sequence[Measured], tokenizers: Sequence[str]
) -> RankCorrelation | None:
    scores = {
        name: some[task.metric].value * (-1 if task.metric in task.lower else 1)
        for name, some in zip(tokenizers, task.scores, strict=True)
        if some
    }
    x, y = [], []
    for one in measured:
        number = one.measurements.get(metric)
        if number and number.better and number.value is not None and one.name in scores:
            x.append(number.value if number.better == "higher" else -number.value)
            y.append(scores[one.name])
    if len(x) < FEWEST_RANKED or len(set(x)) == 1 or len(set(y)) == 1:
        return None
    value, p = tau(x, y)
    return RankCorrelation(metric, task.task, value, len(x), p)


def tau(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Kendall's tau-b and its two-sided p-value, by all permutations where they are few.

    Args:
        x: at least two different numbers.
        y: as many.

    >>> tau([1, 2, 3], [10, 20, 30])
    (1.0, 0.3333333333333333)
    """
    extra.require("scipy")
    from scipy import stats  # noqa: PLC0415 - heavy, and an extra

    value = float(stats.kendalltau(x, y).statistic)
    if len(x) > _MOST_PERMUTED:
        return value, float(stats.kendalltau(x, y).pvalue)
    # tau-b of permutations differs by its numerator alone: ties stay what they are
    first, second = (np.sign(np.subtract.outer(side, side)).astype(np.int64) for side in (x, y))
    orders = np.array(list(permutations(range(len(x)))))
    drawn = second[orders[:, :, None], orders[:, None, :]]
    sums = np.einsum("ij,kij->k", first, drawn)
    return value, float(np.mean(np.abs(sums) >= abs(int((first * second).sum()))))
