"""The tasks that every machine has: enough examples, no class that says everything, no leaks."""

from collections import Counter
from pathlib import Path

import pytest

from tokbench.recipe import tasks
from tokbench.workbench.examples import examples


@pytest.mark.parametrize(
    ("name", "kind", "labels", "metrics"),
    [
        ("python_area", "classification", 12, ("accuracy", "macro_f1")),
        ("python_signature", "classification", 2, ("accuracy",)),
        ("python_tokens", "tokens", 6, ("accuracy",)),
    ],
)
def test_examples(name: str, kind: str, labels: int, metrics: tuple[str, ...]) -> None:
    data = examples(tasks.task(name, Path()), Path())
    assert (data.kind, len(data.labels), data.metrics) == (kind, labels, metrics)
    assert data.pair == (name == "python_signature")
    assert not any("in train too" in note or "left out" in note for note in data.notes)
    assert 3_000 < len(data.train) < 6_000
    assert 2 * len(data.valid) == pytest.approx(len(data.test), rel=0.15)
    text = "words" if kind == "tokens" else "text"
    seen = [set(map(str, table[text].to_pylist())) for table in (data.train, data.valid, data.test)]
    assert not seen[0] & seen[1]
    assert not seen[1] & seen[2]
    assert not seen[0] & seen[2]
    found = data.test["label"].to_pylist()
    counts = Counter(label for one in found for label in (one if kind == "tokens" else [one]))
    assert set(counts) == set(range(labels))
    assert max(counts.values()) <= counts.total() / 2
