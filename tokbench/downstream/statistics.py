"""Scores of models as numbers with uncertainty: of the seeds, and of the test examples.

Two things make a score move that are not the tokenizer: the seed of a training (weights, order of
the examples, dropout) and which examples the test split happens to hold. Student's t over the
differences by seed tells of the first, a paired bootstrap over test examples of the second. A true
difference has to stand out from both, so their intervals are joined: half widths as in

    lower = d - sqrt((d - l1)^2 + (d - l2)^2)

(square and add: Howe 1974, Zou & Donner 2008), which is as wide as either at least. What a seed
does to some examples alone is counted in both, so that the joined interval errs on the wide side.

A correlation that is not defined, since a model answers the same throughout, counts as 0. Where the
test examples have one number throughout, none is defined, and no model has a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tokbench.downstream import drawing
from tokbench.downstream.inputs import TaskInput
from tokbench.downstream.intervals import FEWEST, Interval, joined, over_seeds, percentiles
from tokbench.downstream.kinds import KINDS
from tokbench.downstream.scores import SCORES
from tokbench.values import (
    Downstream,
    Gap,
    Outcome,
    Score,
    TaskResult,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1000
_TWO = 2


def compared(
    tasks: Sequence[TaskInput],
    tokenizers: Sequence[str],
    *,
    baseline: int = 0,
    model: str = "",
    settings: str = "",
    signature: str = "",
    repeat: str = "",
    resamples: int = RESAMPLES,
) -> Downstream:
    """Tokenizers side by side on every task: means, intervals, gaps to the baseline, who is best.

    Args:
        tasks: what there is to compare.
        tokenizers: their names, in the order of every task's outcomes.
        baseline: the position of the one that gaps are to.
        model: as `Downstream` has it.
        settings: as `Downstream` has it.
        signature: as `Downstream` has it.
        repeat: as `Downstream` has it.
        resamples: of the bootstrap over test examples.

    Raises:
        TokbenchError: the extra `[downstream]` is not installed.
    """
    results = tuple(_result(one, baseline, resamples) for one in tasks)
    return Downstream(
        tuple(tokenizers),
        results,
        baseline,
        model,
        settings,
        signature=signature,
        repeat=repeat,
    )


def _result(task: TaskInput, baseline: int, resamples: int) -> TaskResult:
    scores: list[dict[str, Score]] = [{} for _ in task.outcomes]
    undefined = _undefined(task)
    drawn = task.sizes[2] >= FEWEST and not undefined
    samples = drawing.samples(task, resamples) if drawn else {}
    for metric in () if undefined else task.metrics:
        runs = [
            None if one is None else _Runs.of(one, metric, samples.get((k, metric)))
            for k, one in enumerate(task.outcomes)
        ]
        for place, score in _scores(runs, baseline, SCORES[metric].sign).items():
            scores[place][metric] = score
    return TaskResult(
        task.name,
        task.kind,
        task.metrics[0],
        task.sizes,
        task.labels,
        tuple(one and _without_predictions(one) for one in task.outcomes),
        tuple(scores),
        task.rivals,
        {name: SCORES[name].title for name in task.metrics},
        task.notes,
        tuple(
            undefined if one else why
            for one, why in zip(
                task.outcomes, task.failed or [""] * len(task.outcomes), strict=True
            )
        ),
        tuple(name for name in task.metrics if SCORES[name].better == "lower"),
    )


def _undefined(task: TaskInput) -> str:
    """Why no model can have a score, or nothing."""
    why = KINDS[task.kind].undefined(task.gold)
    if not why:
        return ""
    said = " and ".join(SCORES[name].title for name in task.metrics)
    are = "is" if len(task.metrics) == 1 else "are"
    return f"{said} {are} not defined: {why}"


def _without_predictions(outcome: Outcome) -> Outcome:
    """Those stay where outcomes are kept: there are as many as test examples times seeds."""
    return replace(outcome, seeds=tuple(replace(one, predictions=()) for one in outcome.seeds))


@dataclass(frozen=True)
class _Runs:
    """One tokenizer's models on one task, by one metric.

    Attributes:
        scores: by seed.
        answers: by seed, to know copies by.
        samples: by seed, the score in every resample; None where there are none.
        n: how many test examples.
    """

    scores: dict[int, float]
    answers: dict[int, tuple[Any, ...]]
    samples: "dict[int, NDArray[np.float64]] | None"
    n: int

    @classmethod
    def of(
        cls, outcome: Outcome, metric: str, samples: "dict[int, NDArray[np.float64]] | None"
    ) -> "_Runs":
        """Those of an outcome."""
        return cls(
            {one.seed: float(np.nan_to_num(one.scores[metric])) for one in outcome.seeds},
            {one.seed: one.predictions for one in outcome.seeds},
            samples,
            len(outcome.seeds[0].predictions),
        )


def _scores(runs: Sequence[_Runs | None], baseline: int, sign: int) -> dict[int, Score]:
    """The score of each that has one."""
    known = {place: one for place, one in enumerate(runs) if one is not None}
    means = {place: float(np.mean([*one.scores.values()])) for place, one in known.items()}
    standing = _best(known, means, sign)
    first = known.get(baseline)
    return {
        place: Score(
            means[place],
            over_seeds([*one.scores.values()]),
            tuple(one.scores.values()),
            None if first is None or place == baseline else _gap(one, first),
            standing[place],
        )
        for place, one in known.items()
    }


def _best(
    known: dict[int, _Runs], means: dict[int, float], sign: int
) -> dict[int, Literal["", "best", "clearly best"]]:
    """Who is best: nobody where all are equal; clearly, where a gap to every other is seen."""
    standing: dict[int, Literal["", "best", "clearly best"]] = dict.fromkeys(known, "")
    if len(set(means.values())) < _TWO:
        return standing
    top = sign * max(sign * mean for mean in means.values())
    winners = [place for place in known if means[place] == top]
    clear = len(winners) == 1 and all(
        _gap(known[winners[0]], one).seen for place, one in known.items() if place not in winners
    )
    for place in winners:
        standing[place] = "clearly best" if clear else "best"
    return standing


def _gap(mine: _Runs, other: _Runs) -> Gap:
    """How far mine are above the other's, by the seeds that both have."""
    both = [seed for seed in mine.scores if seed in other.scores]
    if not both:
        value = float(np.mean([*mine.scores.values()]) - np.mean([*other.scores.values()]))
        return Gap(value, None, None, None, seen=False, why="they have no seed in common")
    differences = [mine.scores[seed] - other.scores[seed] for seed in both]
    value = float(np.mean(differences))
    seeds = over_seeds(differences)
    examples = None
    if mine.samples is not None and other.samples is not None:
        drawn = [mine.samples[seed] - other.samples[seed] for seed in both]
        examples = percentiles(np.mean(drawn, axis=0), mine.n)
    together = None if seeds is None or examples is None else joined(value, seeds, examples)
    seen = together is not None and not _holds_zero(together)
    why = "" if seen else _why(mine, other, both, seeds, examples)
    return Gap(value, seeds, examples, together, seen, why, len(both))


def _holds_zero(interval: Interval) -> bool:
    return interval[0] <= 0 <= interval[1]


def _why(
    mine: _Runs,
    other: _Runs,
    both: Sequence[int],
    seeds: Interval | None,
    examples: Interval | None,
) -> str:
    """Why no difference is seen."""
    if all(mine.answers[seed] == other.answers[seed] for seed in both):
        return "every answer is the same"
    if examples == (0, 0) and all(mine.scores[seed] == other.scores[seed] for seed in both):
        return "every score is the same"
    if seeds is None:
        return "one seed does not tell how much seeds vary"
    if examples is None:
        return "there is no interval over test examples"
    few = f"{mine.n:,} test examples are too few"
    vary = "seeds vary by as much"
    if len(both) == _TWO:
        vary = "two seeds are too few to tell it from how seeds vary"
    if _holds_zero(seeds):
        return f"{vary}, and {few}" if _holds_zero(examples) else vary
    return few if _holds_zero(examples) else "seeds and test examples together vary by as much"
