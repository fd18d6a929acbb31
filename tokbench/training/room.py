"""The arrays of the merge kernel: as they are before the first merge, and made longer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokbench.training import merge_kernel as kernel
from tokbench.training import pair_kernel
from tokbench.training.alphabet import Symbols

WORD = (1 << 64) - 1
LEAST = 1 << 16
"""Elements that every array has room for beyond what is known to be needed."""
SMALLEST_TABLE = 1 << 15
"""Twice the pairs of symbols that it has room for."""


def begin(symbols: Symbols, most: int) -> kernel.Work:
    """All arrays before the first merge, for at most so many new tokens.

    Lengths are guesses where the kernel can ask for more. Memory that is never written to costs
    nothing, so the guess for `lists`, the longest array, is generous.
    """
    pairs, table = all_pairs(symbols)
    sizes = pairs["places"]
    starts = np.cumsum(sizes + 1) - sizes
    total = int(sizes.sum()) + len(pairs)
    lists = np.empty(5 * total // 2 + LEAST, np.int32)
    lists[starts - 1] = sizes
    pair_kernel.list_places(symbols.slots, table, starts.copy(), lists)

    order = np.lexsort((pairs["pair"], -pairs["count"]))  # a sorted list is a heap
    heap = np.empty(2 * len(pairs) + LEAST, kernel.CANDIDATE)
    for name, column in (("count", pairs["count"]), ("pair", pairs["pair"]), ("list", starts - 1)):
        heap[name][: len(pairs)] = column[order]

    tokens, texts = _tokens(symbols, most)
    places = int(sizes.max(initial=0)) + 64
    state = np.zeros(kernel.STATES, np.int64)
    state[kernel.LISTS], state[kernel.PAIRS], state[kernel.HEAP] = total, len(pairs), len(pairs)
    state[kernel.TOKENS], state[kernel.ANSWER] = len(symbols.tokens), kernel.NO_ANSWER
    return kernel.Work(
        slots=symbols.slots,
        large_counts=symbols.large_counts,
        lists=lists,
        table=_counts(pairs[["pair", "count"]].astype(kernel.COUNT), 4 * len(pairs) + total // 8),
        heap=heap,
        merges=np.empty(most, kernel.MERGE),
        tokens=tokens,
        texts=texts,
        neighbours=np.zeros(2 * len(tokens), kernel.NEIGHBOUR),
        order=np.empty(2 * len(tokens), np.int32),
        found=np.empty(2 * places, kernel.PLACE),
        places=np.empty(places, np.int32),
        state=state,
    )


def enlarge(work: kernel.Work, why: int) -> kernel.Work:
    """The same work with a longer array for whatever the kernel gave as its reason."""
    wanted = int(work.state[kernel.WANTED])
    if why == kernel.LISTS_FULL:
        return work._replace(lists=longer(work.lists, max(wanted, 5 * len(work.lists) // 4)))
    if why == kernel.HEAP_FULL:
        return work._replace(heap=longer(work.heap, max(wanted, 3 * len(work.heap) // 2)))
    if why == kernel.PLACES_FULL:
        return work._replace(
            places=np.empty(wanted, np.int32), found=np.empty(2 * wanted, kernel.PLACE)
        )
    return work._replace(table=_counts(work.table, 2 * len(work.table)))


def longer(array: NDArray[Any], size: int) -> NDArray[Any]:
    """The array with at least `size` elements, grown where it lies: no copy is beside it."""
    if size > len(array):
        array.resize(size, refcheck=False)
    return array


def fingerprint(text: str) -> tuple[int, int]:
    """The fingerprint of a text, and `BASE` to the power of its length, both modulo 2**64.

    That of two texts in a row follows from theirs, which is how the kernel gets it:

    >>> (one, _), (two, power) = fingerprint("to"), fingerprint("ken")
    >>> fingerprint("token")[0] == (one * power + two) % 2**64
    True
    """
    value = 0
    for character in text:
        value = (value * kernel.BASE + ord(character) + 1) & WORD
    return value, pow(kernel.BASE, len(text), 1 << 64)


def all_pairs(symbols: Symbols) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pairs of symbols in the order of their numbers, and the table that knows the numbers."""
    known, size = -1, SMALLEST_TABLE
    while known < 0:
        table = _empty(size, pair_kernel.ENTRY)
        pairs = np.empty(size // 2, pair_kernel.PAIR)
        known = pair_kernel.number_pairs(symbols.slots, symbols.large_counts, table, pairs)
        size *= 8
    return pairs[:known], table


def _tokens(symbols: Symbols, most: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """What is known of the tokens before the first merge, with room for the rest."""
    known = len(symbols.tokens)
    tokens = np.zeros(known + most, kernel.TOKEN)
    texts = np.zeros(_power_of_two(2 * len(tokens)), np.uint64)
    if known:
        values, powers = zip(*map(fingerprint, symbols.tokens), strict=True)
        tokens["fingerprint"][:known] = values
        tokens["power"][:known] = powers
        tokens["used"][symbols.used] = 1
        kernel.remember(texts, tokens[:known])
    return tokens, texts


def _counts(known: NDArray[Any], least: int) -> NDArray[Any]:
    """A table of at least so many places, with these counts in it."""
    table = _empty(_power_of_two(max(LEAST, least)), kernel.COUNT)
    kernel.refill(known, table)
    return table


def _empty(size: int, kind: "np.dtype[Any]") -> NDArray[Any]:
    table = np.empty(size, kind)
    table["pair"] = -1
    return table


def _power_of_two(least: int) -> int:
    return 1 << max(0, least - 1).bit_length()
