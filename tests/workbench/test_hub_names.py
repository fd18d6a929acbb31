"""A Hub name is read by the real client, from a server on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_hub import LoopbackHub, running_hub
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench.errors import SubjectError
from tokbench.workbench.find import find


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "low": 1}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    with running_hub() as hub:
        hub.model("someone/tiny", {"tokenizer.json": tokenizer.to_str().encode()})
        yield hub


def _tokbench(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tokbench", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_hub_name_is_a_tokenizer(hub: LoopbackHub, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("low low lower\n")
    client = hub.environment(tmp_path / "hf")
    options = ("--on", "t.txt", "--metric", "tokens")
    found = _tokbench(tmp_path, "bench", "someone/tiny", *options, **client)
    assert found.returncode == 0, found.stderr
    assert "someone/tiny" in found.stdout
    missing = _tokbench(tmp_path, "bench", "someone/else", *options, **client)
    assert missing.returncode == 1
    assert missing.stderr.startswith("someone/else: is neither a file, a folder nor a run here")
    assert len(missing.stderr.splitlines()) == 1


def test_a_hub_name_is_checked(hub: LoopbackHub, tmp_path: Path) -> None:
    client = hub.environment(tmp_path / "hf")
    found = _tokbench(tmp_path, "check", "someone/tiny", "--no-text", **client)
    assert "in 1 tokenizer" in found.stdout, found.stderr


def test_a_tiktoken_name_that_cannot_be_had_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("tiktoken")
    away = {"HTTPS_PROXY": "http://127.0.0.1:9", "TIKTOKEN_CACHE_DIR": str(tmp_path / "none")}
    made = _tokbench(tmp_path, "check", "tiktoken:gpt2", "--no-text", **away)
    assert made.returncode == 1
    assert made.stderr.startswith("tiktoken:gpt2: tiktoken has no copy of its file and cannot")
    assert len(made.stderr.splitlines()) == 1


def test_what_a_folder_here_lacks_is_not_asked_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys.modules[find.__module__], "from_hub", asked.append)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toks").mkdir()
    with pytest.raises(SubjectError, match=r"^toks/none: the folder toks .* write toks/none@main$"):
        find("toks/none")
    assert not asked
    find("toks/none@main")
    find("someone/none")
    assert asked == ["toks/none@main", "someone/none"]
