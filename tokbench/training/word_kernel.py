"""From the bytes of the words to the slots that the merge kernel works on.

Two passes over the distinct words, both linear in their bytes. The first sees which characters
there are, how often, and in which places of a word; from that `alphabet.py` decides which symbols
exist. The second writes each word's symbols into slots (see `slots.py`).

Both decode UTF-8 the short way: the input is valid (Arrow has checked it), so the first byte of a
character says all about its length.

A character's place is a number of two bits: 1 if it does not begin its word, 2 if it ends it. A
prefix for continuing symbols and a suffix for last ones give a character a symbol for each place;
without them all places share one.
"""

import numpy as np

from tokbench.kernels import Array, Integer, jit
from tokbench.training.slots import LARGE, SENTINEL

CODE_POINTS = 0x110000
INSIDE, LAST = 1, 2


@jit
def decode(data: Array, at: Integer) -> tuple[Integer, Integer]:
    """The character that begins at byte `at` of valid UTF-8: its code point, its bytes."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, 1
    second = np.int64(data[at + 1]) & 0x3F
    if first < 0xE0:
        return (first & 0x1F) << 6 | second, 2
    third = np.int64(data[at + 2]) & 0x3F
    if first < 0xF0:
        return (first & 0x0F) << 12 | second << 6 | third, 3
    return (first & 0x07) << 18 | second << 12 | third << 6 | np.int64(data[at + 3]) & 0x3F, 4


@jit
def count_characters(
    data: Array,
    offsets: Array,
    counts: Array,
    frequency: Array,
    places: Array,
) -> Integer:
    """Add each character's count to `frequency` and the places it was seen in to `places`.

    Args:
        data: the words' UTF-8, uint8.
        offsets: where each word begins in `data`, and where the last one ends, int64.
        counts: of the words, int64.
        frequency: by code point, int64.
        places: by code point, a bit for each place, uint8.

    Returns:
        The number of characters of all words.
    """
    characters = 0
    for word in range(len(counts)):
        at = offsets[word]
        end = offsets[word + 1]
        place = 0
        while at < end:
            code_point, size = decode(data, at)
            at += size
            if at >= end:
                place |= LAST
            frequency[code_point] += counts[word]
            places[code_point] |= np.uint8(1 << place)
            place = INSIDE
            characters += 1
    return characters


@jit
def lay_out(
    data: Array,
    offsets: Array,
    counts: Array,
    symbol_of: Array,
    slots: Array,
    large_counts: Array,
) -> Integer:
    """Write the symbols of all words into slots; characters without a symbol are left out.

    A word of fewer than two symbols, or that never occurs, can have no part in any merge: it gets
    no slots.

    Args:
        data: the words' UTF-8, uint8.
        offsets: where each word begins in `data`, and where the last one ends, int64.
        counts: of the words, int64.
        symbol_of: a row for each of the four places, or one for all; by code point, -1 for none.
        slots: room for all characters, and a sentinel for each word and one more.
        large_counts: room for the counts that are too large for a mark, int64.

    Returns:
        How many slots were written.
    """
    rows = symbol_of.shape[0] - 1  # a mask: 3 or 0
    slots[0].token, slots[0].mark = SENTINEL, 0
    used = 1
    large = 0
    for word in range(len(counts)):
        count = counts[word]
        if count <= 0:
            continue
        mark = count
        if count >= LARGE:
            large_counts[large] = count
            mark = LARGE + large
        at = offsets[word]
        end = offsets[word + 1]
        place = 0
        start = used
        while at < end:
            code_point, size = decode(data, at)
            at += size
            if at >= end:
                place |= LAST
            symbol = symbol_of[place & rows, code_point]
            if symbol >= 0:
                slots[used].token = symbol
                slots[used].mark = np.int32(mark)
                used += 1
            place = INSIDE
        if used - start < 2:
            used = start
            continue
        large += count >= LARGE
        slots[used].token, slots[used].mark = SENTINEL, 0
        used += 1
    return used
