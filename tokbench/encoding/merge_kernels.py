"""Kernel: what `tokenizers`' BPE makes of a word, as one would do it by hand.

`BPE::merge_all` takes from a queue the pair with the lowest rank, of equal ones the leftmost, until
none is left that may be merged. Here the pairs of a word are looked through for it each time: words
are short. A pair whose symbols have grown since it was queued is passed over there, and it is not
found here.
"""

from typing import Any

import numpy as np

from tokbench.kernels import jit

MIX = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)
NEVER = 1 << 30
"""The rank of a pair that is not merged; ranks are lower."""
LONGEST = 400
"""Symbols of a word that is looked through; the time for it grows with their square."""
WORDS, CHARACTERS, BYTES = 0, 1, 2
"""What a chunk is: words in bytes, one word of characters, or one of bytes."""
LETTER, NUMBER, OTHER = 1, 2, 3
"""In a table of kinds; 0 is what no rule here is about."""


@jit
def decoded(text: Any, place: Any) -> Any:
    """The code point at a place, and how many bytes it has."""
    code: Any = np.int64(text[place])
    length: Any = np.int64(1)
    if code >= 0xC0:
        length = 2 + (code >= 0xE0) + (code >= 0xF0)
        code &= 0x7F >> length
        for offset in range(1, length):
            code = code << 6 | (np.int64(text[place + offset]) & 0x3F)
    return code, length


@jit
def run(text: Any, place: Any, end: Any, kinds: Any, kind: Any, most: Any) -> Any:
    """Where a run of characters of a kind ends, `most` of them at most."""
    at: Any = np.int64(place)
    taken = 0
    while at < end and taken < most:
        code, length = decoded(text, at)
        if kinds[code] != kind:
            break
        at += length
        taken += 1
    return at


@jit
def word_end(
    text: Any, begin: Any, place: Any, end: Any, kinds: Any, glues: Any, digits: Any
) -> Any:
    """Where the word ends that begins at a place, by GPT-2's pattern or its kin.

    Args:
        text: UTF-8 bytes.
        begin: of the chunk.
        place: in it.
        end: of the chunk.
        kinds: uint8, by code point: LETTER, NUMBER, OTHER (neither, and no white space), or 0.
        glues: whether a single OTHER is drawn to the letters behind it.
        digits: how many numbers are one word; 0 if U+0020 is drawn to them, and all are one.

    Returns:
        -1 if the library must be asked: there is white space but a U+0020 at the beginning, or
        what has no kind.
    """
    at: Any = np.int64(place)
    spaced = text[place] == 0x20 and place == begin
    if spaced:
        at += 1
        if at == end:
            return np.int64(-1)
    code, length = decoded(text, at)
    kind = kinds[code]
    if kind == LETTER:
        return run(text, at, end, kinds, LETTER, end)
    if kind == NUMBER:
        if digits == 0:
            return run(text, at, end, kinds, NUMBER, end)
        return at if spaced else run(text, at, end, kinds, NUMBER, digits)
    if kind != OTHER:
        return np.int64(-1)
    if glues and not spaced and at + length < end:
        after, _ = decoded(text, at + length)
        if kinds[after] == LETTER:
            return run(text, at + length, end, kinds, LETTER, end)
    return run(text, at, end, kinds, OTHER, end)


@jit
def place_of(keys: Any, key: Any) -> Any:
    """Where a key is in a table, or the free slot where it would be."""
    mask = keys.shape[0] - 1
    slot = np.int64((np.uint64(key) * MIX) >> SHIFT) & mask
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@jit
def fill(pairs: Any, made: Any, keys: Any, ranks: Any, results: Any) -> Any:
    """Put merges into a table by their two symbols; of equal pairs the last one counts.

    Args:
        pairs: int64, `left << 32 | right` in the order of their ranks.
        made: int32, as many, the symbol that each gives.
        keys: int64, filled with -1, a power of two, twice as many as there are pairs.
        ranks: int32, as many.
        results: int32, as many.
    """
    for rank in range(pairs.shape[0]):
        slot = place_of(keys, pairs[rank])
        keys[slot] = pairs[rank]
        ranks[slot] = rank
        results[slot] = made[rank]


@jit
def symbols_of(
    text: Any, begin: Any, end: Any, shape: Any, alphabet: Any, single: Any, out: Any
) -> Any:
    """The symbols that a word begins as; how many, -1 if the library must be asked.

    Args:
        text: UTF-8 bytes.
        begin: of the word.
        end: of the word.
        shape: WORDS, CHARACTERS or BYTES.
        alphabet: int32, the symbol of each code point, -1 for none; only for CHARACTERS.
        single: int32, the symbol of each byte, -1 for none.
        out: int32, filled; LONGEST of them.
    """
    used: Any = np.int64(0)
    place: Any = np.int64(begin)
    while place < end:
        code: Any = np.int64(0)
        length: Any = np.int64(1)
        if shape == CHARACTERS:
            code, length = decoded(text, place)
        if used + length > LONGEST:
            return np.int64(-1)
        if shape == CHARACTERS and alphabet[code] >= 0:
            out[used] = alphabet[code]
            used += 1
        else:
            for offset in range(length):
                symbol = np.int64(single[text[place + offset]])
                if symbol < 0:
                    return np.int64(-1)
                out[used] = symbol
                used += 1
        place += length
    return used


@jit
def merged(
    symbols: Any, count: Any, keys: Any, ranks: Any, results: Any, waiting: Any, gives: Any
) -> Any:
    """Merge the symbols of a word until nothing is left to merge; how many are left.

    Args:
        symbols: int32, changed.
        count: how many there are.
        keys: of the merges, as `fill` left them; so are ranks and results.
        ranks: likewise.
        results: likewise.
        waiting: int32, as long as `symbols`, to work in: the rank of each symbol and the next.
        gives: int32, likewise, what they become.
    """
    left: Any = np.int64(count)
    for at in range(left - 1):
        slot = place_of(keys, np.int64(symbols[at]) << 32 | np.int64(symbols[at + 1]))
        waiting[at] = ranks[slot] if keys[slot] != -1 else NEVER
        gives[at] = results[slot]
    while left > 1:
        best: Any = np.int64(0)
        for at in range(1, left - 1):
            if waiting[at] < waiting[best]:
                best = np.int64(at)
        if waiting[best] >= NEVER:
            break
        symbols[best] = gives[best]
        left -= 1
        for at in range(best + 1, left):
            symbols[at] = symbols[at + 1]
            waiting[at - 1] = waiting[at]
            gives[at - 1] = gives[at]
        for at in range(max(0, best - 1), min(best + 1, left - 1)):
            slot = place_of(keys, np.int64(symbols[at]) << 32 | np.int64(symbols[at + 1]))
            waiting[at] = ranks[slot] if keys[slot] != -1 else NEVER
            gives[at] = results[slot]
    return left


@jit
def encode(
    text: Any,
    bounds: Any,
    shape: Any,
    kinds: Any,
    glues: Any,
    digits: Any,
    alphabet: Any,
    single: Any,
    keys: Any,
    ranks: Any,
    results: Any,
    symbols: Any,
    waiting: Any,
    gives: Any,
    flat: Any,
    lengths: Any,
) -> Any:
    """Encode chunks.

    Args:
        text: UTF-8 bytes.
        bounds: int64, where each chunk begins and the last one ends.
        shape: WORDS, CHARACTERS or BYTES.
        kinds: as in `word_end`, likewise glues and digits; only for WORDS.
        glues: likewise.
        digits: likewise.
        alphabet: as in `symbols_of`; so is single.
        single: likewise.
        keys: as in `merged`, likewise those up to `gives`; the last three LONGEST long.
        ranks: likewise.
        results: likewise.
        symbols: likewise.
        waiting: likewise.
        gives: likewise.
        flat: int32, filled; as long as the text has bytes.
        lengths: int64, one a chunk, filled: its tokens, -1 if the library must be asked.

    Returns:
        How many tokens all have.
    """
    used: Any = np.int64(0)
    for number in range(lengths.shape[0]):
        begin, end = bounds[number], bounds[number + 1]
        first = used
        place: Any = np.int64(begin)
        while place < end:
            stop: Any = np.int64(end)
            if shape == WORDS:
                stop = word_end(text, begin, place, end, kinds, glues, digits)
            count: Any = np.int64(-1)
            if stop > 0:
                count = symbols_of(text, place, stop, shape, alphabet, single, symbols)
            if count < 0:
                break
            count = merged(symbols, count, keys, ranks, results, waiting, gives)
            for at in range(count):
                flat[used] = symbols[at]
                used += 1
            place = stop
        lengths[number] = used - first
        if place < end:
            used = first
            lengths[number] = -1
    return used
