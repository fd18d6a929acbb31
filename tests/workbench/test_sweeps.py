"""Sweeps as they run: one count, one comparison, no variant lost by another."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tokbench
from tokbench import training
from tokbench.corpus.reading import Reading
from tokbench.errors import RecipeError, SubjectError
from tokbench.recipe import load_all
from tokbench.values import Progress, Split
from tokbench.workbench import Failure, Plan, compare, run, run_all, train

pytestmark = pytest.mark.usefixtures("in_process")

GRID = """
model: BPE
special_tokens: {unk: <u>}
sweep:
  grid:
    pre_tokenizer:
      gpt2: {type: ByteLevel, add_prefix_space: false}
      words: [WhitespaceSplit, Punctuation]
    trainer.vocab_size: [300, 310]
benchmark: {metrics: [tokens, roundtrip]}
"""
NAMES = ["tiny-gpt2-300", "tiny-gpt2-310", "tiny-words-300", "tiny-words-310"]
BPE = (
    "pre_tokenizer: ByteLevel\nmodel: BPE\ntrainer: {vocab_size: 300}\n"
    "benchmark: {metrics: [tokens]}\n"
)
SIZES = (
    "pre_tokenizer: ByteLevel\nmodel: {model}\ntrainer: {{vocab_size: [320, 340]}}\n"
    "special_tokens: {{unk: <u>}}\nbenchmark: {{metrics: [vocabulary_size]}}\n"
)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Split]:
    """Which splits of the corpus were read, with an empty cache."""
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "cache"))
    found: list[Split] = []
    before = Reading.batches

    def batches(reading: Reading) -> Iterator[object]:
        found.append(reading.split)
        return before(reading)

    monkeypatch.setattr(Reading, "batches", batches)
    return found


def test_a_sweep_reads_once_and_ends_in_one_comparison(
    write_recipe: Callable[..., Path], runs: Path, reads: list[Split]
) -> None:
    made = run_all(write_recipe(GRID), runs=runs)
    assert [one.name for one in made.done] == NAMES
    assert made.comparison
    assert [one.name for one in made.comparison.tokenizers] == NAMES
    assert made.comparison.on == "the documents held out by tiny"
    assert reads.count("train") == 1
    assert made.failed == ()
    assert sorted(path.name for path in runs.iterdir()) == ["tiny", *NAMES]


def test_a_variant_is_the_recipe_written_out(write_recipe: Callable[..., Path], runs: Path) -> None:
    swept = load_all(write_recipe(GRID))[1]
    body = (
        "model: BPE\nspecial_tokens: {unk: <u>}\ntrainer: {vocab_size: 310}\n"
        "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\n"
    )
    plain = write_recipe(body, name="tiny-gpt2-310")
    assert Plan.of(tokbench.load(plain)).signature == Plan.of(swept).signature
    assert train(plain, runs=runs).folder == Plan.of(swept).folder(runs)


def test_what_is_done_is_skipped_and_an_interruption_loses_nothing(
    write_recipe: Callable[..., Path], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_recipe(GRID)

    def interrupted(progress: Progress) -> None:
        if progress.stage == "wrapping" and len(list(runs.glob("*/*/run.json"))) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(path, runs=runs, watch=interrupted)
    done = [one.done_before for one in run_all(path, runs=runs).done]
    assert [one == ("train", "wrap") for one in done] == [True, True, False, False]
    first = run_all(path, runs=runs)
    assert all(one.done_before == ("train", "wrap") for one in first.done)
    monkeypatch.setattr("tokbench.workbench.comparisons.measure", None)
    assert run_all(path, runs=runs).comparison == first.comparison


def test_a_variant_that_fails_does_not_lose_the_others(
    write_recipe: Callable[..., Path], runs: Path
) -> None:
    cases = "sweep: {cases: [{name: bad, corpus.sources.0.paths: none.txt}, {name: good}]}\n"
    made = run_all(write_recipe(BPE + cases), runs=runs)
    assert [one.name for one in made.done] == ["tiny-good"]
    (failed,) = made.failed
    assert failed == Failure("tiny-bad", failed.why)
    assert failed.why.startswith("none.txt: no such file")
    assert made.comparison
    assert [one.name for one in made.comparison.tokenizers] == ["tiny-good"]


def test_nothing_held_out_is_said_once(write_recipe: Callable[..., Path], runs: Path) -> None:
    made = run_all(write_recipe(SIZES.format(model="BPE"), held_out=0.0), runs=runs)
    assert len(made.done) == 2
    assert made.comparison is None
    assert "held_out is 0" in made.note


@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        ("BPE", [320, 340]),
        ("WordPiece", [200, 220]),
        ("WordLevel", [60, 70]),
        ("Unigram", [84, 90]),
    ],
)
def test_every_model_has_every_size(
    write_recipe: Callable[..., Path], runs: Path, model: str, sizes: list[int]
) -> None:
    body = SIZES.format(model=model).replace("[320, 340]", str(sizes))
    if model != "BPE":
        body = body.replace("ByteLevel", "Whitespace")
    made = run_all(write_recipe(body), runs=runs)
    assert made.failed == ()
    assert [one.vocab_size for one in made.done] == sizes


def test_baselines_appear_once(write_recipe: Callable[..., Path], runs: Path) -> None:
    rival = run(write_recipe(BPE, name="rival"), runs=runs)
    body = SIZES.format(model="BPE") + "sweep: {cases: [{name: a}, {name: b, normalizer: NFC}]}\n"
    body = body.replace("[vocabulary_size]}", f"[tokens], baselines: ['{rival.tokenizer}']}}")
    made = run_all(write_recipe(body), runs=runs)
    assert made.comparison
    names = [one.name for one in made.comparison.tokenizers]
    assert names == ["tiny-a-320", "tiny-a-340", "tiny-b-320", "tiny-b-340", "rival"]


def test_compare_takes_sweeps(write_recipe: Callable[..., Path], runs: Path) -> None:
    path = write_recipe(GRID)
    with pytest.raises(SubjectError, match="not trained as it stands in its variant tiny-gpt2-300"):
        compare([str(path)], runs=runs)
    run_all(path, runs=runs)
    by_recipe = compare([str(path)], runs=runs, metric_names=["tokens"])
    folders = [str(one) for one in sorted(runs.glob("tiny-*"))]
    assert compare(folders, runs=runs, metric_names=["tokens"]).tokenizers == by_recipe.tokenizers
    assert [one.name for one in by_recipe.tokenizers] == NAMES


def test_one_recipe_where_one_is_wanted(write_recipe: Callable[..., Path], runs: Path) -> None:
    path = write_recipe(GRID)
    with pytest.raises(RecipeError, match="stands for 4 recipes"):
        run(path, runs=runs)
    body = BPE.replace("[tokens]}", f"[tokens], baselines: ['{path}']}}")
    other = write_recipe(body, name="other")
    with pytest.raises(RecipeError, match="stands for 4 recipes"):
        run(other, runs=runs)


def test_a_run_keeps_the_resolved_recipe_only(
    write_recipe: Callable[..., Path], runs: Path
) -> None:
    made = run_all(write_recipe(SIZES.format(model="BPE")), runs=runs)
    kept = json.loads((made.done[0].folder / "run.json").read_text())["recipe"]
    assert kept["trainer"]["vocab_size"] == 320
    assert not {"sweep", "extends"} & kept.keys()


def test_sizes_are_learned_once_and_cut(
    write_recipe: Callable[..., Path], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = []
    from_counts = training.from_counts

    def learning(spec: Any, *rest: Any) -> Any:
        learned.append(spec.vocab_size)
        return from_counts(spec, *rest)

    monkeypatch.setattr(training, "from_counts", learning)
    made = run_all(write_recipe(SIZES.format(model="BPE")), runs=runs)
    assert learned == [340]
    assert [one.vocab_size for one in made.done] == [320, 340]
    run_all(write_recipe(SIZES.format(model="BPE")), runs=runs)
    assert learned == [340]
