"""The pairs that words begin with: how often each occurs, and where.

Two passes over the slots. The first gives every distinct pair a number, in the order in which they
are met, and adds up its count and its places; the caller then knows how long each pair's list is.
The second writes the lists: since slots are read from left to right, every list is in order.

Overlapping pairs all count: `aaa` has the pair `aa` twice, though only one of the two can be
merged. That is how `BpeTrainer` counts, and the order of its merges depends on it.

Numbers are found through a hash table with open addressing; the kernel returns when the table is
half full and goes on where it stopped when the caller has made a larger one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokbench.kernels import jit
from tokbench.training.slots import LARGE

ENTRY = np.dtype([("pair", np.int64), ("number", np.int64)])
"""One place of the hash table: `left << 32 | right`, and the pair's number; pair -1 is empty."""
PAIR = np.dtype([("pair", np.int64), ("count", np.int64), ("places", np.int64)])
"""One distinct pair, at its number."""


@jit
def find(table: NDArray[Any], pair: int) -> int:
    """Where the pair is in the table, or the empty place where it belongs."""
    mask = table.shape[0] - 1
    mixed = np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    at = np.int64(mixed & np.uint64(mask))
    while table[at].pair != pair and table[at].pair != -1:
        at = (at + 1) & mask
    return at


@jit
def number_pairs(
    slots: NDArray[Any],
    start: int,
    large_counts: NDArray[Any],
    table: NDArray[Any],
    pairs: NDArray[Any],
    known: int,
) -> tuple[int, int]:
    """Number and count the pairs at `start` and after, until the table is half full.

    Args:
        slots: all words, as `lay_out` wrote them.
        start: the first position to look at; must not be one that was looked at before.
        large_counts: the counts that are too large for a mark.
        table: a power of two of `ENTRY`; holds the first `known` pairs.
        pairs: at least half as many `PAIR`.
        known: how many pairs are numbered already.

    Returns:
        Where to go on (the last position when all are done), and how many pairs are known now.
    """
    room = table.shape[0] // 2
    last = len(slots) - 1
    for position in range(start, last):
        left = np.int64(slots[position].token)
        right = np.int64(slots[position + 1].token)
        if (left | right) < 0:
            continue
        count = np.int64(slots[position].mark)
        if count >= LARGE:
            count = large_counts[count - LARGE]
        pair = left << 32 | right
        at = find(table, pair)
        number = table[at].number
        if table[at].pair < 0:
            if known == room:
                return position, known
            number = known
            table[at].pair = pair
            table[at].number = number
            pairs[number].pair = pair
            pairs[number].count = 0
            pairs[number].places = 0
            known += 1
        pairs[number].count += count
        pairs[number].places += 1
    return last, known


@jit
def fill_table(pairs: NDArray[Any], known: int, table: NDArray[Any]) -> None:
    """Put the first `known` pairs into an empty table."""
    for number in range(known):
        at = find(table, pairs[number].pair)
        table[at].pair = pairs[number].pair
        table[at].number = number


@jit
def list_places(
    slots: NDArray[Any], table: NDArray[Any], cursors: NDArray[Any], lists: NDArray[Any]
) -> None:
    """Write the position of every pair to where its cursor points, and move the cursor on.

    Args:
        slots: all words, as `lay_out` wrote them.
        table: holds all pairs.
        cursors: where in `lists` each pair's positions go, by number, int64; changed.
        lists: int32.
    """
    for position in range(len(slots) - 1):
        left = np.int64(slots[position].token)
        right = np.int64(slots[position + 1].token)
        if (left | right) < 0:
            continue
        number = table[find(table, left << 32 | right)].number
        lists[cursors[number]] = position
        cursors[number] += 1
