"""Kernels: what `tokenizers`' Unigram makes of a text, to the last bit of its sums.

`Unigram::encode_optimized` of `tokenizers` 0.23: from left to right, each token that matches here
is a candidate for the place where it ends; of two candidates the higher sum wins, of equal ones the
first. A character that is no token is the unknown one, ten worse than the worst token. Sums are of
64 bits, one token after another from where the text begins, so that rounding decides between cuts
that score the same.
"""

from typing import Any

import numpy as np

from tokbench.kernels import jit

MIX = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)
CLOSE, ROUNDING = 0, 1
"""Places in `limits`."""


@jit
def child(keys: Any, nodes: Any, node: Any, byte: Any) -> Any:
    """The node below this one by a byte, or -1."""
    mask = keys.shape[0] - 1
    key = np.int64(node) << 8 | np.int64(byte)
    slot = np.int64((np.uint64(key) * MIX) >> SHIFT) & mask
    while keys[slot] != -1:
        if keys[slot] == key:
            return np.int64(nodes[slot])
        slot = (slot + 1) & mask
    return np.int64(-1)


@jit
def plant(text: Any, bounds: Any, keys: Any, nodes: Any, tokens: Any) -> Any:
    """Put tokens into a tree by their bytes.

    Args:
        text: uint8; token k is `text[bounds[k]:bounds[k + 1]]`, none empty.
        bounds: int64.
        keys: int64, filled with -1, a power of two, larger than the bytes of text.
        nodes: int32, as many.
        tokens: int32, filled with -1, one more than there are bytes; by node, the token it ends.

    Returns:
        How many nodes there are.
    """
    mask = keys.shape[0] - 1
    used = np.int64(1)
    for number in range(bounds.shape[0] - 1):
        node = np.int64(0)
        for place in range(bounds[number], bounds[number + 1]):
            below = child(keys, nodes, node, text[place])
            if below < 0:
                below = used
                used += 1
                key = node << 8 | np.int64(text[place])
                slot = np.int64((np.uint64(key) * MIX) >> SHIFT) & mask
                while keys[slot] != -1:
                    slot = (slot + 1) & mask
                keys[slot] = key
                nodes[slot] = below
            node = below
        tokens[node] = number
    return used


@jit
def best(
    text: Any,
    begin: Any,
    end: Any,
    keys: Any,
    nodes: Any,
    tokens: Any,
    scores: Any,
    limits: Any,
    unk: Any,
    sums: Any,
    froms: Any,
    takes: Any,
    close: Any,
) -> Any:
    """Fill the best way to each place of a text; `sums[0]` is where it begins.

    Args:
        text: UTF-8 bytes.
        begin: where the text begins.
        end: where it ends.
        keys: of the tree; so are nodes and tokens.
        nodes: likewise.
        tokens: likewise.
        scores: float64, by token, the unknown one's for a character last.
        limits: float64; CLOSE: how near two sums are if rounding might decide.
        unk: the unknown token.
        sums: float64, one more than there are bytes; the first given, the others filled.
        froms: int64, where the token before each place begins, filled; -1 if none ends there.
        takes: int32, which that is, filled.
        close: bool, whether another way to that place is near, filled.

    Returns:
        1 if rounding might decide between ways to the end, else 0.
    """
    size = end - begin
    for end_of_token in range(1, size + 1):
        froms[end_of_token] = -1
        close[end_of_token] = False
    at: Any = np.int64(0)
    while at < size:
        lead = np.int64(text[begin + at])
        length: Any = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
        single = False
        node = np.int64(0)
        place: Any = at
        while place < size:
            node = child(keys, nodes, node, text[begin + place])
            if node < 0:
                break
            place += 1
            token = tokens[node]
            if token >= 0:
                found = scores[token] + sums[at]
                single = single or place == at + length
                if froms[place] < 0:
                    sums[place], froms[place], takes[place] = found, at, token
                else:
                    near = abs(found - sums[place]) <= limits[0]
                    if found > sums[place]:
                        close[place] = near or (close[place] and found - sums[place] <= limits[0])
                        sums[place], froms[place], takes[place] = found, at, token
                    else:
                        close[place] = close[place] or near
        if not single:
            place = at + length
            found = scores[scores.shape[0] - 1] + sums[at]
            if froms[place] < 0:
                sums[place], froms[place], takes[place] = found, at, unk
            else:
                near = abs(found - sums[place]) <= limits[0]
                if found > sums[place]:
                    close[place] = near
                    sums[place], froms[place], takes[place] = found, at, unk
                else:
                    close[place] = close[place] or near
        at += length
    uncertain = 0
    at = size
    while at > 0:
        if close[at]:
            uncertain = 1
        at = froms[at]
    return uncertain


@jit
def write(
    text: Any,
    begin: Any,
    end: Any,
    froms: Any,
    takes: Any,
    unk: Any,
    fallback: Any,
    out: Any,
    at: Any,
) -> Any:
    """Write the tokens of the best way, unknown characters side by side as one or as their bytes.

    Args:
        text: UTF-8 bytes.
        begin: where the text begins.
        end: where it ends.
        froms: as `best` filled it.
        takes: likewise.
        unk: the unknown token.
        fallback: int32, the token of each byte of unknown characters; empty if there are none.
        out: int32, filled from `at`; room for as many more as the text has bytes.
        at: where to begin.

    Returns:
        Where they end.
    """
    place: Any = np.int64(end - begin)
    used: Any = np.int64(at)
    last = np.int64(-1)
    while place > 0:
        token = np.int64(takes[place])
        if token == unk and fallback.shape[0]:
            for offset in range(place - 1, froms[place] - 1, -1):
                out[used] = fallback[text[begin + offset]]
                used += 1
        elif token != unk or last != unk:
            out[used] = token
            used += 1
        last = token
        place = np.int64(froms[place])
    low, high = at, used - 1
    while low < high:
        held = out[low]
        out[low] = out[high]
        out[high] = held
        low += 1
        high -= 1
    return used


@jit
def encode(
    text: Any,
    bounds: Any,
    rows: Any,
    keys: Any,
    nodes: Any,
    tokens: Any,
    scores: Any,
    limits: Any,
    unk: Any,
    fallback: Any,
    sums: Any,
    froms: Any,
    takes: Any,
    near: Any,
    flat: Any,
    lengths: Any,
    close: Any,
    unknown: Any,
) -> Any:
    """Encode texts, each from a sum of nought.

    Args:
        text: UTF-8 bytes.
        bounds: int64, where each text begins.
        rows: int32, which texts.
        keys: of the tree, as in `best`; likewise those up to `unk`.
        nodes: likewise.
        tokens: likewise.
        scores: likewise.
        limits: likewise.
        unk: likewise.
        fallback: as in `write`, empty.
        sums: as in `best`, likewise those up to `near`.
        froms: likewise.
        takes: likewise.
        near: likewise.
        flat: int32, filled; as long as the texts have bytes.
        lengths: int64, one a text, filled: how many tokens.
        close: bool, one a text, filled: rounding or an unknown token.
        unknown: int32, one a text, filled: how many characters are unknown.

    Returns:
        How many tokens all have.
    """
    used = np.int64(0)
    for number in range(rows.shape[0]):
        begin, end = bounds[rows[number]], bounds[rows[number] + 1]
        sums[0] = 0.0
        uncertain = best(
            text, begin, end, keys, nodes, tokens, scores, limits, unk, sums, froms, takes, near
        )
        after = write(text, begin, end, froms, takes, unk, fallback, flat, used)
        unknown[number] = 0
        place = end - begin
        while place > 0:
            if takes[place] == unk:
                unknown[number] += 1
                uncertain = 1
            place = froms[place]
        close[number] = uncertain == 1
        lengths[number] = after - used
        used = after
    return used


@jit
def encode_words(
    text: Any,
    bounds: Any,
    rows: Any,
    keys: Any,
    nodes: Any,
    tokens: Any,
    scores: Any,
    limits: Any,
    unk: Any,
    fallback: Any,
    sums: Any,
    froms: Any,
    takes: Any,
    near: Any,
    word: Any,
    flat: Any,
    lengths: Any,
) -> Any:
    """Encode texts of which Metaspace makes words: one begins at each U+0020, written U+2581.

    Args:
        text: UTF-8 bytes.
        bounds: int64, where each text begins.
        rows: int32, which texts.
        keys: of the tree, as in `best`; likewise those up to `unk`.
        nodes: likewise.
        tokens: likewise.
        scores: likewise.
        limits: likewise.
        unk: likewise.
        fallback: as in `write`.
        sums: as in `best`, likewise those up to `near`.
        froms: likewise.
        takes: likewise.
        near: likewise.
        word: uint8, room for the longest text and three bytes.
        flat: int32, filled; three times as long as all texts with a byte more each.
        lengths: int64, one a text, filled: how many tokens; -1 if the library must be asked, since
            the text is empty or holds U+2581, or the unknown token itself.

    Returns:
        How many tokens all have.
    """
    used: Any = np.int64(0)
    for number in range(rows.shape[0]):
        first = used
        place: Any = np.int64(bounds[rows[number]])
        end = bounds[rows[number] + 1]
        fits = place < end
        while fits and place < end:
            word[0], word[1], word[2] = 0xE2, 0x96, 0x81
            size: Any = np.int64(3)
            place += text[place] == 0x20
            while place < end and text[place] != 0x20:
                word[size] = text[place]
                size += 1
                place += 1
                if word[size - 1] == 0x81 and word[size - 2] == 0x96 and word[size - 3] == 0xE2:
                    fits = False
            sums[0] = 0.0
            best(word, 0, size, keys, nodes, tokens, scores, limits, unk, sums, froms, takes, near)
            at: Any = np.int64(size)
            while at > 0:
                start = np.int64(froms[at])
                lead = np.int64(word[start])
                length = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
                if takes[at] == unk and at - start > length:
                    fits = False
                at = start
            used = write(word, 0, size, froms, takes, unk, fallback, flat, used)
        lengths[number] = used - first
        if not fits:
            used = first
            lengths[number] = -1
    return used


@jit
def same(
    rows: Any,
    bounds: Any,
    close: Any,
    text_rows: Any,
    text: Any,
    starts: Any,
    flat: Any,
    firsts: Any,
    keys: Any,
    nodes: Any,
    tokens: Any,
    scores: Any,
    limits: Any,
    unk: Any,
    fallback: Any,
    sums: Any,
    froms: Any,
    takes: Any,
    near: Any,
    scratch: Any,
    equal: Any,
) -> Any:
    """For each document whether its chunks have the tokens in it that they have alone.

    Args:
        rows: int32, of all documents' chunks.
        bounds: int64, where each document's begin.
        close: bool, by row, whether the chunk has to be looked at where it stands.
        text_rows: int32, by row, its normalized text.
        text: those texts, UTF-8 bytes.
        starts: int64, where each begins.
        flat: int32, the tokens of all rows.
        firsts: int64, by row, where they begin.
        keys: of the tree, as in `best`; likewise those up to `unk`.
        nodes: likewise.
        tokens: likewise.
        scores: likewise.
        limits: likewise; ROUNDING: the bytes of a chunk times a sum, from where CLOSE is too small.
        unk: likewise.
        fallback: as in `write`, empty.
        sums: as in `best`, likewise those up to `near`.
        froms: likewise.
        takes: likewise.
        near: likewise.
        scratch: int32, room for the tokens of a chunk.
        equal: bool, one a document, filled.
    """
    for document in range(equal.shape[0]):
        equal[document] = True
        total = sums[0] * 0.0
        for place in range(bounds[document], bounds[document + 1]):
            row = rows[place]
            begin, end = starts[text_rows[row]], starts[text_rows[row] + 1]
            size = end - begin
            if size == 0:
                continue
            least = scores[scores.shape[0] - 1]
            if not close[row] and size * (abs(total) + size * abs(least)) < limits[1]:
                for at in range(firsts[row], firsts[row + 1]):
                    total += scores[flat[at]]
                continue
            sums[0] = total
            best(
                text, begin, end, keys, nodes, tokens, scores, limits, unk,
                sums, froms, takes, near,
            )  # fmt: skip
            total = sums[size]
            count = write(text, begin, end, froms, takes, unk, fallback, scratch, 0)
            if count != firsts[row + 1] - firsts[row]:
                equal[document] = False
                break
            for at in range(count):
                if scratch[at] != flat[firsts[row] + at]:
                    equal[document] = False
                    break
            if not equal[document]:
                break
