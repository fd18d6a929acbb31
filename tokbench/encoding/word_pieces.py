"""WordPiece behind BertPreTokenizer, by kernel: what the library gives, without asking it."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks import plan
from tokbench.chunks.classes import (
    APOSTROPHE,
    CODE_POINTS,
    LETTERS,
    MARK,
    NUMBER,
    PUNCTUATION,
    SYMBOL,
    load,
)
from tokbench.encoding import piece_kernels as kernels
from tokbench.encoding import unigram_kernel as trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = Mapping[str, Any]


class WordPieces:
    """A WordPiece model whose words are those of BertPreTokenizer.

    Args:
        model: its JSON.
    """

    def __init__(self, model: Json) -> None:
        vocabulary: Mapping[str, int] = model["vocab"]
        self._unk = vocabulary[model["unk_token"]]
        self._most = int(model["max_input_chars_per_word"])
        pieces = [token.encode() for token in vocabulary]
        bounds = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum([len(piece) for piece in pieces], out=bounds[1:])
        text = np.frombuffer(b"".join(pieces), np.uint8)
        self._keys = np.full(1 << (2 * len(text)).bit_length(), -1, np.int64)
        self._nodes = np.zeros(len(self._keys), np.int32)
        places = np.full(len(text) + 1, -1, np.int32)
        trees.plant(text, bounds, self._keys, self._nodes, places)
        numbers = np.array([*vocabulary.values(), -1], np.int32)
        self._tokens = numbers[places]
        self._root = 0
        for byte in model["continuing_subword_prefix"].encode():
            if self._root >= 0:
                self._root = trees.child(self._keys, self._nodes, self._root, byte)
        self._kinds = _kinds()

    @classmethod
    def of(cls, state: Json) -> "WordPieces | None":
        """That of a tokenizer; None for another model or other words.

        Args:
            state: the tokenizer's JSON.
        """
        model = state["model"]
        if model["type"] != "WordPiece" or "" in model["vocab"]:
            return None
        found = plan(state["normalizer"], state["pre_tokenizer"])
        words = found is not None and found.scanner is not None and found.scanner.pattern == "bert"
        return cls(model) if words and model["unk_token"] in model["vocab"] else None

    def encode(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]", rows: "NDArray[np.int32]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]":
        """The ids of normalized texts.

        Args:
            text: UTF-8 bytes.
            bounds: where each text begins, and the last one ends.
            rows: which of them.

        Returns:
            The ids one behind another; how many each text has, -1 where the library must be asked;
            how many characters are in unknown words.
        """
        sizes = bounds[rows.astype(np.int64) + 1] - bounds[rows]
        flat = np.empty(int(sizes.sum()), np.int32)
        lengths, unknown = np.empty(len(rows), np.int64), np.empty(len(rows), np.int32)
        used = kernels.encode(
            text, bounds, rows, self._kinds, self._keys, self._nodes, self._tokens,
            self._root, self._unk, self._most, flat, lengths, unknown,
        )  # fmt: skip
        return flat[:used], lengths, unknown


@cache
def _kinds() -> "NDArray[np.uint8]":
    """By code point what it is to BertPreTokenizer, where all agree."""
    raw = load().raw
    made = np.zeros(CODE_POINTS, np.uint8)
    made[np.isin(raw, [*LETTERS, NUMBER, SYMBOL, MARK])] = kernels.INSIDE
    made[np.isin(raw, [PUNCTUATION, APOSTROPHE])] = kernels.ALONE
    made[ord(" ")] = kernels.SPACE
    return made
