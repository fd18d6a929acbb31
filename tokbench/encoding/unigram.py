"""Unigram models by kernel: of texts that are parts of a longer one, or of Metaspace's words."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks import plan
from tokbench.encoding import unigram_kernel as kernels
from tokbench.encoding.spaced import SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tokbench.encoding.spaced import Way

Json = Mapping[str, Any]

_PENALTY = 10.0
"""`K_UNK_PENALTY`."""
_LIMITS = np.array([1e-5, 2.0**35])
"""Two sums nearer than this are told apart by rounding, as long as a chunk's bytes times the sum
of all scores before it are below that: one addition errs by 2^-53 of its sum at most, and the two
sums are made of no more additions than there are bytes, which is less than 2^35 * 2^-52 < 1e-5."""


class Lattice:
    """A Unigram model.

    Args:
        vocab: pieces and scores by id.
        unk: the id of the unknown one.
        fallback: the tokens of the bytes of unknown characters; none if those stay unknown.
    """

    def __init__(
        self, vocab: list[tuple[str, float]], unk: int, fallback: "Sequence[int]" = ()
    ) -> None:
        pieces = [token.encode() for token, _ in vocab]
        scores = [score for _, score in vocab]
        bounds = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum([len(piece) for piece in pieces], out=bounds[1:])
        text = np.frombuffer(b"".join(pieces), np.uint8)
        self._keys = np.full(1 << (2 * len(text)).bit_length(), -1, np.int64)
        self._nodes = np.zeros(len(self._keys), np.int32)
        self._tokens = np.full(len(text) + 1, -1, np.int32)
        kernels.plant(text, bounds, self._keys, self._nodes, self._tokens)
        self._scores = np.array([*scores, min(scores) - _PENALTY], np.float64)
        self._unk = unk
        self._fallback = np.array(fallback, np.int32)
        self._room(1 << 10)

    @classmethod
    def of(cls, way: "Way") -> "Lattice | None":
        """That of a tokenizer whose texts are encoded through chunks; None for another model."""
        if not way.unigram:
            return None
        model = json.loads(way.state)["model"]
        return cls(model["vocab"], model["unk_id"])

    @classmethod
    def of_words(cls, state: Json) -> "Lattice | None":
        """That of a tokenizer which gives it the words that Metaspace makes; None for another.

        Args:
            state: the tokenizer's JSON.
        """
        model = state["model"]
        found = plan(None, state["pre_tokenizer"])
        scanner = found.scanner if found else None
        if model["type"] != "Unigram" or model["unk_id"] is None or scanner is None:
            return None
        if (scanner.pattern, scanner.prefix, scanner.digits) != ("metaspace", SPACE, ""):
            return None
        ids = {token: number for number, (token, _) in enumerate(model["vocab"])}
        scores = [score for _, score in model["vocab"]]
        if len(ids) < len(scores) or "" in ids or not all(map(math.isfinite, scores)):
            return None
        if min(scores) > 0 or len(model["vocab"][model["unk_id"]][0]) == 1:
            return None
        fallback: list[int] = []
        if model.get("byte_fallback"):
            fallback = [ids.get(f"<0x{byte:02X}>", -1) for byte in range(256)]
        return None if -1 in fallback else cls(model["vocab"], model["unk_id"], fallback)

    def words(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]", rows: "NDArray[np.int32]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        """The ids of the words of texts.

        Args:
            text: UTF-8 bytes.
            bounds: where each text begins, and the last one ends.
            rows: which of them.

        Returns:
            The ids one behind another, and how many each text has, -1 where the library must be
            asked.
        """
        sizes = bounds[rows.astype(np.int64) + 1] - bounds[rows]
        if (size := int(sizes.max(initial=0)) + len(SPACE.encode())) >= len(self._sums):
            self._room(2 * size)
        flat = np.empty(3 * int(sizes.sum() + len(rows)), np.int32)
        lengths = np.zeros(len(rows), np.int64)
        used = kernels.encode_words(
            text, bounds, rows, self._keys, self._nodes, self._tokens, self._scores, _LIMITS,
            self._unk, self._fallback, self._sums, self._froms, self._takes, self._near,
            self._word, flat, lengths,
        )  # fmt: skip
        return flat[:used], lengths

    def _room(self, size: int) -> None:
        """Be ready for texts of so many bytes."""
        self._sums = np.zeros(size + 1, np.float64)
        self._froms = np.zeros(size + 1, np.int64)
        self._takes = np.zeros(size + 1, np.int32)
        self._near = np.zeros(size + 1, np.bool_)
        self._scratch = np.zeros(size + 1, np.int32)
        self._word = np.zeros(size + 1, np.uint8)

    def encode(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]", rows: "NDArray[np.int32]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32]]":
        """The ids of texts.

        Args:
            text: UTF-8 bytes, read-only.
            bounds: where each text begins, and the last one ends.
            rows: which of them.

        Returns:
            The ids one behind another, how many each text has, and of which texts they may be
            others where something stands before them; how many characters are unknown.
        """
        sizes = bounds[rows.astype(np.int64) + 1] - bounds[rows]
        if (size := int(sizes.max(initial=0))) >= len(self._sums):
            self._room(2 * size)
        flat = np.empty(int(sizes.sum()), np.int32)
        lengths, close = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        unknown = np.zeros(len(rows), np.int32)
        used = kernels.encode(
            text, bounds, rows, self._keys, self._nodes, self._tokens, self._scores, _LIMITS,
            self._unk, self._fallback, self._sums, self._froms, self._takes, self._near, flat,
            lengths, close, unknown,
        )  # fmt: skip
        return flat[:used], lengths, close, unknown

    def same(
        self,
        rows: "NDArray[np.int32]",
        bounds: "NDArray[np.int64]",
        close: "NDArray[np.bool_]",
        text_rows: "NDArray[np.int32]",
        text: "NDArray[np.uint8]",
        starts: "NDArray[np.int64]",
        flat: "NDArray[np.int32]",
        firsts: "NDArray[np.int64]",
    ) -> "NDArray[np.bool_]":
        """For each document whether its chunks have in it the ids that they have alone.

        Args:
            rows: of all documents' chunks.
            bounds: where each document's begin in `rows`, and the last one's end.
            close: by row, as `encode` gave it.
            text_rows: by row, which text it is.
            text: the texts, UTF-8 bytes.
            starts: where each text begins.
            flat: the ids of all rows.
            firsts: by row, where they begin.
        """
        equal = np.zeros(len(bounds) - 1, np.bool_)
        kernels.same(
            rows, bounds, close, text_rows, text, starts, flat, firsts,
            self._keys, self._nodes, self._tokens, self._scores, _LIMITS, self._unk,
            self._fallback, self._sums, self._froms, self._takes, self._near, self._scratch, equal,
        )  # fmt: skip
        return equal
