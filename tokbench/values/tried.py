"""What training models would take, from a few real steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapreplace


@dataclass(frozen=True)
class Trial:
    """One tokenizer on one task.

    Attributes:
        tokenizer: its name.
        task: its name.
        examples: to train on.
        tokens_per_example: mean, special tokens included, of the examples tried.
        models: to train; of the seeds and learning rates, those that are not there already.
        done: models that are.
        steps: of each model.
        seconds_per_step: as measured.
        start: seconds before the first step of the first model.
        model: seconds that a model takes, evaluation included.
    """

    tokenizer: str
    task: str
    examples: int
    tokens_per_example: float
    models: int
    done: int
    steps: int
    seconds_per_step: float
    start: float
    model: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.start + self.models * self.model if self.models else 0.0


@dataclass(frozen=True)
class Trials:
    """All tokenizers on all tasks.

    Attributes:
        each: in the order in which they are begun.
        at_once: how many train side by side, each with a core of its own.
    """

    each: tuple[Trial, ...]
    at_once: int = 1

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return wall([one.seconds for one in self.each], self.at_once)


def wall(seconds: Iterable[float], at_once: int) -> float:
    """How long works take that are begun in their order, so many at a time.

    >>> wall([3, 1, 1, 1], 2), wall([3, 1, 1, 1], 1), wall([], 4)
    (3.0, 6.0, 0.0)
    """
    free = [0.0] * at_once
    for one in seconds:
        heapreplace(free, free[0] + one)
    return max(free)
