"""One model from its first weights to its scores.

Imported in child processes alone, since it imports transformers.
"""

import math
import os
import shutil
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from transformers import PrinterCallback, TrainingArguments

from tokbench import store
from tokbench.downstream import batching, kinds, measuring, outcomes, prediction, processes
from tokbench.downstream.answers import answers, in_order
from tokbench.downstream.bench import MODEL, WORK, Bench
from tokbench.downstream.fitting import Fitting, Record, Steps, whole_checkpoint
from tokbench.downstream.outcomes import Run
from tokbench.downstream.scores import SCORES
from tokbench.downstream.telling import Teller
from tokbench.downstream.tokenized import Split
from tokbench.values import SeedOutcome

_LINES = 20
"""Lines of the log that a training has at least, if it has as many steps."""


class Seed:
    """A training."""

    def __init__(self, bench: Bench, run: Run, before: Sequence[SeedOutcome]) -> None:
        """Prepare it.

        Args:
            bench: what all trainings of the job share.
            run: its seed and learning rate.
            before: what other trainings gave already.
        """
        self._bench, self._run, self._before = bench, run, before
        self._spec, self._device = bench.job.spec, bench.machine.device
        self._folder = bench.job.out / WORK / run.name
        train = bench.rows["train"]
        self._batches = batching.Batches(
            train.sizes,
            train.lengths,
            self._spec.batch_size,
            seed=run.seed,
            accumulate=self._spec.accumulate,
            processes=processes.number(),
            process=processes.rank(),
        )
        self._epoch = -(-len(self._batches) // self._spec.accumulate)
        self._steps = math.ceil(self._spec.epochs * self._epoch)
        self._kind = kinds.of(bench.job.data).fitted(bench.job.data, bench.tokenizer)
        if bench.machine.static:
            self._padding = batching.Padding(
                batching.buckets(self._spec, self._longest), rows=self._batches.rows
            )
        else:
            self._padding = batching.Padding(multiple=1 if self._device.type == "cpu" else 8)

    def train(self) -> SeedOutcome:
        """Train it, or go on with it; keep its outcome, and its model if none is better yet."""
        measuring.forget_peak(self._device)
        before = measuring.compiled(self._device)
        checkpoint, record = whole_checkpoint(self._folder) or (None, Record())
        step = 0 if checkpoint is None else int(checkpoint.name.split("-")[1])
        self._teller = Teller(self._bench, self._run, self._batches, steps=self._steps, begin=step)
        trainer = self._trainer(record)
        trainer.go_on(checkpoint, self._spec.patience)
        outcome = self._outcome(trainer, before)
        self._teller.finish(trainer.clock, outcome)
        if processes.first():
            self._keep(trainer.model, outcome)
        processes.gathered(None)  # nobody goes on before it is kept
        return outcome

    def _trainer(self, record: Record) -> Fitting:
        job, patience = self._bench.job, self._spec.patience
        trainer = Fitting(
            kind=self._kind,
            batches=self._batches,
            evaluated=self._validate,
            clock=measuring.Clock(self._device),
            record=record,
            sign=self._sign,
            model=self._model(),
            args=self._arguments(),
            data_collator=self._collator(),
            train_dataset=self._bench.rows["train"],
            eval_dataset=self._bench.rows["valid"],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(
            Steps(
                trainer,
                every=job.every,
                patience=patience,
                metric=self._bench.metric,
                told=partial(self._teller.tell, trainer.clock),
            )
        )
        return trainer

    def _model(self) -> Any:
        """A new one; on an XLA device it multiplies in bfloat16 by itself, where that is asked for.

        `accelerate` would have all its weights, and the optimizer's state, in 16 bits there.
        """
        model = self._bench.model(self._run.seed)
        if self._device.type == "xla" and self._bench.machine.bf16:
            model.forward = torch.autocast("xla", dtype=torch.bfloat16)(model.forward)
        return model

    def _arguments(self) -> Any:
        """What `Trainer` is told, beside what `Fitting` does its own way."""
        job, spec, stopping = self._bench.job, self._spec, self._spec.patience is not None
        if "tensorboard" in spec.log:
            folder = job.out / "tensorboard" / self._run.name
            os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder)
        arguments = TrainingArguments(
            output_dir=str(self._folder),
            per_device_train_batch_size=self._batches.rows,
            gradient_accumulation_steps=spec.accumulate,
            num_train_epochs=spec.epochs,
            learning_rate=self._run.rate,
            lr_scheduler_type="linear",
            warmup_steps=int(spec.warmup * self._steps),
            weight_decay=spec.weight_decay,
            optim="adamw_torch" if self._device.type == "xla" else "adamw_torch_fused",
            bf16=self._bench.machine.bf16 and self._device.type != "xla",
            use_cpu=self._device.type == "cpu",
            seed=self._run.seed,
            logging_steps=max(1, min(50, self._steps // _LINES)),
            logging_nan_inf_filter=False,
            eval_strategy="epoch",
            save_strategy="epoch" if stopping else "no",
            save_total_limit=2,
            load_best_model_at_end=stopping,
            metric_for_best_model=self._bench.metric,
            greater_is_better=self._sign > 0,
            report_to=list(spec.log) or "none",
            run_name=f"{job.name} {job.data.name} {self._run.name} {job.signature[:8]}",
            project="tokbench",
            disable_tqdm=True,
            remove_unused_columns=False,
            ddp_find_unused_parameters=False,
        )
        arguments._n_gpu = min(arguments.n_gpu, 1)  # noqa: SLF001 - several: by torchrun, exactly
        return arguments

    def _collator(self, *, index: bool = False) -> batching.Collator:
        return batching.Collator(
            self._kind, self._bench.tokenizer.pad_id, self._padding, index=index
        )

    def _predictions(self, model: Any, split: Split) -> tuple[kinds.Predicted, ...]:
        """What the model predicts; every process must call this."""
        found = answers(
            model,
            self._kind,
            self._bench.rows[split],
            self._collator(index=True),
            batch_size=self._answered,
            device=self._device,
        )
        return self._bench.judges[split].predictions(found)

    @property
    def _sign(self) -> int:
        """1 where the higher of two scores is the better."""
        return SCORES[self._bench.metric].sign

    @property
    def _longest(self) -> int:
        """The most tokens of an example."""
        if self._kind.cut:
            return self._kind.longest(self._bench.job.data, self._spec)
        return max(max(rows.lengths, default=1) for rows in self._bench.rows.values())

    @property
    def _answered(self) -> int:
        """Examples that are answered at once; static shapes are those of training."""
        return self._batches.rows if self._bench.machine.static else self._spec.batch_size

    def _validate(self, model: Any) -> dict[str, float]:
        self._teller.valid = self._bench.scores("valid", self._predictions(model, "valid"))
        return self._teller.valid

    def _outcome(self, trainer: Fitting, before: measuring.Compiled) -> SeedOutcome:
        step = trainer.state.global_step
        whole, rest = divmod(step, self._epoch)
        micro_batches = whole * len(self._batches) + rest * self._spec.accumulate
        seen = self._batches.shapes(self._padding, micro_batches)
        asked = [
            in_order(self._bench.rows["valid"], self._answered),
            in_order(self._bench.rows["test"], self._answered),
        ]
        shapes = sum((one.shapes(self._padding, len(one)) for one in asked), seen).distinct
        losses = trainer.losses()
        loss = sum(processes.gathered(sum(losses) / len(losses))) / processes.number()
        predictions = self._predictions(trainer.model, "test")
        valid = self._validate(trainer.model)
        compiled = measuring.compiled(self._device) - before
        return SeedOutcome(
            seed=self._run.seed,
            learning_rate=self._run.rate,
            scores=self._bench.scores("test", predictions),
            valid=valid,
            predictions=predictions,
            loss=loss,
            steps=step,
            epochs=trainer.state.epoch,
            seconds=trainer.clock.seconds,
            examples=seen.examples,
            tokens=seen.tokens,
            padding=seen.padding,
            shapes=len(shapes),
            peak_memory=max(processes.gathered(measuring.peak(self._device))),
            stopped_early=step < self._steps,
            programs=compiled.programs,
            compiling=compiled.seconds,
        )

    def _keep(self, model: Any, outcome: SeedOutcome) -> None:
        """Write the model first: once the outcome is there, the seed is done."""
        job, metric = self._bench.job, self._bench.metric
        mine = outcomes.rank(outcome, metric)
        if not self._before or mine > max(outcomes.rank(one, metric) for one in self._before):
            self._save(model)
        outcomes.keep(job.out, job.signature, self._run, outcome, self._bench.machine.told())
        shutil.rmtree(self._folder, ignore_errors=True)

    def _save(self, model: Any) -> None:
        """What `AutoModelFor...` and `pipeline` load."""
        job = self._bench.job
        self._kind.put_into(model)
        with store.new_folder(job.out / MODEL) as folder:
            for file in self._bench.tokenizer.folder.iterdir():
                shutil.copy(file, folder)
            if self._device.type == "xla":  # nothing can be written from there
                model.cpu()
                model.tie_weights()
            model.save_pretrained(folder)
            prediction.describe(folder, job.data)
            manifest = {
                "signature": job.signature, "run": self._run.name, "files": store.digests(folder)
            }  # fmt: skip
            store.write_json(folder / store.MANIFEST, manifest)
