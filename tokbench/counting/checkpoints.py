"""What was counted so far, on disk: a count that was interrupted goes on where it was.

A folder beside the counts that it is about to become holds the tables as they stood, what they had
spilled by then, and the place in the corpus behind which to go on. `at.json` names the files that
belong together and is replaced in one step, so at any moment one state is there whole, or none. One
process at a time has the folder; another one that counts the same does without.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokbench import store
from tokbench.counting import keep
from tokbench.counting.parts import ChunkParts
from tokbench.counting.spilling import SpilledFile
from tokbench.errors import StoreError
from tokbench.fingerprint import Fingerprint

if TYPE_CHECKING:
    from tokbench.counting.chunk_pass import Cutter

EVERY = 15.0
"""Seconds between two checkpoints, at least."""
COST = 0.025
"""The share of the time that they may take."""
_OLD = 30 * 24 * 3600
"""Seconds after which nobody comes back for what is unfinished."""
_AT = "at.json"


@dataclass
class Checkpoints:
    """The state of one count.

    Attributes:
        folder: where it is kept.
        every: seconds between two checkpoints.
    """

    folder: Path
    every: float = field(default_factory=lambda: EVERY)

    def __post_init__(self) -> None:
        self._next = time.monotonic() + self.every
        self._number = 0
        self._synced: set[Path] = set()

    def due(self) -> bool:
        """Whether it is time for another one."""
        return time.monotonic() >= self._next

    def save(self, cutters: "Sequence[Cutter]", place: Any) -> None:
        """Keep what was counted up to a place; none of the cutters works meanwhile.

        Where the disk is full, nothing is kept: what counting itself needs will say so.
        """
        began = time.monotonic()
        try:
            self._save(cutters, place)
        except (StoreError, OSError):
            self._next = float("inf")
            return
        now = time.monotonic()
        self._next = now + max(self.every, (now - began) / COST)

    def _save(self, cutters: "Sequence[Cutter]", place: Any) -> None:
        from tokbench.counting.chunk_pass import facts  # noqa: PLC0415 - it imports this module

        self._number += 1
        name = f"tables-{os.getpid()}-{self._number}.arrow"
        tables = [cutter.table for cutter in cutters]
        parts = ChunkParts(facts(cutters), lambda: (each.table.texts() for each in tables))
        keep.save_parts(self.folder / name, parts)
        files = [file for each in tables for file in each.files]
        for file in files:
            if file.path not in self._synced:
                with file.path.open("rb") as opened:
                    os.fsync(opened.fileno())
                self._synced.add(file.path)
        value = {
            "place": place,
            "tables": name,
            "spilled": [[file.path.name, file.places] for file in files],
        }
        store.write_json(self.folder / _AT, {"check": store.signature(name, value), "state": value})
        _tidy(self.folder, _named(value))

    def restore(self, cutters: "Sequence[Cutter]") -> Any:
        """Let fresh cutters know what was counted before; the place behind which to go on.

        Returns:
            None where nothing was kept, or it is damaged.
        """
        if (value := _read(self.folder)) is None:
            return None
        parts = keep.load_parts(self.folder / value["tables"])
        files = [
            SpilledFile(self.folder / name, [(begin, pieces, size) for begin, pieces, size in all_])
            for name, all_ in value["spilled"]
        ]
        if parts is None or not all(file.is_whole() for file in files):
            return None
        first, whole = cutters[0], parts.whole
        first.table.files += files
        first.print_ = Fingerprint.of(whole.fingerprint, whole.documents, whole.bytes)
        first.characters = whole.characters
        first.sample += whole.sample
        for number, (text, offsets, counts) in enumerate(parts.read()):
            table = cutters[number % len(cutters)].table
            table.add(text, int(offsets[0]), offsets[1:], counts)
        return value["place"]

    def done(self) -> None:
        """Remove all of it: the counts are where they belong."""
        (self.folder / _AT).unlink(missing_ok=True)
        _tidy(self.folder, set())


@contextmanager
def checkpoints(folder: Path) -> Iterator[Checkpoints | None]:
    """The state of one count, while the block runs; what is of no use afterwards is removed.

    Yields:
        None where nothing can be kept, or another process is at it.
    """
    _remove_old(folder)
    with store.owned(folder) as owned:
        if not owned:
            yield None
            return
        try:
            yield Checkpoints(folder)
        finally:
            value = _read(folder)
            _tidy(folder, _named(value) if value else set())
            with suppress(OSError):
                folder.rmdir()


def bounded_by(found: Checkpoints | None, other: Callable[[], Path]) -> Callable[[], Path]:
    """Where a count spills: among what is kept of it, if anything is."""
    return (lambda: found.folder) if found else other


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        found = store.read_json(folder / _AT)
        value: dict[str, Any] = found["state"]
        return value if found["check"] == store.signature(value["tables"], value) else None
    except (StoreError, KeyError, TypeError, ValueError):
        return None


def _named(value: dict[str, Any]) -> set[str]:
    """The files that belong to a state."""
    return {_AT, value["tables"], *(name for name, _ in value["spilled"])}


def _tidy(folder: Path, keep_: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in keep_:
            with suppress(OSError):
                path.unlink()


def _remove_old(folder: Path) -> None:
    """Remove what nobody has come back for."""
    kind = folder.name.split("-")[0]
    for other in folder.parent.glob(f"{kind}-*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > _OLD:
                shutil.rmtree(other)
