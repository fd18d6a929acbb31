"""What was fine-tuned before: where it is kept, and how it is found again.

The outcome of a run lies in `runs/<name>/<signature>/downstream/<task>/<key>/`, that of any other
tokenizer below the cache, by the tokenizer's signature. The key stands for the examples, the
settings and the versions, not for how many seeds there are: more seeds go into the same folder,
and outcomes with the same key can be compared.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from tokbench import store
from tokbench.downstream import TaskInput, TrainingSpec, compared, extra, kinds
from tokbench.downstream.finetuning import PACKAGES, Given
from tokbench.downstream.kinds import KINDS
from tokbench.downstream.statistics import RESAMPLES
from tokbench.errors import StoreError
from tokbench.values import Downstream, Outcome, TaskData
from tokbench.workbench.find import Found
from tokbench.workbench.plan import RUN_FILE

FOLDER = "downstream"
FILE = "outcome.json"
FAILED = "failed.json"
MODEL = "model"
_FORMAT = 1
_TWO = 2
_UNTOLD = ("seeds", "log")
"""Settings that change nothing about a model."""
_AS_OUTCOME = TypeAdapter(Outcome)
_Cell = tuple[int, "Kept"]
"""The position of a tokenizer, and something that was fine-tuned with it."""


@dataclass(frozen=True)
class Kept:
    """One tokenizer's models on one task, as they are kept.

    Attributes:
        folder: where.
        key: of examples, settings and versions.
        settings: how they were trained.
        task: what is known of the task: fields of a `TaskInput`, and the fingerprint of its data.
        outcome: what came of it.
        written: when, in seconds since 1970.
    """

    folder: Path
    key: str
    settings: dict[str, Any]
    task: dict[str, Any]
    outcome: Outcome
    written: float


def settings_of(spec: TrainingSpec) -> dict[str, Any]:
    """What decides how a model is trained, as plain data."""
    return spec.plain(*_UNTOLD)


def key_of(data: TaskData, spec: TrainingSpec) -> str:
    """What models on the same examples with the same settings have in common."""
    versions = {name: version(name) for name in PACKAGES}
    return store.signature(_FORMAT, data.name, data.fingerprint, settings_of(spec), versions)


def home(found: Found) -> Path:
    """The folder in which a tokenizer's outcomes are kept, by task and key."""
    run = found.folder.parent
    if found.manifest is not None and (run / RUN_FILE).is_file():
        return run / FOLDER
    return store.cache_dir() / FOLDER / store.signature(found.subject.state, config_of(found))


def config_of(found: Found) -> dict[str, Any] | None:
    """What stands in the tokenizer_config.json beside a tokenizer; None where there is none."""
    path = found.folder / "tokenizer_config.json"
    if found.folder == Path() or not path.is_file():
        return None
    config: dict[str, Any] = store.read_json(path)
    return config


def given(found: Found) -> Given:
    """A tokenizer as models are trained with it."""
    return Given(found.subject.state, config_of(found))


def models_there(found: Found, data: TaskData, spec: TrainingSpec) -> int:
    """How many models of a tokenizer on a task are trained already."""
    kept = read(home(found) / data.name / key_of(data, spec))
    if kept is None:
        return 0
    seeds = sum(one.seed < spec.seeds for one in kept.outcome.seeds)
    return seeds + len(spec.learning_rates) - 1


def keep(
    folder: Path,
    key: str,
    spec: TrainingSpec,
    data: TaskData,
    outcome: Outcome,
    rivals: dict[str, dict[str, float]],
) -> None:
    """Write what came of a tokenizer and a task, with all that a comparison needs."""
    told = TaskInput.of(data, (), rivals)
    task = {
        "name": told.name,
        "fingerprint": data.fingerprint,
        "kind": told.kind,
        "metrics": told.metrics,
        "labels": told.labels,
        "sizes": told.sizes,
        "gold": None if kinds.of(data).gold(data.test) is None else told.gold.tolist(),
        "rivals": told.rivals,
        "notes": told.notes,
    }
    value = store.finite({"settings": settings_of(spec), "task": task, "outcome": asdict(outcome)})
    path = folder / FILE
    store.write_json(path, {"key": key, "check": _check(value), **value})
    (folder / FAILED).unlink(missing_ok=True)


def keep_failure(found: Found, data: TaskData, spec: TrainingSpec, why: str) -> None:
    """Write why a tokenizer's models on a task gave nothing, unless that cannot be written either.

    It stands there until they give something.
    """
    key = key_of(data, spec)
    with suppress(StoreError):
        store.write_json(home(found) / data.name / key / FAILED, {"key": key, "why": why})


def failure(found: Found, task: str, key: str) -> str:
    """Why a tokenizer has no models of these examples and settings; empty where nobody tried."""
    with suppress(StoreError, KeyError, TypeError):
        told = store.read_json(home(found) / task / key / FAILED)
        return str(told["why"]) if told["key"] == key else ""
    return ""


def read(folder: Path) -> Kept | None:
    """What a folder keeps; None where that is nothing, or is damaged."""
    path = folder / FILE
    try:
        found = store.read_json(path)
        value = {name: found[name] for name in ("settings", "task", "outcome")}
        if found["check"] != _check(value):
            return None
        numbers = {name: store.not_numbers(value["outcome"][name]) for name in ("seeds", "tried")}
        outcome = _AS_OUTCOME.validate_python(value["outcome"] | numbers)
        model = folder / MODEL
        outcome = replace(outcome, model=str(model) if model.is_dir() else "")
        written = path.stat().st_mtime
        return Kept(folder, found["key"], value["settings"], value["task"], outcome, written)
    except (StoreError, OSError, KeyError, TypeError, ValidationError):
        return None


def _check(value: Any) -> str:
    return store.signature(value)


def of(found: Found) -> Iterator[Kept]:
    """Everything that was fine-tuned with a tokenizer, the newest first."""
    kept = [read(path.parent) for path in sorted(home(found).glob(f"*/*/{FILE}"))]
    yield from sorted((one for one in kept if one), key=lambda one: -one.written)


def saved(found: Found) -> dict[str, Kept]:
    """Of each task the newest that has a model."""
    made: dict[str, Kept] = {}
    for kept in of(found):
        if kept.outcome.model:
            made.setdefault(kept.task["name"], kept)
    return made


def outcomes_of(
    found: Sequence[Found], names: Sequence[str], *, baseline: int = 0
) -> Downstream | None:
    """Models of these tokenizers side by side, as far as they can be compared.

    Of several settings those are shown that most tokenizers share on a task, then those with more
    tasks, then the newest; of a task whose examples changed likewise. Tasks of a single tokenizer
    are left out, unless there are no others.

    Args:
        found: the tokenizers.
        names: theirs in reports.
        baseline: the position of the one that gaps are to.

    Returns:
        What they reached; None where none of them was fine-tuned, or where the extra is missing.
    """
    cells = [(place, kept) for place, one in enumerate(found) for kept in of(one)]
    if not cells or not extra.installed():
        return None
    tasks = _shown(cells, _TWO) or _shown(cells, 1)
    newest = [dict(sorted(some, key=lambda cell: cell[1].written)) for some in tasks]
    inputs = [_input(by_place, found) for by_place in newest]
    _, first = tasks[0][0]
    spec = TrainingSpec.model_validate(first.settings, strict=False)
    fingerprints = [some[0][1].task["fingerprint"] for some in tasks]
    return side_by_side(inputs, names, spec, fingerprints, baseline=baseline)


def _shown(cells: Sequence[_Cell], least: int) -> list[list[_Cell]]:
    """The models of each task that can be compared, of the settings that most tokenizers share.

    Args:
        cells: all that is kept.
        least: tokenizers that a task has to have.
    """
    some = [
        _tasks(alike, least) for alike in _groups(cells, lambda one: store.signature(one.settings))
    ]
    return max(
        some,
        key=lambda tasks: (
            max(map(_tokenizers, tasks), default=0),
            sum(map(_tokenizers, tasks)),
            max((_newest(task) for task in tasks), default=0.0),
        ),
    )


def _tasks(cells: Sequence[_Cell], least: int) -> list[list[_Cell]]:
    """Of each task the models with the same examples that most tokenizers share."""
    best = [
        max(_groups(mine, lambda one: one.key), key=lambda some: (_tokenizers(some), _newest(some)))
        for mine in _groups(cells, lambda one: one.task["name"])
    ]
    return [some for some in best if _tokenizers(some) >= least]


def _groups(cells: Sequence[_Cell], by: Callable[[Kept], str]) -> list[list[_Cell]]:
    """Those that are alike, in the order of the first of each."""
    groups: dict[str, list[_Cell]] = {}
    for cell in cells:
        groups.setdefault(by(cell[1]), []).append(cell)
    return list(groups.values())


def _tokenizers(cells: Sequence[_Cell]) -> int:
    return len({place for place, _ in cells})


def _newest(cells: Sequence[_Cell]) -> float:
    return max(kept.written for _, kept in cells)


def _input(by_place: dict[int, Kept], tokenizers: Sequence[Found]) -> TaskInput:
    """A task as it is kept, with the outcome of each tokenizer that has one, or why it has none."""
    first = next(iter(by_place.values()))
    task = first.task
    found = [by_place.get(place) for place in range(len(tokenizers))]
    whys = [
        "" if kept else failure(one, task["name"], first.key)
        for kept, one in zip(found, tokenizers, strict=True)
    ]
    sizes = tuple(task["sizes"])
    return TaskInput(
        name=task["name"],
        kind=task["kind"],
        metrics=tuple(task["metrics"]),
        labels=task["labels"],
        sizes=sizes,
        gold=np.zeros(sizes[2]) if task["gold"] is None else np.asarray(task["gold"]),
        outcomes=tuple(None if one is None else one.outcome for one in found),
        rivals=store.not_numbers(task["rivals"]),
        notes=tuple(task["notes"]),
        failed=tuple(whys),
    )


def side_by_side(
    inputs: Sequence[TaskInput],
    names: Sequence[str],
    spec: TrainingSpec,
    fingerprints: Sequence[str],
    *,
    baseline: int,
) -> Downstream:
    """Outcomes as a comparison that says what was done.

    Args:
        inputs: the tasks, with what came of each tokenizer.
        names: of the tokenizers, in reports.
        spec: how models were trained.
        fingerprints: of each task's examples.
        baseline: the position of the tokenizer that gaps are to.
    """
    named = [
        replace(
            one, outcomes=tuple(_called(o, n) for o, n in zip(one.outcomes, names, strict=True))
        )
        for one in inputs
    ]
    tasks = [f"{one.name}@{p[:8]}" for one, p in zip(inputs, fingerprints, strict=True)]
    return compared(
        named,
        names,
        baseline=baseline,
        model=spec.model,
        settings=_said(spec, limited=any(KINDS[one.kind].limited for one in inputs)),
        signature=_signature(tasks, names, spec, baseline),
    )


def _called(outcome: Outcome | None, name: str) -> Outcome | None:
    return outcome and replace(outcome, tokenizer=name)


def _said(spec: TrainingSpec, *, limited: bool = True) -> str:
    """Settings in words; reports tell the seeds by themselves.

    >>> _said(TrainingSpec(learning_rate=1e-3))
    '3 epochs, batches of 32, learning rate 0.001, 128 tokens at most'
    """
    rates = spec.learning_rates
    parts = [
        f"{spec.epochs:g} epoch{'' if spec.epochs == 1 else 's'}",
        f"batches of {spec.batch_size}",
        f"learning rate {rates[0]:g}"
        if len(rates) == 1
        else f"learning rate chosen of {', '.join(f'{one:g}' for one in rates)}",
        *([f"{spec.max_length} tokens at most"] if limited else []),
    ]
    usual = settings_of(TrainingSpec())
    beside = ("model", "epochs", "batch_size", "learning_rate", "max_length")
    parts += [
        f"{name} {value}"
        for name, value in settings_of(spec).items()
        if name not in beside and value != usual.get(name)
    ]
    return ", ".join(parts)


def _signature(
    tasks: Sequence[str], names: Sequence[str], spec: TrainingSpec, baseline: int
) -> str:
    """What was done, as `Comparison.signature` says it."""
    parts = {
        "tasks": "+".join(tasks),
        "tokenizers": "+".join(names),
        "baseline": names[baseline],
        "model": spec.model,
        "settings": store.signature(settings_of(spec))[:12],
        "intervals": f"t-over-seeds-and-paired-bootstrap-{RESAMPLES}-seed-0",
        "torch": version("torch"),
        "transformers": version("transformers"),
        "library": version("tokenizers"),
    }
    said = "|".join(f"{name}:{value}" for name, value in parts.items())
    return f"tokbench-{version('tokbench')}|{said}"
