"""What each seed gave, kept as JSON until all are done."""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.downstream.scores import SCORES
from tokbench.values import SeedOutcome

_FOLDER = "seeds"


@dataclass(frozen=True)
class Run:
    """A seed at a learning rate.

    >>> Run(3, 0.0003).name
    'seed-3-rate-0.0003'
    """

    seed: int
    rate: float

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"seed-{self.seed}-rate-{self.rate!r}"


def keep(out: Path, signature: str, run: Run, outcome: SeedOutcome, where: dict[str, Any]) -> None:
    """Write what a seed gave, whole or not at all.

    Args:
        out: the folder of the tokenizer's outcomes.
        signature: of everything that the outcome depends on.
        run: the seed and its learning rate.
        outcome: what it gave.
        where: what it was computed on.
    """
    value = {"signature": signature, "where": where, "outcome": asdict(outcome)}
    store.write_json(out / _FOLDER / f"{run.name}.json", store.finite(value))


def kept(out: Path, signature: str, run: Run) -> tuple[SeedOutcome, dict[str, Any]] | None:
    """What was kept of a seed by this signature, and what it was computed on."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        value = json.loads((out / _FOLDER / f"{run.name}.json").read_bytes())
        if value["signature"] == signature:
            outcome = store.not_numbers(value["outcome"])
            outcome["predictions"] = tuple(map(_frozen, outcome["predictions"]))
            return SeedOutcome(**outcome), value["where"]
    return None


def _frozen(prediction: Any) -> Any:
    return tuple(prediction) if isinstance(prediction, list) else prediction


def best(outcomes: Sequence[SeedOutcome], metric: str) -> SeedOutcome:
    """The first of those that are best on the validation split; one without a score never is."""
    return max(outcomes, key=lambda one: rank(one, metric))


def rank(outcome: SeedOutcome, metric: str) -> float:
    """How good the validation score is; what cannot be computed is below everything."""
    score = SCORES[metric].sign * outcome.valid.get(metric, math.nan)
    return -math.inf if math.isnan(score) else score
