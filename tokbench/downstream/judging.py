"""From a model's answers to predictions and scores."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tokbench.downstream import alignment, scores, spans
from tokbench.downstream.spec import TrainingSpec
from tokbench.downstream.tokenized import Encoder
from tokbench.values import TaskData

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Prediction = float | int | tuple[int, ...]


class Judge:
    """Scores the answers to one split of a task."""

    def __init__(self, folder: Path, data: TaskData, table: "pa.Table", spec: TrainingSpec) -> None:
        """Encode the split once more, where labels of tokens must find their words.

        Args:
            folder: of the prepared tokenizer.
            data: the task.
            table: one of its splits.
            spec: how long an example may be.
        """
        self._data, self._table = data, table
        if data.kind == "tokens":
            encoder = Encoder(folder, data, spec)
            self._given = encoder.given(table)
            self._encodings = encoder.encode(self._given)
            self._undecided = list(map(alignment.undecided, self._encodings, self._given))
            self._gold: list[Any] = table["label"].to_pylist()

    def predictions(self, answers: Sequence[Any]) -> tuple[Prediction, ...]:
        """What `SeedOutcome.predictions` holds: of tokens, tallies."""
        if self._data.kind != "tokens":
            return tuple(answers)
        return tuple(map(self._counted, range(len(answers)), answers))

    def scores(self, predictions: Sequence[Prediction]) -> dict[str, float]:
        """By metric."""
        return scores.scored(self._data, self._table, predictions)

    def cut_spans(self) -> int:
        """How many spans truncation cut off or split."""
        if self._data.kind != "tokens":
            return 0
        return sum(self._of_each(alignment.cut_spans))

    def ceiling(self) -> float | None:
        """What no model on these tokens can pass by the deciding score; None where unknown."""
        data = self._data
        in_spans = spans.is_scheme(data.labels)
        if data.kind != "tokens" or in_spans != data.metrics[0].startswith("span_"):
            return None
        found, there, right = map(sum, zip(*self._of_each(alignment.attainable), strict=True))
        return spans.f1(found, there, right) if in_spans else right / max(there, 1)

    def _of_each(self, function: Callable[..., T]) -> list[T]:
        """What a function of `alignment` says of every example."""
        parts = zip(self._encodings, self._given, self._gold, strict=True)
        return [function(*part, self._data.labels) for part in parts]

    def _counted(self, place: int, answer: Sequence[int]) -> tuple[int, ...]:
        names, given, encoding = self._data.labels, self._given[place], self._encodings[place]
        back = alignment.read_back(encoding, given, answer, names)
        return scores.tally(self._gold[place], back, names, self._undecided[place])
