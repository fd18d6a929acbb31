"""A small run to publish, and a Hub on this machine that this process takes for the only one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from few_lines import LINES
from loopback_hub import LoopbackHub, running_hub
from small_run import RECIPE, TOKEN

from tokbench import workbench
from tokbench.publishing.bundle import Bundle
from tokbench.publishing.proving import prove
from tokbench.workbench.publishing import Collected, collect


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


def _collected(made: Path, **options: bool) -> Collected:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_TOKEN", TOKEN)
        patch.chdir(made)
        _in_process(patch)
        return collect("runs/tiny", **options)


@pytest.fixture(scope="session")
def collected(_made_once: Path) -> Collected:
    """What the run publishes."""
    return _collected(_made_once)


@pytest.fixture(scope="session")
def with_report(_made_once: Path) -> Collected:
    """The same with the page."""
    return _collected(_made_once, report=True)


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
    _in_process(monkeypatch)
    with running_hub() as hub:
        hub.users |= {TOKEN: "owner", "hf_TheTokenOfSomebodyElse": "somebody"}
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        settings = {
            "ENDPOINT": hub.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": template,
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
            "HF_TOKEN_PATH": str(tmp_path / "no-token"),
            "HF_HUB_CACHE": str(tmp_path / "hf"),
        }
        for name, value in settings.items():
            monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
        monkeypatch.setattr("transformers.utils.hub._hf_api", None)  # it keeps one
        yield hub


@pytest.fixture
def without_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies on the Hub is downloaded and compared, not loaded; others do that."""
    monkeypatch.setattr("tokbench.workbench.publishing.prove", _prove)


def _prove(repo: str, revision: str, commit: str, bundle: Bundle, _: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tokbench.publishing.proving._ids", lambda *_: [])
        prove(repo, revision, commit, bundle, ())
