"""Chunks merged by kernel: what the library's BPE gives, without asking it.

The words of a chunk are read off it by rule under GPT-2's pattern and its kin; a chunk of SPACED is
one word, since nothing pre-tokenizes it. What no rule is about is the library's: contractions,
white space other than a U+0020 at the beginning, characters that not everybody reads alike.
`docs/cuts.md` has the proof.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks import plan
from tokbench.chunks.classes import (
    CODE_POINTS,
    LETTERS,
    MARK,
    NUMBER,
    PUNCTUATION,
    SYMBOL,
    load,
)
from tokbench.encoding import merge_kernels as kernels
from tokbench.encoding.spaced import SPACE, WRITTEN
from tokbench.spelling import BYTES, unspelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.chunks.structure import Scanner

Json = Mapping[str, Any]

_DIGITS = {"gpt2": 0, "cl100k": 3, "qwen2": 1}
"""How many numbers are one word to a pattern; 0: all of a run, and U+0020 before it."""
_NONE = np.empty(0, np.int32)


class Merging:
    """A BPE, and how its words are found in chunks.

    Args:
        model: its JSON.
        scanner: of the pre-tokenizer that writes words in ByteLevel's alphabet; None if a chunk is
            one word of its characters, U+0020 written as U+2581.
    """

    def __init__(self, model: Json, scanner: "Scanner | None") -> None:
        vocabulary: Mapping[str, int] = model["vocab"]
        self._kinds = np.empty(0, np.uint8)
        self._glues, self._digits = 0, 0
        self._alphabet, self._single = _NONE, np.full(256, -1, np.int32)
        if scanner is None:
            self._shape = kernels.CHARACTERS
            self._alphabet = np.full(CODE_POINTS, -1, np.int32)
            for token, number in vocabulary.items():
                if len(token) == 1:
                    self._alphabet[ord(token)] = number
            self._alphabet[ord(" ")] = vocabulary.get(SPACE, -1)
            if model.get("byte_fallback"):
                self._single[:] = [vocabulary.get(f"<0x{byte:02X}>", -1) for byte in range(256)]
        else:
            self._shape = kernels.WORDS
            self._glues, self._digits = int(scanner.pattern != "gpt2"), _DIGITS[scanner.pattern]
            self._kinds = _kinds(numbers=not scanner.digits)
            for character, byte in BYTES.items():
                self._single[byte] = vocabulary.get(character, -1)
        merges = model["merges"]
        left = np.fromiter((vocabulary[one] for one, _ in merges), np.int64, len(merges))
        right = np.fromiter((vocabulary[one] for _, one in merges), np.int64, len(merges))
        made = np.fromiter((vocabulary[a + b] for a, b in merges), np.int32, len(merges))
        size = 1 << (2 * len(merges) + 1).bit_length()
        self._table = (
            np.full(size, -1, np.int64),
            np.zeros(size, np.int32),
            np.zeros(size, np.int32),
        )
        kernels.fill(left << 32 | right, made, *self._table)

    @classmethod
    def of(cls, state: Json) -> "Merging | None":
        """That of a tokenizer; None where it is not known which chunks are one word.

        Args:
            state: the tokenizer's JSON, or that of `spaced.Way`.
        """
        model = state["model"]
        odd = ("continuing_subword_prefix", "end_of_word_suffix", "dropout")
        if model["type"] != "BPE" or any(model.get(one) for one in odd):
            return None
        if state["pre_tokenizer"] is None:
            normalizer = state["normalizer"] or {}
            if normalizer.get("normalizers") != [WRITTEN] or model.get("ignore_merges"):
                return None
            return cls(model, None)
        found = plan(None, state["pre_tokenizer"])
        scanner = found.scanner if found else None
        if state["normalizer"] is not None or scanner is None or not scanner.bytes:
            return None
        if scanner.pattern not in _DIGITS or scanner.prefix:
            return None
        made = cls(model, scanner)
        return made if not model.get("ignore_merges") or made._makes_all(model["vocab"]) else None

    def encode(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        """The ids of chunks.

        Args:
            text: UTF-8 bytes.
            bounds: where each chunk begins, and the last one ends.

        Returns:
            The ids one behind another, and how many each chunk has, -1 where the library must be
            asked.
        """
        return self._encode(text, bounds, self._shape)

    def _encode(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]", shape: int
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        flat = np.empty(int(bounds[-1] - bounds[0]), np.int32)
        lengths = np.empty(len(bounds) - 1, np.int64)
        symbols, waiting, gives = np.empty((3, kernels.LONGEST), np.int32)
        used = kernels.encode(
            text, bounds, shape, self._kinds, self._glues, self._digits,
            self._alphabet, self._single, *self._table,
            symbols, waiting, gives, flat, lengths,
        )  # fmt: skip
        return flat[:used], lengths

    def _makes_all(self, vocabulary: Mapping[str, int]) -> bool:
        """Whether merging gives each token from its bytes: `ignore_merges` changes nothing."""
        tokens = [found for token in vocabulary if (found := unspelled(token))]
        if len(tokens) < len(vocabulary):
            return False
        bounds = np.zeros(len(tokens) + 1, np.int64)
        np.cumsum(list(map(len, tokens)), out=bounds[1:])
        text = np.frombuffer(b"".join(tokens), np.uint8)
        flat, _ = self._encode(text, bounds, kernels.BYTES)
        return np.array_equal(flat, np.array(list(vocabulary.values()), np.int32))


@cache
def _kinds(*, numbers: bool) -> "NDArray[np.uint8]":
    """By code point what it is to the patterns, where all agree; numbers only if wanted."""
    raw = load().raw
    made = np.zeros(CODE_POINTS, np.uint8)
    made[np.isin(raw, list(LETTERS))] = kernels.LETTER
    made[np.isin(raw, [PUNCTUATION, SYMBOL, MARK])] = kernels.OTHER
    if numbers:
        made[raw == NUMBER] = kernels.NUMBER
    return made
