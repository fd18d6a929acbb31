"""What all trainings of a child process share: the machine, the tokenizer and the examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tokbench.downstream import batching, bodies, kinds, prepared, pretrained, processes, tokenized
from tokbench.downstream.pretrained import Pretrained, Start
from tokbench.downstream.scores import scored
from tokbench.downstream.spec import TrainingSpec
from tokbench.errors import TokbenchError
from tokbench.values import TaskData, Watch, ignore

MODEL, WORK, TOKENIZER = "model", "work", "tokenizer"
"""Folders: of the saved model, of trainings that go on, of the tokenizer as models are fed."""
_SPLITS: tuple[tokenized.Split, ...] = ("train", "valid", "test")


@dataclass(frozen=True)
class Job:
    """What a child process is asked for.

    Attributes:
        state: the tokenizer's tokenizer.json.
        config: its tokenizer_config.json, where it has one.
        name: what reports call it.
        data: the task's examples.
        spec: how models are trained.
        out: the folder that keeps everything.
        signature: of everything that outcomes depend on.
        begun: the encoder from scratch, or the checkpoint to go on from.
        every: seconds of training between checkpoints.
        meeting: what processes that train together call this training.
    """

    state: str
    config: Mapping[str, Any] | None
    name: str
    data: TaskData
    spec: TrainingSpec
    out: Path
    signature: str
    begun: bodies.Body | Start
    every: float
    meeting: str


@dataclass(frozen=True)
class Machine:
    """What trainings run on.

    Attributes:
        device: as torch knows it.
        name: as people do.
        bf16: whether weights are multiplied in bfloat16.
        static: whether batches have few fixed shapes.
        threads: of each process on the CPU.
    """

    device: Any
    name: str
    bf16: bool
    static: bool
    threads: int

    def told(self) -> dict[str, Any]:
        """What outcomes say of it."""
        return {
            "device": self.name,
            "precision": "bf16" if self.bf16 else "fp32",
            "threads": self.threads,
            "processes": processes.number(),
        }


@dataclass(frozen=True)
class Bench:
    """What all trainings of a job share.

    Attributes:
        job: what was asked for.
        machine: what it runs on.
        tokenizer: as models are fed with it.
        rows: the examples by split.
        judges: who makes predictions of answers, of "valid" and "test".
        truncated: how many test examples were cut.
        watch: who is told how far it is.
        pretrained: the checkpoint with this tokenizer's vocabulary; None from scratch.
    """

    job: Job
    machine: Machine
    tokenizer: prepared.Prepared
    rows: dict[tokenized.Split, batching.Rows]
    judges: dict[str, kinds.Judge]
    truncated: int
    watch: Watch
    pretrained: Pretrained | None = None

    @property
    def metric(self) -> str:
        """The score that decides."""
        return self.job.data.metrics[0]

    def scores(
        self, split: tokenized.Split, predictions: Sequence[kinds.Predicted]
    ) -> dict[str, float]:
        """Those of predictions on a split, by metric."""
        return scored(self.job.data, getattr(self.job.data, split), predictions)

    def model(self, seed: int) -> Any:
        """A new model."""
        job = self.job
        if isinstance(job.begun, Start):
            assert self.pretrained is not None  # noqa: S101 - `opened` opened it
            return self.pretrained.model(job.data.kind, job.data.labels, seed)
        model = bodies.build(
            job.begun,
            job.data.kind,
            job.data.labels,
            rows=self.tokenizer.rows,
            pad_id=self.tokenizer.pad_id,
            max_length=kinds.of(job.data).longest(job.data, job.spec),
            seed=seed,
            hold=job.spec.hold,
        )
        kinds.of(job.data).begin(model, self.rows["train"].labels)
        return model


def opened(job: Job, watch: Watch) -> Bench:
    """Join the other processes, and read what has to be read once."""
    machine = _machine(job)
    folder = job.out / TOKENIZER
    found = _tokenizer(job, folder) if processes.first() else None
    found = processes.gathered(found)[0]
    assert found is not None  # noqa: S101 - the first process has made it
    made, known = found
    if known and known.longest < job.spec.max_length:
        shorter = {"max_length": known.longest, "buckets": ()}
        job = replace(job, spec=job.spec.model_copy(update=shorter))
    sets = {split: tokenized.tokenized(folder, job.data, split, job.spec) for split in _SPLITS}
    rows = {split: batching.Rows(dataset) for split, dataset in sets.items()}
    encoder = partial(tokenized.Encoder, folder, job.data, job.spec)
    judges = {
        split: kinds.of(job.data).judge(encoder, job.data, getattr(job.data, split))
        for split in ("valid", "test")
    }
    truncated = sum(sets["test"]["truncated"])
    watch = watch if processes.first() else ignore
    return Bench(job, machine, made, rows, judges, truncated, watch, known)


def _tokenizer(job: Job, folder: Path) -> tuple[prepared.Prepared, Pretrained | None]:
    """Save the tokenizer as models are fed with it; what it makes of a checkpoint."""
    if isinstance(job.begun, Start):
        length = job.spec.max_length
        random = job.spec.embeddings == "random"
        return pretrained.opened(
            job.begun, job.state, job.config or {}, folder, random=random, max_length=length
        )
    kind = kinds.of(job.data)
    length = kind.longest(job.data, job.spec)
    return kind.prepare(prepared.prepared(job.state, job.config, folder, max_length=length)), None


def _machine(job: Job) -> Machine:
    """Find the device, as `accelerate` chooses it, and join the other processes."""
    import torch  # noqa: PLC0415 - it takes seconds, and only child processes need it
    from transformers import TrainingArguments  # noqa: PLC0415 - as above
    from transformers.utils import (  # noqa: PLC0415 - as above
        is_torch_xla_available,
        logging,
    )

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.use_deterministic_algorithms(True, warn_only=True)  # noqa: FBT003 - torch's own order
    if processes.number() > 1 and is_torch_xla_available():
        raise TokbenchError(
            f"{job.name}: on XLA devices one process trains a model, and {processes.number()} were "
            "started: run the command without torchrun or accelerate launch"
        )
    processes.meet(job.meeting)
    device = TrainingArguments(output_dir=str(job.out / WORK), report_to="none").device
    name, has_bf16 = str(device.type), False
    if device.type == "cuda":
        name = f"cuda: {torch.cuda.get_device_name(device)}"
        has_bf16 = torch.cuda.is_bf16_supported()
    elif device.type == "xla":
        from torch_xla import runtime  # noqa: PLC0415 - only where it is installed

        name = f"xla: {runtime.device_type()}"
        has_bf16 = runtime.device_type() == "TPU"  # others compute it, and slowly
    spec = job.spec
    return Machine(
        device,
        name,
        bf16=spec.precision == "bf16" or (spec.precision == "auto" and has_bf16),
        static=device.type == "xla" if spec.static_shapes is None else spec.static_shapes,
        threads=torch.get_num_threads(),
    )
