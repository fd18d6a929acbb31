"""95% intervals of means over seeds, of resampled numbers, and of what varies for both reasons."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.downstream import extra

if TYPE_CHECKING:
    from numpy.typing import NDArray

Interval = tuple[float, float]
FEWEST = 10
"""Of fewer test examples no interval is told: it would hold the truth too seldom."""
_SHARE = 0.975
_NONE_BELOW = 0.99
_TWO = 2


def over_seeds(values: Sequence[float]) -> Interval | None:
    """The 95% interval of a mean, by Student's t; None of a single value.

    >>> low, high = over_seeds([0.80, 0.82])
    >>> round(low, 2), round(high, 2)
    (0.68, 0.94)
    """
    if len(values) < _TWO:
        return None
    mean = float(np.mean(values))
    if len(set(values)) == 1:
        return mean, mean
    half = _student(len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean - half, mean + half


def percentiles(sample: "NDArray[np.float64]", n: int) -> Interval | None:
    """The 95% interval of a number from its values in all resamples.

    Percentiles, a little wider than 2.5 and 97.5 where examples are few (Hesterberg 2015, the
    expanded percentile interval).

    Args:
        sample: a value for each resample; NaN where it has none.
        n: how many examples were drawn from.

    Returns:
        None where there are too few examples, or too few resamples in which there is a value.
    """
    known = sample[np.isfinite(sample)]
    if n < FEWEST or len(known) < _NONE_BELOW * len(sample):
        return None
    share = _stats().norm.cdf(-((n / (n - 1)) ** 0.5) * _student(n - 1))
    low, high = np.quantile(known, [share, 1 - share])
    return float(low), float(high)


def joined(value: float, one: Interval, other: Interval) -> Interval:
    """The interval of a number that varies for two reasons, from the interval of each.

    >>> joined(1.0, (0.7, 1.3), (0.6, 1.4))
    (0.5, 1.5)
    """
    low = np.hypot(value - min(value, one[0]), value - min(value, other[0]))
    high = np.hypot(max(value, one[1]) - value, max(value, other[1]) - value)
    return float(value - low), float(value + high)


def _student(degrees: int) -> float:
    return float(_stats().t.ppf(_SHARE, degrees))


def _stats() -> Any:
    extra.require("scipy")
    from scipy import stats  # noqa: PLC0415 - heavy, and an extra

    return stats
