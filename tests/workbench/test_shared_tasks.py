"""The tasks in benchmarks/tasks over the team's real data: as many examples as it says it has."""

from pathlib import Path

import pytest

from tokbench.recipe.tasks import task
from tokbench.workbench.examples import examples

TASKS = Path(__file__).parents[2] / "benchmarks" / "tasks"
NER = ["corporation", "creative-work", "group", "location", "person", "product"]
# Examples to train and validate on, to test on; classes or tags; how many of the first test.
EXPECTED = {
    "nsmc": (22_000, 5_000, 2),
    "movie_polarity": (9_662, 1_000, 2),
    "subjectivity": (8_000, 2_000, 2),
    "banking77": (10_003, 3_080, 77),
    "wisesight_th": (24_032, 2_671, 4),
    "afrisenti_swa": (2_263, 748, 3),
    "klue_nli": (2_400, 600, 3),
    "klue_sts": (423, 96, 0),
    "snli": (9_842, 2_000, 3),
    "ko_question_pair": (6_888, 688, 2),
    "wnut17": (4_403, 1_287, 13),
    "klue_ner": (4_000, 1_000, 13),
    "kaist_pos": (2_066, 2_287, 17),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_examples(name: str, shared: Path) -> None:
    assert shared.is_dir()
    data = examples(task(TASKS / f"{name}.yaml"), Path())
    assert data.name == name
    trained, tested, labels = EXPECTED[name]
    assert (len(data.train) + len(data.valid), len(data.test)) == (trained, tested)
    assert len(data.labels) == labels
    assert len(data.valid) > len(data.train) // 30
    if data.unit == "words":
        assert all(
            len(row["words"]) == len(row["label"]) for row in data.test.slice(0, 100).to_pylist()
        )


def test_none_is_forgotten() -> None:
    assert {path.stem for path in TASKS.glob("*.yaml")} == set(EXPECTED)


def test_labels_mean_what_the_data_says(shared: Path) -> None:
    assert shared.is_dir()
    pairs = examples(task(TASKS / "ko_question_pair.yaml"), Path())
    assert pairs.labels == ("same", "different")
    same = [row["label"] for row in pairs.train.to_pylist() if row["text"] == row["pair"]]
    assert len(same) > 800
    assert sum(same) <= 2  # the data has mistakes of its own
    posts = examples(task(TASKS / "wnut17.yaml"), Path())
    assert posts.labels == ("O", *(f"{mark}-{kind}" for kind in NER for mark in "BI"))
    assert posts.train["words"][0].as_py()[:2] == ["@paulwalk", "It"]
    names = examples(task(TASKS / "klue_ner.yaml"), Path())
    row = names.train.to_pylist()[0]
    assert row["text"].startswith("경찰은 또 성매매")
    assert [names.labels[one] for one in row["label"][:4]] == ["B-OG", "I-OG", "O", "O"]
