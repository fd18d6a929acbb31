"""Kernel: where a buffer of documents is cut.

The text is taken 64 bytes at a time. For each kind of character there is a mask of 64 bits that
says which bytes belong to such a character; a byte's neighbour to the left is the mask shifted by
one, with the last bit of the block before carried in. So "a white-space character after a letter"
is `white & after_letter`, for 64 places in three operations. ASCII gets its masks from compares;
every other character is decoded, looked up in the table of stable classes, and its bits are set by
hand - all its bytes, so that "the byte before" is as good as "the character before".

Why it is right:

- A cut is a property of two or three neighbouring characters (`cut_sets.CutSet`), and no rule has
  a cut inside the characters it looks at. So a document may be cut in any order, and scanning may
  start again at any cut without knowing what stood before it.
- Documents do not see each other: the first byte of a document is always a cut, so a rule that
  would only move a cut to that place changes nothing. Two things reach further and are switched
  off where a document begins in between: a mark's attachment to the letter before it, and the one
  rule that cuts further back (before the last U+0020 of a run).
- That rule is known one character late. Its cut is the byte before the visible character, U+0020,
  so it is the mask shifted back by one; out of a block's first bit it falls into the block before,
  whose cuts are all further left.
- Reading stays inside the buffer: the last block is copied into a zeroed scratch of 64 bytes, and
  a character whose bytes would reach past the end (only in text that is not UTF-8) counts as OTHER.
"""

from typing import Any

import numpy as np

from tokbench.chunks.classes import CODE_POINTS
from tokbench.chunks.classes import MARK as MARK_CLASS
from tokbench.chunks.classes import NUMBER as NUMBER_CLASS
from tokbench.chunks.classes import PUNCTUATION as PUNCTUATION_CLASS
from tokbench.chunks.classes import SYMBOL as SYMBOL_CLASS
from tokbench.chunks.classes import WHITE as WHITE_CLASS
from tokbench.kernels import jit
from tokbench.kernels.machine import byte_masks, lowest_bit

NONE, ONE, ALL, TOP = np.uint64(0), np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(63)
SPARE = 66
"""A scan ends when fewer places than this are free: one block may give 64 cuts and a late one."""


@jit
def find_cuts(
    text: Any, start: Any, end: Any, starts: Any, finer: Any, classes: Any, scratch: Any, cuts: Any
) -> Any:
    """Cut `text[start:end]`, from a place that is a cut.

    Args:
        text: UTF-8 bytes of documents, one after another.
        start: where to begin, the first byte of a chunk.
        end: where to stop, the end of a document.
        starts: where documents begin, ascending int64, at least those between start and end.
        finer: make the cuts of WORDS, not only those of SPACES.
        classes: a class for each code point (`classes.Classes.stable`).
        scratch: 64 bytes to work in.
        cuts: int64, filled with the ends of chunks, ascending; `end` is the last if it is reached.

    Returns:
        How many cuts were found. Fewer chunks than all are found if `cuts` runs full: go on from
        the last of them.
    """
    found = 0
    document = _after(starts, start)
    # of each mask, the last bit of the block before
    letter_ends = number_ends = punctuation_ends = symbol_ends = attached_ends = NONE
    apostrophe_ends = white_ends = run_ends = high_ends = NONE
    block = start
    while block < end and found + SPARE <= cuts.shape[0]:
        if block + 64 <= text.shape[0]:
            space, white, letter, number, visible, apostrophe, high = byte_masks(text, block)
        else:
            for k in range(64):
                scratch[k] = text[block + k] if block + k < text.shape[0] else 0
            space, white, letter, number, visible, apostrophe, high = byte_masks(scratch, 0)
        begin = NONE
        while document < starts.shape[0] and starts[document] < block + 64:
            begin |= ONE << np.uint64(starts[document] - block)
            document += 1
        punctuation = visible & ~(letter | number | apostrophe)
        symbol = attached = inner = NONE
        if high | high_ends:
            letter, number, punctuation, symbol, attached, white, inner = _other_scripts(
                text, block, high, begin, classes,
                letter, number, punctuation, white,
                letter_ends, number_ends, punctuation_ends, symbol_ends, attached_ends, white_ends,
            )  # fmt: skip
        after_letter = letter << ONE | letter_ends
        after_number = number << ONE | number_ends
        after_punctuation = punctuation << ONE | punctuation_ends
        others = apostrophe | symbol | attached
        after_others = others << ONE | apostrophe_ends | symbol_ends | attached_ends
        cut = space & (after_letter | after_number | after_punctuation | after_others)
        if finer:
            cut |= (after_letter | after_number) & (white | punctuation)
            cut |= after_punctuation & number
            run = space & ~begin & (white << ONE | white_ends)
            late = (run << ONE | run_ends) & ~begin & (letter | punctuation | apostrophe | symbol)
            late &= ~inner
            if late & ONE:
                cuts[found] = block - 1
                found += 1
            cut |= late >> ONE
            run_ends = run >> TOP
        letter_ends, number_ends = letter >> TOP, number >> TOP
        punctuation_ends, symbol_ends = punctuation >> TOP, symbol >> TOP
        attached_ends, apostrophe_ends = attached >> TOP, apostrophe >> TOP
        white_ends, high_ends = white >> TOP, high >> TOP

        cut = (cut | begin) & ~inner
        if block == start:
            cut &= ~ONE
        if end - block < 64:
            cut &= (ONE << np.uint64(end - block)) - ONE
        while cut:
            cuts[found] = block + lowest_bit(cut)
            found += 1
            cut &= cut - ONE
        block += 64
    if block >= end:
        cuts[found] = end
        found += 1
    return found


@jit
def _after(starts: Any, place: Any) -> Any:
    """The first of `starts`, ascending, that lies behind `place`."""
    low, high = 0, starts.shape[0]
    while low < high:
        middle = (low + high) // 2
        if starts[middle] <= place:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def _other_scripts(
    text: Any,
    block: Any,
    high: Any,
    begin: Any,
    classes: Any,
    letter: Any,
    number: Any,
    punctuation: Any,
    white: Any,
    letter_ends: Any,
    number_ends: Any,
    punctuation_ends: Any,
    symbol_ends: Any,
    attached_ends: Any,
    white_ends: Any,
) -> Any:
    """Complete the masks of a block that has bytes of characters beyond ASCII.

    Returns:
        The masks of letters, numbers, punctuation, symbols, marks attached to a letter and white
        space, and of bytes inside a character, before which nothing may be cut.
    """
    pending = high
    inside = 0  # bytes of a character that began in the block before: of the kind it ended with
    while inside < 3 and (high >> np.uint64(inside)) & ONE and text[block + inside] & 0xC0 == 0x80:
        inside += 1
    bits = (ONE << np.uint64(inside)) - ONE
    pending &= ~bits
    inner = bits
    letter |= bits & (NONE - letter_ends)
    number |= bits & (NONE - number_ends)
    punctuation |= bits & (NONE - punctuation_ends)
    white |= bits & (NONE - white_ends)
    symbol = bits & (NONE - symbol_ends)
    attached = bits & (NONE - attached_ends)
    while pending:
        place = lowest_bit(pending)
        at = block + place
        lead: Any = np.int64(text[at])
        code, length = lead & 0, 1  # what is no character is OTHER, like U+0000
        if at + 4 > text.shape[0]:
            code, length = _last_character(text, at)
        elif lead >= 0xF0:
            code, length = (lead & 0x07) << 18 | (np.int64(text[at + 1]) & 0x3F) << 12, 4
            code |= (np.int64(text[at + 2]) & 0x3F) << 6 | (np.int64(text[at + 3]) & 0x3F)
            if code >= CODE_POINTS:
                code = 0
        elif lead >= 0xE0:
            code, length = (lead & 0x0F) << 12 | (np.int64(text[at + 1]) & 0x3F) << 6, 3
            code |= np.int64(text[at + 2]) & 0x3F
        elif lead >= 0xC0:
            code, length = (lead & 0x1F) << 6 | (np.int64(text[at + 1]) & 0x3F), 2
        first = ONE << np.uint64(place)
        bits = ((ONE << np.uint64(length)) - ONE) << np.uint64(place)
        pending &= ~bits
        inner |= bits & ~first
        kind = classes[code]
        if 0 < kind < NUMBER_CLASS:
            letter |= bits
        elif kind == MARK_CLASS:
            if first & ~begin & ((letter | attached) << ONE | letter_ends | attached_ends):
                attached |= bits
        elif kind == PUNCTUATION_CLASS:
            punctuation |= bits
        elif kind == SYMBOL_CLASS:
            symbol |= bits
        elif kind == NUMBER_CLASS:
            number |= bits
        elif kind == WHITE_CLASS:
            white |= bits
    return letter, number, punctuation, symbol, attached, white, inner


@jit
def _last_character(text: Any, place: Any) -> Any:
    """Code point and length of a character among the last three bytes; (0, 1) if there is none."""
    lead = np.int64(text[place])
    length = 2 + (lead >= 0xE0)
    if lead < 0xC0 or place + length > text.shape[0]:
        return 0, 1
    code = lead & (0x7F >> length)
    for offset in range(1, length):
        code = code << 6 | (np.int64(text[place + offset]) & 0x3F)
    return code, length
