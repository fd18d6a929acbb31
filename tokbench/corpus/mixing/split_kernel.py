"""Kernels: XXH64 of documents, which of them are held out by it, and copying a split's.

The hash is Yann Collet's, as the xxhash specification has it; the held-out choice is made with seed
0, so that anybody can tell with any implementation to which split a document belongs, and whatever
else is chosen by hash with other seeds. In Python a call for each document takes longer than
counting its chunks.
"""

import numpy as np

from tokbench.kernels import Array, Integer, jit
from tokbench.kernels.machine import load64

PRIME_1 = np.uint64(0x9E3779B185EBCA87)
PRIME_2 = np.uint64(0xC2B2AE3D27D4EB4F)
PRIME_3 = np.uint64(0x165667B19E3779F9)
PRIME_4 = np.uint64(0x85EBCA77C2B2AE63)
PRIME_5 = np.uint64(0x27D4EB2F165667C5)
BOTH = np.uint64((0x9E3779B185EBCA87 + 0xC2B2AE3D27D4EB4F) % 2**64)
NONE = np.uint64(0)


@jit
def mark_below(text: Array, starts: Array, limit: Integer, below: Array) -> None:
    """For each document whether its hash is below `limit`.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        limit: uint64.
        below: uint8, one for each document; filled with 0 and 1.
    """
    for document in range(starts.shape[0] - 1):
        below[document] = xxh64(text, starts[document], starts[document + 1], NONE) < limit


@jit
def hash_documents(text: Array, starts: Array, seed: Integer, hashes: Array) -> None:
    """XXH64 of each document.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        seed: uint64.
        hashes: uint64, one for each document; filled.
    """
    for document in range(starts.shape[0] - 1):
        hashes[document] = xxh64(text, starts[document], starts[document + 1], seed)


@jit
def key_rows(text: Array, starts: Array, seed: Integer, row: Integer, keys: Array) -> None:
    """A number by chance for each document, other for the same text in another row.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        seed: uint64.
        row: uint64, the number of the first document.
        keys: uint64, one for each document; filled.
    """
    for document in range(starts.shape[0] - 1):
        value = xxh64(text, starts[document], starts[document + 1], seed)
        number = row + np.uint64(document)
        keys[document] = spread(merged(value, number ^ seed))


@jit
def copy_marked(
    text: Array, starts: Array, below: Array, wanted: Integer, copy: Array, ends: Array
) -> Integer:
    """Copy the documents whose mark is `wanted`.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        below: uint8, a mark for each document.
        wanted: 0 or 1.
        copy: uint8, room for all of the text.
        ends: int64, one more than there are documents; the first is 0.

    Returns:
        How many documents were copied; the last ends at `ends` of that.
    """
    copied = 0
    written = np.int64(0)
    for document in range(starts.shape[0] - 1):
        if below[document] == wanted:
            for place in range(starts[document], starts[document + 1]):
                copy[written] = text[place]
                written += 1
            copied += 1
            ends[copied] = written
    return copied


@jit
def xxh64(text: Array, place: Integer, end: Integer, seed: Integer) -> Integer:
    """XXH64 of `text[place:end]`."""
    length = np.uint64(end - place)
    if end - place >= 32:  # noqa: PLR2004 - four lanes of eight bytes
        one, two, three, four = seed + BOTH, seed + PRIME_2, seed, seed - PRIME_1
        while place + 32 <= end:
            one = round_(one, load64(text, place))
            two = round_(two, load64(text, place + 8))
            three = round_(three, load64(text, place + 16))
            four = round_(four, load64(text, place + 24))
            place += 32
        value = left(one, 1) + left(two, 7) + left(three, 12) + left(four, 18)
        value = merged(merged(merged(merged(value, one), two), three), four)
    else:
        value = seed + PRIME_5
    value += length
    while place + 8 <= end:
        value = left(value ^ round_(NONE, load64(text, place)), 27) * PRIME_1 + PRIME_4
        place += 8
    if place + 4 <= end:
        word = NONE
        for offset in range(4):
            word |= np.uint64(text[place + offset]) << np.uint64(8 * offset)
        value = left(value ^ (word * PRIME_1), 23) * PRIME_2 + PRIME_3
        place += 4
    while place < end:
        value = left(value ^ (np.uint64(text[place]) * PRIME_5), 11) * PRIME_1
        place += 1
    return spread(value)


@jit
def spread(value: Integer) -> Integer:
    """Let each bit of 64 depend on all of them."""
    value = (value ^ (value >> np.uint64(33))) * PRIME_2
    value = (value ^ (value >> np.uint64(29))) * PRIME_3
    return value ^ (value >> np.uint64(32))


@jit
def round_(lane: Integer, word: Integer) -> Integer:
    """Take eight bytes into a lane."""
    return left(lane + word * PRIME_2, 31) * PRIME_1


@jit
def merged(value: Integer, lane: Integer) -> Integer:
    """Take a lane into the hash."""
    return (value ^ round_(NONE, lane)) * PRIME_1 + PRIME_4


@jit
def left(value: Integer, bits: Integer) -> Integer:
    """Turn 64 bits to the left."""
    return value << np.uint64(bits) | value >> np.uint64(64 - bits)
