"""Scores of many resamples at once, from how often each example was drawn; exact.

Every function takes gold and predicted answers (examples,) and weights (resamples, examples), whole
numbers, and gives (resamples,) scores. Tallies (examples, 3) of found, there and right stand in the
place of predicted answers where they say all.

>>> import numpy as np
>>> weights = np.array([[1, 1, 1], [0, 2, 1]])
>>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]), weights).tolist()
[0.5, -1.0]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answers = NDArray[Any]

_ROWS = 64  # resamples at once: what they need stays small whatever the test split


def _divided(over: ArrayLike, under: ArrayLike, otherwise: float) -> Floats:
    over, under = np.asarray(over, np.float64), np.asarray(under, np.float64)
    return np.asarray(np.divide(over, under, out=np.full(over.shape, otherwise), where=under != 0))


@dataclass(frozen=True)
class _Confusion:
    """For each resample, how often each class was there, was said, and both.

    Attributes:
        gold: (resamples, classes); said and right: the same.
        classes: those that occur in the whole split, in order.
    """

    classes: Answers
    gold: Ints
    said: Ints
    right: Ints

    @classmethod
    def of(cls, gold: Answers, predicted: Answers, weights: Ints) -> "_Confusion":
        classes, codes = np.unique(np.concatenate([gold, predicted]), return_inverse=True)
        there, said = codes[: len(gold)], codes[len(gold) :]
        cells, cell_of = np.unique(there * len(classes) + said, return_inverse=True)
        drawn = _grouped(weights, cell_of)
        empty = np.zeros((len(weights), len(classes)), np.int64)
        made = cls(classes, empty, empty.copy(), empty.copy())
        for place, cell in enumerate(cells):
            one, other = divmod(int(cell), len(classes))
            made.gold[:, one] += drawn[:, place]
            made.said[:, other] += drawn[:, place]
            if one == other:
                made.right[:, one] += drawn[:, place]
        return made


def _grouped(weights: Ints, groups: Ints) -> Ints:
    """Sums over the examples of each group; groups are numbered from 0, none is empty."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    return np.add.reduceat(weights[:, order], starts, axis=1)


def accuracy(gold: Answers, predicted: Answers, weights: Ints) -> Floats:
    """The share of right answers; nan where there is none to give."""
    if predicted.ndim > 1:
        _, there, right = (weights @ predicted).T
    else:
        there, right = weights.sum(axis=1), weights @ (gold == predicted).astype(np.int64)
    return _divided(right, there, np.nan)


def f1(gold: Answers, predicted: Answers, weights: Ints) -> Floats:
    """Of class 1; 0 where it neither occurs nor is answered."""
    there, said = (weights @ (one == 1).astype(np.int64) for one in (gold, predicted))
    right = weights @ ((gold == 1) & (predicted == 1)).astype(np.int64)
    return _divided(2 * right, there + said, 0.0)


def macro_f1(gold: Answers, predicted: Answers, weights: Ints) -> Floats:
    """The mean over the classes that occur or are answered in the resample."""
    counted = _Confusion.of(gold, predicted, weights)
    occurring = counted.gold + counted.said
    each = _divided(2 * counted.right, occurring, 0.0)
    return _divided(each.sum(axis=1), (occurring > 0).sum(axis=1), np.nan)


def mcc(gold: Answers, predicted: Answers, weights: Ints) -> Floats:
    """Of any number of classes (Gorodkin 2004); 0 where there is one, or one answer."""
    counted = _Confusion.of(gold, predicted, weights)
    drawn = weights.sum(axis=1)
    both = counted.right.sum(axis=1) * drawn - (counted.gold * counted.said).sum(axis=1)
    said, there = (drawn**2 - (one**2).sum(axis=1) for one in (counted.said, counted.gold))
    return _divided(both, np.sqrt(said.astype(np.float64) * there), 0.0)


def pearson(gold: Answers, predicted: Answers, weights: Ints) -> Floats:
    """About the means of each resample; nan where either side is all alike."""
    x, y = gold.astype(np.float64), predicted.astype(np.float64)
    constant = _constant(x, weights) | _constant(y, weights)

    def rows(some: Ints) -> Floats:
        drawn = some.sum(axis=1)
        dx, dy = (one - (some @ one / drawn)[:, None] for one in (x, y))
        return _correlated(dx, dy, some)

    return np.where(constant, np.nan, _in_parts(rows, weights))


def spearman(gold: Answers, predicted: Answers, weights: Ints) -> Floats:
    """Pearson's of average ranks in the resample: all sums are exact in 64 bits."""
    groups = [np.unique(one, return_inverse=True)[1] for one in (gold, predicted)]

    def rows(some: Ints) -> Floats:
        middle = (some.sum(axis=1)[:, None] + 1) / 2
        dx, dy = (_ranks(some, one) - middle for one in groups)
        return _correlated(dx, dy, some)

    return _in_parts(rows, weights)


def _ranks(weights: Ints, groups: Ints) -> Floats:
    """Average ranks of all examples in each resample, from 1 on; ties share theirs."""
    drawn = _grouped(weights, groups)
    ranks = drawn.cumsum(axis=1) - (drawn - 1) / 2
    return np.asarray(ranks[:, groups])


def _correlated(dx: Floats, dy: Floats, weights: Ints) -> Floats:
    weighted = weights * dx
    both, xx = (weighted * dy).sum(axis=1), (weighted * dx).sum(axis=1)
    yy = (weights * dy * dy).sum(axis=1)
    return np.clip(_divided(both, np.sqrt(xx * yy), np.nan), -1, 1)


def _constant(values: Floats, weights: Ints) -> NDArray[np.bool_]:
    """Whether all that was drawn is one value."""
    groups = np.unique(values, return_inverse=True)[1]
    return np.asarray((_grouped(weights, groups) > 0).sum(axis=1) <= 1)


def _in_parts(rows: Callable[[Ints], Floats], weights: Ints) -> Floats:
    parts = [rows(weights[begin : begin + _ROWS]) for begin in range(0, len(weights), _ROWS)]
    return np.concatenate([np.zeros(0), *parts])


def per_byte(_: Answers, predicted: Answers, weights: Ints) -> Floats:
    """Bits over bytes, of predictions (examples, 2) that hold both."""
    bits, count = (weights @ predicted).T
    return _divided(bits, count, np.nan)


def mean(_: Answers, predicted: Answers, weights: Ints) -> Floats:
    """Of predictions that are scores already, (examples, 1)."""
    return _divided(weights @ predicted[:, 0], weights.sum(axis=1), np.nan)


def span_f1(_: Answers, tallies: Answers, weights: Ints) -> Floats:
    """Twice right, over found and there; 0 where there are none."""
    found, there, right = (weights @ tallies).T
    return _divided(2 * right, found + there, 0.0)
