"""Which of the models that are kept a comparison shows."""

from pathlib import Path

import pyarrow as pa
from tokenizers import Tokenizer, models

from tokbench.downstream import TrainingSpec
from tokbench.values import Outcome, SeedOutcome, TaskData
from tokbench.workbench import outcomes
from tokbench.workbench.find import Found, find


def _tokenizer(folder: Path, place: int) -> Found:
    path = folder / f"t{place}.json"
    Tokenizer(models.WordLevel({"?": 0, f"w{place}": 1}, unk_token="?")).save(str(path))
    return find(str(path))


def _data(task: str) -> TaskData:
    table = pa.table({"text": pa.array(["a", "b"], pa.large_string()), "label": [0, 1]})
    return TaskData(
        task, "classification", ("no", "yes"), ("accuracy",), table, table, table, fingerprint=task
    )


def _keep(found: Found, task: str, spec: TrainingSpec) -> None:
    """Write what models reached that nobody trained."""
    data = _data(task)
    seeds = tuple(
        SeedOutcome(seed, 1e-3, {"accuracy": 0.5}, {"accuracy": 0.5}, (0, 0), 0.5, 1, 1.0, 1.0, 2,
                    6, 0, 1, 1000)
        for seed in range(2)
    )  # fmt: skip
    made = Outcome("t", task, seeds, vocabulary=2, body=10, head=2, embeddings=4)
    key = outcomes.key_of(data, spec)
    outcomes.keep(outcomes.home(found) / task / key, key, spec, data, made, {})


def test_settings_that_most_tokenizers_share_are_shown_and_tasks_of_one_left_out(
    tmp_path: Path,
) -> None:
    found = [_tokenizer(tmp_path, place) for place in range(4)]
    names = [f"t{place}" for place in range(4)]
    assert outcomes.outcomes_of(found, names) is None
    alone = TrainingSpec(weight_decay=0.5)
    for task in ("a", "b", "c", "d", "e"):
        _keep(found[0], task, alone)
    shown = outcomes.outcomes_of(found, names)
    assert shown is not None
    assert sorted(one.task for one in shown.tasks) == ["a", "b", "c", "d", "e"]
    usual = TrainingSpec()
    for one in found:
        _keep(one, "a", usual)
    _keep(found[1], "b", usual)
    shown = outcomes.outcomes_of(found, names)
    assert shown is not None
    assert [one.task for one in shown.tasks] == ["a"]
    assert all(shown.tasks[0].outcomes)
    assert "weight_decay" not in shown.settings


def test_why_a_tokenizer_has_no_models_is_told_until_it_has_some(tmp_path: Path) -> None:
    found = [_tokenizer(tmp_path, place) for place in range(3)]
    names = ["t0", "t1", "t2"]
    usual = TrainingSpec()
    _keep(found[0], "a", usual)
    outcomes.keep_failure(found[1], _data("a"), usual, "it has no words")
    outcomes.keep_failure(found[2], _data("a"), TrainingSpec(epochs=1), "of other settings")
    shown = outcomes.outcomes_of(found, names)
    assert shown is not None
    assert shown.tasks[0].missing == ("", "it has no words", "")
    _keep(found[1], "a", usual)
    again = outcomes.outcomes_of(found, names)
    assert again is not None
    assert again.tasks[0].missing == ("", "", "")
    assert not list(outcomes.home(found[1]).rglob(outcomes.FAILED))
