"""A number for each example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tokbench.downstream import linear
from tokbench.downstream.kinds.base import KINDS, Kind, Predicted, Rival
from tokbench.errors import TokbenchError
from tokbench.values import TaskData, TaskKind

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from numpy.typing import NDArray

    from tokbench.downstream.prepared import Prepared

LARGEST = 1e30
"""Of numbers to be learned: models compute in 32 bits, which end at 3.4e38."""
_SPLITS = ("train", "valid", "test")
_TWO = 2


@dataclass(frozen=True)
class Regression(Kind):
    """A number, learned as its deviation from the mean, in standard deviations.

    A model that begins with answers around 0 would need most of a short training to find the mean.

    Attributes:
        mean: of the training labels.
        deviation: of the training labels; 1 where they have none.
    """

    mean: float = 0.0
    deviation: float = 1.0

    name: ClassVar[TaskKind] = "regression"
    problem: ClassVar[str | None] = "regression"
    pipelines: ClassVar[tuple[str, ...]] = ("text-classification",)
    says: ClassVar[str] = "with a number"
    classes: ClassVar[bool] = False

    def refuse(self, data: TaskData) -> None:
        """Numbers that would be infinite in a model."""
        for split in _SPLITS:
            for row, label in enumerate(getattr(data, split)["label"].to_pylist()):
                if abs(label) > LARGEST:
                    raise TokbenchError(
                        f"{data.name}: the label {label:g} ({split}, example {row + 1:,}) is "
                        f"beyond {LARGEST:g}, and models compute in 32 bits: divide the labels by "
                        "a constant"
                    )

    def names(self, labels: Sequence[str]) -> dict[int, str]:  # noqa: ARG002 - there are none
        """One output."""
        return {0: "value"}

    def fitted(
        self,
        data: TaskData,
        made: "Prepared",  # noqa: ARG002 - of all tokenizers alike
    ) -> "Regression":
        """Knowing how the training labels are spread."""
        labels = data.train["label"].to_numpy()
        return Regression(float(labels.mean()), float(labels.std()) or 1.0)

    def padded(self, labels: "Sequence[NDArray[Any]]", shape: tuple[int, int]) -> "torch.Tensor":
        """A number for each row, NaN where there is none."""
        import torch  # noqa: PLC0415 - the extra

        made = torch.full(shape[:1], torch.nan)
        made[: len(labels)] = torch.tensor([one.item() for one in labels])
        return made

    def counted(self, labels: "torch.Tensor") -> "torch.Tensor":
        """`Trainer` counts what is not -100, which is wrong of numbers: NaN fills up there."""
        return ~labels.isnan()

    def loss(
        self,
        logits: "torch.Tensor",
        labels: "torch.Tensor",
        items: "torch.Tensor | int | None" = None,
    ) -> "torch.Tensor":
        """The mean squared error."""
        import torch  # noqa: PLC0415 - the extra

        labels = (labels - self.mean) / self.deviation
        there = self.counted(labels)
        away = logits.float().squeeze(-1) - torch.where(there, labels, 0.0)
        total = torch.where(there, away * away, 0.0).sum()
        return total / (there.sum().clamp(min=1) if items is None else items)

    def put_into(self, model: Any) -> None:
        """Let the model itself answer in the labels' own scale."""
        import torch  # noqa: PLC0415 - the extra

        with torch.no_grad():
            model.classifier.weight *= self.deviation
            model.classifier.bias.mul_(self.deviation).add_(self.mean)

    def answers(
        self,
        model: Any,
        inputs: "Mapping[str, torch.Tensor]",
        labels: "torch.Tensor",  # noqa: ARG002 - as for all kinds
    ) -> list[Any]:
        """A number, in the labels' own scale."""
        numbers = model(**inputs)["logits"].float().squeeze(-1).cpu().tolist()
        return [number * self.deviation + self.mean for number in numbers]

    def scores(self, labels: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - there are none
        """How far answers go with the numbers."""
        return ("pearson", "spearman")

    def undefined(self, gold: "NDArray[Any]") -> str:
        """No correlation with numbers that are all alike is defined."""
        if len(np.unique(gold)) >= _TWO:
            return ""
        return "the test examples have one number throughout"

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """The mean of all numbers, and a linear model."""
        return {"majority": _mean, "bag of words": linear.numbers}


def _mean(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:  # noqa: ARG001 - of all
    return [float(np.mean(linear.column(data.train, "label")))] * len(data.test)


KINDS.register("regression")(Regression())
