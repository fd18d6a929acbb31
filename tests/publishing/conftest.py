"""A small run to publish, and a Hub on this machine that this process takes for the only one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from few_lines import LINES
from loopback_hub import LoopbackHub, running_hub

from tokbench import workbench

TOKEN = "hf_ThisIsTheTokenOfTheOwner"  # noqa: S105 - of a Hub that only tests know
RECIPE = """\
name: tiny
description: For tests
corpus:
  held_out: 0.1
  sources: [{type: files, paths: [corpus.txt], license: own}]
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 300}
special_tokens: {eos: "</s>"}
decoder: auto
wrap: {model_max_length: 128}
publish: {repo: owner/tiny, license: mit}
"""


def _call(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    return function(*arguments)


def _in_process(patch: pytest.MonkeyPatch) -> None:
    """One import of transformers for all tests; tests of the command use real processes."""
    for module in ("wrapping.folder", "wrapping.proof", "rules.saved", "publishing.proving"):
        patch.setattr(f"tokbench.{module}.run_in_child", _call)


@pytest.fixture(scope="session")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    text = "".join(f"{line} {number % 37}\n" for number in range(20) for line in LINES)
    (folder / "corpus.txt").write_text(text, "utf-8")
    (folder / "tiny.yaml").write_text(RECIPE, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        _in_process(patch)
        workbench.run("tiny.yaml")
    return folder


@pytest.fixture
def here(_made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to work in: corpus.txt, tiny.yaml, and the run."""
    folder = tmp_path / "work"
    shutil.copytree(_made_once, folder)
    monkeypatch.chdir(folder)
    _in_process(monkeypatch)
    return folder


@pytest.fixture
def tiny(here: Path) -> Path:
    """The run folder."""
    (made,) = here.glob("runs/tiny/*/run.json")
    return made.parent


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """The real client of this process asks it, as the owner, and never waits."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with running_hub() as hub:
        hub.users |= {TOKEN: "owner", "hf_TheTokenOfSomebodyElse": "somebody"}
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        settings = {
            "ENDPOINT": hub.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": template,
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
            "HF_TOKEN_PATH": str(tmp_path / "no-token"),
        }
        for name, value in settings.items():
            monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
        monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", hub.url)
        yield hub
