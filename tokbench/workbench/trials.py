"""What fine-tuning would take: a few real steps of each tokenizer on each task."""

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokbench import store
from tokbench.downstream import TrainingSpec, extra, processes
from tokbench.downstream.finetuning import finetune
from tokbench.memory import cores
from tokbench.recipe.tasks import TaskSpec
from tokbench.values import Progress, TaskData, Trial, Trials, Watch, ignore
from tokbench.workbench import outcomes
from tokbench.workbench.comparisons import distinct
from tokbench.workbench.entrants import Entrant, entrants
from tokbench.workbench.examples import examples
from tokbench.workbench.find import find_all
from tokbench.workbench.finetuning import at_once, refuse_namesakes
from tokbench.workbench.plan import RUNS

if TYPE_CHECKING:
    import pyarrow as pa

_STEPS = 8
_ASKED = 64
_FORWARD = 0.35
"""What an answer costs of a training step with as many examples: one pass of three."""


def tried(
    names: Sequence[str],
    tasks: Sequence[TaskSpec],
    spec: TrainingSpec,
    *,
    overrides: Sequence[str] = (),
    runs: Path = RUNS,
    jobs: int | None = None,
    watch: Watch = ignore,
) -> Trials:
    """Estimate, and keep nothing; arguments as for `finetune`.

    Raises:
        TokbenchError: a tokenizer or a task cannot be used.
    """
    extra.require()
    processes.require()
    refuse_namesakes(tasks)
    found = [one for name in names for one in find_all(name, runs=runs, overrides=overrides)]
    called = [one.name for one in distinct([one.subject for one in found])]
    _, every = entrants(found, called, spec)
    made = []
    for task in tasks:
        data = examples(task, Path(), watch)
        for one in every:
            watch(Progress(f"{data.name}, {one.name}", 0, None, "steps"))
            made.append(_trial(one, data))
    beside = at_once(jobs, sum(one.models > 0 for one in made))
    return Trials(tuple(made), min(beside, cores()))  # more share a core and save no time


def _trial(entrant: Entrant, data: TaskData) -> Trial:
    found, name, spec = entrant.found, entrant.name, entrant.spec
    few, short = _short(data, spec)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tokbench-trial-") as folder:
        outcome = finetune(
            outcomes.given(found), name, few, short, Path(folder), start=entrant.start
        )
    taken = time.perf_counter() - begun
    one = outcome.seeds[0]
    step = one.seconds / max(one.steps, 1)
    steps = math.ceil(math.ceil(data.train.num_rows / spec.batch_size) * spec.epochs)
    asked = data.valid.num_rows * max(1, math.ceil(spec.epochs)) + data.test.num_rows
    done = outcomes.models_there(found, data, spec)
    return Trial(
        tokenizer=name,
        task=data.name,
        examples=data.train.num_rows,
        tokens_per_example=one.tokens / max(one.examples, 1),
        models=spec.seeds + len(spec.learning_rates) - 1 - done,
        done=done,
        steps=steps,
        seconds_per_step=step,
        start=max(0.0, taken - one.seconds),
        model=step * (steps + _FORWARD * asked / spec.batch_size),
    )


def _short(data: TaskData, spec: TrainingSpec) -> tuple[TaskData, TrainingSpec]:
    """A few examples from all over each split, and one model that sees them once."""
    few = replace(
        data,
        train=_some(data.train, spec.batch_size * _STEPS),
        valid=_some(data.valid, _ASKED),
        test=_some(data.test, _ASKED),
        fingerprint=store.signature("trial", data.fingerprint, spec.batch_size),
    )
    once = {
        "seeds": 1,
        "epochs": 1.0,
        "learning_rate": spec.learning_rate[:1],
        "patience": None,
        "log": (),
    }
    return few, spec.model_copy(update=once)


def _some(table: "pa.Table", count: int) -> "pa.Table":
    """So many rows of a table, evenly spaced."""
    rows = table.num_rows
    return table.take([at * rows // count for at in range(count)]) if rows > count else table
