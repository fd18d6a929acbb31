"""How far a long stage has come."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far a stage has come; `total` is None where it cannot be known.

    `done` and `total` count in `unit` ("bytes" of the files as they lie on disk, "merges", ...);
    `source` names what is read now.
    """

    stage: str
    done: int
    total: int | None
    unit: str
    documents: int = 0
    source: str = ""


@dataclass(frozen=True)
class TrainingProgress(Progress):
    """How far the training of a model has come: `done` of `total` optimizer "steps".

    `stage` says which model ("seed 2 of 5", "seed 1 of 5 at 0.001" where rates are tried), `source`
    the tokenizer and the task. The last word on a model has `done` equal to `total`, also where it
    stopped early.

    Attributes:
        loss: the mean over the last few steps; not a number before the first word on it.
        scores: the last ones on the validation split, by metric; none before the first epoch ends.
        examples_per_second: in training.
        models_done: how many of all the models that a command trains are done, parts of those that
            are trained now included.
        models: how many these are; 0 where nobody counts.
    """

    loss: float = float("nan")
    scores: dict[str, float] = field(default_factory=dict)
    examples_per_second: float = 0.0
    models_done: float = 0.0
    models: int = 0


Watch = Callable[[Progress], None]
"""Called by a long stage from time to time; must return quickly."""


def ignore(_: Progress) -> None:
    """The watcher that looks away."""
