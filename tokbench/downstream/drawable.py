"""A model's predictions as few rows, whose weights in a resample follow from those of examples.

Test examples are drawn in groups, of one each where they are few.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PAIRS = 256
"""Of more pairs of a class and an answer, weights are told for each example."""


@dataclass(frozen=True)
class Drawable:
    """Rows to draw from.

    Attributes:
        gold: what is right, of each row.
        answers: of each row.
        rows: of each group how many examples of each row it has; or, of each row, its group; None
            where rows are groups.
    """

    gold: "NDArray[Any]"
    answers: "NDArray[Any]"
    rows: "NDArray[np.float64] | NDArray[np.int64] | None"

    @classmethod
    def each(
        cls, gold: "NDArray[Any]", answers: "NDArray[Any]", group: "NDArray[np.int64]"
    ) -> "Drawable":
        """Every example is a row, as where numbers differ in each."""
        return cls(gold, answers, group)

    @classmethod
    def paired(
        cls,
        gold: "NDArray[Any]",
        answers: "NDArray[Any]",
        group: "NDArray[np.int64]",
        groups: int,
    ) -> "Drawable":
        """Examples with one class and one answer are one row."""
        classes = int(max(gold.max(), answers.max())) + 1
        pairs, row = np.unique(gold * classes + answers, return_inverse=True)
        if len(pairs) > _MOST_PAIRS:
            return cls.each(gold, answers, group)
        table = np.bincount(group * len(pairs) + row, minlength=groups * len(pairs))
        return cls(pairs // classes, pairs % classes, table.reshape(groups, -1).astype(np.float64))

    @classmethod
    def summed(cls, answers: "NDArray[Any]", group: "NDArray[np.int64]", groups: int) -> "Drawable":
        """Groups are rows: answers are counts or bits, which add up."""
        sums = [np.bincount(group, column, groups) for column in answers.T]
        return cls(np.zeros(groups), np.column_stack(sums).astype(answers.dtype), None)

    def weighted(self, weights: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """How often each row is drawn, from how often each group is.

        Args:
            weights: (resamples, groups).

        Returns:
            (resamples, rows)
        """
        if self.rows is None:
            return weights
        if self.rows.ndim == 1:
            return weights[:, self.rows.astype(np.int64)]
        # exact: whole numbers below 2^53
        return (weights.astype(np.float64) @ self.rows).astype(np.int64)
