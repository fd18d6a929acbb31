"""What a comparison is told of a task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.downstream import kinds
from tokbench.values import Outcome, TaskData, TaskKind

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TaskInput:
    """A task and what every tokenizer's models did on it.

    Attributes:
        name: of the task.
        kind: what is learned.
        metrics: names in `downstream.SCORES`; the first is the one that decides.
        labels: how many classes or tags; 0 for numbers.
        sizes: examples of train, valid and test.
        gold: of each test example the class or the number; zeros where predictions say themselves
            what is right, as tallies of tokens do.
        outcomes: of each tokenizer, in the order of their names; None where there is none.
        rivals: what `downstream.rivals` gives.
        notes: what users should know, a sentence each.
        failed: of each tokenizer why it has no outcome; empty where it has, or nothing is known.
    """

    name: str
    kind: TaskKind
    metrics: tuple[str, ...]
    labels: int
    sizes: tuple[int, int, int]
    gold: "NDArray[Any]"
    outcomes: tuple[Outcome | None, ...]
    rivals: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        data: TaskData,
        outcomes: Sequence[Outcome | None],
        rivals: dict[str, dict[str, float]] | None = None,
        failed: Sequence[str] = (),
    ) -> "TaskInput":
        """What its examples say of a task, beside the outcomes."""
        kind = kinds.of(data)
        sizes = (kind.count(data.train), kind.count(data.valid), kind.count(data.test))
        gold = kind.gold(data.test)
        return cls(
            data.name,
            data.kind,
            data.metrics,
            len(data.labels),
            sizes,
            np.zeros(sizes[2]) if gold is None else gold,
            tuple(outcomes),
            rivals or {},
            data.notes,
            tuple(failed),
        )
