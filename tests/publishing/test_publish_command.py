"""`publish`, `pull` and `verify` as they are called."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from loopback_hub import LoopbackHub
from small_run import FILES, TOKEN
from tokenizers import Tokenizer

from tokbench.cli import group
from tokbench.errors import TokbenchError

LOADED = """\
from transformers import AutoTokenizer
print(AutoTokenizer.from_pretrained("owner/tiny")("low lower, she sells").input_ids)
"""


def _called(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments), catch_exceptions=False)


def test_a_dry_run_sends_nothing(tiny: Path, hub: LoopbackHub) -> None:
    hub.model("owner/tiny", {"recipe.yaml": b"an old one"})
    made = _called("publish", str(tiny), "--dry-run", "--report")
    assert made.exit_code == 0, made.output
    assert made.output.startswith("owner/tiny: public, a pull request for main\n")
    for path in FILES | {"report.html"}:
        kind = "changed" if path == "recipe.yaml" else "added"
        (line,) = [one for one in made.output.splitlines() if one[3:].startswith(f"{path} ")]
        assert line.rstrip().endswith(kind)
    assert "\nlicense: mit\n" in made.output
    assert not [one for one in hub.asked if one[0] not in ("GET", "HEAD")]
    plain = json.loads(_called("publish", str(tiny), "--dry-run", "--json", "-").output)
    assert {one["path"] for one in plain["files"]} == FILES
    assert plain["pull_request"]


@pytest.mark.parametrize("said", ["n", "y"])
@pytest.mark.usefixtures("without_transformers")
def test_it_asks_before_anything_is_sent(
    said: str, tiny: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokbench.cli.publish._can_ask", lambda: True)
    made = CliRunner().invoke(group, ["publish", str(tiny)], input=f"{said}\n")
    asked, sent = made.stderr, said == "y"
    assert "owner/tiny: a new public repository, one commit to main" in asked
    assert " to send\nSend it? [y/N]: " in asked
    assert ("nothing was sent" in asked) != sent
    assert made.exit_code == (0 if sent else 1)
    assert (hub.find("models", "owner/tiny") is not None) == sent


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "this is no terminal to ask on: look at it with --dry-run, and say --yes"),
        (["--yes", "--create-pr", "--revision", "x"], "leave out --create-pr"),
    ],
)
def test_what_cannot_be_asked_for(arguments: list[str], sentence: str, tiny: Path) -> None:
    made = _called("publish", str(tiny), *arguments)
    assert made.exit_code == 2
    assert sentence in made.output


@pytest.mark.usefixtures("without_transformers")
def test_published_pulled_and_verified(tiny: Path, here: Path, hub: LoopbackHub) -> None:
    made = _called("publish", str(tiny), "--yes", "--tag", "v1")
    found = hub.find("models", "owner/tiny")
    assert found
    commit = found.refs["main"]
    assert made.output.startswith(f"published {hub.url}/owner/tiny/commit/{commit} @ {commit[:12]}")
    assert "tagged v1; 5 files are the same byte for byte" in made.output
    assert _called("publish", str(tiny), "--yes").output.startswith("nothing changed: ")

    pulled = _called("pull", "owner/tiny@v1", "--out", "back", "--data", ".", "--retrain")
    assert pulled.exit_code == 0, pulled.output
    assert pulled.output.startswith(f"owner/tiny @ {commit[:12]} is in back\nmeasured again: all ")
    assert "tokenizer.json is the same byte for byte" in pulled.output
    assert "measured on the documents held out by tiny" in _called("bench", "back").output
    assert _called("report", "back/comparison.json", "--out", "page.html").exit_code == 0

    checked = _called("verify", "owner/tiny", "--on", "corpus.txt")
    assert checked.exit_code == 0, checked.output
    assert f"the card of owner/tiny at {commit[:12]}" in checked.output
    assert _called("verify", "owner/tiny").exit_code == 2
    (here / "corpus.txt").write_text("other text\n" * 99)
    with pytest.raises(TokbenchError):
        _called("verify", "owner/tiny", "--on", "corpus.txt")
    again = _called("pull", "owner/tiny", "--out", "back", "--data", ".")
    assert "not measured again: tiny: its corpus (corpus.txt) changed" in again.output


def test_the_whole_way_in_real_processes(tiny: Path, tmp_path: Path, hub: LoopbackHub) -> None:
    """Nothing is patched: the token, its absence, and what a stranger loads by name."""
    environment = {**os.environ, **hub.environment(tmp_path / "hf"), "HF_TOKEN": TOKEN}

    def call(*command: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            env={**environment, "HF_TOKEN": token, "HF_DEBUG": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    made = call("-m", "tokbench", "publish", str(tiny), "--yes")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"published {hub.url}/owner/tiny/commit/")
    loaded = call("-c", LOADED, token="")
    tokenizer = Tokenizer.from_file(str(tiny / "tokenizer" / "tokenizer.json"))
    assert json.loads(loaded.stdout) == tokenizer.encode("low lower, she sells").ids
    refused = call("-m", "tokbench", "publish", str(tiny), "--yes", token="hf_NobodyKnowsThis")
    assert refused.returncode == 1
    assert "the Hub does not accept your token" in refused.stderr
    for one in (made, refused):
        for secret in (TOKEN, "hf_NobodyKnowsThis"):
            assert secret not in one.stdout + one.stderr
