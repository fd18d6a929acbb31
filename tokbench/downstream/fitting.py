"""One model's training: `transformers.Trainer` with our batches, our loss and our evaluation.

Imported in child processes alone, since it imports transformers.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback, TrainerState

from tokbench import store
from tokbench.downstream import batching, processes
from tokbench.downstream.kinds import Kind
from tokbench.downstream.measuring import Clock

_STATE = "trainer_state.json"
"""What `Trainer` writes last into a checkpoint."""


@dataclass
class Record:
    """What an interrupted training must know again beside what `Trainer` keeps.

    Attributes:
        seconds: of training so far.
        losses: of the last steps.
        best: the best validation score, by sign the higher, and how many evaluations ago it was.
    """

    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    best: tuple[float, int] | None = None

    def lost_patience(self, patience: int | None) -> bool:
        """Whether the score has not got better for so many evaluations."""
        return patience is not None and self.best is not None and self.best[1] >= patience


class Fitting(Trainer):  # type: ignore[misc] # transformers is untyped
    """A `Trainer` whose batches hold the same examples for every tokenizer."""

    control: Any

    def __init__(
        self,
        *,
        kind: Kind,
        batches: batching.Batches,
        evaluated: Callable[[Any], dict[str, float]],
        clock: Clock,
        record: Record,
        sign: int = 1,
        **settings: Any,
    ) -> None:
        super().__init__(compute_loss_func=self._loss, **settings)
        self.kind, self.batches, self.evaluated = kind, batches, evaluated
        self.clock, self.record, self.sign = clock, record, sign
        self._losses: list[Any] = []
        self._sum: Any = None

    def go_on(self, checkpoint: Path | None, patience: int | None) -> None:
        """Train to the end, from a checkpoint on where there is one.

        Behind a checkpoint with which training ended, `Trainer` would take a step more.
        """
        if checkpoint is None:
            self.train()
            return
        state = TrainerState.load_from_json(str(checkpoint / _STATE))
        if state.global_step < state.max_steps and not self.record.lost_patience(patience):
            self.train(resume_from_checkpoint=str(checkpoint))
            return
        self.state = state
        self.clock.start(self.record.seconds)
        self.clock.stop()
        best = state.best_model_checkpoint if self.args.load_best_model_at_end else None
        self._load_from_checkpoint(best or str(checkpoint))

    def get_train_dataloader(self) -> Any:
        """Our batches, which no library parts among processes once more."""
        return batching.loader(
            self.train_dataset, self.batches, self.data_collator, self.args.device
        )

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        """The batches of a step, and how many labels count in all of them, on all devices."""
        some = list(islice(epoch_iterator, num_batches))
        count = torch.stack([self.kind.counted(one["labels"]).sum() for one in some]).sum()
        count = count.to(device)
        if processes.number() > 1:  # of one process XLA would compute it apart, in every step
            count = self.accelerator.reduce(count, "sum")
        return some, count.clamp(min=1)

    def _loss(self, outputs: Any, labels: Any, num_items_in_batch: Any) -> Any:
        """As `Kind.loss`, by the names that `Trainer` knows."""
        return self.kind.loss(outputs["logits"], labels, num_items_in_batch)

    def training_step(self, *arguments: Any, **named: Any) -> Any:
        """As always, and remember the loss without waiting for the device."""
        one = super().training_step(*arguments, **named)
        self._sum = one if self._sum is None else self._sum + one
        return one

    def end_step(self) -> None:
        """The losses of the batches of a step make up the step's."""
        self._losses.append(self._sum)
        self._sum = None

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Scores on the validation split, with the names that `Trainer` knows them by."""
        with self.clock.paused():
            found = self.evaluated(self.model)
        scores = {f"eval_{name}": score for name, score in found.items()}
        self.log(dict(scores))
        comparable = {
            name: -self.sign * math.inf if math.isnan(score) else score
            for name, score in scores.items()
        }
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, comparable
        )
        return comparable

    def floating_point_ops(self, inputs: Any) -> float:  # noqa: ARG002 - as the library calls it
        """Nobody asks; counting parameters anew in every step is not free."""
        return 0.0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Our record first: `Trainer`'s own state, written last, says that all is there."""
        with self.clock.paused():
            folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
            store.write_json(folder / f"record-{processes.rank()}.json", self.remembered())
            self.accelerator.wait_for_everyone()
            super()._save_checkpoint(model, trial)

    def remembered(self) -> dict[str, Any]:
        """What a checkpoint must hold of this process."""
        return {
            "seconds": self.clock.seconds,
            "losses": self.losses(),
            "best": self.record.best,
        }

    def losses(self) -> list[float]:
        """The losses of the last tenth of all steps, or as many as there were."""
        last = max(1, self.state.max_steps // 10)
        new = [one.item() for one in self._losses[-last:]]  # stacked, XLA would compile each length
        return (self.record.losses + new)[-last:]


class Steps(TrainerCallback):  # type: ignore[misc] # transformers is untyped
    """Sets each epoch's order, starts the clock, saves by the clock and tells how far it is."""

    def __init__(
        self,
        trainer: Fitting,
        *,
        every: float,
        patience: int | None,
        metric: str,
        told: Callable[[Any, dict[str, float]], None],
    ) -> None:
        self._trainer, self._every, self._patience = trainer, every, patience
        self._metric, self._told = metric, told
        self._saved = 0.0
        self._epoch = -(-len(trainer.batches) // trainer.args.gradient_accumulation_steps)

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock where an interrupted training stopped it."""
        self._saved = self._trainer.record.seconds
        self._trainer.clock.start(self._saved)

    def on_epoch_begin(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
        """Let the batches be those of this epoch."""
        self._trainer.batches.set_epoch(state.global_step // self._epoch)

    def on_step_begin(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Let dropout on an XLA device be that of this step, however often it was interrupted.

        There chance goes on with every program that is run, whatever for.
        """
        if args.device.type == "xla":
            from torch_xla.core import xla_model  # noqa: PLC0415 - only where it is installed

            xla_model.set_rng_state((args.seed << 32) + state.global_step)

    def on_step_end(self, _: Any, state: Any, control: Any, **__: Any) -> None:
        """Say how far it is; with the loss, where an epoch ends."""
        self._trainer.end_step()
        self._told(state, {})
        control.should_log |= self._ends(state)

    def on_log(self, _: Any, state: Any, control: Any, logs: dict[str, float], **__: Any) -> None:
        """Say it again, with the loss or scores, and save now and then.

        Checkpoints fall on steps whose loss is told, so that none is half summed up in one, and at
        the end of an epoch behind its evaluation, which would else be left out on resuming.
        """
        evaluated = any(name.startswith("eval_") for name in logs)
        if "loss" not in logs and not evaluated:
            return
        self._told(state, logs)
        seconds = processes.gathered(self._trainer.clock.seconds)[0]
        if seconds - self._saved >= self._every and evaluated == self._ends(state):
            self._saved = seconds
            control.should_save = True

    def _ends(self, state: Any) -> bool:
        """Whether an evaluation follows this step."""
        step = state.global_step
        return bool(step % self._epoch == 0 or step >= state.max_steps)

    def on_evaluate(
        self, _: Any, __: Any, control: Any, metrics: dict[str, float], **___: Any
    ) -> None:
        """Stop where the score has not got better for long enough."""
        score = self._trainer.sign * metrics[f"eval_{self._metric}"]
        best, ago = self._trainer.record.best or (-math.inf, 0)
        best, ago = (score, 0) if score > best else (best, ago + 1)
        self._trainer.record.best = (best, ago)
        if self._trainer.record.lost_patience(self._patience):
            control.should_training_stop = True

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Stop the clock."""
        self._trainer.clock.stop()


def whole_checkpoint(folder: Path) -> tuple[Path, Record] | None:
    """The last checkpoint that was written to its end by as many processes as there are now."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda one: int(one.name.split("-")[1]))
    for one in reversed(found):
        records = [one / f"record-{rank}.json" for rank in range(processes.number())]
        if (one / f"record-{processes.number()}.json").exists():
            continue
        try:
            json.loads((one / _STATE).read_bytes())
            record = Record(**json.loads(records[processes.rank()].read_bytes()))
        except (OSError, ValueError):
            continue
        if all(path.exists() for path in records):
            return one, record
    return None
