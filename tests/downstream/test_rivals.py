"""What is reached without a tokenizer: counted by hand, learned where there is something."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tokbench.child import ChildError
from tokbench.downstream import linear, rivals
from tokbench.errors import TokbenchError
from tokbench.values import TaskData, TaskKind

Columns = dict[str, list[Any]]


def task(kind: TaskKind, rows: Columns, labels: tuple[str, ...], *metrics: str) -> TaskData:
    """The same examples in every split; the last ten are left out of training."""
    table = pa.table(rows)
    unit: Any = "" if kind != "tokens" else "words" if "words" in rows else "characters"
    train = table.slice(0, len(table) - 10)
    return TaskData("t", kind, labels, metrics, train, train, table, unit)


def sentences(count: int = 60) -> TaskData:
    words = ["good fine", "bad poor", "odd"]
    texts = [f"{words[number % 3]} film {number % 7}" for number in range(count)]
    rows = {"text": texts, "label": [min(number % 3, 1) for number in range(count)]}
    return task("classification", rows, ("a", "b"), "accuracy", "macro_f1", "mcc")


def pairs() -> TaskData:
    words = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "owl", "pig"]
    rows: Columns = {"text": [], "pair": [], "label": []}
    for number in range(200):
        one, step = number % 10, 1 + number % 7
        same = number % 2
        rows["text"].append(f"the {words[one]}")
        rows["pair"].append(f"a {words[one if same else (one + step) % 10]}")
        rows["label"].append(same)
    return task("classification", rows, ("no", "yes"), "accuracy")


def numbers() -> TaskData:
    texts = [f"{'good ' * (number % 4)}{'bad ' * (number % 3)}film" for number in range(60)]
    labels = [float(number % 4 - number % 3) for number in range(60)]
    rows: Columns = {"text": texts, "pair": texts[::-1], "label": labels}
    return task("regression", rows, (), "pearson", "spearman")


def words() -> TaskData:
    names = [["Ann", "met", f"Bob{number % 5}", "Jones"] for number in range(40)]
    rows: Columns = {"words": [*names, []], "label": [*[[1, 0, 1, 2]] * 40, []]}
    labels = ("O", "B-PER", "I-PER")
    return task("tokens", rows, labels, "span_f1", "span_f1_strict", "accuracy")


def characters() -> TaskData:
    texts = [f"a{number % 10}b" for number in range(40)]
    rows: Columns = {"text": texts, "label": [[0, 1, 0]] * 40}
    return task("tokens", rows, ("letter", "digit"), "accuracy")


@pytest.mark.parametrize(
    ("data", "majority"),
    [
        (sentences(), {"accuracy": 2 / 3, "macro_f1": 0.4, "mcc": 0.0}),
        (pairs(), {"accuracy": 0.5}),
        (words(), {"span_f1": 1 / 3, "span_f1_strict": 1 / 3, "accuracy": 0.5}),
        (characters(), {"accuracy": 2 / 3}),
    ],
    ids=["sentences", "pairs", "words", "characters"],
)
def test_majority_is_counted_and_words_are_learned(
    data: TaskData, majority: dict[str, float]
) -> None:
    found = rivals.reached(data)
    assert found["majority"] == pytest.approx(majority)
    assert found["bag of words"] == pytest.approx(dict.fromkeys(data.metrics, 1.0), abs=0.05)
    assert all(score <= 1 for scores in found.values() for score in scores.values())
    assert rivals.reached(data) == found


def test_numbers() -> None:
    found = rivals.reached(numbers())
    assert np.isnan(list(found["majority"].values())).all()
    assert 0.9 < found["bag of words"]["pearson"] <= 1


def test_in_a_child_process() -> None:
    data = sentences()
    assert rivals.rivals(data) == rivals.reached(data)


def test_nothing_to_learn() -> None:
    rows: Columns = {"text": [f"{number}" * 2 for number in range(20)], "label": [1] * 20}
    alone = task("classification", rows, ("a", "b"), "accuracy")
    assert rivals.reached(alone) == {"majority": {"accuracy": 1}, "bag of words": {"accuracy": 1}}
    rows["label"] = [number % 2 for number in range(20)]
    unseen = rivals.reached(task("classification", rows, ("a", "b"), "accuracy"))
    assert unseen["bag of words"]["accuracy"] <= 1
    tagged: Columns = {"words": [["a"]] * 20, "label": [[1]] * 20}
    found = rivals.reached(task("tokens", tagged, ("A", "B"), "accuracy"))
    assert found["bag of words"] == found["majority"] == {"accuracy": 1}


def test_large_tasks_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "MOST_EXAMPLES", 30)
    monkeypatch.setattr(linear, "MOST_UNITS", 40)
    assert len(rivals._drawn(sentences())) == 30
    assert len(rivals._drawn(words())) == 10
    assert rivals.reached(words())["bag of words"]["accuracy"] == 1


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokbench.downstream.extra.find_spec", lambda _: None)
    with pytest.raises(TokbenchError, match=r"pip install 'tokbench\[downstream\]'"):
        rivals.rivals(sentences())


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise ChildError("Traceback\nValueError: Input X contains infinity")

    monkeypatch.setattr(rivals, "run_in_child", dies)
    with pytest.raises(TokbenchError, match=r"simple models .* failed: ValueError: Input X"):
        rivals.rivals(sentences())
