"""One model from its first weights to its scores.

Imported in child processes alone, since it imports transformers.
"""

import math
import shutil
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from transformers import TrainingArguments

from tokbench import store
from tokbench.downstream import (
    answers,
    batching,
    logs,
    measuring,
    outcomes,
    processes,
    worker,
)
from tokbench.downstream.fitting import Fitting, Record, Scale, Steps, whole_checkpoint
from tokbench.downstream.judging import Prediction
from tokbench.downstream.outcomes import Run
from tokbench.values import SeedOutcome, TrainingProgress

_TOLD = 0.2
"""Seconds between two words on how far it is."""


class Seed:
    """A training."""

    def __init__(self, bench: worker.Bench, run: Run, before: Sequence[SeedOutcome]) -> None:
        """Prepare it.

        Args:
            bench: what all trainings of the job share.
            run: its seed and learning rate.
            before: what other trainings gave already.
        """
        self._bench, self._run, self._before = bench, run, before
        self._spec, self._device = bench.job.spec, bench.machine.device
        self._scores: dict[str, float] = {}
        self._told = 0.0
        self._loss = math.nan

    @cached_property
    def _batches(self) -> batching.Batches:
        train = self._bench.rows["train"]
        return batching.Batches(
            train.sizes,
            train.lengths,
            self._spec.batch_size,
            seed=self._run.seed,
            accumulate=self._spec.accumulate,
            processes=processes.number(),
            process=processes.rank(),
        )

    @cached_property
    def _padding(self) -> batching.Padding:
        if self._bench.machine.static:
            return batching.Padding(batching.buckets(self._spec), rows=self._batches.rows)
        return batching.Padding(multiple=1 if self._device.type == "cpu" else 8)

    @property
    def _answered(self) -> int:
        """Examples that are answered at once; static shapes are those of training."""
        return self._batches.rows if self._bench.machine.static else self._spec.batch_size

    @cached_property
    def _scale(self) -> Scale:
        regression = self._bench.job.data.kind == "regression"
        return Scale.of(self._bench.rows["train"].labels) if regression else Scale()

    @cached_property
    def _folder(self) -> Path:
        return self._bench.job.out / worker.WORK / self._run.name

    def train(self) -> SeedOutcome:
        """Train it, or go on with it; keep its outcome, and its model if none is better yet."""
        measuring.forget_peak(self._device)
        checkpoint, record = whole_checkpoint(self._folder) or (None, Record())
        trainer = self._trainer(record)
        self._trainer_now = trainer
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        outcome = self._outcome(trainer)
        if processes.first():
            self._keep(trainer.model, outcome)
        processes.gathered(None)  # nobody goes on before it is kept
        return outcome
