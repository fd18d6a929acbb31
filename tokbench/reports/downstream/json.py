"""Models side by side as plain data, for scripts and for reading back. The keys are stable."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tokbench.errors import SubjectError
from tokbench.reports.warning import MODELS_NOTE
from tokbench.store import finite, not_numbers
from tokbench.values import Downstream, Outcome, Score, TaskResult

FORMAT = 1
"""Rises when a key is taken away or means something else; new keys leave it."""
_SPLITS = ("train", "valid", "test")


def render(made: Downstream) -> dict[str, Any]:
    """`{"tasks": [{"results": [{"tokenizer": ..., "scores": {...}}]}]}` and how it came to be."""
    plain = {
        "format": FORMAT,
        "tokenizers": list(made.tokenizers),
        "baseline": made.tokenizers[made.baseline],
        "model": made.model,
        "settings": made.settings,
        "warning": MODELS_NOTE,
        "signature": made.signature,
        "repeat": made.repeat,
        "tasks": [_task(one, made.tokenizers) for one in made.tasks],
        "correlations": [asdict(one) for one in made.correlations],
    }
    return dict(finite(plain))


def _task(task: TaskResult, tokenizers: tuple[str, ...]) -> dict[str, Any]:
    whys = task.missing or ("",) * len(tokenizers)
    parts = zip(tokenizers, task.scores, task.outcomes, whys, strict=True)
    return {
        "task": task.task,
        "kind": task.kind,
        "metric": task.metric,
        "titles": task.titles,
        "lower": list(task.lower),
        "labels": task.labels,
        "sizes": dict(zip(_SPLITS, task.sizes, strict=True)),
        "rivals": task.rivals,
        "notes": list(task.notes),
        "results": [
            {
                "tokenizer": name,
                "scores": {metric: _score(one) for metric, one in scores.items()},
                "outcome": outcome and _outcome(outcome),
                "missing": why,
            }
            for name, scores, outcome, why in parts
        ],
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "value": score.value,
        "interval": score.interval,
        "by_seed": list(score.by_seed),
        "gap": score.gap and asdict(score.gap),
        "best": score.best,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    plain = asdict(outcome)
    for name in ("tokenizer", "task"):
        del plain[name]  # said where it stands
    for one in plain["seeds"]:
        del one["predictions"]  # as many as test examples
    return plain


def holds_models(plain: Any) -> bool:
    """Whether plain data is what `render` gives.

    >>> holds_models({"on": "", "tokenizers": []}), holds_models({"tasks": [], "tokenizers": []})
    (False, True)
    """
    return isinstance(plain, dict) and {"tasks", "tokenizers"} <= plain.keys()


def read(plain: Mapping[str, Any], origin: str) -> Downstream:
    """What `render` made plain data of.

    Args:
        plain: the data.
        origin: where it was found, for errors.

    Raises:
        SubjectError: it is something else, or of a later format.
    """
    if plain.get("format") != FORMAT:
        raise SubjectError(
            f"{origin}: is of format {plain.get('format')!r}, this tokbench reads {FORMAT}: "
            "use the tokbench that wrote it, or run finetune again"
        )
    try:
        made = TypeAdapter(Downstream).validate_python(_fields(plain))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SubjectError(
            f"{origin}: tells of no models that can be read: {where}: {first['msg']}; "
            "run finetune again"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SubjectError(
            f"{origin}: tells of no models that can be read: {error!r}; run finetune again"
        ) from error
    count = len(made.tokenizers)
    if any(len(one.scores) != count or len(one.outcomes) != count for one in made.tasks):
        raise SubjectError(f"{origin}: has tasks that do not tell of each tokenizer")
    return made


def _fields(plain: Mapping[str, Any]) -> dict[str, Any]:
    """As the fields of a `Downstream`."""
    names = list(plain["tokenizers"])
    same = ("model", "settings", "signature", "repeat", "correlations")
    return {
        **{name: plain[name] for name in same},
        "tokenizers": names,
        "baseline": names.index(plain["baseline"]),
        "tasks": [_read_task(one) for one in plain["tasks"]],
    }


def _read_task(plain: Mapping[str, Any]) -> dict[str, Any]:
    results = plain["results"]
    return {
        **{name: value for name, value in plain.items() if name != "results"},
        "sizes": [plain["sizes"][name] for name in _SPLITS],
        "rivals": not_numbers(plain["rivals"]),
        "scores": [one["scores"] for one in results],
        "missing": [one.get("missing", "") for one in results],
        "outcomes": [one["outcome"] and _read_outcome(one, plain["task"]) for one in results],
    }


def _read_outcome(plain: Mapping[str, Any], task: str) -> dict[str, Any]:
    outcome = plain["outcome"]
    return {
        **outcome,
        "tokenizer": plain["tokenizer"],
        "task": task,
        "seeds": [{**not_numbers(one), "predictions": ()} for one in outcome["seeds"]],
        "tried": not_numbers(outcome["tried"]),
    }
