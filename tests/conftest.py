"""What all tests share: no network, a cache of their own, a small corpus, the shared real data."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tokbench.store import cache_dir

settings.register_profile("tokbench", deadline=None)  # machines are busy; time is no property
settings.load_profile("tokbench")
# A shell starts background jobs with Ctrl-C ignored; tests about it need it noticed.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ.setdefault("COLUMNS", "80")

SHARED = Path(__file__).parents[2] / "shared" / "data"

LINES = [
    "low lower lowest newer wider",
    "The quick brown fox jumps over the lazy dog.",
    "안녕하세요 세계, 토크나이저를 만듭니다.",
    "naïve café déjà vu; it's 12,345.67 euros!",
    "def f(x):\treturn x + 1  # comment",
    "日本語 と 中文 と emoji 👩‍👩‍👧",
    "She sells sea shells by the sea shore; the shells she sells are sea shells.",
]


@pytest.fixture(scope="session")
def python_docs() -> Path:
    """Python's own documentation is gathered once, where users keep it too: it takes seconds."""
    folder = cache_dir() / "python_docs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def own_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, python_docs: Path
) -> None:
    """No test finds what another one counted or learned."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "python_docs").symlink_to(python_docs)
    monkeypatch.setenv("TOKBENCH_CACHE", str(folder))


@pytest.fixture
def shared() -> Path:
    """The team's real data, which users do not have."""
    if not SHARED.is_dir():
        pytest.skip("the team's shared data is not beside this checkout")
    return SHARED


@pytest.fixture
def corpus_file(tmp_path: Path) -> Path:
    """Some hundred short lines in several scripts."""
    path = tmp_path / "corpus.txt"
    text = "".join(f"{line} {number % 37}\n" for number in range(40) for line in LINES)
    path.write_bytes(text.encode())
    return path


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrap and prove in this process: transformers is imported once, not twice a run.

    For tests that are about something else; tests/wrapping and tests/cli use real processes.
    """

    def call(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr("tokbench.wrapping.folder.run_in_child", call)
    monkeypatch.setattr("tokbench.wrapping.proof.run_in_child", call)


@pytest.fixture
def write_recipe(tmp_path: Path, corpus_file: Path) -> Callable[..., Path]:
    """Writes a recipe over the small corpus; `body` is what follows name and corpus."""

    def write(body: str, *, name: str = "tiny", held_out: float = 0.1) -> Path:
        path = tmp_path / f"{name}.yaml"
        head = (
            f"name: {name}\n"
            f"corpus:\n  held_out: {held_out}\n"
            f"  sources: [{{type: files, paths: [{corpus_file.name}]}}]\n"
        )
        path.write_text(head + body, "utf-8")
        return path

    return write
