"""Paired bootstrap over documents: how far a number would move on other text of the same kind.

Documents are drawn with replacement, as many as there are, a thousand times; the same draws serve
every metric and every tokenizer, so differences between tokenizers are paired. The draws are the
raw stream of PCG64, which NumPy promises to keep: a seed gives the same interval everywhere.
Totals are whole numbers below 2^53, exact in doubles whatever the order of summing.
"""

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESAMPLES = 1000
GROUPS = 4096
"""Above so many documents, they are gathered by chance in so many groups of one size, and groups
are drawn. The spread of a total is the same on average; chance changes it by 1.1% (one standard
deviation, sqrt(1 / 2 GROUPS)), the thousand draws themselves by 2.2%."""
FEWEST = 10
"""Of fewer documents no interval is told: it would hold the truth too seldom."""
LEAST_WORTH = 4.0
"""Documents of which one makes nearly all of the text are taken for so many; of fewer, a thousand
resamples know no percentile that is far enough out."""
_TOGETHER = 64
_CHANCE = 0.05
_NORMAL = NormalDist()
_NONE_BELOW = 0.99


class Resamples:
    """Draws of documents with replacement.

    Args:
        documents: how many there are.
        count: how many resamples.
        seed: another one, or another number in a tuple, gives other draws.

    >>> draws = Resamples(3, count=2)
    >>> totals = draws.totals([np.array([1, 1, 1]), np.array([1, 10, 100])])
    >>> totals[:, 0].tolist()
    [3.0, 3.0]
    """

    def __init__(
        self, documents: int, *, count: int = RESAMPLES, seed: int | tuple[int, ...] = 0
    ) -> None:
        self.documents = documents
        self._count = count
        self._seed = seed

    def totals(self, columns: "Sequence[NDArray[np.int64]]") -> "NDArray[np.float64]":
        """The total of every column in every resample.

        Args:
            columns: each a number for every document.

        Returns:
            A row for each resample, a column for each column.
        """
        stream = np.random.PCG64(self._seed)
        values = self._gathered(columns, stream)
        drawn = len(values)
        made = np.empty((self._count, len(columns)))
        for first in range(0, self._count, _TOGETHER):
            rows = min(_TOGETHER, self._count - first)
            # the upper half of a raw number, scaled: off by less than drawn / 2^32
            places = (stream.random_raw(rows * drawn) >> np.uint64(32)) * np.uint64(drawn)
            places = (places >> np.uint64(32)).astype(np.int64)
            places += np.repeat(np.arange(rows) * drawn, drawn)
            times = np.bincount(places, minlength=rows * drawn).astype(np.float64)
            made[first : first + rows] = times.reshape(rows, drawn) @ values
        return made

    def _gathered(
        self, columns: "Sequence[NDArray[np.int64]]", stream: np.random.PCG64
    ) -> "NDArray[np.float64]":
        if self.documents <= GROUPS:
            return np.column_stack([column.astype(np.float64) for column in columns])
        group = np.empty(self.documents, np.int64)
        group[np.argsort(stream.random_raw(self.documents))] = (
            np.arange(self.documents, dtype=np.int64) % GROUPS
        )
        return np.column_stack([np.bincount(group, column, GROUPS) for column in columns])


def effective(weights: "NDArray[np.int64]") -> float:
    """For how many documents of one weight these count: (sum w)^2 / sum w^2 (Kish 1965).

    >>> effective(np.array([5, 5, 5])), round(effective(np.array([100, 1, 1])), 2)
    (3.0, 1.04)
    """
    numbers = weights.astype(np.float64)
    squares = float(numbers @ numbers)
    return float(numbers.sum()) ** 2 / squares if squares else float(len(numbers))


def interval(
    sample: "NDArray[np.float64]", documents: int, worth: float | None = None
) -> tuple[float, float] | None:
    """The 95% interval of a number from its values in all resamples.

    Percentiles, a little wider than 2.5 and 97.5 where documents are few (Hesterberg 2015, the
    expanded percentile interval): with Student's t and sqrt(n / (n - 1)) for the normal quantile.
    Where few long documents make most of a ratio, n is what they are worth together.

    Args:
        sample: a value for each resample; NaN where it has none.
        documents: how many were drawn from.
        worth: how many documents of one length they are worth (`effective`), all where unknown.

    Returns:
        None where there are too few documents, or too few resamples in which there is a value.

    >>> low, high = interval(np.arange(1001.0), 1_000_000)
    >>> round(low), round(high)
    (25, 975)
    >>> low, high = interval(np.arange(1001.0), 20)
    >>> round(low), round(high)
    (16, 984)
    """
    known = sample[np.isfinite(sample)]
    if documents < FEWEST or len(known) < _NONE_BELOW * len(sample):
        return None
    n = max(LEAST_WORTH, min(documents, documents if worth is None else worth))
    share = _NORMAL.cdf(-math.sqrt(n / (n - 1)) * _student(1 - _CHANCE / 2, n - 1))
    low, high = np.quantile(known, [share, 1 - share])
    return float(low), float(high)


def _student(share: float, degrees: float) -> float:
    """A quantile of Student's t, by the expansion around the normal's (Hill 1970).

    >>> round(_student(0.975, 9), 3), round(_student(0.975, 100), 3)
    (2.262, 1.984)
    """
    z, n = _NORMAL.inv_cdf(share), degrees
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
