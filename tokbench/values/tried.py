"""What training models would take, from a few real steps."""

from dataclasses import dataclass


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
