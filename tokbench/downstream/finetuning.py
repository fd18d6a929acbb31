"""Train models that differ in nothing but the tokenizer."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.child import ChildError, run_in_child
from tokbench.downstream import bodies, extra, kinds, logs, processes, tokenized, worker
from tokbench.downstream.bench import Job
from tokbench.downstream.pretrained import Start
from tokbench.downstream.spec import SIZES, TrainingSpec
from tokbench.errors import TokbenchError
from tokbench.values import Outcome, TaskData, Watch, ignore

PACKAGES = ("torch", "transformers", "tokenizers")
"""Whose versions outcomes depend on."""
_VERSION = 2
"""Raised when the same settings train otherwise than before."""
_QUIET = {
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # what deterministic products on GPUs ask for
}
CHECKPOINT_SECONDS = 30.0
"""Seconds of training that a kill may cost."""
_begun: Counter[str] = Counter()
"""How often each training was begun here: the same in all processes that train together."""


@dataclass(frozen=True)
class Given:
    """A tokenizer to train with.

    Attributes:
        state: its tokenizer.json.
        config: its tokenizer_config.json, where it has one.
    """

    state: str
    config: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, path: Path) -> "Given":
        """What lies in a folder, or in a tokenizer.json.

        Raises:
            TokbenchError: there is none.
        """
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            state = file.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise TokbenchError(f"{file}: cannot be read; name a folder of a tokenizer") from error
        config = file.with_name("tokenizer_config.json")
        return cls(state, store.read_json(config) if config.is_file() else None)


def signature(
    tokenizer: Given,
    data: TaskData,
    spec: TrainingSpec,
    body: bodies.Body | None = None,
    start: Start | None = None,
) -> str:
    """What an outcome depends on, but the number of seeds; more of them go on where it is kept."""
    begun = _begin(spec, body, start)
    settings = spec.plain("seeds", "log", "learning_rate", "model")
    examples = data.fingerprint or [
        tokenized.fingerprint(table) for table in (data.train, data.valid, data.test)
    ]
    return store.signature(
        hashlib.sha256(tokenizer.state.encode()).hexdigest(),
        json.dumps(tokenizer.config, sort_keys=True),
        [examples, data.kind, data.unit, data.labels, data.metrics],
        [settings, spec.learning_rates, _told(begun)],
        [version(name) for name in PACKAGES],
        _VERSION,
    )


def finetune(
    tokenizer: Path | Given,
    name: str,
    data: TaskData,
    spec: TrainingSpec,
    out: Path,
    *,
    watch: Watch = ignore,
    body: bodies.Body | None = None,
    start: Start | None = None,
    every: float = CHECKPOINT_SECONDS,
) -> Outcome:
    """Train a model for each seed, in a child process, and score it.

    What is done already in `out`, by the same settings, is not done again; a training that was
    interrupted goes on from its last checkpoint and gives the same, on a CPU bit for bit. Where
    `torchrun` started several processes, each calls this and each gets the outcome.

    Args:
        tokenizer: a folder, a tokenizer.json, or what they hold.
        name: what reports call it.
        data: the task.
        spec: how models are trained.
        out: a folder that keeps, of this tokenizer on this task,

            - `seeds/`: a JSON file for each model that is done;
            - `model/`: the one that is best on the validation split, with its tokenizer;
            - `log.jsonl`: what each said of itself while it was trained (see `logs.Log`);
            - `tokenizer/`, `work/`: the tokenizer as models are fed; checkpoints, until done.
        watch: is told of a `TrainingProgress` some times a second.
        body: an encoder instead of the one that `spec` names.
        start: the checkpoint to go on from, where `spec` names one.
        every: seconds of training between checkpoints.

    Raises:
        TokbenchError: the extra is not installed, a number is too large for models, or the
            training came to an unexpected end.
        StoreError: `out` cannot be written.
    """
    extra.require()
    logs.require(spec.log)
    kinds.of(data).refuse(data)
    given = tokenizer if isinstance(tokenizer, Given) else Given.read(tokenizer)
    known = signature(given, data, spec, body, start)
    _begun[known] += 1
    meeting = f"{known}-{_begun[known]}"
    begun = _begin(spec, body, start)
    if start and not kinds.of(data).continues:
        raise TokbenchError(
            f"{data.name}: models of kind {data.kind} are trained from scratch; leave out "
            f"{spec.model}, or take a size: {', '.join(SIZES)}"
        )
    job = Job(given.state, given.config, name, data, spec, out, known, begun, every, meeting)
    alone = store.lock(out / "lock") if processes.first() else nullcontext()
    with alone:
        try:
            return run_in_child(worker.work, job, watch=watch, environment=_environment(spec))
        except ChildError as error:
            raise TokbenchError(
                f"{name}: the training on {data.name} came to an end: {error.last}; what is done "
                f"lies in {out}, and the same command goes on with it once the cause is gone"
            ) from error


def _begin(
    spec: TrainingSpec, body: bodies.Body | None, start: Start | None
) -> bodies.Body | Start:
    """What models begin from."""
    return start or body or bodies.BODIES[spec.model]


def _told(begun: bodies.Body | Start) -> dict[str, Any]:
    """What outcomes depend on of that."""
    if isinstance(begun, Start):
        return {"checkpoint": begun.digest}
    return asdict(begun)


def _environment(spec: TrainingSpec) -> dict[str, str]:
    """What the child process is told beside what this one is."""
    # One thread: scores are those of any machine, and as many models as cores are trained at once.
    # Threads that spin keep busy machines from those that they wait for: 5 times as slow.
    usual = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    told = {name: os.environ.get(name, value) for name, value in usual.items()}
    return told | _QUIET | ({} if "trackio" in spec.log else {"HF_HUB_OFFLINE": "1"})
