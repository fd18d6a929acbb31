"""What a training says while it goes on: lines of the log, and progress to who looks on."""

import math
import time
from itertools import accumulate
from typing import Any

from tokbench.downstream import batching, processes
from tokbench.downstream.bench import Bench
from tokbench.downstream.logs import Log
from tokbench.downstream.measuring import Clock
from tokbench.downstream.outcomes import Run
from tokbench.values import SeedOutcome, TrainingProgress

_TOLD = 0.2
"""Seconds between two words on how far it is."""


class Teller:
    """Says how far one training is; of several processes, the first alone does.

    Attributes:
        valid: the last scores on the validation split.
    """

    def __init__(
        self, bench: Bench, run: Run, batches: batching.Batches, *, steps: int, begin: int
    ) -> None:
        """Prepare to tell of it.

        Args:
            bench: what all trainings of the job share.
            run: which this is.
            batches: its training examples.
            steps: how many it will have, if nothing stops it.
            begin: the step where it begins, or goes on.
        """
        self.valid: dict[str, float] = {}
        self._bench, self._run, self._batches, self._steps = bench, run, batches, steps
        self._log = Log(bench.job.out, run.name, begin) if processes.first() else None
        self._epoch = -(-len(batches) // batches.accumulate)
        self._loss, self._told = math.nan, 0.0
        self._counted: tuple[int, list[int]] = (-1, [])

    def tell(self, clock: Clock, state: Any, logs: dict[str, float]) -> None:
        """Write the log, and say how far it is.

        Args:
            clock: of the training.
            state: of `Trainer`.
            logs: what it says: a loss, scores, or nothing but that a step is done.
        """
        step = state.global_step
        if "loss" in logs:
            self._loss = logs["loss"]
            if self._log:
                self._log.say(
                    step,
                    epoch=state.epoch,
                    loss=self._loss,
                    learning_rate=logs["learning_rate"],
                    seconds=clock.seconds,
                    tokens=self._tokens(step),
                )
        elif self._log and logs:
            self._log.say(step, epoch=state.epoch, valid=self.valid)
        now = time.monotonic()
        if now - self._told >= _TOLD or step == self._steps or logs:
            self._told = now
            self._progress(step, clock.seconds)

    def finish(self, clock: Clock, outcome: SeedOutcome) -> None:
        """The last word: it is done, perhaps before its time."""
        self.valid = outcome.valid
        if self._log:
            self._log.say(outcome.steps, valid=outcome.valid, test=outcome.scores)
        self._progress(outcome.steps, clock.seconds, total=outcome.steps)

    def _progress(self, step: int, seconds: float, total: int | None = None) -> None:
        spec, job = self._bench.job.spec, self._bench.job
        tried = len(spec.learning_rates) > 1 and self._run.seed == 0
        rate = f" at {self._run.rate:g}" if tried else ""
        self._bench.watch(
            TrainingProgress(
                f"seed {self._run.seed + 1} of {spec.seeds}{rate}",
                step,
                total or self._steps,
                "steps",
                source=f"{job.name}, {job.data.name}",
                loss=self._loss,
                scores=self.valid,
                examples_per_second=step * spec.batch_size / seconds if seconds else 0.0,
            )
        )

    def _tokens(self, step: int) -> int:
        """Tokens that all processes saw until a step."""
        lengths = self._batches.lengths
        whole, rest = divmod(step, self._epoch)
        if self._counted[0] != whole:
            order = batching.order(
                self._batches.sizes, self._batches.batch_size, self._run.seed, whole
            )
            sums = (sum(lengths[index] for index in batch) for batch in order)
            self._counted = (whole, [0, *accumulate(sums)])
        return whole * sum(lengths) + self._counted[1][rest]
