"""`check`, `rule` and the checks before training, as people and scripts use them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tokbench.cli import group

FINE = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: 320, min_frequency: 2}\nspecial_tokens: {eos: <e>}\n"
    "wrap: {model_max_length: 512}\n"
)
BROKEN = FINE.replace(
    "{type: ByteLevel, add_prefix_space: false}", "[Digits, ByteLevel]  # digits first"
)


@pytest.fixture
def tokbench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Result:
        made = CliRunner().invoke(group, arguments)
        if made.exception and not isinstance(made.exception, SystemExit):
            raise made.exception
        return made

    return call


def test_a_finding_is_a_line_with_its_example_below(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path]
) -> None:
    recipe = write_recipe(BROKEN).name
    made = tokbench("check", recipe)
    assert made.exit_code == 1
    assert made.stdout.splitlines() == [
        f"{recipe}:5:25: L32 error: pre_tokenizer.1.add_prefix_space: after Digits, a space is put "
        "before every piece, inside words too; write add_prefix_space: false",
        "    'low12, lower' -> Ġlow Ġ12 Ġ, Ġlower",
        "1 error, no warnings in 1 recipe; --fix mends 1",
    ]


def test_warnings_alone_are_exit_0(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path]
) -> None:
    made = tokbench("check", write_recipe(FINE + "normalizer: Lowercase\n").name)
    assert made.exit_code == 0
    assert "L39 warning: " in made.stdout
    assert made.stdout.endswith("no errors, 1 warning in 1 recipe\n")


def test_json_has_findings_and_what_is_allowed(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path]
) -> None:
    body = BROKEN + "normalizer: Lowercase  # tokbench: allow L39 because we fold case\n"
    made = tokbench("check", write_recipe(body).name, "--json", "-")
    told = json.loads(made.stdout)
    (finding,) = told["findings"]
    assert (finding["rule"], finding["line"], finding["column"]) == ("L32", 5, 25)
    assert finding["example"].startswith("'low12, lower'")
    assert told["allowed"] == [
        {"rule": "L39", "file": "tiny.yaml", "line": 10, "reason": "we fold case"}
    ]
    assert "L32 error" in made.stderr


def test_fix_mends_the_file_and_shows_how(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path]
) -> None:
    path = write_recipe(BROKEN)
    before = path.read_text()
    made = tokbench("check", path.name, "--fix")
    assert made.exit_code == 0
    old = "pre_tokenizer: [Digits, ByteLevel]  # digits first"
    new = "pre_tokenizer: [Digits, {type: ByteLevel, add_prefix_space: false}]  # digits first"
    assert made.stdout.splitlines() == [
        "tiny.yaml:5:25: L32 fixed",
        f"    - {old}",
        f"    + {new}",
        "tiny.yaml: fine",
        "no errors, no warnings in 1 recipe",
    ]
    assert path.read_text() == before.replace(old, new)
    assert tokbench("check", path.name, "--fix").stdout.startswith("tiny.yaml: fine\n")
    assert path.read_text() == before.replace(old, new)


def test_another_text_or_none(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    path = write_recipe(FINE)
    (tmp_path / "other.csv").write_text("a,body\n1,the end <e> of it\n")
    assert tokbench("check", path.name).exit_code == 0
    said = tokbench("check", path.name, "--on", "other.csv", "--text", "body").stdout
    assert "<e> stands in 1 of 1 sampled documents" in said
    (tmp_path / "corpus.txt").unlink()
    assert "L55 error: corpus.sources.0: corpus.txt" in tokbench("check", path.name).stdout
    assert tokbench("check", path.name, "--no-text").stdout.startswith("tiny.yaml: fine\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fix", "--set", "trainer.vocab_size=640"),
        ("--text", "body"),
        ("--on", "x.txt", "--no-text"),
        ("--json", "tiny.yaml"),
    ],
)
def test_wrong_usage(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path], arguments: tuple[str, ...]
) -> None:
    path = write_recipe(FINE)
    before = path.read_text()
    assert tokbench("check", path.name, *arguments).exit_code == 2
    assert path.read_text() == before


@pytest.mark.parametrize("command", ["run", "train"])
def test_errors_stop_training_before_it_begins(
    tokbench: Callable[..., Result],
    write_recipe: Callable[..., Path],
    tmp_path: Path,
    command: str,
) -> None:
    write_recipe(BROKEN.replace("wrap: {model_max_length: 512}", "normalizer: Lowercase"))
    made = tokbench(command, "tiny.yaml")
    assert made.exit_code == 1
    assert [line.split(": ")[1][:3] for line in made.stderr.splitlines() if "tiny" in line] == [
        *("L64", "L32", "L39")
    ]
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("in_process")
def test_warnings_before_training_are_one_line_and_reasons_are_kept(
    tokbench: Callable[..., Result], write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    body = FINE.replace("320", "300")
    write_recipe(body + "normalizer: Lowercase  # tokbench: allow L39 because we fold case\n")
    made = tokbench("train", "tiny.yaml", "--out", "out")
    assert made.exit_code == 0, made.stderr
    assert made.stderr == (
        "tiny.yaml: L25 a vocabulary size that hardware dislikes (`tokbench check` says more)\n"
    )
    manifest = json.loads((tmp_path / "out/tokbench.json").read_text())
    assert manifest["allowed"] == [{"rule": "L39", "reason": "we fold case"}]
    shown = json.loads(tokbench("show", "out", "--json", "-").stdout)
    assert shown["allowed"] == {"L39": "we fold case"}


def test_rules_are_listed_and_explained(tokbench: Callable[..., Result]) -> None:
    listed = json.loads(tokbench("list", "rules", "--json", "-").stdout)["rules"]
    assert {
        "name": "L32",
        "summary": "recipe, error: a splitter before ByteLevel with add_prefix_space "
        "(pre_tokenizers)",
    } in listed
    assert {
        "name": "L53",
        "summary": "tokenizer, error: padding or truncation left on inside tokenizer.json "
        "(saved_folder)",
    } in listed
    shown = tokbench("rule", "l32").stdout
    assert "'low12'" in shown
    assert "' low 1 2'" in shown
    assert shown.index("broken") < shown.index("L32 error: ") < shown.index("mended")
    assert "L32 error of a tokenizer" in shown
    told, of_tokenizer = json.loads(tokbench("rule", "L44", "--json", "-").stdout)
    mended = told["demonstration"]["mended"]
    assert {"what": "type ids", "is": "0 0 0 1 1 1"} in mended["shows"]
    assert mended["findings"] == []
    assert of_tokenizer["about"] == "tokenizer"
    broken = of_tokenizer["demonstration"]["broken"]
    assert broken["tokenizer"].startswith("tokenizer.json: post_processor.pair: ")
    (tokens,) = (one["is"] for one in broken["shows"] if one["what"] == "tokens")
    assert "[SEP]" not in tokens


def test_rows_without_a_rule_say_why(tokbench: Callable[..., Result]) -> None:
    shown = " ".join(tokbench("rule", "L08").stdout.split())
    assert "impossible in a recipe" in shown
    assert "L08 error of a tokenizer" in shown
    assert "decoded 'nave '" in shown
    assert "decoded 'naïve 日本'" in shown
    assert "waits for: mixing sources" in tokbench("rule", "L58").stdout
    from tokbench.errors import UnknownNameError

    with pytest.raises(UnknownNameError, match="unknown rule 'L99'"):
        tokbench("rule", "L99")


def test_a_tokenizer_is_checked(tokbench: Callable[..., Result], tmp_path: Path) -> None:
    from tokbench.rules import saved_examples
    from tokbench.workbench import small_tokenizer

    files = small_tokenizer("byte_level")
    whole = {name: value for name, value in files.items() if name == "tokenizer.json"}
    saved_examples.write(whole, tmp_path / "whole")
    made = tokbench("check", "whole")
    assert made.exit_code == 0
    assert made.stdout == "whole: fine\nno errors, no warnings in 1 tokenizer\n"

    damage = saved_examples.put("decoder", value=None)
    saved_examples.write(damage.to(whole), tmp_path / "runs" / "mine")
    for name in ("mine", "runs/mine", "runs/mine/tokenizer.json"):
        made = tokbench("check", name)
        assert made.exit_code == 1
        first, example, last = made.stdout.splitlines()
        assert first.startswith("runs/mine/tokenizer.json: L41 error: decoder: what ByteLevel")
        assert example.startswith("    low Ġsea")
        assert last == "1 error, no warnings in 1 tokenizer"
    assert tokbench("check", "whole", "--fix").exit_code == 2

    (tmp_path / "text.txt").write_text("the <|end|> of it\n")
    made = tokbench("check", "whole", "--on", "text.txt", "--json", "-")
    (finding,) = json.loads(made.stdout)["findings"]
    assert (finding["rule"], finding["line"]) == ("L48", None)

    from tokbench.errors import SubjectError

    with pytest.raises(SubjectError, match="nowhere: no such file, folder or run"):
        tokbench("check", "nowhere")


@pytest.mark.usefixtures("in_process")
def test_verdict_and_determinism_are_told(
    tokbench: Callable[..., Result],
    write_recipe: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "tokbench.workbench.again.run_in_child", lambda function, plan, **_: function(plan)
    )
    path = write_recipe(FINE + "normalizer: Lowercase  # tokbench: allow L39 because we fold\n")
    said = tokbench("train", path.name, "--out", "made", "--check-determinism").stdout
    assert "tiny: equal after normalizing: " in said
    assert "tiny: trained again in a fresh process with another hash seed" in said
    shown = " ".join(tokbench("show", "made").stdout.split())
    assert "verdict equal after normalizing: " in shown
    assert "determinism training again gives the same bytes: BPE is learned by" in shown
    assert "checked trained again" in shown
    told = tokbench("check", "made", "--json", "-")
    assert json.loads(told.stdout)["allowed"] == [
        {"rule": "L39", "file": "made", "line": None, "reason": "we fold"}
    ]
    assert "L39" not in told.stderr


def test_what_is_no_tokenizer_json_is_converted_and_keeps_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nlow\n##er\n")
    for name in (folder, folder / "vocab.txt"):
        done = CliRunner().invoke(group, ["check", str(name), "--json", "-"])
        findings = json.loads(done.stdout)["findings"]
        assert findings
        assert {one["file"] for one in findings} == {str(name)}
    assert [one.name for one in folder.iterdir()] == ["vocab.txt"]
