"""`tokbench count` and `merge-counts`: what they say, and what they refuse."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from tokbench.cli import group
from tokbench.errors import CountsError

BODY = """pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 400, min_frequency: 2, max_token_length: 64}
special_tokens: {eos: <e>}
wrap: {model_max_length: 512}
"""


def run(*arguments: object) -> Any:
    made = CliRunner().invoke(group, [*map(str, arguments)])
    if made.exception and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made


@pytest.fixture
def recipe(write_recipe: Callable[..., Path]) -> Path:
    return write_recipe(BODY)


def test_a_corpus_is_counted_once(recipe: Path) -> None:
    made = run("count", recipe)
    assert "tiny: all documents counted" in made.stdout
    assert "words" in made.stdout
    assert max(map(cell_len, made.stdout.splitlines())) <= 80
    assert "counted before, nothing was read" in run("count", recipe).stdout


def test_shards_are_counted_and_added_up(recipe: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        made = run("count", recipe, "--shard", f"{number}/3", "--out", tmp_path / "parts")
        assert f"tiny: shard {number} of 3 counted" in made.stdout
    made = run("merge-counts", tmp_path / "parts", "--json", tmp_path / "told.json")
    assert "tiny: 3 parts added up" in made.stdout
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["parts"] == 3
    whole = json.loads(run("count", recipe, "--json", "-").stdout)["counted"][0]
    assert (told["documents"], told["bytes"]) == (whole["documents"], whole["bytes"])
    one = tmp_path / "one.parquet"
    run("count", recipe, "--shard", "1/1", "--out", one)
    run("merge-counts", one, "--out", tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").is_file()


def test_counts_of_another_tool_are_added_up(
    recipe: Path, corpus_file: Path, tmp_path: Path
) -> None:
    lines = corpus_file.read_text("utf-8").splitlines()
    pq.write_table(pa.table({"text": lines, "count": [1] * len(lines)}), tmp_path / "a.parquet")
    size = sum(len(line.encode()) for line in lines)
    said = ["--recipe", recipe, "--documents", len(lines), "--set", "corpus.held_out=0"]
    made = run("merge-counts", tmp_path / "a.parquet", *said, "--bytes", size)
    assert "tiny: 1 part of another tool added up" in made.stdout
    assert "taken on trust" in made.stdout
    with pytest.raises(CountsError, match="--bytes says"):
        run("merge-counts", tmp_path / "a.parquet", *said, "--bytes", size + 1)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--shard", "0/16", "--out", "x"], "shards are counted from 1 to 16"),
        (["--shard", "17/16", "--out", "x"], "shards are counted from 1 to 16"),
        (["--shard", "three", "--out", "x"], "'three' is no shard; write 3/16"),
        (["--shard", "1/2"], "--shard and --out belong together"),
        (["--out", "x"], "--shard and --out belong together"),
        (["--work", "x"], "--address and --work are about --engine ray"),
        (["--shard", "1/2", "--out", "x", "--engine", "ray"], "leave out --engine"),
        (["--shard", "1/2", "--out", "x", "--set", "trainer.vocab_size=[300, 400]"], "2 variants"),
    ],
)
def test_options_that_say_nothing_together(arguments: list[str], why: str, recipe: Path) -> None:
    made = run("count", recipe, *arguments)
    assert made.exit_code == 2
    assert why in " ".join(made.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--documents", "3"], "are about --recipe"),
        (["--recipe", "x"], "--recipe needs --documents and --bytes"),
        (
            ["--recipe", "x", "--documents", "1", "--bytes", "1", "--out", "y"],
            "--out is about parts of tokbench's own",
        ),
    ],
)
def test_merging_options_that_say_nothing_together(arguments: list[str], why: str) -> None:
    made = run("merge-counts", "x", *arguments)
    assert made.exit_code == 2
    assert why in " ".join(made.stderr.split())
