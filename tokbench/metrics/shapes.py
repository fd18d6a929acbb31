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
_FAR = 10


def shapes(encoded: Sequence[Encoded]) -> list[Shape]:
    """Of each tokenizer; bins are the same for all.

    At most 32 bins hold 99% of the documents of the tokenizer that makes them longest: each 1, 2 or
    5 times a power of ten wide, or, where some are ten times as long as that of the middle, as many
    times as wide as the one before.

    >>> one = Encoded.of(["a b", "a", "a"], [["a", "b"], ["a"], ["a"]])
    >>> shapes([one])[0].lengths, shapes([one])[0].ranks
    ((0, 2, 1), ((1, 3), (2, 1)))
    """
    reach = max(_quantile(one, _NEARLY_ALL) for one in encoded)
    middle = min(_quantile(one, 0.5) for one in encoded)
    if reach > _FAR * max(1, middle):
        spaced = np.rint(np.geomspace(1, reach, _BINS)).astype(np.int64)
        edges = np.unique(np.append(0, spaced))
    else:
        edges = np.arange(0, reach + 1, _round_step((reach + 1) / _BINS))
    return [_shape(one, edges) for one in encoded]


def _quantile(one: Encoded, share: float) -> int:
    """Tokens that so many of the documents do not exceed."""
    return int(np.quantile(one.tokens, share, method="higher")) if len(one.tokens) else 0


def _shape(one: Encoded, edges: "NDArray[np.int64]") -> Shape:
    bins = np.searchsorted(edges, one.tokens, "right") - 1
    lengths = np.bincount(bins, minlength=len(edges))
    counts = np.sort(one.frequencies[one.frequencies > 0])[::-1]
    ranks = _spaced(len(counts))
    at = zip(ranks.tolist(), counts[ranks - 1].tolist(), strict=True)
    return Shape(tuple(edges.tolist()), tuple(lengths.tolist()), _quantile(one, 0.5), tuple(at))


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
