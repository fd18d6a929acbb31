"""What a run was trained on: told, shown, kept in the manifest; and whether it changed since."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from tokbench import store
from tokbench.cli.train import command
from tokbench.errors import CorpusError, SubjectError
from tokbench.reports import composition as report
from tokbench.values import Composition, Given, StepDone
from tokbench.workbench import compare, provenance, run, train

RECIPE = """
name: mixed
corpus:
  held_out: 0.1
{mix}
  sources:
    - {{type: files, paths: [a.txt], weight: 1, steps: [drop_empty], groups: {{language: en}}}}
    - {{type: files, paths: [b.txt], weight: 3}}
    - {{type: files, paths: [c.txt], held_out: 1}}
pre_tokenizer: {{type: ByteLevel, add_prefix_space: false}}
model: BPE
trainer: {{vocab_size: 320, min_frequency: 2}}
wrap: {{model_max_length: 512}}
special_tokens: {{eos: <e>}}
benchmark: {{metrics: [tokens]}}
"""

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a recipe over three small files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("".join(f"low lower {n}\n\n" for n in range(300)))
    (tmp_path / "b.txt").write_text("".join(f"wide wider widest {n}\n" for n in range(300)))
    (tmp_path / "c.txt").write_text("".join(f"new newer {n}\n" for n in range(50)))

    def write(mix: str = "  mix: {max_repeats: 2}") -> Path:
        path = tmp_path / "r.yaml"
        path.write_text(RECIPE.format(mix=mix))
        return path

    return write


def test_what_each_source_gave_is_in_the_manifest(recipe: Callable[..., Path]) -> None:
    made = run(recipe())
    said = store.read_json(made.tokenizer / store.MANIFEST)["corpus"]
    a, b, c = said["sources"]
    assert [one["name"] for one in (a, b, c)] == ["a.txt", "b.txt", "c.txt"]
    assert (a["wanted"], b["wanted"], c["wanted"]) == (0.25, 0.75, 0.0)
    assert a["share"] == pytest.approx(0.25, rel=0.01)
    assert b["times"] == 2
    assert said["limited_by"] == "b.txt"
    assert said["documents"] == a["documents"] + b["documents"]
    assert (a["read"], b["read"], a["groups"]) == (600, 300, {"language": "en"})
    (step,) = a["steps"]
    assert step["step"] == "drop_empty"
    assert step["reasons"] == {"blank": 300}
    assert (c["documents"], c["held_out"]) == (0, 1)
    assert made.composition == provenance.composition({"corpus": said})
    assert run(recipe()).composition == made.composition
    assert made.comparison is not None
    assert made.comparison.documents > 50 + 0.04 * 600
    assert not made.notes


def test_what_a_source_cannot_give_is_said(recipe: Callable[..., Path]) -> None:
    made = train(recipe("  mix: {total: 100kB, max_repeats: 1.5}"))
    (note,) = (note for note in made.notes if "was to be" in note)
    assert note.startswith("b.txt was to be 75.0% of the text and is 6")
    assert note.split(": ", 1)[1].startswith("that is 1.5 times all of it; raise mix.max_repeats")


def test_a_source_that_changed_since_the_last_run_is_named(recipe: Callable[..., Path]) -> None:
    first = run(recipe())
    assert not any("changed" in note for note in first.notes)
    os.utime(first.folder / "run.json", (1e9, 1e9))
    path = Path("b.txt")
    path.write_text(path.read_text().replace("wide ", "deep "))
    Path("a.txt").write_text("low lower\n" * 90)
    (one, other) = (note for note in run(recipe()).notes if "changed" in note)
    assert one.startswith("a.txt changed since the run of 2001-09-")
    assert one.endswith(" bytes then, 900 now")
    assert other.startswith("b.txt changed since the run of 2001-09-")
    assert other.endswith(": as large as before, with other content")


def test_a_change_is_told_once(recipe: Callable[..., Path], tmp_path: Path) -> None:
    train(recipe())
    with (tmp_path / "a.txt").open("a") as file:
        file.write("lowest\n" * 9)
    assert any("changed since" in note for note in train(recipe()).notes)
    again = train(recipe())
    assert "wrap" in again.done_before
    assert not any("changed since" in note for note in again.notes)


def test_a_total_that_is_not_there_is_said(recipe: Callable[..., Path]) -> None:
    made = train(recipe("  mix: {total: 10MB, max_repeats: 2}"))
    assert any(note.startswith("mix.total asks for 10 MB and the sources") for note in made.notes)


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        ("", "", "it is empty"),
        (
            "a\nb\n",
            "steps: [{type: filter_regex, drop: '.*'}], ",
            "the step filter_regex dropped 2",
        ),
        ("a\nb\n", "held_out: 0.9999999, ", "all 2 are held out; lower held_out"),
    ],
)
def test_why_nothing_is_left_to_train_on(text: str, more: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "r.yaml").write_text(
        f"name: r\ncorpus: {{sources: [{{type: files, {more}paths: a.txt}}]}}\nmodel: BPE\n"
        "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\n"
        "trainer: {vocab_size: 320, min_frequency: 2}\nwrap: {model_max_length: 64}\n"
        "special_tokens: {eos: <e>}\n"
    )
    with pytest.raises(CorpusError, match=why):
        train(tmp_path / "r.yaml", tmp_path / "out")


def test_a_source_that_changed_since_the_folder_was_filled(recipe: Callable[..., Path]) -> None:
    train(recipe(), "out")
    Path("c.txt").write_text("other\n")
    (note,) = (note for note in train(recipe(), "out").notes if "changed" in note)
    assert note.startswith("c.txt changed since the run of")


def test_nothing_is_read_again_for_the_record(recipe: Callable[..., Path]) -> None:
    train(recipe(), "out")
    for path in (store.cache_dir() / "ledgers").iterdir():
        path.unlink()
    made = train(recipe(), "other")
    assert made.composition is not None
    a, b, _ = made.composition.sources
    assert (a.documents, b.documents) == (None, None)
    assert a.identity
    assert not report.worth_showing(made.composition)


def test_who_was_trained_on_a_source_that_another_holds_out_is_refused(
    recipe: Callable[..., Path],
) -> None:
    first = run(recipe())
    (path := recipe()).write_text(path.read_text().replace("held_out: 1}", "weight: 1}"))
    path.write_text(path.read_text().replace("name: mixed", "name: other"))
    second = run(path)
    with pytest.raises(SubjectError, match=r"of the .* distinct documents that mixed holds out"):
        compare([str(first.folder), str(second.folder)])


def test_shown(recipe: Callable[..., Path]) -> None:
    recipe()
    told = CliRunner().invoke(command, ["r.yaml", "--json", "r.json"])
    assert told.exit_code == 0, told.output
    assert "a.txt: drop_empty dropped 300 of 600 documents (blank 300)" in told.output
    assert "b.txt bounds the mix" in told.output
    sources = json.loads(Path("r.json").read_text())["composition"]["sources"]
    assert [one["documents"] > 0 for one in sources] == [True, True, False]


def test_the_table_fits(capsys: pytest.CaptureFixture[str]) -> None:
    name = "/data/" + "very" * 20 + "/long.jsonl.gz"
    step = StepDone("fix_text", 1_000_000, 1_000_000, 9, 9, 12_345, 0, {}, ())
    source = Given(name, "x", 5, 0.1, {}, 0.2, 10, 123_456_789, 10**12, 0.121, 1.5, (step,))
    held = Given("b.txt", "y", 5, 1, {}, 0.0, 10, 0, 0, 0.0, 0.0)
    Console(width=80).print(report.render(Composition((source, held), (step,))))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[1:] == ["123,456,789", "1000.0", "GB", "12.1%", "20.0%", "1.50"]
    assert "all held out" in lines[2]
    assert lines[-1] == "all sources: fix_text changed 12,345 of 1,000,000 documents"
