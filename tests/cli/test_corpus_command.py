"""`tokbench corpus` on what people have, and on what is meant to break it."""

import json
import random

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from tokbench.cli import group
from tokbench.errors import TokbenchError

BODY = """pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 400}
special_tokens: {eos: <e>}
wrap: {model_max_length: 512}
"""


def run(*arguments):
    made = CliRunner().invoke(group, ["corpus", *map(str, arguments)])
    if made.exception and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made


def test_a_recipe_is_looked_at(write_recipe, corpus_file):
    made = run(write_recipe(BODY, held_out=0.2))
    assert made.exit_code == 0
    assert "tiny  280 documents" in made.stdout
    assert "to train on" in made.stdout
    assert "held out in training: " in made.stdout
    assert max(map(cell_len, made.stdout.splitlines())) <= 80
    plain = json.loads(run(write_recipe(BODY), "--json", "-", "--set", "corpus.held_out=0").stdout)
    assert plain["documents"] == 280
    assert plain["bytes"] == corpus_file.stat().st_size - 280
    assert plain["overlaps"] == []
    without = run(write_recipe(BODY, held_out=0.2), "--no-overlap", "--split", "train")
    assert "in common" not in without.stdout
    assert "to train on, " in without.stdout


def test_files_are_looked_at_and_held_against_each_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.csv").write_text('review,label\n"good, film",1\nbad,0\n')
    (tmp_path / "test.txt").write_text("bad\nother\n")
    made = run("train.csv", "--text", "review", "--against", "test.txt", "--json", "out.json")
    assert "train.csv  2 documents" in made.stdout
    assert "test.txt in training: of 2 documents 1 are the same" in made.stdout
    found = json.loads((tmp_path / "out.json").read_text())["overlaps"][0]
    assert (found["same"], found["same_bytes"], found["partly"]) == (1, 3, 0)
    assert found["examples"][0]["other_source"] == "train.csv"
    both = run("test.txt", "--against", "train.csv", "--against-text", "review", "--json", "-")
    assert json.loads(both.stdout)["overlaps"][0]["same"] == 1
    assert run("test.txt", "--against-text", "review").exit_code == 2


def test_the_first_documents(write_recipe):
    made = run(write_recipe(BODY), "--head", "2")
    assert made.stdout.splitlines()[0].rstrip() == "corpus.txt"
    assert made.stdout.splitlines()[1].rstrip() == "     1  low lower lowest newer wider 0"
    plain = json.loads(run(write_recipe(BODY), "--head", "3", "--json", "-").stdout)
    assert [one["number"] for one in plain["documents"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.yaml"], "no such file"),
        (["none.txt"], "no such file"),
        (["tiny.yaml", "corpus.txt"], "tiny.yaml: is a recipe, which is looked at alone"),
        (["tiny.yaml", "--set", "corpus.held_out=[0.1, 0.2]"], "held_out"),
    ],
)
def test_what_cannot_be_looked_at_is_told(write_recipe, tmp_path, monkeypatch, arguments, said):
    write_recipe(BODY)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TokbenchError, match=said):
        run(*arguments)


def test_variants_with_other_corpora_are_not_looked_at(write_recipe):
    sweep = "sweep: {grid: {corpus.held_out: [0.1, 0.2]}}\n"
    with pytest.raises(TokbenchError, match="variants have corpora that differ"):
        run(write_recipe(BODY + sweep))
    sizes = run(write_recipe(BODY), "--set", "trainer.vocab_size=[300, 400]", "--no-overlap")
    assert "tiny  280 documents" in sizes.stdout


def test_options_that_do_nothing_are_refused(write_recipe):
    assert run(write_recipe(BODY), "--head", "2", "--against", "a.txt").exit_code == 2


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    made = run(tmp_path / "empty.txt", "--against", tmp_path / "empty.txt")
    assert "0 documents, 0 bytes" in " ".join(made.stdout.split())
    assert "none of 0 documents" in " ".join(made.stdout.split())
    assert "no documents" in run(tmp_path / "empty.txt", "--head", "1").stdout
    plain = json.loads(run(tmp_path / "empty.txt", "--json", "-").stdout)
    assert plain["longest"] is None
    assert plain["percentiles"] == {}


def test_one_long_line(tmp_path):
    path = tmp_path / "long.txt"
    words = " ".join(f"{number:x}" for number in random.Random(1).sample(range(1 << 40), 100_000))
    path.write_text(words * 2)
    made = run(path, "--against", path)
    assert f"{len(words) * 2:,}" in made.stdout
    assert "1 are the same" in made.stdout
    assert max(map(cell_len, made.stdout.splitlines())) <= 80
    assert max(map(cell_len, run(path, "--head", "1").stdout.splitlines())) <= 80


def test_many_empty_rows(tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"\n" * 1_000_000 + b"one\n")
    made = run(tmp_path / "empty.txt")
    assert "1,000,001" in made.stdout
    assert "99.9%" in made.stdout


def test_documents_have_no_power_over_the_terminal(tmp_path):
    hostile = "a\x00b\x1b[2J\x1b]0;owned\x07 \u202eabc \x9b31m שלום مرحبا 👩‍👩‍👧 한국 \ufeff\u2028 "
    hostile += "[red]x[/red]"
    (tmp_path / "a.jsonl").write_text(f"{json.dumps({'text': hostile})}\n" * 3)
    other = tmp_path / "b\x1b[31m.txt"
    other.write_text("\x1b[31mred\n" * 3)
    for arguments in ((tmp_path / "a.jsonl",), (other,), (tmp_path / "a.jsonl", "--head", "3")):
        drawn = run(*arguments).stdout
        assert not set("\x00\x1b\x07\x9b\u202e\u2028") & set(drawn)
        assert max(map(cell_len, drawn.splitlines())) <= 80
    assert "[red]x" in run(tmp_path / "a.jsonl", "--head", "3").stdout
    plain = json.loads(run(tmp_path / "a.jsonl", "--head", "1", "--json", "-").stdout)
    assert plain["documents"][0]["text"] == hostile


@pytest.mark.parametrize(
    ("name", "options", "documents"),
    [
        ("text/ar_tashkeela_val.txt", {}, 2500),
        ("text/de_eltec_novels.parquet", {}, 7),
        ("text/fi_libreoffice_help.txt.xz", {}, 16_409),
        ("text/hi_libreoffice_help.jsonl.zst", {}, 1059),
        ("classify/nsmc_valid.tsv", {"--text": "document"}, 2000),
        ("classify/banking77_test.csv", {}, 3080),
        ("classify/subjectivity_test.jsonl.gz", {"--text": "sentence"}, 2000),
        ("parallel/tatoeba_30langs.csv.gz", {}, 27_566),
    ],
)
def test_real_files(shared, name, options, documents):
    more = [part for option in options.items() for part in option]
    plain = json.loads(run(shared / name, *more, "--json", "-").stdout)
    assert plain["documents"] == documents
    assert plain["sources"][0]["warnings"] == []


def test_a_column_of_ids_is_warned_of(shared):
    plain = json.loads(
        run(shared / "classify/nsmc_valid.tsv", "--text", "id", "--json", "-").stdout
    )
    assert "ids or paths?" in plain["sources"][0]["warnings"][0]
    label = json.loads(
        run(shared / "classify/nsmc_valid.tsv", "--text", "label", "--json", "-").stdout
    )
    assert "labels?" in label["sources"][0]["warnings"][0]
