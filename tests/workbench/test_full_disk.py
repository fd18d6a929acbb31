"""A full disk: one sentence, exit 1, nothing left behind, nothing lost."""

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tokbench import cli

BODY = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: 320, min_frequency: 2}\nspecial_tokens: {eos: <e>}\n"
    "wrap: {model_max_length: 512}\n"
    "benchmark: {metrics: [tokens, roundtrip]}\n"
)
FULL = ": cannot be written: No space left on device; nothing was left behind\n"
LIMITED = (
    "import resource, sys; from tokbench.cli import main\n"
    "size = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
    "main()"
)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Run a command in this process: its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "cache"))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tokbench", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(str(left.value.code)), said.out, said.err

    return call


@pytest.fixture
def full_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the disk be full when a file is written for the nth time from now."""
    sync = os.fsync

    def at(number: int) -> None:
        left = iter(range(number - 1, -1, -1))

        def fsync(descriptor: int) -> None:
            if next(left, None) == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return at


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("fresh", [True, False])
def test_at_every_write_in_turn(
    write_recipe: Callable[..., Path],
    tmp_path: Path,
    command: Command,
    full_at: Callable[[int], None],
    fresh: bool,
) -> None:
    write_recipe(BODY)
    ours = ("run", "tiny.yaml", "--json", "result.json", "--force")
    assert command(*ours)[0] == 0
    whole = files(tmp_path)
    told = []
    for number in range(1, 20):
        if fresh:
            (tmp_path / "result.json").unlink(missing_ok=True)
            for one in ("cache", "runs"):
                shutil.rmtree(tmp_path / one, ignore_errors=True)
        full_at(number)
        code, _, said = command(*ours)
        if code == 0:
            break
        assert said.count("\n") == 1
        assert said.endswith(FULL)
        told.append(Path(said.removesuffix(FULL)).name)
        left = files(tmp_path)
        assert left.items() <= whole.items() if fresh else left == whole
    assert files(tmp_path) == whole
    assert [name.split("-")[0] for name in told] == [
        *(["ledger", "chunks", "words"] if fresh else []),
        "vocabulary",
        "tokenizer.json",
        "tokenizer_config.json",
        "tokbench.json",
        "run.json",
        "encoded",
        "documents",
        "lines",
        "comparison.json",
        "result.json",
    ]


def within(size: int, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that can write files of this many bytes, as can its children."""
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(size), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "TOKBENCH_CACHE": str(cwd / "cache")},
    )


def test_in_processes_of_their_own(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    write_recipe(BODY)
    ours = ("train", "tiny.yaml", "--out", "out")
    before = files(tmp_path)
    ran = within(1000, *ours, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    name = r"chunks-words-\w+\.arrow: cannot be written: File too large; nothing was left behind\n"
    assert re.fullmatch(f".*/{name}", ran.stderr)
    left = files(tmp_path)
    (ledger,) = left.keys() - before.keys()  # what was written before, whole and of use
    assert ledger.startswith("cache/ledgers/")
    assert {**before, ledger: left[ledger]} == left
    within(1 << 30, *ours, "--set", "wrap.model_max_length=77", cwd=tmp_path)
    before = files(tmp_path)
    size = (tmp_path / "out/tokenizer.json").stat().st_size
    ran = within(size // 2, *ours, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "out: the tokenizer cannot be saved: File too large (os error 27)\n"
    assert files(tmp_path) == before


def test_a_full_device(tmp_path: Path, write_recipe: Callable[..., Path]) -> None:
    name = write_recipe(BODY).name
    for arguments in (("list", "templates"), ("show", name, "--json", "-")):
        with Path("/dev/full").open("w") as full:
            ran = subprocess.run(
                [sys.executable, "-m", "tokbench", *arguments],
                cwd=tmp_path,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert (ran.returncode, ran.stderr) == (1, "No space left on device\n")
