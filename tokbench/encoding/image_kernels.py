"""Kernels: texts put together from what their characters become."""

from typing import Any

import numpy as np

from tokbench.encoding.merge_kernels import decoded
from tokbench.encoding.unigram_kernel import child
from tokbench.kernels import jit

SPACE = 0x20
UNASKED, ODD = -2, -1
"""Instead of an image's number: nobody asked yet; the character cannot be looked at alone."""


@jit
def unasked(text: Any, images: Any, found: Any) -> Any:
    """Write down the characters whose image nobody asked for yet, each once; how many they are.

    Args:
        text: UTF-8 bytes.
        images: int32, by code point the number of its image, UNASKED or ODD; those found are ODD
            afterwards.
        found: int64, filled as far as it has room.
    """
    used = 0
    place: Any = np.int64(0)
    while place < text.shape[0] and used < found.shape[0]:
        code, length = decoded(text, place)
        if images[code] == UNASKED:
            images[code] = ODD
            found[used] = code
            used += 1
        place += length
    return used


@jit
def marked_end(text: Any, place: Any, end: Any, marks: Any) -> Any:
    """Where the marks end that stand at a place; that place if there is none."""
    at: Any = np.int64(place)
    while at < end:
        code, length = decoded(text, at)
        if not marks[code]:
            break
        at += length
    return at


@jit
def number_of(text: Any, begin: Any, end: Any, keys: Any, nodes: Any, numbers: Any) -> Any:
    """What a tree that `unigram_kernel.plant` made says of some bytes; -1 for none."""
    node: Any = np.int64(0)
    place: Any = np.int64(begin)
    while place < end and node >= 0:
        node = child(keys, nodes, node, text[place])
        place += 1
    return np.int64(numbers[node]) if node >= 0 else np.int64(-1)


@jit
def unasked_marked(
    text: Any, bounds: Any, first: Any, marks: Any, keys: Any, nodes: Any, numbers: Any, found: Any
) -> Any:
    """Write down where characters with marks behind them stand that are not in the tree.

    Args:
        text: UTF-8 bytes.
        bounds: int64, where each text begins and the last one ends.
        first: the text to begin with.
        marks: bool, by code point.
        keys: of the tree; so are nodes and numbers.
        nodes: likewise.
        numbers: likewise.
        found: int64, a row for each with its begin and its end, filled as far as it has room.

    Returns:
        How many they are, and the text to go on with.
    """
    used: Any = np.int64(0)
    for number in range(first, bounds.shape[0] - 1):
        place: Any = np.int64(bounds[number])
        end = bounds[number + 1]
        while place < end:
            _, length = decoded(text, place)
            stop = marked_end(text, place + length, end, marks)
            if stop > place + length and number_of(text, place, stop, keys, nodes, numbers) < 0:
                if used == found.shape[0]:
                    return used, np.int64(number)
                found[used, 0], found[used, 1] = place, stop
                used += 1
            place = stop
    return used, bounds.shape[0] - 1


@jit
def put_together(
    text: Any,
    bounds: Any,
    lead: Any,
    images: Any,
    marks: Any,
    keys: Any,
    nodes: Any,
    marked: Any,
    made: Any,
    starts: Any,
    single: Any,
    out: Any,
    ends: Any,
    known: Any,
    plain: Any,
) -> Any:
    """Write what texts become, one behind another, as far as it is known.

    Args:
        text: UTF-8 bytes.
        bounds: int64, where each text begins and the last one ends.
        lead: the number of the image of a U+0020 at the beginning.
        images: int32, by code point.
        marks: bool, by code point.
        keys: of a tree, as `unigram_kernel.plant` left them; so is nodes.
        nodes: likewise.
        marked: int32, by node of it: the image of a character with marks behind it, or ODD.
        made: uint8; image k is `made[starts[k]:starts[k + 1]]`.
        starts: int64.
        single: bool, by image, whether it is one character, spaces around it aside.
        out: uint8, filled as far as it has room.
        ends: int64, one more than there are texts, filled: where each ends in `out`; the first 0.
        known: bool, one a text, filled; of others nothing is written.
        plain: bool, likewise: whether all its images are single.

    Returns:
        How many texts were looked at; fewer than given if `out` has no room.
    """
    used: Any = np.int64(0)
    for number in range(known.shape[0]):
        first = used
        fits = True
        knows = True
        alone = True
        place: Any = np.int64(bounds[number])
        while place < bounds[number + 1]:
            code, length = decoded(text, place)
            image = np.int64(images[code])
            stop = marked_end(text, place + length, bounds[number + 1], marks)
            if stop > place + length:
                image = number_of(text, place, stop, keys, nodes, marked)
                length = stop - place
            elif code == SPACE and place == bounds[number]:
                image = np.int64(lead)
                knows = place + 1 < bounds[number + 1]  # alone, it may go altogether
            if image < 0:
                knows = False
            if not knows:
                break
            alone = alone and (code == SPACE or single[image])
            if used + starts[image + 1] - starts[image] > out.shape[0]:
                fits = False
                break
            for at in range(starts[image], starts[image + 1]):
                out[used] = made[at]
                used += 1
            place += length
        if not fits:
            return number
        if not knows:
            used = first
        known[number] = knows
        plain[number] = knows and alone
        ends[number + 1] = used
    return known.shape[0]
