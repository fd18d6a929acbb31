"""How long documents are: counted in bins that are exact below 256 and within 3% above."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
_EXACT, _PARTS = 256, 32
"""Lengths below are counted each for itself; above, every doubling is told in so many parts."""
BINS = _EXACT + _PARTS * 48


def bins(lengths: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The number of the bin that each length is counted in.

    >>> bins(np.array([0, 255, 256, 263, 264, 511, 512])).tolist()
    [0, 255, 256, 256, 257, 287, 288]
    """
    shift = np.maximum(np.frexp(lengths.astype(np.float64))[1] - 6, 0)
    above = _EXACT + _PARTS * (shift - 3) + (lengths >> shift) - _PARTS
    return np.where(lengths < _EXACT, lengths, above)


def _edges() -> "NDArray[np.int64]":
    """The least length of each bin."""
    parts = np.arange(_PARTS, 2 * _PARTS)
    doublings = [parts << shift for shift in range(3, 3 + (BINS - _EXACT) // _PARTS)]
    return np.concatenate([np.arange(_EXACT), *doublings])


def doublings(lengths: "NDArray[np.int64]") -> tuple[int, ...]:
    """Documents of no character, of one, of two and three, of four to seven and so on."""
    edges = _edges()
    places = np.searchsorted(edges, [0, *(1 << power for power in range(45))])
    counts = [int(lengths[begin:end].sum()) for begin, end in pairwise(places)]
    while counts and not counts[-1]:
        counts.pop()
    return tuple(counts)


def percentiles(lengths: "NDArray[np.int64]") -> dict[int, int]:
    """The lengths that so many per cent of the documents do not exceed."""
    reached = np.cumsum(lengths)
    if not reached[-1]:
        return {}
    edges = _edges()
    ends = np.append(edges[1:], edges[-1])
    found = {}
    for percent in PERCENTILES:
        index = int(np.searchsorted(reached, max(1, -(-int(reached[-1]) * percent // 100))))
        found[percent] = int(edges[index] + ends[index] - 1) // 2 if index >= _EXACT else index
    return found
