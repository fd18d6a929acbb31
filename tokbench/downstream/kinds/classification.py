"""A class of each example."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tokbench.downstream import linear
from tokbench.downstream.drawable import Drawable
from tokbench.downstream.kinds.base import KINDS, Kind, Predicted, Rival
from tokbench.values import TaskData, TaskKind

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class Classification(Kind):
    """One of a few names for a text, or for two of them."""

    name: ClassVar[TaskKind] = "classification"
    problem: ClassVar[str | None] = "single_label_classification"
    pipelines: ClassVar[tuple[str, ...]] = ("text-classification", "sentiment-analysis")
    says: ClassVar[str] = "with a class of the text"

    def scores(self, labels: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - as for all kinds
        """The share that is right, and the mean over classes."""
        return ("accuracy", "macro_f1")

    def drawable(
        self,
        gold: "NDArray[Any]",
        answers: "NDArray[Any]",
        group: "NDArray[np.int64]",
        groups: int,
    ) -> Drawable:
        """Examples with one class and one answer are alike."""
        return Drawable.paired(gold, answers, group, groups)

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """The most frequent class, and a linear model."""
        return {"majority": _majority, "bag of words": linear.classes}


def _majority(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:  # noqa: ARG001 - of all
    most = linear.most_frequent(data.train["label"].to_pylist())
    return [most] * len(data.test)


KINDS.register("classification")(Classification())
