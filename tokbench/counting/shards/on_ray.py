"""The same map and reduce as Ray tasks: the only module that imports Ray.

Between the two lie files in a folder that all machines see, a part for each shard, under names that
say what they are; a file is there whole or not at all. So a task that is done twice does no harm, a
lost worker costs its task, a killed driver goes on where it was, and nobody holds more than a task:
the driver holds numbers of shards.
"""

import logging
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.counting.shards import part
from tokbench.counting.shards.counting import Shard
from tokbench.counting.shards.joining import reduce
from tokbench.counting.shards.part import Job
from tokbench.counting.spilling import Bounds
from tokbench.errors import CountsError, TokbenchError, sentence
from tokbench.memory import LEAST, available, cores, room
from tokbench.values import Divisible, Progress, Watch

RETRIES = 8
"""How often Ray starts a task again whose worker was lost."""
AGAIN = 2
"""How often a task is handed to Ray again that it gave up."""
AT_ONCE = 3
"""Tasks that are handed out at a time for each core of the cluster."""
STARTS = 3
"""How often a cluster of this machine is started: it gives up after half a minute, if busy."""
_STORE = 80 << 20
"""Bytes of Ray's object store on this machine: nothing but small values goes through it."""
_PATIENCE = 10.0
"""Seconds until the head of a cluster must have answered."""
_JOB = "job.json"


@dataclass(frozen=True)
class Task:
    """What a worker needs to know, whatever it does.

    Attributes:
        folder: that all machines see.
        job: what is counted.
        partitions: into how many parts by hash.
        memory: bytes that the process may take; None: its core's share of half of what is free.
        version: of tokbench, where counting began.
    """

    folder: Path
    job: Job
    partitions: int
    memory: int | None
    version: str

    def part(self, number: int) -> Path:
        """The file of a shard."""
        return self.folder / part.name(number, self.job.of)

    def sum(self, partition: int) -> Path:
        """The file of a part by hash, added up."""
        return self.folder / f"sum-{partition:03}-of-{self.partitions:03}.parquet"


def imported() -> Any:
    """Ray.

    Raises:
        CountsError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # what users run is nobody's business
    try:
        import ray  # noqa: PLC0415 - an extra, and two seconds
    except ImportError as error:
        raise CountsError(
            "--engine ray needs the package 'ray'; pip install 'tokbench[ray]'"
        ) from error
    return ray


@contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """Ray, connected to a cluster, or to one of this machine's that ends with the block.

    Args:
        address: "auto" for the cluster that this machine belongs to, or that of its head; None: one
            is started here, unless RAY_ADDRESS names another.

    Raises:
        CountsError: Ray is not installed, or there is no cluster there.
    """
    ray: Any = imported()
    own = address is None and not os.environ.get("RAY_ADDRESS")
    joined = ray.is_initialized()
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if own:
        settings |= {"include_dashboard": False, "object_store_memory": _STORE, "num_cpus": cores()}
    where = "local" if own else address
    _refuse_unreachable(address)
    for left in range(STARTS if own else 1, 0, -1):
        try:
            if not joined:
                ray.init(address=where, **settings)
            break
        except Exception as error:  # Ray raises all kinds, and plain ones
            ray.shutdown()
            if left == 1:
                said = str(error).splitlines()[0]
                named = "this machine" if own else address or os.environ["RAY_ADDRESS"]
                raise CountsError(f"no Ray cluster at {named}: {said}") from error
    try:
        yield ray
    finally:
        if not joined:
            ray.shutdown()


def _refuse_unreachable(address: str | None) -> None:
    """Refuse a head that does not answer: Ray would wait for it for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except OSError as error:
        said = error.strerror or str(error)
        raise CountsError(f"no Ray cluster at {address}: {said}") from error


def count(
    ray: Any,
    corpus: Divisible,
    task: Task,
    watch: Watch,
) -> tuple[list[Path], list[Path]]:
    """Count all shards of a corpus and add them up.

    Returns:
        The files of all shards, and those of all parts by hash, which have no string in common.

    Raises:
        TokbenchError: as raised where a worker was at it.
        CountsError: workers were lost again and again, or do not see what they should.
    """
    store.write_json(task.folder / _JOB, {"outline": task.job.outline})
    shared = ray.put(corpus)
    total, done, documents = int(corpus.size), 0.0, 0
    every = range(1, task.job.of + 1)
    counting = _Tasks(ray, task, lambda number: f"shard {number} of {task.job.of}")
    for _, (seen, _) in counting.run(_count_shard, every, shared):
        done, documents = done + total / task.job.of, documents + seen
        watch(Progress("counting", int(done), total, "bytes", documents))
    parts, sums = [task.part(number) for number in every], range(task.partitions)
    adding = _Tasks(ray, task, lambda number: f"part {number + 1} of {task.partitions} by hash")
    for number, _ in enumerate(adding.run(_add_up, sums, [str(one) for one in parts]), 1):
        watch(Progress("adding up", number, task.partitions, "parts"))
    return parts, [task.sum(number) for number in sums]


class _Tasks:
    """Hands out tasks, a few at a time, until all are done."""

    def __init__(self, ray: Any, task: Task, named: Callable[[int], str]) -> None:
        self._ray = ray
        self._task = task
        self._named = named

    def run(
        self, function: Callable[..., Any], numbers: Iterable[int], given: Any
    ) -> Iterator[tuple[int, Any]]:
        """Each number with what the function gave for it, in the order in which they are done."""
        ray = self._ray
        resources = {"memory": self._task.memory} if self._task.memory else {}
        remote = ray.remote(max_retries=RETRIES, num_cpus=1, **resources)(function)
        limit = AT_ONCE * max(1, int(ray.cluster_resources().get("CPU", 1)))
        left = iter(numbers)
        running: dict[Any, int] = {}
        lost: dict[int, int] = {}
        given = given if isinstance(given, ray.ObjectRef) else ray.put(given)
        number = next(left, None)
        try:
            while running or number is not None:
                while number is not None and len(running) < limit:
                    running[remote.remote(given, self._task, number)] = number
                    number = next(left, None)
                ready, _ = ray.wait(list(running), num_returns=1)
                for one in ready:
                    which = running.pop(one)
                    try:
                        found = ray.get(one)
                    except ray.exceptions.RayError as error:
                        lost[which] = lost.get(which, 0) + 1
                        if lost[which] > AGAIN or not _was_lost(ray, error):
                            raise self._given_up(which, error) from error
                        running[remote.remote(given, self._task, which)] = which
                        continue
                    if isinstance(found, BaseException):
                        raise found
                    yield which, found
        finally:
            for one in running:
                with suppress(ray.exceptions.RayError):
                    ray.cancel(one, force=True)

    def _given_up(self, which: int, error: Exception) -> CountsError:
        said = next((line for line in reversed(str(error).splitlines()) if line.strip()), "")
        return CountsError(f"{self._named(which)} could not be done by any worker: {said.strip()}")


def _was_lost(ray: Any, error: Exception) -> bool:
    """Whether a task failed for what it ran on, and not for what it did."""
    return not isinstance(error, ray.exceptions.RayTaskError)


def _count_shard(corpus: Divisible, task: Task, number: int) -> Any:
    """A worker's task: count a shard into its file, unless it is there."""
    return _answered(lambda folder: _shard(corpus, task, number, folder), task)


def _shard(
    corpus: Divisible, task: Task, number: int, folder: Callable[[], Path]
) -> tuple[int, int]:
    path = task.part(number)
    if path.is_file() and (found := part.load(path)) is not None and found.job == task.job:
        return sum(one.documents for one in found.told), sum(one.bytes for one in found.told)
    bounds = Bounds(room(_budget(task)), folder)
    return Shard(corpus, task.job, number, task.partitions, bounds, threads=1).write(path)


def _add_up(paths: Sequence[str], task: Task, partition: int) -> Any:
    """A worker's task: add up a part by hash of all shards, unless it is done."""

    def added(folder: Callable[[], Path]) -> None:
        out = task.sum(partition)
        if not out.is_file():
            bounds = Bounds(room(_budget(task)), folder)
            reduce([Path(path) for path in paths], task.job, partition, bounds, out)

    return _answered(added, task)


def _answered(work: Callable[[Callable[[], Path]], Any], task: Task) -> Any:
    """What work gives, or the error that a user can mend: nobody tries that again."""
    try:
        if task.version != version("tokbench"):
            raise CountsError(
                f"{os.uname().nodename}: has tokbench {version('tokbench')}, counting began with "
                f"{task.version}; install the same on all machines"
            )
        if not (task.folder / _JOB).is_file():
            raise CountsError(
                f"{os.uname().nodename}: does not see {task.folder}; let --work name a folder that "
                "all machines share"
            )
        with store.scratch(store.cache_dir() / "counts" / "spilled") as scratch:
            return work(scratch)
    except TokbenchError as error:
        return error
    except (OSError, MemoryError) as error:
        return CountsError(f"{os.uname().nodename}: {sentence(error)}")


def _budget(task: Task) -> int:
    return task.memory or max(LEAST, available() // (2 * cores()))


def remove(folder: Path) -> None:
    """Remove what lies between counting and adding up."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_unused(folder: Path) -> None:
    """Remove the folder if no shard was counted: there is nothing to come back for."""
    if not any(folder.glob("part-*")):
        remove(folder)
