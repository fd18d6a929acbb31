"""A child process answers, fails in words, dies with its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tokbench.child import ChildError, run_in_child
from tokbench.errors import CorpusError

sys.path.insert(0, str(Path(__file__).parent))


def double(number: int) -> int:
    return 2 * number


def count(number: int, send: Callable[[Any], None]) -> int:
    for one in range(number):
        send(one)
    return number


def fail(kind: str) -> None:
    if kind == "user":
        raise CorpusError("the corpus is empty")
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError("a fault of ours")


def sleep(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def test_results_and_messages_come_back() -> None:
    assert run_in_child(double, 21) == 42
    seen: list[int] = []
    assert run_in_child(count, 3, watch=seen.append) == 3
    assert seen == [0, 1, 2]


def importable(name: str) -> bool:
    return find_spec(name) is not None


def test_a_child_without_a_package() -> None:
    assert run_in_child(importable, "wave")
    assert not run_in_child(importable, "wave", without=("wave",))


def test_a_users_error_is_raised_here() -> None:
    with pytest.raises(CorpusError, match="the corpus is empty"):
        run_in_child(fail, "user")


def test_a_death_is_told_with_the_last_words() -> None:
    with pytest.raises(ChildError, match="ended with -9"):
        run_in_child(fail, "killed")
    with pytest.raises(ChildError, match="a fault of ours"):
        run_in_child(fail, "ours")


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_child import sleep; from tokbench.child import run_in_child\n"
        f"run_in_child(sleep, {str(note)!r})"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    child = _until(lambda: note.read_text() if note.exists() else "")
    parent.kill()
    parent.wait()
    _until(lambda: not _alive(int(child)))


def test_an_interrupted_parent_kills_the_child(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    class Stop(Exception):  # noqa: N818 - stands for Ctrl-C
        pass

    def stop(_: int, __: object) -> None:
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(Stop):
            run_in_child(sleep, str(note))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not note.exists() or not _alive(int(note.read_text()))


def _until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in ten seconds")


def _alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", maxsplit=1)[1].split()[0] != "Z"
