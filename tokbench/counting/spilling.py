"""Counting within bounds: tables that go to disk where they outgrow their share of memory.

What a table held is written in PARTITIONS, by hash, so that equal strings of any two tables are in
partitions of the same number. In the end the partitions are added up one after another, each alone
in memory; nothing is sorted, and a sum does not depend on how it was divided.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from tokbench.chunks.distinct import Distinct
from tokbench.errors import StoreError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Strings = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]
    """The bytes of strings, where each begins and the last ends, and how often each occurs."""

PARTITIONS = 256
"""Each may be as large as the room for it: of 300 MB there is place for 500 million strings."""

_NUMBERS = count()
"""Names of files."""


def _nowhere() -> Path:
    raise RuntimeError("there is room for everything")


@dataclass(frozen=True)
class Bounds:
    """What counting may take.

    Attributes:
        room: bytes for all tables together.
        folder: gives the folder for what finds no room, made when it is first asked for.
    """

    room: int = sys.maxsize
    folder: Callable[[], Path] = _nowhere

    def share(self, parts: int) -> "Bounds":
        """The same with the room divided."""
        return Bounds(self.room // parts, self.folder)


UNBOUNDED = Bounds()


@dataclass
class SpilledFile:
    """A table on disk: where each of its partitions begins, its strings and their bytes."""

    path: Path
    places: list[tuple[int, int, int]]

    def is_whole(self) -> bool:
        """Whether the file is as long as it was, and divided as files are now."""
        place, pieces, size = self.places[-1]
        try:
            same = self.path.stat().st_size == place + 8 * (2 * pieces + 1) + size
        except OSError:
            return False
        return same and len(self.places) == PARTITIONS

    def read(self, file: BinaryIO, partition: int) -> "Strings":
        """One partition."""
        place, pieces, size = self.places[partition]
        file.seek(place)
        counts = np.fromfile(file, np.int64, pieces)
        offsets = np.fromfile(file, np.int64, pieces + 1)
        return np.fromfile(file, np.uint8, size), offsets, counts


class Bounded:
    """A `Distinct` of bounded size; what it held before is in files."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.table = Distinct()
        self.files: list[SpilledFile] = []

    def add(
        self,
        text: "NDArray[np.uint8]",
        start: int,
        ends: "NDArray[np.int64]",
        weights: "NDArray[np.int64] | None" = None,
    ) -> None:
        """Count pieces as `Distinct.add` does.

        Raises:
            StoreError: they found no room, neither in memory nor on disk.
        """
        if not len(ends):
            return
        more = self.table.size_with(len(ends), int(ends[-1]) - start)
        if len(self.table) and more > self.bounds.room:
            self.spill()
        self.table.add(text, start, ends, weights)

    def spill(self) -> None:
        """Write what the table holds and empty it."""
        if not len(self.table):
            return
        folder = self.bounds.folder()
        while (path := folder / str(next(_NUMBERS))).exists():  # of a process that was killed
            pass
        places, place = [], 0
        try:
            with path.open("wb") as file:
                for text, offsets, counts in self.table.drain(PARTITIONS):
                    places.append((place, len(counts), len(text)))
                    for array in (counts, offsets, text):
                        place += file.write(array.data)
        except OSError as error:
            raise StoreError(
                f"{folder.parent}: what finds no room in memory cannot be written: "
                f"{error.strerror or error}; nothing was left behind: give more --memory, or let "
                "TOKBENCH_CACHE name a folder on a larger disk"
            ) from error
        self.files.append(SpilledFile(path, places))


def fit(tables: Sequence[Bounded], room: int) -> bool:
    """Whether all of this is in memory, and can be added up there."""
    if any(table.files for table in tables):
        return False
    first, *others = sorted(tables, key=lambda each: -len(each.table))
    pieces = sum(len(each.table) for each in others)
    text = sum(len(each.table.strings()[0]) for each in others)
    rest = sum(each.table.size_with(0, 0) for each in others)
    return not others or first.table.size_with(pieces, text) + rest <= room


def added_up(tables: Sequence[Bounded]) -> "Strings":
    """What several tables hold that `fit`; they are used up."""
    return _in_one(tables).texts()


def _in_one(tables: Sequence[Bounded]) -> Distinct:
    first, *others = sorted(tables, key=lambda each: -len(each.table))
    for other in others:
        first.table.absorb(other.table)
        other.table = Distinct(0, 0)
    return first.table


def merged(tables: Sequence[Bounded], room: int) -> "Iterator[Strings]":
    """What several tables held, from files; each string once, the parts of bounded size.

    The tables are used up. Files go as soon as all of them are read.
    """
    return (table.texts() for table in _merged(tables, room))


def divided(tables: Sequence[Bounded], room: int, parts: int) -> "Iterator[tuple[int, Strings]]":
    """The same divided by hash, from files or from memory where they `fit`.

    The tables are used up.

    Args:
        tables: what was counted.
        room: bytes for all of it.
        parts: a power of two, at most 256.

    Yields:
        The number of a part and some of its strings; equal strings of any tables are in parts of
        the same number.
    """
    in_memory = fit(tables, room)
    for table in (_in_one(tables),) if in_memory else _merged(tables, room // 2):
        for number, strings in enumerate(table.drain(parts)):
            if len(strings[2]):
                yield number, strings


def _merged(tables: Sequence[Bounded], room: int) -> Iterator[Distinct]:
    for each in tables:
        each.spill()
        each.table = Distinct(0, 0)
    files = [file for each in tables for file in each.files]
    opened = [file.path.open("rb") for file in files]
    try:
        for group in _groups(files, room):
            table = Distinct()
            for number in group:
                for file, stream in zip(files, opened, strict=True):
                    text, offsets, counts = file.read(stream, number)
                    table.add(text, 0, offsets[1:], counts)
            yield table
    finally:
        for file, stream in zip(files, opened, strict=True):
            stream.close()
            file.path.unlink(missing_ok=True)


def _groups(files: Sequence[SpilledFile], room: int) -> Iterator[list[int]]:
    """Numbers of partitions that find room together."""
    group: list[int] = []
    pieces = text = 0
    for number in range(PARTITIONS):
        more = sum(file.places[number][1] for file in files)
        longer = sum(file.places[number][2] for file in files)
        if group and size(pieces + more, text + longer) > room:
            yield group
            group, pieces, text = [], 0, 0
        group.append(number)
        pieces, text = pieces + more, text + longer
    yield group


def size(pieces: int, text: int) -> int:
    """The bytes of a table for so many strings, and of the strings as they are read."""
    return Distinct(0, 0).size_with(pieces, text) + 16 * pieces + text
