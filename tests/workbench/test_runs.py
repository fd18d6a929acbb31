"""A run from a recipe: what it leaves, what it skips, what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import tokbench
from tokbench.errors import StoreError, SubjectError
from tokbench.recipe import load
from tokbench.training import ENGINES
from tokbench.workbench import compare, find, plan, run, train

pytestmark = pytest.mark.usefixtures("in_process")

BPE = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: 320}\nspecial_tokens: {eos: <e>}\n"
)
FAST = "benchmark: {metrics: [bytes_per_token, fertility, roundtrip]}\n"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def test_three_lines_of_python(write_recipe: Callable[..., Path], runs: Path) -> None:
    made = tokbench.run(write_recipe(BPE + FAST), runs=runs)
    assert made.measurements["roundtrip"].value == 1.0
    assert made.measurements["bytes_per_token"].value > 1
    assert made.folder == runs / "tiny" / made.signature
    manifest = json.loads((made.tokenizer / "tokbench.json").read_text())
    assert manifest["signature"] == made.signature
    assert manifest["corpus"]["documents"] > 100
    assert sorted(one.name for one in made.folder.iterdir()) == [
        "comparison.json",
        "run.json",
        "tokenizer",
    ]


def test_what_is_done_is_skipped(write_recipe: Callable[..., Path], runs: Path) -> None:
    recipe = write_recipe(BPE + FAST)
    first = run(recipe, runs=runs)
    again = run(recipe, runs=runs)
    assert (first.done_before, again.done_before) == ((), ("train", "wrap", "measure"))
    assert again.comparison == first.comparison
    assert run(recipe, runs=runs, force=True).done_before == ()
    wrapped = run(recipe, runs=runs, overrides=["wrap.model_max_length=77"])
    assert wrapped.done_before == ("train",)
    assert wrapped.signature != first.signature
    other = run(recipe, runs=runs, overrides=["benchmark.metrics=[tokens]"])
    assert other.done_before == ("train", "wrap")
    assert run(recipe, runs=runs, overrides=["trainer.vocab_size=330"]).done_before == ()
    smaller = run(recipe, runs=runs, overrides=["trainer.vocab_size=310"])
    assert (smaller.vocab_size, smaller.done_before) == (310, ("train",))


def test_a_changed_corpus_trains_again(
    write_recipe: Callable[..., Path], corpus_file: Path, runs: Path
) -> None:
    recipe = write_recipe(BPE + FAST)
    first = run(recipe, runs=runs)
    corpus_file.write_text(corpus_file.read_text("utf-8") + "more and more text\n" * 9, "utf-8")
    second = run(recipe, runs=runs)
    assert second.done_before == ()
    assert second.signature != first.signature


@pytest.mark.parametrize("damage", [None, b"[]", b'"x"', b'{"signature": 1}', b""])
@pytest.mark.parametrize(
    "damaged",
    [
        "run.json",
        "tokenizer/tokenizer.json",
        "tokenizer/tokenizer_config.json",
        "tokenizer/tokbench.json",
    ],
)
def test_damage_is_noticed_and_made_good(
    write_recipe: Callable[..., Path], runs: Path, damaged: str, damage: bytes | None
) -> None:
    recipe = write_recipe(BPE + FAST)
    first = run(recipe, runs=runs)
    whole = (first.tokenizer / "tokenizer.json").read_bytes()
    path = first.folder / damaged
    path.write_bytes(path.read_bytes()[:-20] if damage is None else damage)
    again = run(recipe, runs=runs)
    assert "wrap" not in again.done_before
    assert (again.tokenizer / "tokenizer.json").read_bytes() == whole


def test_nothing_held_out_is_said_once(write_recipe: Callable[..., Path], runs: Path) -> None:
    made = run(write_recipe(BPE + FAST, held_out=0.0), runs=runs)
    assert made.comparison is None
    assert "held_out is 0, so there is nothing to measure on" in made.note
    assert made.measurements == {}


def test_out_is_replaced_only_if_it_is_ours(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = write_recipe(BPE)
    out = tmp_path / "mine"
    out.mkdir()
    (out / "notes.txt").write_text("keep me")
    with pytest.raises(StoreError, match="tokbench did not write"):
        train(recipe, out)
    assert (out / "notes.txt").read_text() == "keep me"
    (out / "notes.txt").unlink()
    first = train(recipe, out)
    second = train(recipe, out, overrides=["trainer.vocab_size=330"])
    assert first.signature != second.signature
    assert json.loads((out / "tokbench.json").read_text())["signature"] == second.signature


@pytest.mark.parametrize(("model", "depends"), [("Unigram", True), ("BPE", False)])
def test_the_version_of_sentencepiece_counts_where_it_trains(
    model: str,
    depends: bool,
    write_recipe: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = load(
        write_recipe(f"pre_tokenizer: Metaspace\nmodel: {model}\nspecial_tokens: {{unk: u}}\n")
    )
    plans = [plan.Plan.of(recipe, engine) for engine in ENGINES]
    assert ["sentencepiece" in one.versions() for one in plans] == [depends, False]
    before = [one.family for one in plans]
    monkeypatch.setattr(plan, "version", lambda name: "9" if name == "sentencepiece" else "0.1")
    other = [plan.Plan.of(recipe, engine).family for engine in ENGINES]
    monkeypatch.setattr(plan, "version", lambda name: "8" if name == "sentencepiece" else "0.1")
    another = [plan.Plan.of(recipe, engine).family for engine in ENGINES]
    assert len({*before, *other}) == 4
    assert [a != b for a, b in zip(other, another, strict=True)] == [depends, False]


def test_tokenizers_are_found_by_any_name(
    write_recipe: Callable[..., Path], runs: Path, tmp_path: Path
) -> None:
    recipe = write_recipe(BPE + FAST)
    made = run(recipe, runs=runs)
    names = [
        made.folder,
        made.folder.parent,
        made.tokenizer,
        made.tokenizer / "tokenizer.json",
        recipe,
    ]
    states = {find(str(name), runs=runs).subject.state for name in names}
    assert len(states) == 1
    for name, message in {
        str(tmp_path / "nothing"): "no such file or folder",
        str(tmp_path / "nothing.json"): "no such file or folder",
        str(tmp_path): "holds no tokenizer.json",
        "no-such-user/no-such-model": "the Hub does not give its tokenizer.json",
    }.items():
        with pytest.raises(SubjectError, match=message):
            find(name, runs=runs)
    fresh = write_recipe(BPE, name="fresh")
    with pytest.raises(SubjectError, match="is not trained as it stands; `tokbench run"):
        find(str(fresh), runs=runs)


def test_compare_uses_the_first_runs_held_out_split(
    write_recipe: Callable[..., Path], runs: Path
) -> None:
    first = run(write_recipe(BPE + FAST, name="first"), runs=runs)
    nested = run(write_recipe(BPE + FAST, name="nested", held_out=0.3), runs=runs)
    greedy = run(write_recipe(BPE + FAST, name="greedy", held_out=0.01), runs=runs)
    made = compare([str(first.folder), str(nested.folder)], metric_names=["tokens"])
    assert made.documents == first.comparison.documents  # type: ignore[union-attr]
    assert [one.name for one in made.tokenizers] == ["first", "nested"]
    with pytest.raises(SubjectError, match=r"greedy was trained on \d+ of the \d+ distinct"):
        compare([str(first.folder), str(greedy.folder)], metric_names=["tokens"])


def test_compare_on_a_file_reads_all_of_it(
    write_recipe: Callable[..., Path], runs: Path, corpus_file: Path
) -> None:
    made = run(write_recipe(BPE + FAST), runs=runs)
    on = [str(corpus_file)]
    result = compare([str(made.folder), str(made.folder)], on=on, metric_names=["tokens"])
    assert result.documents == 280
    assert [one.name for one in result.tokenizers] == ["tiny", "tiny (2)"]
    plain = corpus_file.with_name("tokenizer.json")
    plain.write_bytes((made.tokenizer / "tokenizer.json").read_bytes())
    with pytest.raises(SubjectError, match="has no held-out text of its own"):
        compare([str(plain)])
    corpus_file.write_text("other text\n")
    with pytest.raises(SubjectError, match="changed since it was trained"):
        compare([str(made.folder)])


def test_baselines_join_the_run(write_recipe: Callable[..., Path], runs: Path) -> None:
    base = run(write_recipe(BPE + FAST, name="base"), runs=runs)
    body = BPE + f"benchmark: {{metrics: [tokens], baselines: ['{base.tokenizer}']}}\n"
    made = run(write_recipe(body, name="ours"), runs=runs)
    assert [one.name for one in made.comparison.tokenizers] == ["ours", "base"]  # type: ignore[union-attr]
