"""Counting in this process, in shards, and on a Ray cluster of two workers: the same, at what cost.

    python benchmarks/on_ray.py [FILE ...] [--kills 20] [--copies 1 2 4] [--memory 200MB]

The text is all of the team's shared data, or the files named, a source each. Each row is a process
of its own with an empty cache; the driver's memory is its own peak, a worker's that of the largest.
With `--kills` as many counts follow on one cluster, in each of which a worker at work is killed at
a moment by chance. `--copies` counts the text once, twice and so on, the files repeated under other
names. All counts are compared with those of this process, chunk by chunk.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
from processes import measured, peak_memory
from texts import SHARED

PIPELINE = """pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 32000, min_frequency: 2}
wrap: {model_max_length: 1024}
"""
SHARDS = 16
KILLS = 2
"""Workers that are killed in each count."""


def write_recipe(path: Path, files: list[Path]) -> Path:
    """A byte-level recipe with a source for each file."""
    sources = "".join(f"    - {{type: files, paths: [{file.absolute()}]}}\n" for file in files)
    path.write_text(f"name: {path.stem}\ncorpus:\n  held_out: 0\n  sources:\n{sources}{PIPELINE}")
    return path


def counts_in(cache: Path) -> dict[str, Any]:
    """Of each file of counts what it holds, in the order of the text."""
    from tokbench.counting import keep
    from tokbench.values import ChunkCounts

    found = {}
    for path in sorted((cache / "counts").glob("chunks-*")):
        value = keep.load(path, ChunkCounts)
        assert value is not None
        table = pa.table({"text": value.chunks, "count": pa.array(value.counts)}).sort_by("text")
        facts = value.documents, value.bytes, value.characters, value.fingerprint
        found[path.name] = (table, facts)
    return found


def one(engine: str, recipe: str, cache: str, memory: str) -> None:
    """The measured process: count a recipe into a cache."""
    from tokbench.memory import parsed
    from tokbench.recipe import load
    from tokbench.workbench import counts, merging

    os.environ["TOKBENCH_CACHE"] = cache
    loaded, room = load(recipe), parsed(memory) if memory else None
    with Workers() as workers:
        if engine == "shards":
            parts, began = Path(cache) / "parts", time.perf_counter()
            for number in range(1, SHARDS + 1):
                counts.count_shard(loaded, number, SHARDS, parts, memory=room)
            made = merging.merge_counts([parts], memory=room)
            seconds = time.perf_counter() - began
        else:
            made = counts.count(loaded, engine=engine, memory=room)  # type: ignore[arg-type]
            seconds = made.seconds
    told = {
        "seconds": seconds,
        "peak": peak_memory(),
        "worker": workers.peak,
        "spent": workers.spent,
    }
    print(json.dumps({**told, "moved": made.moved / 1e6, "bytes": made.bytes / 1e6}))


def killed(recipe: str, wanted: str, kills: str, memory: str) -> None:
    """The measured process: count again and again on one cluster and kill workers meanwhile."""
    from tokbench.counting.shards import on_ray
    from tokbench.memory import parsed
    from tokbench.recipe import load
    from tokbench.workbench import counts

    loaded, room = load(recipe), parsed(memory) if memory else None
    expected, chance = counts_in(Path(wanted)), random.Random(12)  # noqa: S311 - as it comes
    same = deaths = 0
    spent = 0.0
    with on_ray.cluster(None), tempfile.TemporaryDirectory() as folder:
        for number in range(-(-int(kills) // KILLS) + 1):
            os.environ["TOKBENCH_CACHE"] = f"{folder}/{number}"
            killers = [Killer(chance.uniform(0, spent)) for _ in range(KILLS)] if number else []
            began = time.perf_counter()
            counts.count(loaded, engine="ray", memory=room)
            taken = time.perf_counter() - began
            spent = spent or 0.8 * taken  # the rest is keeping, without workers
            equal = same_counts(expected, counts_in(Path(folder) / str(number)))
            if killers:
                died = [killer.ended() for killer in killers]
                same, deaths = same + equal, deaths + sum(map(bool, died))
                what = " and ".join(filter(None, died)) or "nobody"
                told = f"{number:3}: {what}, {taken:.0f} s, {'same' if equal else 'OTHER COUNTS'}"
                print(told, file=sys.stderr, flush=True)
            shutil.rmtree(f"{folder}/{number}")
    print(json.dumps({"same": same, "counts": number, "deaths": deaths}))


def same_counts(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether all files are there and hold the same."""
    return first.keys() == second.keys() and all(
        first[name][0].equals(second[name][0]) and first[name][1] == second[name][1]
        for name in first
    )


def descendants() -> Iterator[tuple[int, str]]:
    """The processes that this one has started, and theirs, each with its title."""
    parents, titles = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "stat").read_text()
            titles[int(path.name)] = (path / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        parents[int(path.name)] = int(status.rpartition(")")[2].split()[1])
    for process, title in titles.items():
        above = process
        while above in parents and above != os.getpid():
            above = parents[above]
        if above == os.getpid() != process:
            yield process, title


class Workers(threading.Thread):
    """Looks what the processes take that this one has started, while the block runs.

    Attributes:
        peak: megabytes of the largest worker.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._spent: dict[int, int] = {}
        self._ends = threading.Event()

    def __enter__(self) -> Self:
        """Begin to look."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ends.set()
        self.join()

    @property
    def spent(self) -> float:
        """Seconds of processor time, of this process too."""
        return time.process_time() + sum(self._spent.values()) / os.sysconf("SC_CLK_TCK")

    def run(self) -> None:
        """Look ten times a second."""
        while not self._ends.wait(0.1):
            for process, title in descendants():
                try:
                    status = Path(f"/proc/{process}/status").read_text()
                    times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                self._spent[process] = int(times[11]) + int(times[12])
                if title.startswith("ray::") and "VmHWM:" in status:
                    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
                    self.peak = max(self.peak, peak)


class Killer(threading.Thread):
    """Kills a worker that is at work, so many seconds after the first one began."""

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self._seconds = seconds
        self._what = ""
        self._over = False
        self.start()

    def run(self) -> None:
        """Wait for work, wait, kill."""
        self._wait_for_one()
        time.sleep(self._seconds)
        if found := self._wait_for_one():
            process, title = random.choice(found)  # noqa: S311 - as it comes
            os.kill(process, signal.SIGKILL)
            self._what = f"{title.split(chr(0))[0]} killed after {self._seconds:.1f} s"

    def _wait_for_one(self) -> list[tuple[int, str]]:
        at_work = ("ray::_count_shard", "ray::_add_up")
        while not self._over:
            if found := [each for each in descendants() if each[1].startswith(at_work)]:
                return found
            time.sleep(0.01)
        return []

    def ended(self) -> str:
        """What was killed, now that the count is over."""
        self._over = True
        self.join()
        return self._what


def main() -> None:
    """Print a row for each way to count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--copies", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--memory", default="200MB")
    parser.add_argument("--worker", nargs=5)
    told = parser.parse_args()
    if told.worker:
        function, *arguments = told.worker
        {"one": one, "killed": killed}[function](*arguments)
        return
    files = told.files or sorted(path for path in SHARED.iterdir() if path.is_file())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = write_recipe(folder / "text.yaml", files)
        rows(recipe, folder, told.memory)
        if told.kills:
            done = measured(__file__, "killed", recipe, folder / "local", told.kills, told.memory)
            found = f"{done['deaths']} workers killed in {done['counts']} counts"
            print(f"{found} with --memory {told.memory}: {done['same']} the same", flush=True)
        print("\n     MB of text | driver MB, local |  ray")
        for copies in told.copies:
            repeated = write_recipe(folder / "repeated.yaml", list(copied(files, copies, folder)))
            found = []
            for engine in ("local", "ray"):
                with tempfile.TemporaryDirectory() as cache:
                    found.append(measured(__file__, "one", engine, repeated, cache, ""))
            print(
                f"{found[0]['bytes']:15.0f} | {found[0]['peak']:16} | {found[1]['peak']:4}",
                flush=True,
            )


def rows(recipe: Path, folder: Path, memory: str) -> None:
    """The engines, side by side."""
    row = "{:6} {:>8} | {:>7} {:>5} {:>6} | {:>8} | {:>9} {:>9} | {}"
    print(
        row.format(
            "engine", "--memory", "s", "ratio", "cpu s", "moved MB", "driver MB", "worker MB", ""
        )
    )
    expected: dict[str, Any] = {}
    seconds = 0.0
    for engine, bound in (
        ("local", ""),
        ("shards", ""),
        ("ray", ""),
        ("shards", memory),
        ("ray", memory),
    ):
        cache = folder / (f"{engine}-{bound}" if bound else engine)
        found = measured(__file__, "one", engine, recipe, cache, bound)
        counts = counts_in(cache)
        expected, seconds = expected or counts, seconds or found["seconds"]
        same = "same counts" if same_counts(expected, counts) else "OTHER COUNTS"
        times = (
            f"{found['seconds']:.1f}",
            f"{found['seconds'] / seconds:.2f}",
            f"{found['spent']:.1f}",
        )
        memory_ = found["peak"], found["worker"] or "-"
        print(
            row.format(engine, bound or "-", *times, f"{found['moved']:.1f}", *memory_, same),
            flush=True,
        )


def copied(files: list[Path], copies: int, folder: Path) -> Iterator[Path]:
    """The files as often as that, each time under other names."""
    for number in range(copies):
        for file in files:
            path = folder / f"{number}-{file.name}"
            if not path.exists():
                shutil.copy(file, path)
            yield path


if __name__ == "__main__":
    main()
