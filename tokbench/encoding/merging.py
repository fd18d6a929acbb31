"""Chunks that are one word each, merged by kernel: what the library's BPE gives, without asking it.

That a chunk is one word is read off it: an optional U+0020 and then letters, under GPT-2's pattern
and its kin; any chunk of SPACED, where nothing pre-tokenizes. All others are the library's.
`docs/cuts.md` has the proof.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks import plan
from tokbench.chunks.classes import CODE_POINTS, LETTERS, load
from tokbench.encoding import merge_kernels as kernels
from tokbench.encoding.spaced import SPACE, WRITTEN
from tokbench.encoding.token_bytes import BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = Mapping[str, Any]

_PATTERNS = ("gpt2", "cl100k", "qwen2")
"""To these, U+0020 and letters behind it are one word; o200k parts it by case."""
_NONE = np.empty(0, np.int32)


class Merging:
    """A BPE and the chunks that it takes as one word.

    Args:
        model: its JSON.
        characters: whether a chunk is its characters, U+0020 written as U+2581; else letters in
            ByteLevel's alphabet.
    """

    def __init__(self, model: Json, *, characters: bool) -> None:
        vocabulary: Mapping[str, int] = model["vocab"]
        self._shape = kernels.CHARACTERS if characters else kernels.WORDS
        self._kinds = np.zeros(CODE_POINTS, np.bool_)
        self._alphabet, self._single = _NONE, np.full(256, -1, np.int32)
        if characters:
            self._alphabet = np.full(CODE_POINTS, -1, np.int32)
            for token, number in vocabulary.items():
                if len(token) == 1:
                    self._alphabet[ord(token)] = number
            self._alphabet[ord(" ")] = vocabulary.get(SPACE, -1)
            if model.get("byte_fallback"):
                self._single[:] = [vocabulary.get(f"<0x{byte:02X}>", -1) for byte in range(256)]
        else:
            self._kinds[:] = np.isin(load().raw, list(LETTERS))
            for character, byte in BYTES.items():
                self._single[byte] = vocabulary.get(character, -1)
        merges = model["merges"]
        left = np.fromiter((vocabulary[one] for one, _ in merges), np.int64, len(merges))
        right = np.fromiter((vocabulary[one] for _, one in merges), np.int64, len(merges))
        made = np.fromiter((vocabulary[a + b] for a, b in merges), np.int32, len(merges))
        size = 1 << (2 * len(merges) + 1).bit_length()
        self._table = np.full(size, -1, np.int64), np.zeros(size, np.int32), np.zeros(size, np.int32)
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
            return cls(model, characters=True)
        found = plan(None, state["pre_tokenizer"])
        scanner = found and found.scanner
        if state["normalizer"] is not None or scanner is None or not scanner.bytes:
            return None
        if scanner.pattern not in _PATTERNS or scanner.prefix:
            return None
        made = cls(model, characters=False)
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
        flat = np.empty(int(bounds[-1] - bounds[0]), np.int32)
        lengths = np.empty(len(bounds) - 1, np.int64)
        room = [np.empty(kernels.LONGEST, np.int32) for _ in range(3)]
        used = kernels.encode(
            text, bounds, self._shape, self._kinds, self._alphabet, self._single,
            *self._table, *room, flat, lengths,
        )  # fmt: skip
        return flat[:used], lengths

    def _makes_all(self, vocabulary: Mapping[str, int]) -> bool:
        """Whether merging gives each token that is such a word: `ignore_merges` changes nothing."""
        tokens = [
            (bytes(BYTES[one] for one in token), number)
            for token, number in vocabulary.items()
            if token and BYTES.keys() >= set(token)
        ]
        words = [(token, number) for token, number in tokens if _is_text(token)]
        bounds = np.zeros(len(words) + 1, np.int64)
        np.cumsum([len(token) for token, _ in words], out=bounds[1:])
        text = np.frombuffer(b"".join(token for token, _ in words), np.uint8)
        flat, lengths = self.encode(text, bounds)
        ours = lengths >= 0
        numbers = np.array([number for _, number in words], np.int32)
        return bool((lengths[ours] == 1).all()) and np.array_equal(flat, numbers[ours])


def _is_text(token: bytes) -> bool:
    try:
        token.decode()
    except UnicodeDecodeError:
        return False
    return True
