"""Scores of models as numbers with uncertainty: of the seeds, and of the test examples.

Two things make a score move that are not the tokenizer: the seed of a training (weights, order of
the examples, dropout) and which examples the test split happens to hold. Student's t over the
differences by seed tells of the first, a paired bootstrap over test examples of the second. A true
difference has to stand out from both, so their intervals are joined: half widths as in

    lower = d - sqrt((d - l1)^2 + (d - l2)^2)

(square and add: Howe 1974, Zou & Donner 2008), which is as wide as either at least. What a seed
does to some examples alone is counted in both, so that the joined interval errs on the wide side.

A correlation that is not defined, since a model answers the same throughout, counts as 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tokbench.downstream.scores import SCORES, resampled
from tokbench.errors import TrainingError
from tokbench.values import (
    Downstream,
    Gap,
    Measured,
    Outcome,
    RankCorrelation,
    Score,
    TaskData,
    TaskKind,
    TaskResult,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Interval = tuple[float, float]
RESAMPLES = 1000
FEWEST = 10
"""Of fewer test examples no interval is told: it would hold the truth too seldom."""
FEWEST_RANKED = 3
"""Of fewer tokenizers no rank correlation is told."""
_MOST_PERMUTED = 8
_SHARE = 0.975
_NONE_BELOW = 0.99
_TOGETHER = 64
"""Resamples that are drawn at once."""
GROUPS = 4096
"""Above so many test examples, groups of them are drawn, as of documents (`metrics.resampling`)."""
_MOST_PAIRS = 256
"""Of more pairs of a class and an answer, weights are told for each example."""
_TWO = 2


@dataclass(frozen=True)
class TaskInput:
    """A task and what every tokenizer's models did on it.

    Attributes:
        name: of the task.
        kind: what is learned.
        metrics: names in `downstream.SCORES`; the first is the one that decides.
        labels: how many classes or tags; 0 for numbers.
        sizes: examples of train, valid and test.
        gold: of each test example the class or the number; of tokens, whose predictions are
            tallies of what is right, zeros.
        outcomes: of each tokenizer, in the order of their names; None where there is none.
        rivals: what `downstream.rivals` gives.
        notes: what users should know, a sentence each.
    """

    name: str
    kind: TaskKind
    metrics: tuple[str, ...]
    labels: int
    sizes: tuple[int, int, int]
    gold: "NDArray[Any]"
    outcomes: tuple[Outcome | None, ...]
    rivals: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        data: TaskData,
        outcomes: Sequence[Outcome | None],
        rivals: dict[str, dict[str, float]] | None = None,
    ) -> "TaskInput":
        """What its examples say of a task, beside the outcomes."""
        sizes = (data.train.num_rows, data.valid.num_rows, data.test.num_rows)
        tokens = data.kind == "tokens"
        gold = np.zeros(sizes[2]) if tokens else data.test["label"].to_numpy()
        return cls(
            data.name,
            data.kind,
            data.metrics,
            len(data.labels),
            sizes,
            gold,
            tuple(outcomes),
            rivals or {},
            data.notes,
        )


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
        TrainingError: the extra `[downstream]` is not installed.
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
    samples = _samples(task, resamples)
    for metric in task.metrics:
        runs = [
            None if one is None else _Runs.of(one, metric, samples.get((k, metric)))
            for k, one in enumerate(task.outcomes)
        ]
        for place, score in _scores(runs, baseline).items():
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
    )


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


def _scores(runs: Sequence[_Runs | None], baseline: int) -> dict[int, Score]:
    """The score of each that has one."""
    known = {place: one for place, one in enumerate(runs) if one is not None}
    means = {place: float(np.mean([*one.scores.values()])) for place, one in known.items()}
    standing = _best(known, means)
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
    known: dict[int, _Runs], means: dict[int, float]
) -> dict[int, Literal["", "best", "clearly best"]]:
    """Who is best: nobody where all are equal; clearly, where a gap to every other is seen."""
    standing: dict[int, Literal["", "best", "clearly best"]] = dict.fromkeys(known, "")
    if len(set(means.values())) < _TWO:
        return standing
    top = max(means.values())
    winners = [place for place in known if means[place] == top]
    clear = len(winners) == 1 and all(
        _gap(known[winners[0]], one).seen for place, one in known.items() if place not in winners
    )
    for place in winners:
        standing[place] = "clearly best" if clear else "best"
    return standing


def over_seeds(values: Sequence[float]) -> Interval | None:
    """The 95% interval of a mean, by Student's t; None of a single value.

    >>> low, high = over_seeds([0.80, 0.82])
    >>> round(low, 2), round(high, 2)
    (0.68, 0.94)
    """
    if len(values) < _TWO:
        return None
    mean = float(np.mean(values))
    if len(set(values)) == 1:
        return mean, mean
    half = _student(len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean - half, mean + half


def _student(degrees: int) -> float:
    return float(_stats().t.ppf(_SHARE, degrees))


def _stats() -> Any:
    try:
        from scipy import stats  # noqa: PLC0415 - heavy, and an extra
    except ImportError as error:
        raise TrainingError(
            "models are compared with scipy, which is not installed: "
            "pip install 'tokbench[downstream]'"
        ) from error
    return stats


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


def percentiles(sample: "NDArray[np.float64]", n: int) -> Interval | None:
    """The 95% interval of a number from its values in all resamples.

    Percentiles, a little wider than 2.5 and 97.5 where examples are few (Hesterberg 2015, the
    expanded percentile interval).

    Args:
        sample: a value for each resample; NaN where it has none.
        n: how many examples were drawn from.

    Returns:
        None where there are too few examples, or too few resamples in which there is a value.
    """
    known = sample[np.isfinite(sample)]
    if n < FEWEST or len(known) < _NONE_BELOW * len(sample):
        return None
    share = _stats().norm.cdf(-((n / (n - 1)) ** 0.5) * _student(n - 1))
    low, high = np.quantile(known, [share, 1 - share])
    return float(low), float(high)


def joined(value: float, one: Interval, other: Interval) -> Interval:
    """The interval of a number that varies for two reasons, from the interval of each.

    >>> joined(1.0, (0.7, 1.3), (0.6, 1.4))
    (0.5, 1.5)
    """
    low = np.hypot(value - min(value, one[0]), value - min(value, other[0]))
    high = np.hypot(max(value, one[1]) - value, max(value, other[1]) - value)
    return float(value - low), float(value + high)


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


def _samples(
    task: TaskInput, resamples: int
) -> "dict[tuple[int, str], dict[int, NDArray[np.float64]]]":
    """By tokenizer and metric, for every seed, the score in every resample of the test examples.

    The draws are the same for all, so that differences are paired. Above `GROUPS` examples they are
    gathered by chance in so many groups of one size, and groups are drawn: the spread of a score
    is the same on average.
    """
    n = task.sizes[2]
    if n < FEWEST:
        return {}
    groups = min(n, GROUPS)
    group = np.arange(n) % groups
    if n > groups:
        group = group[np.argsort(np.random.PCG64(0).random_raw(n))]
    models = {
        (place, one.seed): _Drawable.of(task, np.asarray(one.predictions), group, groups)
        for place, outcome in enumerate(task.outcomes)
        for one in (outcome.seeds if outcome else ())
    }
    parts: dict[tuple[int, str], dict[int, list[Any]]] = {}
    for weights in draws(groups, resamples):
        for (place, seed), model in models.items():
            drawn = model.weighted(weights)
            for name in task.metrics:
                made = np.nan_to_num(resampled(name, model.gold, model.answers, drawn))
                parts.setdefault((place, name), {}).setdefault(seed, []).append(made)
    return {
        key: {seed: np.concatenate(some) for seed, some in by_seed.items()}
        for key, by_seed in parts.items()
    }


@dataclass(frozen=True)
class _Drawable:
    """A model's answers as few rows, whose weights in a resample follow from those of the groups.

    Attributes:
        gold: what is right, of each row.
        answers: of each row.
        rows: of each group how many examples of each row it has; or, of each row, its group; None
            where rows are groups.
    """

    gold: "NDArray[Any]"
    answers: "NDArray[Any]"
    rows: "NDArray[np.float64] | NDArray[np.int64] | None"

    @classmethod
    def of(
        cls, task: TaskInput, answers: "NDArray[Any]", group: "NDArray[np.int64]", groups: int
    ) -> "_Drawable":
        """Tallies add up; examples with one class and one answer are alike; numbers are not."""
        if task.kind == "tokens":
            sums = [np.bincount(group, column, groups) for column in answers.T]
            return cls(np.zeros(groups), np.column_stack(sums).astype(np.int64), None)
        if task.kind == "classification":
            classes = int(max(task.gold.max(), answers.max())) + 1
            pairs, row = np.unique(task.gold * classes + answers, return_inverse=True)
            if len(pairs) <= _MOST_PAIRS:
                table = np.bincount(group * len(pairs) + row, minlength=groups * len(pairs))
                table = table.reshape(groups, -1).astype(np.float64)
                return cls(pairs // classes, pairs % classes, table)
        return cls(task.gold, answers, group)

    def weighted(self, weights: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """How often each row is drawn, from how often each group is.

        Args:
            weights: (resamples, groups).

        Returns:
            (resamples, rows)
        """
        if self.rows is None:
            return weights
        if self.rows.ndim == 1:
            return weights[:, self.rows.astype(np.int64)]
        # exact: whole numbers below 2^53
        return (weights.astype(np.float64) @ self.rows).astype(np.int64)


def draws(n: int, resamples: int, seed: int = 0) -> "Iterator[NDArray[np.int64]]":
    """How often each of `n` examples is drawn in each resample, with replacement, in blocks.

    The raw stream of PCG64, which NumPy promises to keep: a seed gives the same draws everywhere.

    Yields:
        Counts with a row for each resample; every row adds up to `n`.

    >>> [block.sum(axis=1).tolist() for block in draws(4, 3)]
    [[4, 4, 4]]
    """
    stream = np.random.PCG64(seed)
    for first in range(0, resamples, _TOGETHER):
        rows = min(_TOGETHER, resamples - first)
        # the upper half of a raw number, scaled: off by less than n / 2^32
        places = (stream.random_raw(rows * n) >> np.uint64(32)) * np.uint64(n)
        places = (places >> np.uint64(32)).astype(np.int64)
        places += np.repeat(np.arange(rows) * n, n)
        yield np.bincount(places, minlength=rows * n).reshape(rows, n)


def correlations(
    measured: Sequence[Measured], downstream: Downstream
) -> tuple[RankCorrelation, ...]:
    """How far each intrinsic metric orders the tokenizers as each task's deciding score does.

    Kendall's tau-b over the tokenizers that have both numbers. Metrics without a better direction,
    those by which all are equal, and tasks of fewer than three tokenizers are left out.
    """
    names = list(dict.fromkeys(name for one in measured for name in one.measurements))
    found = (
        _correlation(name, task, measured, downstream.tokenizers)
        for name in names
        for task in downstream.tasks
    )
    return tuple(one for one in found if one is not None)


def _correlation(
    metric: str, task: TaskResult, measured: Sequence[Measured], tokenizers: Sequence[str]
) -> RankCorrelation | None:
    scores = {
        name: some[task.metric].value
        for name, some in zip(tokenizers, task.scores, strict=True)
        if some
    }
    x, y = [], []
    for one in measured:
        number = one.measurements.get(metric)
        if number and number.better and number.value is not None and one.name in scores:
            x.append(number.value if number.better == "higher" else -number.value)
            y.append(scores[one.name])
    if len(x) < FEWEST_RANKED or len(set(x)) == 1 or len(set(y)) == 1:
        return None
    value, p = tau(x, y)
    return RankCorrelation(metric, task.task, value, len(x), p)


def tau(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Kendall's tau-b and its two-sided p-value, by all permutations where they are few.

    Args:
        x: at least two different numbers.
        y: as many.

    >>> tau([1, 2, 3], [10, 20, 30])
    (1.0, 0.3333333333333333)
    """
    stats = _stats()
    value = float(stats.kendalltau(x, y).statistic)
    if len(x) > _MOST_PERMUTED:
        return value, float(stats.kendalltau(x, y).pvalue)
    # tau-b of permutations differs by its numerator alone: ties stay what they are
    first, second = (np.sign(np.subtract.outer(side, side)).astype(np.int64) for side in (x, y))
    orders = np.array(list(permutations(range(len(x)))))
    drawn = second[orders[:, :, None], orders[:, None, :]]
    sums = np.einsum("ij,kij->k", first, drawn)
    return value, float(np.mean(np.abs(sums) >= abs(int((first * second).sum()))))
