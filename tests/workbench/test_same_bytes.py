"""WordPiece: the same tokenizer.json every time; the library's own differs from run to run."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tokbench.workbench import train

RUNS = 9
BODY = (
    "normalizer: {type: BertNormalizer, lowercase: true, strip_accents: false}\n"
    "pre_tokenizer: BertPreTokenizer\n"
    "model: WordPiece\ntrainer: {vocab_size: 1024, min_frequency: 2}\n"
    "special_tokens: {unk: '[UNK]'}\nwrap: {model_max_length: 512}\n"
)


@pytest.fixture
def recipe(write_recipe: Callable[..., Path], corpus_file: Path) -> Path:
    """Over words of a few letters, so that most pairs have the count of some other."""
    chance = random.Random(6)
    words = ["".join(chance.choices("abcdeéß안", k=chance.randint(1, 7))) for _ in range(6000)]
    lines = (" ".join(words[first : first + 10]) + "\n" for first in range(0, len(words), 10))
    corpus_file.write_text("".join(lines), "utf-8")
    return write_recipe(BODY)


@pytest.mark.usefixtures("in_process")
def test_wordpiece_in_ten_runs(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "tokbench", "train", recipe.name, "--out", "process"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        stdout=subprocess.DEVNULL,
    )
    for number in range(RUNS):
        monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / f"cache of {number}"))
        train(recipe, tmp_path / f"run {number}", runs=tmp_path / "runs")
    assert process.wait() == 0
    made = [path.read_bytes() for path in tmp_path.glob("*/tokenizer.json")]
    assert len(made) == RUNS + 1
    assert len(set(made)) == 1
    assert made[0].count(b"##") > 300
