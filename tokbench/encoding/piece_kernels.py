"""Kernel: what `tokenizers`' BertPreTokenizer and WordPiece make of normalized text.

Words end at U+0020, which goes, and around punctuation; of each the longest token that begins it is
taken, then the longest of the rest among those that continue a word. If one is lacking, or a word
has too many characters, the whole word is the unknown token.
"""

from typing import Any

import numpy as np

from tokbench.encoding.merge_kernels import decoded
from tokbench.encoding.unigram_kernel import child
from tokbench.kernels import jit

SPACE, ALONE, INSIDE = 1, 2, 3
"""In a table of kinds: U+0020, a word by itself, a part of one; 0 is what no rule is about."""


@jit
def walk(text: Any, begin: Any, end: Any, root: Any, keys: Any, nodes: Any, tokens: Any) -> Any:
    """The longest token that begins a text, -1 for none, and where it ends.

    Args:
        text: UTF-8 bytes.
        begin: of the text.
        end: of it.
        root: of the tree, from which the text is followed.
        keys: of the tree, as `unigram_kernel.plant` left them; so are nodes and tokens.
        nodes: likewise.
        tokens: likewise.
    """
    token: Any = np.int64(-1)
    stop: Any = np.int64(begin)
    node: Any = np.int64(root)
    place: Any = np.int64(begin)
    while place < end:
        node = child(keys, nodes, node, text[place])
        if node < 0:
            break
        place += 1
        if tokens[node] >= 0:
            token = np.int64(tokens[node])
            stop = np.int64(place)
    return token, stop


@jit
def encode(
    text: Any,
    bounds: Any,
    rows: Any,
    kinds: Any,
    keys: Any,
    nodes: Any,
    tokens: Any,
    root: Any,
    unk: Any,
    most: Any,
    flat: Any,
    lengths: Any,
    unknown: Any,
) -> Any:
    """Encode texts.

    Args:
        text: UTF-8 bytes.
        bounds: int64, where each text begins.
        rows: int32, which texts.
        kinds: uint8, by code point: SPACE, ALONE, INSIDE or 0.
        keys: as in `walk`, likewise nodes and tokens.
        nodes: likewise.
        tokens: likewise.
        root: below which the tokens are that continue a word; -1 if there is none.
        unk: the unknown token.
        most: characters of a word.
        flat: int32, filled; as long as the texts have bytes.
        lengths: int64, one a text, filled: its tokens, -1 if the library must be asked.
        unknown: int32, likewise: characters in words that are unknown.

    Returns:
        How many tokens all have.
    """
    used: Any = np.int64(0)
    for number in range(rows.shape[0]):
        first = used
        lost: Any = np.int64(0)
        place: Any = np.int64(bounds[rows[number]])
        end = bounds[rows[number] + 1]
        while place < end:
            code, length = decoded(text, place)
            kind: Any = np.int64(kinds[code])
            if kind == 0:
                break
            begin: Any = np.int64(place)
            place += length
            if kind == SPACE:
                continue
            characters: Any = np.int64(1)
            while kind == INSIDE and place < end:
                code, length = decoded(text, place)
                if kinds[code] != INSIDE:
                    break
                place += length
                characters += 1
            before = used
            at: Any = np.int64(begin)
            while at < place and characters <= most:
                start: Any = np.int64(0) if at == begin else np.int64(root)
                token: Any = np.int64(-1)
                if start >= 0:
                    token, at = walk(text, at, place, start, keys, nodes, tokens)
                if token < 0:
                    at = np.int64(begin)
                    break
                flat[used] = token
                used += 1
            if at < place:
                used = before
                flat[used] = unk
                used += 1
                lost += characters
        unknown[number] = lost
        lengths[number] = used - first
        if place < end:
            used = first
            lengths[number] = -1
    return used
