"""What pictures show of token counts, in few numbers: lengths in bins, frequencies at ranks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokbench.values import Encoded, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 32
_RANKS = 64
_NEARLY_ALL = 0.99


def shapes(encoded: Sequence[Encoded]) -> list[Shape]:
    """Of each tokenizer; bins are the same for all.

    A bin is 1, 2 or 5 times a power of ten wide, so that 32 hold 99% of the documents of the
    tokenizer that makes them longest.

    >>> one = Encoded.of(["a b", "a", "a"], [["a", "b"], ["a"], ["a"]])
    >>> shapes([one])[0].lengths, shapes([one])[0].ranks
    ((0, 2, 1), ((1, 3), (2, 1)))
    """
    reach = max(
        int(np.quantile(one.tokens, _NEARLY_ALL, method="higher")) if len(one.tokens) else 0
        for one in encoded
    )
    step = _round_step((reach + 1) / _BINS)
    bins = reach // step + 1
    return [_shape(one, step, bins) for one in encoded]


def _shape(one: Encoded, step: int, bins: int) -> Shape:
    lengths = np.bincount(np.minimum(one.tokens // step, bins - 1), minlength=bins)
    middle = int(np.quantile(one.tokens, 0.5, method="higher")) if len(one.tokens) else 0
    counts = np.sort(one.frequencies[one.frequencies > 0])[::-1]
    ranks = _spaced(len(counts))
    at = zip(ranks.tolist(), counts[ranks - 1].tolist(), strict=True)
    return Shape(step, tuple(lengths.tolist()), middle, tuple(at))


def _round_step(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, ... that is not less.

    >>> [_round_step(one) for one in (0.1, 1, 1.2, 2.5, 60)]
    [1, 1, 2, 5, 100]
    """
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power
        power *= 10


def _spaced(last: int) -> "NDArray[np.int64]":
    """Ranks from 1 to the last, about evenly spaced as logarithms.

    >>> _spaced(3).tolist(), _spaced(0).tolist()
    ([1, 2, 3], [])
    """
    if not last:
        return np.zeros(0, np.int64)
    return np.unique(np.rint(np.geomspace(1, last, _RANKS)).astype(np.int64))
