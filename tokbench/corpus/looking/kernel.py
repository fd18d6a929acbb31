"""Kernels: what a corpus is made of, one pass over the bytes of its documents."""

import numpy as np

from tokbench.fingerprint import document_hash
from tokbench.kernels import Array, Integer, jit
from tokbench.kernels.machine import prefetch

WHITE, LATIN = 1, 2
"""Numbers of scripts that the kernel knows: white space, of whatever script, and Latin."""
AHEAD = 16
"""So many entries ahead the place of one in the table is asked for."""
NONE = np.uint64(0)
ONE = np.uint64(1)


@jit
def measure(
    text: Array,
    starts: Array,
    sources: Array,
    scripts: Array,
    characters: Array,
    white: Array,
    digits: Array,
    counts: Array,
) -> None:
    """Count the characters of each document, and those of each script by source.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        sources: int32, the number of the source of each.
        scripts: uint8, the number of the script of each code point.
        characters: int64, one a document, filled.
        white: int64, how many of them are white space, filled.
        digits: int64, one a source: how many are ASCII digits; added to.
        counts: int64, 256 a source: characters by the number of their script; added to.
    """
    for document in range(starts.shape[0] - 1):
        place, end = starts[document], starts[document + 1]
        found = spaces = latin = numbers = ascii_ = blank = np.int64(0)
        base = np.int64(sources[document]) * 256
        while place < end:
            code = np.int64(text[place])
            if code < 0x80:
                latin += ((code | 32) >= 97) & ((code | 32) <= 122)
                numbers += (code >= 48) & (code <= 57)
                blank += (code == 32) | ((code >= 9) & (code <= 13))
                ascii_ += 1
                place += 1
            else:
                length = 2 + (code >= 0xE0) + (code >= 0xF0)
                code &= 0x7F >> length
                for offset in range(1, length):
                    code = code << 6 | (np.int64(text[place + offset]) & 0x3F)
                script = scripts[code]
                counts[base + script] += 1
                spaces += script == WHITE
                place += length
            found += 1
        characters[document] = found
        white[document] = spaces + blank
        digits[sources[document]] += numbers
        counts[base + LATIN] += latin
        counts[base + WHITE] += blank
        counts[base] += ascii_ - latin - blank


@jit
def hash_documents(text: Array, starts: Array, hashes: Array) -> None:
    """The 128-bit hash of each document, whose sum is the fingerprint of all.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        hashes: uint64, two a document, filled.
    """
    for document in range(starts.shape[0] - 1):
        one, two = document_hash(text, starts[document], starts[document + 1])
        hashes[2 * document] = one
        hashes[2 * document + 1] = two


@jit
def insert(hashes: Array, table: Array, new: Array) -> Integer:
    """Put hashes into an open-addressing table where they are not there yet.

    Args:
        hashes: uint64, two an entry.
        table: uint64, two a slot, a power of two of slots with room for all; zeros are empty.
        new: uint8, one an entry, filled: whether it was not there.

    Returns:
        How many were not there.
    """
    mask = np.uint64(table.shape[0] // 2 - 1)
    added = 0
    for entry in range(new.shape[0]):
        if entry + AHEAD < new.shape[0]:
            prefetch(table, np.int64(hashes[2 * (entry + AHEAD)] & mask) * 2)
        one, two = hashes[2 * entry], hashes[2 * entry + 1]
        one |= np.uint64((one | two) == NONE)  # zeros mark what is empty
        slot = one & mask
        while True:
            at = np.int64(slot) * 2
            if table[at] == one and table[at + 1] == two:
                new[entry] = 0
                break
            if (table[at] | table[at + 1]) == NONE:
                table[at], table[at + 1] = one, two
                new[entry] = 1
                added += 1
                break
            slot = (slot + ONE) & mask
    return added


@jit
def find(hashes: Array, table: Array, slots: Array) -> None:
    """Where hashes are in a table that `insert` has filled.

    Args:
        hashes: uint64, two an entry.
        table: uint64, two a slot.
        slots: int64, one an entry, filled: its slot, -1 where it is not there.
    """
    mask = np.uint64(table.shape[0] // 2 - 1)
    for entry in range(slots.shape[0]):
        if entry + AHEAD < slots.shape[0]:
            prefetch(table, np.int64(hashes[2 * (entry + AHEAD)] & mask) * 2)
        one, two = hashes[2 * entry], hashes[2 * entry + 1]
        one |= np.uint64((one | two) == NONE)
        slot = one & mask
        slots[entry] = -1
        while True:
            at = np.int64(slot) * 2
            if (table[at] | table[at + 1]) == NONE:
                break
            if table[at] == one and table[at + 1] == two:
                slots[entry] = np.int64(slot)
                break
            slot = (slot + ONE) & mask
