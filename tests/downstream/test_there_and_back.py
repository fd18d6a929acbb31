"""Labels go through the examples that models are fed with, and come back to be scored."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
from tokenizers import Tokenizer

from tokbench.downstream import TrainingSpec
from tokbench.downstream.alignment import IGNORED, attainable, cut_spans, read_back, undecided
from tokbench.downstream.kinds.tokens import tally
from tokbench.downstream.prepared import prepared
from tokbench.downstream.scores import scored
from tokbench.downstream.spans import f1
from tokbench.downstream.tokenized import Encoder, tokenized
from tokbench.values import TaskData

NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
WORDS = [
    "She",
    "sells",
    "sea",
    "shells",
    "안녕하세요",
    "naïve",
    "12,345",
    "日本",
    "\u200b",
    "café",
    "x" * 9,
]


def task(column: str, given: list[Any], labels: list[list[int]]) -> TaskData:
    metrics = ("span_f1", "span_f1_strict", "accuracy")
    table = pa.table({column: given, "label": labels})
    unit: Any = "words" if column == "words" else "characters"
    return TaskData("t", "tokens", NAMES, metrics, table, table, table, unit)


def marks(chance: random.Random, length: int) -> list[int]:
    made: list[int] = []
    while len(made) < length:
        kind = chance.choice([0, 0, 1, 3])
        made += [kind] + [kind and kind + 1] * chance.randrange(3)
    return made[:length]


def answered(folder: Path, data: TaskData, spec: TrainingSpec) -> tuple[dict[str, float], Any]:
    """The scores of a model that answers what it should learn, and PER where nothing is asked."""
    encoder = Encoder(folder, data, spec)
    given = encoder.given(data.test)
    encodings = encoder.encode(given)
    learned = tokenized(folder, data, "test", spec)["labels"][:]
    tallies, best, cut = [], [], 0
    for encoding, one, gold, labels in zip(
        encodings, given, data.test["label"].to_pylist(), learned, strict=True
    ):
        answer = [1 if label == IGNORED else label for label in labels]
        back = read_back(encoding, one, answer, NAMES)
        tallies.append(tally(gold, back, NAMES, undecided(encoding, one)))
        best.append(attainable(encoding, one, gold, NAMES))
        cut += cut_spans(encoding, one, gold, NAMES)
    ceiling = f1(*map(sum, zip(*best, strict=True)))
    return scored(data, data.test, tallies), (ceiling, cut, sum(row[7] for row in tallies))


def test_words(recipe_tokenizer: Tokenizer, tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = [[chance.choice(WORDS[:8]) for _ in range(chance.randrange(1, 6))] for _ in range(40)]
    data = task("words", rows, [marks(chance, len(row)) for row in rows])
    folder = prepared(recipe_tokenizer.to_str(), None, tmp_path).folder
    for inside in (False, True):
        scores, (ceiling, cut, words) = answered(
            folder, data, TrainingSpec(max_length=512, inside=inside)
        )
        assert scores == {"span_f1": 1, "span_f1_strict": 1, "accuracy": 1}
        assert (ceiling, cut, words) == (1, 0, sum(map(len, rows)))
    scores, (ceiling, cut, _) = answered(folder, data, TrainingSpec(max_length=8))
    assert 0 < scores["span_f1"] <= ceiling < 1
    assert cut > 0


def test_characters(recipe_tokenizer: Tokenizer, tmp_path: Path) -> None:
    chance = random.Random(2)
    texts = [" ".join(chance.sample(WORDS, chance.randrange(1, 5))) for _ in range(40)]
    data = task("text", texts, [marks(chance, len(text)) for text in texts])
    folder = prepared(recipe_tokenizer.to_str(), None, tmp_path).folder
    scores, (ceiling, cut, characters) = answered(folder, data, TrainingSpec(max_length=512))
    assert scores["span_f1"] <= ceiling <= 1
    assert (cut, characters) == (0, sum(map(len, texts)))
