"""What is said of models: intervals as scipy's, differences that stand out from noise."""

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from simulated import outcome, seed_outcome, simulated

from tokbench.downstream import TaskInput, compared, correlations
from tokbench.downstream.drawing import draws, samples
from tokbench.downstream.intervals import joined, over_seeds, percentiles
from tokbench.downstream.ranking import tau
from tokbench.downstream.scores import resampled
from tokbench.reports.downstream import plain, read
from tokbench.reports.downstream.facts import lines, verdicts
from tokbench.values import Downstream, Gap, Measured, Measurement, Score

_NUMBERS = st.floats(-1, 1).map(lambda one: round(one, 6))


def _scores(task: TaskInput, **more: int) -> list[Score]:
    names = [f"t{place}" for place in range(len(task.outcomes))]
    made = compared([task], names, resamples=300, **more).tasks[0].scores
    return [one["accuracy"] for one in made]


def _gap(task: TaskInput) -> Gap:
    found = _scores(task)[1].gap
    assert found
    return found


def _with_seeds(task: TaskInput, place: int, seeds: list[int]) -> TaskInput:
    """Of one tokenizer only the models of these seeds."""
    made = list(task.outcomes)
    one = made[place]
    assert one
    made[place] = replace(one, seeds=tuple(one.seeds[seed] for seed in seeds))
    return replace(task, outcomes=tuple(made))


@given(st.lists(_NUMBERS, min_size=2, max_size=9, unique=True))
def test_intervals_over_seeds_are_those_of_scipy(values: list[float]) -> None:
    low, high = over_seeds(values) or (0, 0)
    wanted = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert (low, high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_one_seed_has_no_interval_and_two_the_same_have_none_to_speak_of() -> None:
    assert over_seeds([0.8]) is None
    assert over_seeds([0.8, 0.8]) == (0.8, 0.8)


@given(_NUMBERS, st.tuples(*[st.floats(0, 1)] * 4))
def test_joined_intervals_are_at_least_as_wide_as_either(
    value: float, far: tuple[float, float, float, float]
) -> None:
    one, other = (value - far[0], value + far[1]), (value - far[2], value + far[3])
    low, high = joined(value, one, other)
    assert low <= min(one[0], other[0]) + 1e-12
    assert high >= max(one[1], other[1]) - 1e-12


def test_draws_are_examples_with_replacement_the_same_every_time() -> None:
    first, again = (np.concatenate(list(draws(50, 400))) for _ in range(2))
    assert (first == again).all()
    assert (first.sum(axis=1) == 50).all()
    assert first.mean(axis=0) == pytest.approx(np.ones(50), abs=0.25)
    assert first.var() == pytest.approx(1, abs=0.05)  # as of a multinomial: 1 - 1/n


def test_the_bootstrap_tells_what_an_accuracy_varies_by() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(500) < 0.8
    sample = np.concatenate([block @ right / 500 for block in draws(500, 1000)])
    low, high = percentiles(sample, 500) or (0, 0)
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(0.16 / 500), rel=0.1)


@pytest.mark.parametrize("kind", ["few classes", "many classes", "tokens", "numbers"])
def test_what_is_drawn_is_what_each_example_would_give(kind: str) -> None:
    """Rows that are drawn together, or weighed together, change no resample's score."""
    rng = np.random.default_rng(0)
    n = 600
    labels = {"few classes": 4, "many classes": 200}.get(kind, 0)
    gold = rng.integers(0, labels, n) if labels else rng.normal(0, 1, n)
    answers = np.where(rng.random(n) < 0.6, gold, rng.permutation(gold))
    metrics = {"tokens": ("span_f1", "accuracy"), "numbers": ("pearson", "spearman")}
    if kind == "tokens":
        answers = rng.integers(0, 5, (n, 9))
    task = TaskInput(
        "t",
        {"tokens": "tokens", "numbers": "regression"}.get(kind, "classification"),  # type: ignore[arg-type]
        metrics.get(kind, ("accuracy", "macro_f1", "mcc")),
        labels,
        (9, 9, n),
        gold,
        (),
    )
    one = seed_outcome(0, np.ones(n, bool), np.zeros(n, int))
    listed = tuple(map(tuple, answers.tolist())) if kind == "tokens" else tuple(answers.tolist())
    made = outcome("a", [replace(one, predictions=listed)])
    found = samples(replace(task, outcomes=(made,)), 100)
    weights = np.concatenate(list(draws(n, 100)))
    for name in task.metrics:
        wanted = resampled(name, gold, answers, weights)
        assert found[0, name][0] == pytest.approx(wanted, abs=1e-12)


def test_groups_of_many_examples_tell_the_same_spread() -> None:
    made = {}
    for n in (4096, 12_288):
        task = simulated(np.random.default_rng(0), gaps=(), n=n, seeds=1)
        sample = samples(task, 1000)[0, "accuracy"][0]
        right = task.outcomes[0].seeds[0].scores["accuracy"]  # type: ignore[union-attr]
        assert sample.mean() == pytest.approx(right, abs=5 * sample.std() / 1000**0.5)
        made[n] = sample.std() / np.sqrt(right * (1 - right) / n)
    assert made[4096] == pytest.approx(1, abs=0.1)
    assert made[12_288] == pytest.approx(1, abs=0.1)


def test_too_few_examples_or_too_few_numbers_have_no_interval() -> None:
    sample = np.arange(1000.0)
    assert percentiles(sample, 9) is None
    sample[:11] = np.nan
    assert percentiles(sample, 500) is None


def test_a_large_effect_is_seen_and_the_better_one_is_clearly_best() -> None:
    task = simulated(np.random.default_rng(0), gaps=(0.5, -0.1), of_seeds=0.05)
    first, better, _ = _scores(task)
    assert better.gap
    assert better.gap.seen
    assert better.gap.why == ""
    assert better.gap.interval
    assert better.gap.interval[0] > 0
    assert better.gap.value == pytest.approx(better.value - first.value)
    assert (first.best, better.best) == ("", "clearly best")
    assert first.gap is None


def test_two_copies_are_never_told_apart() -> None:
    for seed in range(10):
        task = simulated(np.random.default_rng(seed), gaps=())
        gap = _gap(replace(task, outcomes=task.outcomes * 2))
        assert gap == Gap(
            0, (0, 0), (0, 0), (0, 0), seen=False, why="every answer is the same", n=5
        )
        assert {one.best for one in _scores(replace(task, outcomes=task.outcomes * 2))} == {""}


def test_of_no_difference_few_are_seen() -> None:
    """Where seeds and examples make as much noise, either interval alone would mislead."""
    rng = np.random.default_rng(2)
    seen, over, of = [], [], []
    for _ in range(120):
        gap = _gap(simulated(rng, gaps=(0.0,), n=300, of_seeds=0.08, of_examples=0.7))
        seen.append(gap.seen)
        assert gap.seeds
        assert gap.examples
        over.append(gap.seeds[0] > 0 or gap.seeds[1] < 0)
        of.append(gap.examples[0] > 0 or gap.examples[1] < 0)
    assert np.mean(seen) <= 0.05
    assert np.mean(over) > 0.06
    assert np.mean(of) > 0.06


def test_one_seed_sees_nothing_and_says_so() -> None:
    task = simulated(np.random.default_rng(0), gaps=(3.0,), seeds=1)
    score = _scores(task)[1]
    assert score.interval is None
    assert score.gap
    assert (score.gap.seeds, score.gap.interval, score.gap.seen) == (None, None, False)
    assert score.gap.why == "one seed does not tell how much seeds vary"
    assert score.best == "best"


def test_seeds_are_paired_where_some_are_missing() -> None:
    task = simulated(np.random.default_rng(0), gaps=(0.3,))
    whole = _scores(task)
    fewer = _scores(_with_seeds(task, 1, [3, 1]))
    a, b = task.outcomes
    assert a
    assert b
    wanted = np.mean(
        [b.seeds[k].scores["accuracy"] - a.seeds[k].scores["accuracy"] for k in (3, 1)]
    )
    assert fewer[0] == whole[0]
    assert fewer[1].gap
    assert fewer[1].gap.value == pytest.approx(wanted)
    assert fewer[1].gap.n == 2
    assert len(fewer[1].by_seed) == 2


def test_without_a_common_seed_nothing_is_seen() -> None:
    task = simulated(np.random.default_rng(0), gaps=(3.0,))
    gap = _gap(_with_seeds(_with_seeds(task, 0, [0, 1]), 1, [2, 3, 4]))
    assert (gap.seeds, gap.examples, gap.seen, gap.n) == (None, None, False, 0)
    assert gap.why == "they have no seed in common"


@pytest.mark.parametrize(
    ("noise", "why"),
    [
        ({"of_seeds": 0.6, "n": 4000, "both": 0.1}, "seeds vary by as much"),
        ({"of_examples": 1.0, "n": 60, "both": 0.05}, "60 test examples are too few"),
        (
            {"of_seeds": 0.6, "n": 60, "seeds": 2},
            "two seeds are too few to tell it from how seeds vary, "
            "and 60 test examples are too few",
        ),
    ],
)
def test_why_no_difference_is_seen(noise: dict[str, float], why: str) -> None:
    rng = np.random.default_rng(3)
    found = {_gap(simulated(rng, gaps=(0.15,), **noise)).why for _ in range(8)}  # type: ignore[arg-type]
    assert why in found


def test_too_few_test_examples_see_nothing() -> None:
    gap = _gap(simulated(np.random.default_rng(0), gaps=(5.0,), n=9))
    assert (gap.examples, gap.seen) == (None, False)
    assert gap.why == "there is no interval over test examples"


def test_a_tokenizer_without_models_leaves_a_gap_in_the_table() -> None:
    task = simulated(np.random.default_rng(0), gaps=(0.3, 3.0))
    missing = replace(task, outcomes=(None, *task.outcomes[1:]))
    made = compared([missing], ["a", "b", "c"], resamples=200).tasks[0]
    assert made.outcomes[0] is None
    assert made.scores[0] == {}
    assert made.scores[1]["accuracy"].gap is None  # there is no baseline
    assert made.scores[2]["accuracy"].best == "clearly best"
    other = compared([missing], ["a", "b", "c"], baseline=1, resamples=200).tasks[0]
    assert other.scores[2]["accuracy"].gap


def test_one_number_throughout_gives_no_score() -> None:
    first = simulated(np.random.default_rng(0), gaps=(0.3,), n=6)
    some = [
        replace(one, seeds=tuple(replace(s, scores={"pearson": math.nan}) for s in one.seeds))
        for one in first.outcomes
        if one
    ]
    task = replace(
        first, kind="regression", metrics=("pearson",), labels=0, gold=np.full(6, 2.5),
        outcomes=(*some, None), failed=("", "", "no token for any text"),
    )  # fmt: skip
    made = compared([task], ["a", "b", "c"])
    assert made.tasks[0].scores == ({}, {}, {})
    assert [one.instead for one in lines(made, made.tasks[0])] == ["n/a", "n/a", "failed"]
    assert list(verdicts(made, made.tasks[0])) == [
        "a, b: Pearson's r is not defined: the test examples have one number throughout",
        "c: failed: no token for any text",
    ]
    back = read(plain(made), "a.json")
    assert back.tasks[0].missing == made.tasks[0].missing


def test_spans_are_resampled_by_what_was_found_of_each_example() -> None:
    rng = np.random.default_rng(0)
    there = rng.integers(1, 4, 200)
    models = []
    for name, share in (("a", 0.4), ("b", 0.9)):
        made = []
        for seed in range(3):
            right = rng.binomial(there, share)
            one = seed_outcome(seed, np.ones(200, bool), np.zeros(200, int))
            pairs = [(int(t), int(r)) for t, r in zip(there, right, strict=True)]
            tallies = tuple((t, t, r, 0, 0, 0, 5, 5, 4) for t, r in pairs)
            score = {"span_f1": float(right.sum() / there.sum()), "accuracy": 0.8}
            made.append(replace(one, predictions=tallies, scores=score))
        models.append(outcome(name, made))
    task = TaskInput(
        "ner", "tokens", ("span_f1", "accuracy"), 5, (9, 9, 200), np.zeros(200), tuple(models)
    )
    made = compared([task], ["a", "b"], resamples=300).tasks[0]
    gap = made.scores[1]["span_f1"].gap
    assert gap
    assert gap.seen
    assert made.scores[1]["span_f1"].best == "clearly best"
    assert made.scores[1]["accuracy"].gap
    assert made.scores[1]["accuracy"].gap.value == 0
    assert made.scores[1]["accuracy"].gap.why == "every score is the same"
    assert made.titles == {"span_f1": "span F1", "accuracy": "accuracy"}


def test_a_correlation_of_a_model_that_says_one_thing_counts_as_none() -> None:
    gold = np.linspace(0, 5, 60)
    made = []
    for name, same in (("a", True), ("b", False)):
        models = []
        for seed in range(3):
            answers = np.full(60, 2.5) if same else gold + seed
            one = seed_outcome(seed, np.ones(60, bool), np.zeros(60, int))
            score = {"pearson": float("nan") if same else 1.0}
            models.append(replace(one, predictions=tuple(answers.tolist()), scores=score))
        made.append(outcome(name, models))
    task = TaskInput("sts", "regression", ("pearson",), 0, (9, 9, 60), gold, tuple(made))
    scores = compared([task], ["a", "b"], resamples=200).tasks[0].scores
    assert scores[0]["pearson"].value == 0
    assert scores[1]["pearson"].gap
    assert scores[1]["pearson"].gap.seen


def test_predictions_stay_where_outcomes_are_kept() -> None:
    made = compared([simulated(np.random.default_rng(0), gaps=(0.1,))], ["a", "b"], resamples=50)
    assert all(one and not any(s.predictions for s in one.seeds) for one in made.tasks[0].outcomes)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=4))
def test_rank_correlation_is_that_of_scipy_and_its_p_counts_permutations(
    points: list[tuple[int, int]],
) -> None:
    x, y = [a for a, _ in points], [b for _, b in points]
    if len(set(x)) == 1 or len(set(y)) == 1:
        return
    value, p = tau(x, y)
    assert value == pytest.approx(stats.kendalltau(x, y).statistic)
    if len(set(x)) == len(set(y)) == len(points):
        assert p == pytest.approx(stats.kendalltau(x, y, method="exact").pvalue)
    every = [stats.kendalltau(one, y).statistic for one in permutations(x)]
    assert p == pytest.approx(np.mean([abs(one) > abs(value) - 1e-9 for one in every]))


def _measured(name: str, tokens: float, rate: float | None) -> Measured:
    return Measured(
        name,
        {
            "tokens": Measurement(tokens, 9, "tokens", "lower"),
            "rate": Measurement(rate, 9, "x", "higher"),
            "vocabulary_size": Measurement(tokens, 9, "tokens", None),
            "alike": Measurement(1.0, 9, "x", "higher"),
        },
    )


def test_correlations_say_whether_better_numbers_go_with_better_models() -> None:
    task = simulated(np.random.default_rng(0), gaps=(0.5, 1.0, 2.0))
    made: Downstream = compared([task], ["a", "b", "c", "d"], resamples=50)
    measured = [
        _measured("d", 10, None),
        _measured("a", 40, 4),
        _measured("b", 30, 3),
        _measured("c", 20, 2),
        _measured("not trained", 1, 1),
    ]
    tokens, rate = correlations(measured, made)
    assert (tokens.metric, tokens.task, tokens.value, tokens.n) == ("tokens", "areas", 1.0, 4)
    assert tokens.p == pytest.approx(2 / 24)
    assert (rate.metric, rate.value, rate.n) == ("rate", -1.0, 3)
    assert rate.p == pytest.approx(1 / 3)  # of three tokenizers it can be no less
    assert correlations(measured[:2], made) == ()
