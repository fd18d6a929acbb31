"""The pairs that words begin with: how often each occurs, and where.

Two passes over the slots. The first gives every distinct pair a number, in the order in which they
are met, and adds up its count and its places; the caller then knows how long each pair's list is.
The second writes the lists: since slots are read from left to right, every list is in order.

Overlapping pairs all count: `aaa` has the pair `aa` twice, though only one of the two can be
merged. That is how `BpeTrainer` counts, and the order of its merges depends on it.

Numbers are found through a hash table with open addressing. When it gets more than half full the
first pass gives up, and is begun again with a larger one.
"""

import numpy as np

from tokbench.kernels import Array, Integer, jit
from tokbench.training.slots import LARGE

ENTRY = np.dtype([("pair", np.int64), ("number", np.int64)])
"""One place of the hash table: `left << 32 | right`, and the pair's number; pair -1 is empty."""
PAIR = np.dtype([("pair", np.int64), ("count", np.int64), ("places", np.int64)])
"""One distinct pair, at its number."""


@jit
def find(table: Array, pair: Integer) -> Integer:
    """Where the pair is in the table, or the empty place where it belongs."""
    mask = table.shape[0] - 1
    mixed = np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    at = np.int64(mixed & np.uint64(mask))
    while table[at].pair != pair and table[at].pair != -1:
        at = (at + 1) & mask
    return at


@jit
def number_pairs(slots: Array, large_counts: Array, table: Array, pairs: Array) -> Integer:
    """Number and count all pairs of neighbouring symbols.

    Args:
        slots: all words, as `lay_out` wrote them.
        large_counts: the counts that are too large for a mark.
        table: an empty power of two of `ENTRY`; filled.
        pairs: half as many `PAIR`; filled.

    Returns:
        How many pairs there are; -1 if they are more than half of the table.
    """
    known = 0
    for position in range(len(slots) - 1):
        left = np.int64(slots[position].token)
        right = np.int64(slots[position + 1].token)
        if (left | right) < 0:
            continue
        count = np.int64(slots[position].mark)
        if count >= LARGE:
            count = large_counts[count - LARGE]
        pair = left << 32 | right
        at = find(table, pair)
        if table[at].pair < 0:
            if known == len(pairs):
                return -1
            table[at].pair = pair
            table[at].number = known
            pairs[known].pair = pair
            pairs[known].count = 0
            pairs[known].places = 0
            known += 1
        number = table[at].number
        pairs[number].count += count
        pairs[number].places += 1
    return known


@jit
def list_places(slots: Array, table: Array, cursors: Array, lists: Array) -> None:
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
