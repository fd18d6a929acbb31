"""One model's training: `transformers.Trainer` with our batches, our loss and our evaluation.

Imported in child processes alone, since it imports transformers.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import Trainer, TrainerCallback, TrainingArguments

from tokbench import store
from tokbench.downstream import batching, processes
from tokbench.downstream.measuring import Clock


class Loss:
    """Cross-entropy, or of numbers the squared error, over the examples of a whole step.

    The sum over what counts is divided by what all batches and devices of an optimizer step have
    together, so that a step is the same however it is cut up.
    """

    def __init__(self, mean: float = 0.0, deviation: float = 1.0) -> None:
        """Numbers are learned as deviations from their mean, in standard deviations."""
        self._mean, self._deviation = mean, deviation

    def __call__(self, outputs: Any, labels: Any, num_items_in_batch: Any) -> Any:
        """The loss.

        Args:
            outputs: with `logits`, (rows, classes) or (rows, columns, classes).
            labels: (rows,) or (rows, columns).
            num_items_in_batch: how many labels count in the whole optimizer step.
        """
        logits = outputs["logits"].float()
        there = counted(labels)
        if labels.is_floating_point():
            wanted = (labels[there].float() - self._mean) / self._deviation
            total = (logits.view(-1)[there] - wanted).square().sum()
        else:
            total = functional.cross_entropy(
                logits.view(-1, logits.shape[-1]),
                labels.view(-1),
                reduction="sum",
                ignore_index=batching.IGNORED,
            )
        return total / num_items_in_batch.clamp(min=1)


def counted(labels: Any) -> Any:
    """Which labels count, of those that `Collator` makes: a boolean tensor of their shape."""
    return ~labels.isnan() if labels.is_floating_point() else labels != batching.IGNORED


@dataclass
class Record:
    """What an interrupted training must know again beside what `Trainer` keeps.

    Attributes:
        seconds: of training so far.
        losses: of the last steps.
        best: the best validation score, and how many evaluations ago it was.
    """

    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    best: tuple[float, int] | None = None


class Fitting(Trainer):  # type: ignore[misc] # transformers is untyped
    """A `Trainer` whose batches hold the same examples for every tokenizer.

    Its data loader is not `accelerate`'s, which would part the batches among processes again.
    """

    def __init__(
        self,
        *,
        batches: batching.Batches,
        evaluated: Callable[[], dict[str, float]],
        clock: Clock,
        record: Record,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.batches, self.evaluated = batches, evaluated
        self.clock, self.record = clock, record
        self._losses: list[Any] = []
        self._sum: Any = None

    def get_train_dataloader(self) -> Any:
        """Our batches; its generator keeps the global one for dropout alone."""
        return torch.utils.data.DataLoader(
            self.train_dataset,
            batch_sampler=self.batches,
            collate_fn=self.data_collator,
            generator=torch.Generator(),
        )

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        """The batches of a step, and how many labels count in all of them, on all devices."""
        some = list(islice(epoch_iterator, num_batches))
        count = torch.stack([counted(one["labels"]).sum() for one in some]).sum().to(device)
        return some, self.accelerator.reduce(count, "sum")

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
            scores = {f"eval_{name}": score for name, score in self.evaluated().items()}
        self.log(dict(scores))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, scores
        )
        return scores

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
        new = torch.stack(self._losses[-last:]).tolist() if self._losses else []
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

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._saved = self._trainer.record.seconds
        self._trainer.clock.start(self._saved)

    def on_epoch_begin(self, args: TrainingArguments, state: Any, *_: Any, **__: Any) -> None:
        steps = -(-len(self._trainer.batches) // args.gradient_accumulation_steps)
        self._trainer.batches.set_epoch(state.global_step // steps)

    def on_step_end(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
        self._trainer.end_step()
        self._told(state, {})

    def on_log(
        self, _: Any, state: Any, control: Any, logs: dict[str, float], **__: Any
    ) -> None:
        """Checkpoints fall on steps that are logged: the mean loss since the last one is then 0."""
        if "loss" not in logs and not any(name.startswith("eval_") for name in logs):
            return
        self._told(state, logs)
        seconds = processes.gathered(self._trainer.clock.seconds)[0] if "loss" in logs else 0.0
        if seconds - self._saved >= self._every:
            self._saved = seconds
            control.should_save = True

    def on_evaluate(
        self, _: Any, __: Any, control: Any, metrics: dict[str, float], **___: Any
    ) -> None:
        score = metrics[f"eval_{self._metric}"]
        best = self._trainer.record.best
        better = best is None or score > best[0]
        self._trainer.record.best = (score, 0) if better else (best[0], best[1] + 1)
        if self._patience is not None and self._trainer.record.best[1] >= self._patience:
            control.should_training_stop = True

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self._trainer.clock.stop()


def whole_checkpoint(folder: Path) -> tuple[Path, Record] | None:
    """The last checkpoint that was written to its end by as many processes as there are now."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda one: int(one.name.split("-")[1]))
    for one in reversed(found):
        records = [one / f"record-{rank}.json" for rank in range(processes.number())]
        if (one / f"record-{processes.number()}.json").exists():
            continue
        try:
            json.loads((one / "trainer_state.json").read_bytes())
            record = Record(**json.loads(records[processes.rank()].read_bytes()))
        except (OSError, ValueError):
            continue
        if all(path.exists() for path in records):
            return one, record
    return None
