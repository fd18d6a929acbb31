"""Scores are those of scikit-learn, scipy and seqeval, of every resample too."""

import warnings
from itertools import chain
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench.downstream import SCORES, text_scores
from tokbench.downstream.kinds.tokens import tally
from tokbench.downstream.scores import GLUE, default, fitting, resampled, scored
from tokbench.errors import TokbenchError, UnknownNameError
from tokbench.values import TaskData

few = settings(derandomize=True, max_examples=20)


def by_library(name: str, gold: Any, predicted: Any) -> float:
    """What a user of the libraries would write."""
    from scipy import stats
    from sklearn import metrics

    functions = {
        "accuracy": lambda: metrics.accuracy_score(gold, predicted),
        "f1": lambda: metrics.f1_score(gold, predicted, pos_label=1),
        "macro_f1": lambda: metrics.f1_score(gold, predicted, average="macro"),
        "mcc": lambda: metrics.matthews_corrcoef(gold, predicted),
        "pearson": lambda: stats.pearsonr(gold, predicted).statistic,
        "spearman": lambda: stats.spearmanr(gold, predicted).statistic,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(functions[name]())


def drawn(n: int, times: int, seed: int) -> Any:
    return np.random.default_rng(seed).multinomial(n, [1 / n] * n, size=times)


def agree(name: str, gold: list[Any], predicted: list[Any], seed: int) -> None:
    n = len(gold)
    alone = np.zeros((1, n), int)
    alone[0, 0] = n  # one example, drawn again and again
    weights = np.concatenate([np.ones((1, n), int), drawn(n, 2, seed), alone])
    expected = [
        by_library(name, np.repeat(gold, row), np.repeat(predicted, row)) for row in weights
    ]
    assert resampled(name, gold, predicted, weights) == pytest.approx(
        expected, abs=1e-9, nan_ok=True
    )
    value = SCORES[name].value(np.asarray(gold), np.asarray(predicted))
    assert value == pytest.approx(expected[0], abs=1e-12, nan_ok=True)


def both(one: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[Any]:
    def of(length: int) -> Any:
        some = st.lists(one, min_size=length, max_size=length)
        return st.tuples(some, some)

    return st.integers(least, 12).flatmap(of)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "mcc"])
@few
@given(answers=both(st.integers(0, 3)), seed=st.integers(0, 99))
def test_classes_are_scored_as_by_scikit_learn(name: str, answers: Any, seed: int) -> None:
    agree(name, *answers, seed)


@pytest.mark.parametrize("name", ["f1", "mcc", "macro_f1"])
@few
@given(answers=both(st.integers(0, 1)), seed=st.integers(0, 99))
def test_two_classes_are_scored_as_by_scikit_learn(name: str, answers: Any, seed: int) -> None:
    agree(name, *answers, seed)


numbers = st.one_of(st.integers(0, 5).map(float), st.floats(-5, 5).map(lambda one: round(one, 3)))


@pytest.mark.parametrize("name", ["pearson", "spearman"])
@few
@given(answers=both(numbers, 3), seed=st.integers(0, 99))
def test_numbers_are_scored_as_by_scipy(name: str, answers: Any, seed: int) -> None:
    agree(name, *answers, seed)


def test_numbers_that_are_all_alike_have_no_correlation() -> None:
    for name in ("pearson", "spearman"):
        assert np.isnan(SCORES[name].value(np.array([0.1, 0.1, 0.1]), np.array([1.0, 2.0, 3.0])))
        assert np.isnan(SCORES[name].value(np.array([0.1]), np.array([1.0])))
        # 0.1 seven times has a mean that is not 0.1
        weights = [[7, 0], [3, 4]]
        got = resampled(name, [0.1, 0.7], [0.3, 0.2], weights)
        assert np.isnan(got[0])
        assert got[1] == pytest.approx(-1)


NAMES = ("O", "B-X", "I-X", "B-Y", "I-Y")


@few
@given(examples=st.lists(both(st.integers(0, 4)), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_spans_are_scored_as_by_seqeval(examples: Any, seed: int) -> None:
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2
    from sklearn.metrics import accuracy_score

    tallies = [tally(gold, predicted, NAMES) for gold, predicted in examples]
    weights = np.concatenate([np.ones((1, len(examples)), int), drawn(len(examples), 4, seed)])
    tags = [[[NAMES[one] for one in side] for side in example] for example in examples]
    for row, *got in zip(
        weights,
        *(resampled(name, [], tallies, weights) for name in SCORES if name in SPANS),
        strict=True,
    ):
        some = [one for one, times in zip(tags, row, strict=True) for _ in range(times)]
        gold, predicted = map(list, zip(*some, strict=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = [
                accuracy_score(*(list(chain.from_iterable(side)) for side in (gold, predicted))),
                f1_score(gold, predicted),
                f1_score(gold, predicted, mode="strict", scheme=IOB2),
            ]
        assert got == pytest.approx(expected, abs=1e-12)


SPANS = ("accuracy", "span_f1", "span_f1_strict")


def test_what_no_token_decides_is_not_right() -> None:
    assert tally([0, 1, 0], [0, 1, 0], ("A", "B"), undecided=[2]) == (0,) * 6 + (2, 3, 2)
    assert resampled("accuracy", [], [(0,) * 6 + (2, 3, 2)], [[1]]) == pytest.approx(2 / 3)


def test_three_columns_are_of_the_score_itself() -> None:
    for name in SPANS[1:]:
        assert resampled(name, [], [(2, 3, 1), (0, 0, 0)], [[1, 1], [0, 2]]).tolist() == [0.4, 0]


def data(kind: Any, labels: tuple[str, ...], metrics: tuple[str, ...], label: Any) -> TaskData:
    table = pa.table({"text": ["x"] * len(label), "label": label})
    return TaskData("t", kind, labels, metrics, table, table, table)


def test_a_task_is_scored_by_what_it_names() -> None:
    one = data("classification", ("a", "b"), ("accuracy", "f1", "mcc"), [0, 1, 1, 0])
    assert scored(one, one.test, [0, 1, 0, 0]) == pytest.approx(
        {"accuracy": 0.75, "f1": 2 / 3, "mcc": 3**-0.5}
    )
    two = data("regression", (), ("pearson", "spearman"), [1.0, 2.0, 3.0])
    assert scored(two, two.test, [1.0, 2.0, 4.0])["spearman"] == pytest.approx(1)
    three = data("tokens", NAMES, ("span_f1", "span_f1_strict", "accuracy"), [[1, 2], [0]])
    tallies = [tally([1, 2], [2, 2], NAMES), tally([0], [0], NAMES)]
    assert scored(three, three.test, tallies) == {
        "span_f1": 1.0,
        "span_f1_strict": 0.0,
        "accuracy": pytest.approx(2 / 3),
    }


def test_a_score_that_does_not_fit_is_refused() -> None:
    assert fitting([], "classification", ("a", "b", "c")) == ("accuracy", "macro_f1")
    assert fitting(["mcc"], "classification", ("a", "b", "c")) == ("mcc",)
    with pytest.raises(TokbenchError, match=r"score 'f1' needs two classes; what fits: accuracy, "):
        fitting(["f1"], "classification", ("a", "b", "c"))
    with pytest.raises(TokbenchError, match=r"'pearson' is for regression; what fits: accuracy$"):
        fitting(["pearson"], "tokens", ("NOUN",))
    with pytest.raises(UnknownNameError, match="unknown score 'acuracy': did you mean 'accuracy'"):
        fitting(["acuracy"], "classification", ())


def test_every_task_of_glue_has_scores_that_fit() -> None:
    for name, metrics in GLUE.items():
        kind = "regression" if name == "stsb" else "classification"
        assert fitting(metrics, kind, () if name == "stsb" else ("a", "b")) == metrics
    for kind, labels in (("classification", "ab"), ("regression", ""), ("tokens", NAMES)):
        assert fitting(default(kind, labels), kind, labels) == default(kind, labels)


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokbench.downstream.extra.find_spec", lambda _: None)
    for name, package in (("mcc", "scikit-learn"), ("pearson", "scipy")):
        with pytest.raises(TokbenchError, match=rf"{package}.*pip install 'tokbench\[downst"):
            SCORES[name].value(np.array([0, 1]), np.array([0, 1]))


@pytest.mark.parametrize("name", sorted(SCORES))
def test_a_thousand_resamples_do_not_take_long(name: str) -> None:
    chance = np.random.default_rng(0)
    n = 5000
    weights = drawn(n, 1000, 1)
    if name in SPANS[1:]:
        gold, predicted = np.zeros(n), chance.integers(0, 4, (n, 9))
    elif name == "bits_per_byte":
        gold, predicted = np.zeros(n), chance.random((n, 2)) + 1
    elif name in text_scores.NAMES:
        gold, predicted = np.zeros(n), chance.random((n, len(text_scores.NAMES)))
    elif name in ("pearson", "spearman"):
        gold, predicted = np.round(chance.random(n) * 25) / 5, chance.random(n)
    else:
        gold, predicted = chance.integers(0, 2, (2, n))
    begin = process_time()
    got = resampled(name, gold, predicted, weights)
    assert got.shape == (1000,)
    assert np.isfinite(got).all()
    assert process_time() - begin < 4  # at most 0.4 s of an idle core
