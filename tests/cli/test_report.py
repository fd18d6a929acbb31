"""`report`, and `--out` of the others: files of every format, from tokenizers and from JSON."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench import run
from tokbench.cli import group
from tokbench.errors import StoreError, SubjectError


@pytest.fixture
def tokenizers(tmp_path: Path, corpus_file: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two small ones, beside the corpus."""
    words = sorted(set(corpus_file.read_text("utf-8").split()))
    for name, known in (("many", words), ("few", words[::3])):
        vocabulary = {word: number for number, word in enumerate(["<unk>", *known])}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        (tmp_path / name).mkdir()
        tokenizer.save(str(tmp_path / name / "tokenizer.json"))
    monkeypatch.chdir(tmp_path)
    return ["many", "few"]


def _called(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments), catch_exceptions=False)


def test_every_format_now_and_from_json(tokenizers: list[str], tmp_path: Path) -> None:
    outs = [f"--out=now{ending}" for ending in (".html", ".md", ".csv", ".tex", ".json")]
    metrics = [
        f"--metric={name}"
        for name in ("bytes_per_token", "vocabulary_size", "embedding_parameters")
    ]
    made = _called("report", *tokenizers, "--on", "corpus.txt", *metrics, *outs)
    assert made.exit_code == 0, made.output
    assert made.stdout == ""
    assert "written: now.html, now.md" in made.stderr
    again = [one.replace("now", "again") for one in outs]
    assert _called("report", "now.json", *again).exit_code == 0
    for ending in (".html", ".md", ".csv", ".tex", ".json"):
        now = (tmp_path / f"now{ending}").read_bytes()
        assert now
        assert now == (tmp_path / f"again{ending}").read_bytes(), ending
    page = (tmp_path / "now.html").read_text("utf-8")
    assert page.count("<svg ") >= 4 + 2  # pictures, and the legend
    assert "Hangul" in page
    shape = json.loads((tmp_path / "now.json").read_text())["tokenizers"][0]["shape"]
    assert sum(shape["lengths"]) == 280


def test_bench_and_compare_write_reports_beside_what_they_show(tokenizers: list[str]) -> None:
    for command in ("bench", "compare"):
        on = ["--on", "corpus.txt", "--metric", "tokens", "--out", f"{command}.md"]
        made = _called(command, *tokenizers, *on)
        assert "many" in made.stdout
        assert "| tokens ↓ | tokens |" in Path(f"{command}.md").read_text("utf-8")


def test_without_out_it_is_shown(tokenizers: list[str]) -> None:
    _called("bench", *tokenizers, "--on", "corpus.txt", "--metric", "tokens", "--json", "m.json")
    made = _called("report", "m.json")
    assert "measured on" in made.stdout
    assert "few" in made.stdout


def test_what_was_measured_before_is_not_measured_otherwise(tokenizers: list[str]) -> None:
    _called("bench", *tokenizers, "--on", "corpus.txt", "--metric", "tokens", "--json", "m.json")
    made = _called("report", "m.json", "--on", "corpus.txt", "--out", "a.html")
    assert made.exit_code == 2
    assert "--on is about measuring; m.json was measured before" in made.output
    assert not Path("a.html").exists()


def test_an_ending_that_says_nothing_is_refused_first(tokenizers: list[str]) -> None:
    with pytest.raises(StoreError, match=r"a\.pdf: its ending says no format"):
        _called("report", *tokenizers, "--on", "no-such-file", "--out", "a.pdf")


@pytest.mark.usefixtures("tokenizers")
def test_a_damaged_comparison_is_told() -> None:
    Path("m.json").write_text('{"on": "a", "tokenizers": [{"name": "a"}]}')
    with pytest.raises(SubjectError, match=r"m\.json: is no comparison that can be read"):
        _called("report", "m.json")
    assert _called("report", "many/tokenizer.json", "--on", "corpus.txt").exit_code == 0


@pytest.mark.usefixtures("in_process")
def test_what_a_run_keeps_is_read(
    write_recipe: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = write_recipe(
        "model: WordLevel\npre_tokenizer: Whitespace\ntrainer: {vocab_size: 40}\n"
        "special_tokens: {unk: <u>}\nwrap: {model_max_length: 512}\n"
        "benchmark: {metrics: [bytes_per_token]}\n"
    )
    made = run(recipe)
    assert _called("report", str(made.folder / "comparison.json"), "--out=a.html").exit_code == 0
    assert "tiny" in Path("a.html").read_text("utf-8")
