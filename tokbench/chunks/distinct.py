"""Kernel: a table of distinct byte strings, each with an exact 64-bit count.

An open-addressing table with linear probing; one slot is 32 bytes, half a cache line:

    slot[0]  the first eight bytes, zeros behind a shorter string
    slot[1]  the next eight, likewise; of a string longer than 16, a hash of all the rest
    slot[2]  length, at most 65535, in the top 16 bits; number of the entry + 1 below; 0 is empty
    slot[3]  the count

For a string of at most 16 bytes the two words and the length *are* the string, so almost every
lookup touches one cache line and nothing else. Only longer ones are compared with their text, in
the arena where every distinct string lies once, in the order in which it was met.

Strings come as pieces that lie one behind another in a buffer, so a list of their ends describes
them. They are taken a block at a time: first all are hashed and their slots prefetched, then all
are looked up, so that the memory latencies of a block overlap.

Nothing is grown here: an array that a kernel's loop replaces costs reference counting in every
turn, and four to six times the time. The kernel returns when a block may not fit; `Distinct` gives
it more room and goes on.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.kernels import jit
from tokbench.kernels.machine import load64, prefetch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PIECES = 64
"""How many pieces are in flight between hashing and looking up."""
SLOT = 4
LENGTH = np.uint64(48)
LONGEST = np.uint64(0xFFFF)
ENTRY = np.uint64((1 << 48) - 1)
NONE, ONE, HALF = np.uint64(0), np.uint64(1), np.uint64(32)
LOWEST = np.array([(1 << 8 * k) - 1 for k in range(9)], np.uint64)
"""LOWEST[k] keeps the lowest k bytes of a word."""
MIX_1, MIX_2, MIX_3 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0xD6E8FEB86659FD93),
)


@jit
def _hash(first: Any, second: Any, tag: Any) -> Any:
    mixed = (first * MIX_1) ^ ((second ^ (second >> HALF) ^ tag) * MIX_2)
    return (mixed ^ (mixed >> HALF)) * MIX_3


@jit
def _words_at_the_end(text: Any, place: Any, length: Any) -> Any:
    """The same for a piece in the last 16 bytes of the buffer."""
    first = second = NONE
    for offset in range(min(length, 8)):
        first |= np.uint64(text[place + offset]) << np.uint64(8 * offset)
    for offset in range(8, min(length, 16)):
        second |= np.uint64(text[place + offset]) << np.uint64(8 * offset - 64)
    return first, second


@jit
def _fold(text: Any, place: Any, length: Any) -> Any:
    """A hash of all but the first 8 bytes of a piece longer than 16."""
    fold = load64(text, place + length - 8)
    for offset in range(8, length - 8, 8):
        fold = (fold ^ load64(text, place + offset)) * MIX_1
        fold ^= fold >> HALF
    return fold


@jit
def _same(text: Any, place: Any, arena: Any, other: Any, length: Any) -> Any:
    """Whether two pieces of the same length over 16, equal in their first 8 bytes, are equal."""
    for offset in range(8, length - 8, 8):
        if load64(text, place + offset) != load64(arena, other + offset):
            return False
    return load64(text, place + length - 8) == load64(arena, other + length - 8)


@jit
def add_pieces(
    text: Any,
    start: Any,
    ends: Any,
    weights: Any,
    numbers: Any,
    table: Any,
    arena: Any,
    entries: Any,
    state: Any,
    flight: Any,
) -> Any:
    """Count the pieces of `text` that end at `ends`, the first beginning at `start`.

    Args:
        text: bytes; all pieces lie inside.
        start: where the first piece begins.
        ends: int64, ascending; no piece is empty.
        weights: int64, how often each piece counts; empty: once each.
        numbers: int32, filled with the number of each piece's entry; empty: not wanted.
        table: uint64, a power of two of slots.
        arena: uint8, room for the text of new entries.
        entries: int64, where each entry's text begins in the arena; one more than there are.
        state: int64, the number of entries.
        flight: uint64, three times PIECES to work in.

    Returns:
        How many pieces were counted; fewer than given if something must grow first.
    """
    mask = np.uint64(table.shape[0] // SLOT - 1)
    known = state[0]
    room = min(entries.shape[0] - 1, table.shape[0] // SLOT * 5 // 8)
    done = 0
    while done < ends.shape[0]:
        block = min(PIECES, ends.shape[0] - done)
        used = entries[known]
        if known + block > room or used + ends[done + block - 1] - start > arena.shape[0]:
            break
        place = start
        for k in range(block):
            length = ends[done + k] - place
            if place + 16 > text.shape[0]:
                first, second = _words_at_the_end(text, place, length)
            else:
                first = load64(text, place) & LOWEST[min(length, 8)]
                if length <= 16:
                    second = load64(text, place + 8) & LOWEST[max(length, 8) - 8]
                else:
                    second = _fold(text, place, length)
            tag = min(np.uint64(length), LONGEST)
            slot = np.int64((_hash(first, second, tag) >> HALF) & mask) * SLOT
            flight[3 * k], flight[3 * k + 1], flight[3 * k + 2] = first, second, np.uint64(slot)
            prefetch(table, slot)
            place = ends[done + k]
        place = start
        for k in range(block):
            length = ends[done + k] - place
            first, second, slot = flight[3 * k], flight[3 * k + 1], np.int64(flight[3 * k + 2])
            tag = min(np.uint64(length), LONGEST)
            weight = np.uint64(weights[done + k]) if weights.shape[0] else ONE
            entry: Any = 0
            while True:
                found = table[slot + 2]
                if found == NONE:
                    table[slot], table[slot + 1], table[slot + 3] = first, second, weight
                    table[slot + 2] = tag << LENGTH | np.uint64(known + 1)
                    used = entries[known]
                    for offset in range(length):
                        arena[used + offset] = text[place + offset]
                    entry = known
                    known += 1
                    entries[known] = used + length
                    break
                if table[slot] == first and table[slot + 1] == second and found >> LENGTH == tag:
                    entry = np.int64(found & ENTRY) - 1
                    if length <= 16 or (
                        entries[entry + 1] - entries[entry] == length
                        and _same(text, place, arena, entries[entry], length)
                    ):
                        table[slot + 3] += weight
                        break
                slot = (slot + SLOT) & (table.shape[0] - 1)
            if numbers.shape[0]:
                numbers[done + k] = entry
            place = ends[done + k]
        done += block
        start = place
    state[0] = known
    return done


@jit
def _move(old: Any, new: Any) -> Any:
    """Put every slot of one table into a larger, empty one."""
    mask = np.uint64(new.shape[0] // SLOT - 1)
    for slot in range(0, old.shape[0], SLOT):
        if old[slot + 2] != NONE:
            tag = old[slot + 2] >> LENGTH
            at = np.int64((_hash(old[slot], old[slot + 1], tag) >> HALF) & mask) * SLOT
            while new[at + 2] != NONE:
                at = (at + SLOT) & (new.shape[0] - 1)
            for word in range(SLOT):
                new[at + word] = old[slot + word]


@jit
def _counts(table: Any, counts: Any) -> Any:
    """The counts in the order of the entries."""
    for slot in range(0, table.shape[0], SLOT):
        if table[slot + 2] != NONE:
            counts[np.int64(table[slot + 2] & ENTRY) - 1] = np.int64(table[slot + 3])


@jit
def _divide(table: Any, parts: Any, part_of: Any) -> Any:
    """Which of `parts`, a power of two, each entry belongs to: by bits that place no slot."""
    for slot in range(0, table.shape[0], SLOT):
        if table[slot + 2] != NONE:
            mixed = _hash(table[slot], table[slot + 1], table[slot + 2] >> LENGTH)
            part_of[np.int64(table[slot + 2] & ENTRY) - 1] = mixed & np.uint64(parts - 1)


@jit
def _gather(arena: Any, entries: Any, which: Any, text: Any, ends: Any) -> Any:
    """Copy the text of some entries, one behind another, and note where each ends."""
    written = 0
    for k in range(which.shape[0]):
        for place in range(entries[which[k]], entries[which[k] + 1]):
            text[written] = arena[place]
            written += 1
        ends[k] = written


class Distinct:
    """Distinct pieces of text with their counts, growing as needed.

    Args:
        pieces: how many distinct pieces to make room for at first.
        text: how many bytes of distinct text.
    """

    def __init__(self, pieces: int = 1 << 15, text: int = 1 << 20) -> None:
        slots = 1 << max(10, (pieces * 8 // 5 + PIECES).bit_length())
        self._table = np.zeros(slots * SLOT, np.uint64)
        self._entries = np.zeros(slots * 5 // 8 + PIECES + 1, np.int64)
        self._arena = np.empty(text, np.uint8)
        self._state = np.zeros(1, np.int64)
        self._flight = np.empty(3 * PIECES, np.uint64)

    def __len__(self) -> int:
        return int(self._state[0])

    def add(
        self,
        text: "NDArray[np.uint8]",
        start: int,
        ends: "NDArray[np.int64]",
        weights: "NDArray[np.int64] | None" = None,
        numbers: "NDArray[np.int32] | None" = None,
    ) -> None:
        """Count the pieces of `text` from `start` that end at `ends`, none of them empty.

        `numbers`, as long as `ends`, is filled with where each piece stands in `texts`: entries
        keep the order in which they were met.
        """
        weights = np.empty(0, np.int64) if weights is None else weights
        numbers = np.empty(0, np.int32) if numbers is None else numbers
        while len(ends):
            done = add_pieces(
                text,
                start,
                ends,
                weights,
                numbers,
                self._table,
                self._arena,
                self._entries,
                self._state,
                self._flight,
            )
            if done:
                start, ends = int(ends[done - 1]), ends[done:]
                weights, numbers = weights[done:], numbers[done:]
            if len(ends):
                self._grow(int(ends[min(PIECES, len(ends)) - 1]) - start)

    def texts(self) -> "tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]":
        """The bytes of all entries, where each begins and the last ends, and their counts."""
        counts = np.zeros(len(self), np.int64)
        _counts(self._table, counts)
        return *self.strings(), counts

    def strings(self) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        """The bytes of all entries, and where each begins and the last ends."""
        entries = self._entries[: len(self) + 1]
        return self._arena[: entries[-1]], entries

    def some(self, which: "NDArray[np.int64]") -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        """The bytes of these entries, read-only, and where each begins and the last ends."""
        bounds = np.zeros(len(which) + 1, np.int64)
        text = np.empty(int((self._entries[which + 1] - self._entries[which]).sum()), np.uint8)
        _gather(self._arena, self._entries, which, text, bounds[1:])
        text.flags.writeable = False
        return text, bounds

    def freeze(self) -> None:
        """Forget how to find entries, which takes most of the room: nothing is added any more."""
        self._table = np.empty(0, np.uint64)

    def absorb(self, other: "Distinct") -> None:
        """Count everything that another table has counted."""
        arena, entries, counts = other.texts()
        self.reserve(len(self) + len(other), int(self._entries[len(self)]) + len(arena))
        self.add(arena, 0, entries[1:], counts)

    def size_with(self, pieces: int, text: int) -> int:
        """The most bytes it takes while so many more pieces with so much text are added."""
        slots = self._slots(len(self) + pieces)
        used = int(self._entries[len(self)]) + text
        size = len(self._arena) + 8 * self._table.size + 8 * self._entries.size
        if slots * SLOT > len(self._table):  # the old ones are there until all is moved
            size += slots * (8 * SLOT + 5)
        if used > len(self._arena):
            size += max(used, 2 * len(self._arena))
        return size

    def drain(
        self, parts: int
    ) -> "Iterator[tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]]":
        """As `texts`, divided by hash into `parts` (a power of two, at most 256); then it is empty.

        Equal pieces of any two tables are in parts of the same number.
        """
        counts, part_of = np.zeros(len(self), np.int64), np.zeros(len(self), np.uint8)
        _counts(self._table, counts)
        _divide(self._table, parts, part_of)
        size = len(self._table)
        self._table = np.empty(0, np.uint64)  # what follows takes less than it did
        order = np.argsort(part_of, kind="stable")
        borders = np.cumsum(np.bincount(part_of, minlength=parts))
        lengths = np.diff(self._entries[: len(self) + 1])
        for which in np.split(order, borders[:-1]):
            text = np.empty(int(lengths[which].sum()), np.uint8)
            ends = np.zeros(len(which) + 1, np.int64)
            _gather(self._arena, self._entries, which, text, ends[1:])
            yield text, ends, counts[which]
        self._state[0] = 0
        self._table = np.zeros(size, np.uint64)

    def reserve(self, pieces: int, text: int) -> None:
        """Make room for so many entries and bytes of theirs, all together."""
        slots = self._slots(pieces)
        if slots * SLOT > len(self._table):
            larger = np.zeros(slots * SLOT, np.uint64)
            _move(self._table, larger)
            self._table = larger
            self._entries = _longer(self._entries, slots * 5 // 8 + PIECES + 1)
        if text > len(self._arena):
            self._arena = _longer(self._arena, text)

    def _slots(self, pieces: int) -> int:
        """How many slots a table of so many entries has."""
        slots = len(self._table) // SLOT
        while slots * 5 // 8 < pieces + PIECES:
            slots *= 2
        return slots

    def _grow(self, text: int) -> None:
        used = int(self._entries[len(self)])
        if used + text > len(self._arena):
            self._arena = _longer(self._arena, max(used + text, 2 * len(self._arena)))
        else:
            self.reserve(len(self._table) // SLOT * 5 // 8, 0)


def _longer(array: "NDArray", length: int) -> "NDArray":  # type: ignore[type-arg]
    larger = np.zeros(length, array.dtype)
    larger[: len(array)] = array
    return larger
