"""`tokbench card` as a command: the card to a file or stdout, problems to stderr."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tokbench.cli import group
from tokbench.workbench import run

BODY = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: 300}\nspecial_tokens: {eos: '<e>'}\nwrap: {model_max_length: 128}\n"
)


@pytest.mark.usefixtures("in_process")
def test_the_card_of_a_run_by_each_of_its_names(
    write_recipe: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = write_recipe(BODY)
    text = recipe.read_text("utf-8").replace("corpus.txt]}", "corpus.txt], license: own}")
    recipe.write_text(text, "utf-8")
    made = run(recipe.name)
    call = CliRunner().invoke
    wanted = call(group, ["card", str(made.folder), "--license", "mit"], catch_exceptions=False)
    assert wanted.exit_code == 0
    assert wanted.stdout.startswith("---\n")
    assert "# tiny" in wanted.stdout
    assert wanted.stderr == ""
    for name in ("tiny", "runs/tiny", "tiny.yaml"):
        again = call(group, ["card", name, "--license", "mit", "--out", "CARD.md"])
        assert (again.exit_code, again.stdout) == (0, "")
        assert "written: CARD.md" in again.stderr
        assert Path("CARD.md").read_text("utf-8") == wanted.stdout
    refused = call(group, ["card", "tiny", "--repo", "someone/else"])
    assert refused.exit_code == 1
    assert "tiny: has no licence: write" in refused.stderr
    assert "someone/else" in refused.stdout
    nobody = call(group, ["card", "corpus.txt"])
    assert "corpus.txt: is no run; `tokbench run RECIPE` makes one" in str(nobody.exception)
