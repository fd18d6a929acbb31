"""Killed, damaged, twice at once: a rerun ends with what an undisturbed run gives."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tokbench import store
from tokbench.chunks import classes
from tokbench.counting import keep
from tokbench.counting.checkpoints import Checkpoints
from tokbench.values import ChunkCounts, Proof, WordCounts
from tokbench.workbench import train, vocabularies

KILLS = int(os.environ.get("TOKBENCH_KILLS", "4"))
"""Of whole processes at moments of chance; `TOKBENCH_KILLS=20` takes half a minute."""
WORDS = 400_000
RECIPE = """
name: {name}
corpus: {{held_out: 0.01, sources: [{{type: files, paths: [corpus.txt]}}]}}
pre_tokenizer: {{type: ByteLevel, add_prefix_space: false}}
model: BPE
trainer: {{vocab_size: {size}, min_frequency: 2}}
wrap: {{model_max_length: 512}}
special_tokens: {{eos: <e>}}
benchmark: {{metrics: [tokens, bytes_per_token]}}
"""
LARGE = 8192
KINDS = {"chunks": ChunkCounts, "words": WordCounts}


def text() -> str:
    """Three and a half megabytes of words that no language has, a few of them common."""
    chance = random.Random(3)
    syllables = [one + two for one in "bcdfghklmnprstvwz" for two in "aeiouéы"]
    known = ["".join(chance.choices(syllables, k=chance.randint(1, 6))) for _ in range(60_000)]
    often = [1 / rank for rank in range(1, len(known) + 1)]
    words = chance.choices(known, often, k=WORDS)
    return "".join(" ".join(words[first : first + 12]) + "\n" for first in range(0, WORDS, 12))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and two recipes, of which `large` takes a moment to train."""
    made = tmp_path_factory.mktemp("interrupted")
    (made / "corpus.txt").write_text(text(), "utf-8")
    for name, size in (("large", LARGE), ("small", 2048)):
        (made / f"{name}.yaml").write_text(RECIPE.format(name=name, size=size), "utf-8")
    return made


def start(folder: Path, cache: Path, *arguments: object, code: str = "") -> subprocess.Popen[str]:
    program = ["-c", code] if code else ["-m", "tokbench"]
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "TOKBENCH_CACHE": str(cache)},
    )


class Here:
    """Training here with a cache of one's own, and the tokenizer.json that it gives."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._monkeypatch = folder, monkeypatch

    def __call__(self, place: Path, *, force: bool = False, name: str = "large") -> bytes:
        self._monkeypatch.setenv("TOKBENCH_CACHE", str(place / "cache"))
        train(self._folder / f"{name}.yaml", place / "out", runs=place / "runs", force=force)
        return (place / "out/tokenizer.json").read_bytes()


@pytest.fixture
def here(folder: Path, in_process: None, monkeypatch: pytest.MonkeyPatch) -> Here:  # noqa: ARG001
    # The same bytes need no proof twenty times over; tests/wrapping is about it.
    monkeypatch.setattr("tokbench.wrapping.proof.prove", lambda *_: Proof(1, 1, 1))
    return Here(folder, monkeypatch)


def stage(place: Path) -> str:
    """How far the process has come that trains into this place."""
    counts = [one.name.split("-")[0] for one in place.glob("cache/counts/[!.]*")]
    if any(place.glob(".out.*")) or (place / "out").exists():
        return "wrapping"
    return "merging" if "words" in counts else "counting"


@dataclass
class Kills:
    """Starts trainings in places of their own and kills them."""

    folder: Path
    classes: Path

    def kill(self, place: Path, after: str, delay: float) -> tuple[str, float]:
        """Kill `delay` seconds after a stage began; at what stage, and seconds from the start."""
        (place / "cache").mkdir(parents=True)
        shutil.copy(self.classes, place / "cache")
        arguments = ("train", "large.yaml", "--out", place / "out")
        started = time.monotonic()
        with start(self.folder, place / "cache", *arguments) as process:
            begin = None
            while process.poll() is None:
                now = time.monotonic()
                begin = begin or (now if stage(place) == after else None)
                if begin and now - begin >= delay:
                    break
                time.sleep(0.002)
            process.kill()
        assert process.returncode in (-signal.SIGKILL, 0)
        return stage(place), time.monotonic() - started


def test_killed_at_any_moment(folder: Path, here: Here, tmp_path: Path) -> None:
    classes.load.cache_clear()  # so that it is kept, and killed processes find it
    undisturbed = here(tmp_path / "whole")
    names = sorted(one.name for one in tmp_path.glob("whole/cache/counts/*"))
    assert [name.split("-")[0] for name in names] == ["chunks", "words"]
    kills = Kills(folder, next(tmp_path.glob("whole/cache/classes-*")))
    before, counted = kills.kill(tmp_path / "counted", "merging", 0)
    behind, trained = kills.kill(tmp_path / "trained", "wrapping", 0)
    chance = random.Random(0)

    def killed(number: int) -> str:
        share = (number // 2 + chance.random()) / (KILLS / 2)
        place = tmp_path / str(number)
        if number % 2:  # from the last imports to the end of counting, or thereabouts
            return kills.kill(place, "counting", (0.4 + 0.6 * share) * counted)[0]
        return kills.kill(place, "merging", share * max(0.1, trained - counted))[0]

    with ThreadPoolExecutor(2) as pool:
        stages = list(pool.map(killed, range(KILLS)))
    assert set(stages) != {"wrapping"}
    seen = {"counted": before, "trained": behind, **dict(enumerate(stages))}
    for name, stage_then in seen.items():
        place = tmp_path / str(name)
        assert here(place) == undisturbed, stage_then
        assert sorted(one.name for one in place.iterdir()) == ["cache", "out"]
        assert sorted(one.name for one in place.glob("cache/counts/*")) == names


MIXED = """
name: mixed
corpus:
  mix: {max_repeats: 2.5}
  steps: [drop_empty]
  sources:
    - {type: files, paths: ["a*.txt.gz"], weight: 3, groups: {language: none}}
    - {type: files, paths: ["b*.jsonl.gz"], weight: 1, held_out: 0, steps: [drop_empty]}
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 1024, min_frequency: 2}
wrap: {model_max_length: 512}
special_tokens: {eos: <e>}
"""
OFTEN = """
import time
from tokbench.cli import main
from tokbench.corpus import documents
from tokbench.counting import checkpoints
documents.gather.__defaults__ = (1 << 17,)
checkpoints.EVERY, checkpoints.COST = 0.01, 1e9
save = checkpoints.Checkpoints.save
def saved(*arguments):
    save(*arguments)
    time.sleep(0.03)  # so that there is a moment to be killed in
checkpoints.Checkpoints.save = saved
main()
"""


def test_a_mix_that_is_killed_while_it_is_counted_goes_on(
    here: Here, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = text().splitlines()[::3]
    for number in range(3):
        some = [*lines[number::3], "", " "]
        (folder / f"a{number}.txt.gz").write_bytes(gzip.compress("\n".join(some).encode()))
        rows = "".join(json.dumps({"text": line[:30]}) + "\n" for line in some)
        (folder / f"b{number}.jsonl.gz").write_bytes(gzip.compress(rows.encode()))
    (folder / "mixed.yaml").write_text(MIXED, "utf-8")
    undisturbed = here(tmp_path / "whole", name="mixed")
    facts = store.read_json(tmp_path / "whole/out/tokbench.json")["corpus"]
    chance = random.Random(2)
    went_on: list[object] = []
    restore = Checkpoints.restore
    monkeypatch.setattr(
        Checkpoints, "restore", lambda *told: (went_on.append(restore(*told)), went_on[-1])[1]
    )

    def killed(number: int) -> Path:
        place = tmp_path / str(number)
        arguments = ("train", "mixed.yaml", "--out", place / "out")
        with start(folder, place / "cache", *arguments, code=OFTEN) as process:
            while process.poll() is None and not any(place.glob("cache/counts/*/at.json")):
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.5))
            process.kill()
        return place

    with ThreadPoolExecutor(2) as pool:
        places = list(pool.map(killed, range(KILLS)))
    for place in places:
        assert here(place, name="mixed") == undisturbed
        assert store.read_json(place / "out/tokbench.json")["corpus"] == facts
        assert not list(place.glob("cache/counts/unfinished*"))
    assert any(went_on)


def counts_in(place: Path) -> dict[str, Path]:
    return {one.name.split("-")[0]: one for one in place.glob("cache/counts/*.arrow")}


def damaged(data: bytes, chance: random.Random, number: int) -> list[bytes]:
    """The data cut short, and with one bit turned over, at places all over it."""
    places = [0, 1, len(data) // 2, len(data) - 1]
    places += [chance.randrange(len(data)) for _ in range(number)]
    return [
        one
        for place in places
        for one in (
            data[:place],
            data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :],
        )
    ]


def test_damaged_counts_are_noticed_and_rebuilt(here: Here, tmp_path: Path) -> None:
    undisturbed = here(tmp_path)
    chance = random.Random(1)
    for name, path in counts_in(tmp_path).items():
        whole = path.read_bytes()
        for data in damaged(whole, chance, 60):
            path.write_bytes(data)
            assert keep.load(path, KINDS[name]) is None
    # Both are damaged now: they are counted again, and kept again.
    for data in damaged(whole, chance, 1)[-2:]:
        for path in counts_in(tmp_path).values():
            path.write_bytes(data)
        shutil.rmtree(tmp_path / "cache/vocabularies")
        assert here(tmp_path) == undisturbed
        for name, path in counts_in(tmp_path).items():
            assert keep.load(path, KINDS[name]) is not None


def test_a_damaged_vocabulary_is_learned_again(here: Here, tmp_path: Path) -> None:
    undisturbed = here(tmp_path)
    (path,) = (tmp_path / "cache/vocabularies").iterdir()
    family = path.stem.removeprefix("vocabulary-")
    whole, learned = path.read_bytes(), vocabularies.find(family, LARGE)
    assert learned is not None
    for data in damaged(whole, random.Random(2), 100):
        path.write_bytes(data)
        assert vocabularies.find(family, LARGE) in (None, learned)  # white space may change
    path.write_bytes(whole.replace(b'"documents": ', b'"documents": 1'))
    assert here(tmp_path) == undisturbed
    assert path.read_bytes() == whole


def test_three_at_once_on_a_damaged_cache(folder: Path, here: Here, tmp_path: Path) -> None:
    classes.load.cache_clear()
    undisturbed = here(tmp_path / "alone")
    shutil.copytree(tmp_path / "alone/cache", tmp_path / "cache")
    caches = list(tmp_path.glob("cache/**/*.*"))
    assert len(caches) == 5
    for path in caches:
        path.write_bytes(damaged(path.read_bytes(), random.Random(4), 1)[-1])
    both = ("large", "large", "small")
    arguments = ("--runs", tmp_path / "runs", "--json", "-")
    running = [start(folder, tmp_path / "cache", "run", f"{one}.yaml", *arguments) for one in both]
    answers = [one.communicate() for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], answers
    assert [said for _, said in answers] == ["", "", ""]
    first, second, _ = (json.loads(out)["runs"][0] for out, _ in answers)
    assert first.pop("done_before") + second.pop("done_before") == ["train", "wrap", "measure"]
    assert first == second
    assert Path(first["tokenizer"], "tokenizer.json").read_bytes() == undisturbed
    for name, path in counts_in(tmp_path).items():
        assert keep.load(path, KINDS[name]) is not None
    left = [path.name for path in tmp_path.rglob(".*")]
    assert sorted(name.endswith(".lock") for name in left) == [True, True]
    assert sorted(one.name.split("-")[0] for one in tmp_path.glob("cache/counts/*")) == [
        "chunks",
        "words",
    ]
