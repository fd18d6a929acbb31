"""The commands as people and scripts use them: exit codes and streams, some of whole processes."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from tokenizers import Tokenizer

from tokbench.cli import group, main

BPE = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: 320, min_frequency: 2}\nspecial_tokens: {eos: <e>}\n"
    "wrap: {model_max_length: 512}\n"
)
SLOW = (
    "model: BPE\ntrainer: {vocab_size: 32000, min_frequency: 2}\nspecial_tokens: {unk: <u>}\n"
    "wrap: {model_max_length: 512}\n"
)


Done = subprocess.CompletedProcess[str]


def process(*arguments: str, cwd: Path) -> Done:
    """A whole process, as from a shell."""
    return subprocess.run(
        [sys.executable, "-m", "tokbench", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )


def tokbench(*arguments: str, cwd: Path) -> Done:
    """What such a process runs, in this one, which has imported everything already."""
    said, told = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(said), redirect_stderr(told):
        patched.chdir(cwd)
        patched.setenv("NO_COLOR", "1")
        patched.setattr(sys, "argv", ["tokbench", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
    return Done(arguments, int(str(left.value.code)), said.getvalue(), told.getvalue())


@pytest.mark.usefixtures("in_process")
def test_from_a_recipe_to_a_comparison(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    first, second = write_recipe(BPE, name="first"), write_recipe(BPE, name="second")
    ran = process("run", first.name, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert "AutoTokenizer gives the same ids" in ran.stdout
    assert "exact round trip" in ran.stdout
    out = tokbench("train", second.name, "--out", "second-folder", cwd=tmp_path)
    assert out.returncode == 0, out.stderr
    assert (tmp_path / "second-folder/tokenizer.json").is_file()
    names = ["runs/first", "second-folder", "--svg", "picture.svg"]
    compared = process("compare", *names, cwd=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert "\x1b" not in compared.stdout
    picture = (tmp_path / "picture.svg").read_text()
    assert picture.startswith("<svg")
    assert "url(http" not in picture  # a picture fetches nothing
    assert max(map(cell_len, compared.stdout.splitlines())) <= 80
    shown = tokbench("show", "runs/first", "--json", "-", cwd=tmp_path)
    assert json.loads(shown.stdout)["vocabulary"] == 320


SWEEP = BPE + (
    "benchmark: {metrics: [tokens]}\n"
    "sweep:\n"
    "  cases:\n"
    "    - {name: small, trainer.vocab_size: 320}\n"
    "    - {name: lost, corpus.held_out: 0.999999, trainer.vocab_size: 448}\n"
    "    - {name: large, trainer.vocab_size: 384}\n"
)


@pytest.mark.usefixtures("in_process")
def test_a_sweep_from_run_to_comparison(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    recipe = write_recipe(SWEEP)
    checked = tokbench("check", recipe.name, cwd=tmp_path)
    assert (checked.returncode, checked.stdout.splitlines()[0]) == (
        0,
        "tiny.yaml: fine, all 3 variants",
    )
    ran = tokbench("run", recipe.name, "--json", "made.json", cwd=tmp_path)
    assert ran.returncode == 1
    assert "1/3 tiny-small: 320 tokens in runs/tiny-small/" in ran.stdout
    assert "3/3 tiny-large: 384 tokens in runs/tiny-large/" in ran.stdout
    assert ran.stdout.count("measured on") == 1
    assert ran.stderr.startswith(
        "tiny-lost failed: the corpus (corpus.txt) has no documents to train on"
    )
    made = json.loads((tmp_path / "made.json").read_text())
    assert [one["name"] for one in made["runs"]] == ["tiny-small", "tiny-large"]
    assert [one["name"] for one in made["failed"]] == ["tiny-lost"]
    assert [one["name"] for one in made["comparison"]["tokenizers"]] == ["tiny-small", "tiny-large"]
    lost = "corpus.held_out=0.999999"
    trained = tokbench("train", recipe.name, "--set", lost, cwd=tmp_path)
    assert trained.returncode == 1
    assert trained.stderr.startswith(
        "all 3 failed: the corpus (corpus.txt) has no documents to train on"
    )


@pytest.mark.usefixtures("in_process")
def test_train_fills_a_folder_for_each_variant(
    write_recipe: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = write_recipe(SWEEP)
    command = ["train", recipe.name, "--out", "all", "--json", "made.json"]
    made = CliRunner().invoke(group, command)
    assert made.exit_code == 1
    assert made.stderr.startswith(
        "tiny-lost failed: the corpus (corpus.txt) has no documents to train on"
    )
    assert sorted(one.name for one in (tmp_path / "all").iterdir()) == ["tiny-large", "tiny-small"]
    plain = json.loads((tmp_path / "made.json").read_text())
    assert [one["tokenizer"] for one in plain["runs"]] == ["all/tiny-small", "all/tiny-large"]
    assert [one["name"] for one in plain["failed"]] == ["tiny-lost"]


def test_show_says_what_came_from_where(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    base = write_recipe(BPE, name="base")
    recipe = tmp_path / "child.yaml"
    recipe.write_text("name: child\nextends: base.yaml\ntrainer: {vocab_size: 333}\n")
    shown = tokbench("show", recipe.name, "--resolved", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert "name: child                                 # child.yaml:1" in lines
    assert "  vocab_size: 333                           # child.yaml:3" in lines
    assert "    content: <e>                            # base.yaml:8" in lines
    assert "  max_word_chars: 16384                     # default" in lines
    (tmp_path / "whole.yaml").write_text(shown.stdout)
    first, second = (
        tokbench("show", name, "--json", "-", cwd=tmp_path).stdout
        for name in (recipe.name, "whole.yaml")
    )
    assert json.loads(first) == json.loads(second)
    placed = json.loads(
        tokbench("show", recipe.name, "--resolved", "--json", "-", cwd=tmp_path).stdout
    )
    assert placed["from"]["trainer.vocab_size"] == "child.yaml:3:23"
    base.write_text(base.read_text().replace("vocab_size: 320", "vocab_size: [320, 340]"))
    recipe.write_text("name: child\nextends: base.yaml\n")
    swept = tokbench("show", recipe.name, cwd=tmp_path).stdout
    assert "child-320" in swept
    assert swept.count("ByteLevel") == 1
    both = tokbench("show", recipe.name, "--resolved", cwd=tmp_path).stdout
    assert both.count("\n---\n") == 1
    assert tokbench("show", "no-recipe", "--resolved", cwd=tmp_path).returncode == 2


@pytest.mark.usefixtures("in_process")
def test_bench_writes_the_promised_json(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    tokbench("train", write_recipe(BPE).name, "--out", "t", cwd=tmp_path)
    (tmp_path / "text.csv").write_text('id,body\n1,"low, lower"\n2,new\n')
    arguments = ["bench", "t", "--on", "text.csv", "--text", "body", "--json", "out.json"]
    made = tokbench(*arguments, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    (one,) = json.loads((tmp_path / "out.json").read_text())["tokenizers"]
    assert one["name"] == "tiny"
    measured = one["metrics"]["bytes_per_token"]
    assert set(measured) >= {"value", "n", "unit", "better"}
    assert measured["n"] == 2
    assert one["metrics"]["unk_rate"] == {
        "value": None,
        "why": "the tokenizer has no unknown token",
    }
    gate = ["bench", "t", "--on", corpus_file.name, "--metric", "tokens"]
    broken = tokbench(*gate, "--fail-if", "tokens > 1", "--fail-if", "tokens < 1", cwd=tmp_path)
    assert broken.returncode == 1
    assert broken.stderr.startswith("tiny: tokens is ")
    assert broken.stderr.rstrip().endswith(", > 1")
    assert tokbench(*gate, "--fail-if", "tokens < 1", cwd=tmp_path).returncode == 0
    stdout = tokbench("bench", "t", "--on", corpus_file.name, "--json", "-", cwd=tmp_path)
    assert json.loads(stdout.stdout)["documents"] == 280


@pytest.mark.usefixtures("in_process")
def test_encode_writes_ids_that_memmap_reads(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    tokbench("train", write_recipe(BPE).name, "--out", "t", cwd=tmp_path)
    command = ["encode", "t", corpus_file.name, "--out", "ids", "--format", "bin", "--json", "-"]
    made = tokbench(*command, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    said = json.loads(made.stdout)
    ids = np.memmap(tmp_path / "ids" / "tokens.bin", said["dtype"], "r")
    starts = np.memmap(tmp_path / "ids" / "documents.idx", "<i8", "r")
    assert (len(ids), len(starts)) == (said["tokens"], said["documents"] + 1)
    tokenizer = Tokenizer.from_file(str(tmp_path / "t" / "tokenizer.json"))
    third = corpus_file.read_text().splitlines()[2]
    assert ids[starts[2] : starts[3]].tolist() == tokenizer.encode(third).ids
    told = tokbench("encode", "t", corpus_file.name, "--out", "rows", "--pack", "64", cwd=tmp_path)
    assert "64 ids each" in told.stdout
    assert tokbench(*command, "--pack", "9", cwd=tmp_path).returncode == 2
    kept = tokbench("encode", "t", corpus_file.name, "--out", "t", cwd=tmp_path)
    assert kept.returncode == 1
    assert kept.stderr.startswith("t: holds a tokenizer, no ids; name another --out")


def test_check_tells_findings(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    good = write_recipe(BPE, name="good")
    bad = write_recipe(BPE.replace("320", "'320'"), name="bad")
    made = tokbench("check", good.name, bad.name, "--json", "found.json", cwd=tmp_path)
    assert made.returncode == 1
    fine, told, counted = made.stdout.splitlines()
    assert fine == "good.yaml: fine"
    assert told.startswith("bad.yaml:7:23: error: trainer.vocab_size: expected an integer")
    assert counted == "1 error, no warnings in 2 recipes"
    (finding,) = json.loads((tmp_path / "found.json").read_text())["findings"]
    assert finding == {
        "rule": "format",
        "severity": "error",
        "file": "bad.yaml",
        "line": 7,
        "column": 23,
        "message": "trainer.vocab_size: expected an integer, got the string '320'; "
        "write 320 without quotes",
    }
    assert tokbench("check", good.name, cwd=tmp_path).returncode == 0


def test_a_users_error_is_one_sentence(tmp_path: Path, write_recipe: Callable[..., Path]) -> None:
    recipe = write_recipe(BPE).name
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    source = "corpus.sources=[{type: files, paths: [%s]}]"
    cases = {
        ("train", "none.yaml"): "none.yaml: no such file",
        ("train", recipe, "--set", source % "none.txt"): "none.txt",
        ("train", recipe, "--set", source % "t.csv"): "text",
        ("train", recipe, "--set", source % "cut.jsonl.gz"): "cut.jsonl.gz",
        ("compare", "nowhere/at/all"): "nowhere/at/all: no such file or folder",
        ("list", "metrix"): "did you mean 'metrics'?",
        ("list", "steps", "dedup"): "unknown step 'dedup': did you mean 'dedupe'?",
        ("list", "metrics", "tokens"): "only steps, sources and tasks tell more",
        ("new", "x", "--like", "brt"): "did you mean 'bert'?",
    }
    before = sorted(tmp_path.iterdir())
    for arguments, said in cases.items():
        made = tokbench(*arguments, cwd=tmp_path)
        assert made.returncode == 1, (arguments, made.stderr)
        assert said in made.stderr
        assert "Traceback" not in made.stderr
        assert len(made.stderr.splitlines()) == 1, made.stderr
    first = next(iter(cases))
    alone = process(*first, cwd=tmp_path)
    assert alone.returncode == 1
    assert alone.stderr == tokbench(*first, cwd=tmp_path).stderr
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "runs"] == before
    assert not list((tmp_path / "runs").rglob("*.json"))
    assert tokbench("train", recipe, "--nonsense", cwd=tmp_path).returncode == 2
    wrong = process("trian", recipe, cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc whether training has begun")
def test_ctrl_c_ends_a_training_at_once_and_leaves_nothing(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    corpus_file.write_text(("ab" * 60_000 + "\n") * 2)  # no pre-tokenizer: merging takes minutes
    recipe = write_recipe(SLOW, held_out=0.0)
    command = ["train", recipe.name, "--out", "out", "--engine", "tokenizers"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tokbench", *command],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and not children.read_text():
        time.sleep(0.05)
    time.sleep(2)
    assert process.poll() is None
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - started < 10
    assert process.returncode == 1
    assert stderr.strip().startswith("interrupted: ")
    assert "Traceback" not in stderr
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


@pytest.mark.parametrize(
    "command",
    [
        "",
        "bench",
        "check",
        "compare",
        "completion",
        "finetune",
        "list",
        "new",
        "predict",
        "report",
        "rule",
        "run",
        "schema",
        "show",
        "train",
        "verify",
    ],
)
def test_every_command_explains_itself_with_an_example(command: str, tmp_path: Path) -> None:
    made = tokbench(*command.split(), "--help", cwd=tmp_path)
    assert made.returncode == 0
    assert f"tokbench {command}".strip() in made.stdout.split("Options:")[0]


def test_list_and_new_and_schema_and_completion(tmp_path: Path) -> None:
    listed = json.loads(tokbench("list", "--json", "-", cwd=tmp_path).stdout)
    assert {"normalizers", "pre_tokenizers", "models", "metrics", "sources", "steps"} <= set(listed)
    assert {"name": "python_docs"}.items() <= next(
        one for one in listed["sources"] if one["name"] == "python_docs"
    ).items()
    assert "chars, too_long" in next(
        one["summary"] for one in listed["steps"] if one["name"] == "max_chars"
    )
    one = json.loads(tokbench("list", "sources", "files", "--json", "-", cwd=tmp_path).stdout)
    paths = next(option for option in one["options"] if option["name"] == "paths")
    assert paths == {
        "name": "paths",
        "type": "text, or several in a list",
        "default": None,
        "meaning": paths["meaning"],
    }
    assert paths["meaning"].startswith("Files, folders, globs")
    task = json.loads(tokbench("list", "tasks", "glue_rte", "--json", "-", cwd=tmp_path).stdout)
    assert task["train"]["name"] == "nyu-mll/glue"
    told = tokbench("list", "steps", "dedupe", cwd=tmp_path).stdout
    assert "near.threshold  a number, more than 0, at most 1; default: 0.8\n    The share" in told
    assert max(map(len, told.splitlines())) <= 80
    made = tokbench("new", "mine", "--like", "korean", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "mine.yaml").read_text().count("name: mine\n") == 1
    assert (tmp_path / "korean_sample.txt").is_file()
    assert tokbench("check", "mine.yaml", cwd=tmp_path).returncode == 0
    again = tokbench("new", "mine", cwd=tmp_path)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert json.loads(tokbench("schema", cwd=tmp_path).stdout)["title"].startswith("tokbench")
    assert "_TOKBENCH_COMPLETE" in tokbench("completion", "bash", cwd=tmp_path).stdout


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom tokbench.cli import group\n"
        "try: group.main(['--help'], standalone_mode=True)\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'datasets', 'numba', 'pyarrow', 'numpy', 'pydantic',"
        " 'tokenizers', 'rich.console'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    made = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert made.stderr.strip() == "[]"
