"""Bits per byte without a tokenizer: what a number of a language model is to be read against."""

import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDER = 5
"""Bytes that the byte model looks back at: with the next one they are a number of 48 bits."""


def packed(train: Sequence[str], test: Sequence[str]) -> float:
    """Bits that `xz` needs for the test texts, having packed the training texts before them.

    The difference in size that they make, of one stream.
    """
    before, after = (xz_bytes([*some]) for some in (train, [*train, *test]))
    return 8.0 * (after - before)


def xz_bytes(texts: Sequence[str]) -> int:
    """The size of all texts in one `xz` stream, each ended by a zero byte."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9}]
    data = b"".join(text.encode() + b"\0" for text in texts)
    return len(lzma.compress(data, lzma.FORMAT_RAW, filters=filters))


@dataclass(frozen=True)
class _Counts:
    """How often each byte followed each context of one length.

    Attributes:
        pairs: contexts with the byte that followed, as numbers, sorted.
        counts: how often each was there.
        contexts: contexts, sorted.
        totals: how often each was there.
        kinds: how many different bytes followed it.
    """

    pairs: "NDArray[np.uint64]"
    counts: "NDArray[np.int64]"
    contexts: "NDArray[np.uint64]"
    totals: "NDArray[np.int64]"
    kinds: "NDArray[np.int64]"


class ByteModel:
    """Predicts each byte from up to five before it, as counted in training texts.

    Interpolated after Witten and Bell (1991): of a context seen `n` times with `t` different bytes,
    `P(c | h) = (n(hc) + t P(c | shorter h)) / (n + t)`, down to 1/256.

    >>> model = ByteModel(["abcabcabc"] * 9)
    >>> float(model.bits("abcabc").sum()) < float(model.bits("cbacba").sum())
    True
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Count."""
        codes = [_codes(text) for text in texts]
        every = np.concatenate([np.zeros(0, np.uint64), *codes])
        self._orders = [_counted(every, order) for order in range(ORDER + 1)]

    def bits(self, text: str) -> "NDArray[np.float64]":
        """What each byte of a text costs, in order."""
        codes = _codes(text)
        share = np.full(len(codes), 1 / 256)
        for order, known in enumerate(self._orders):
            pairs = codes & np.uint64((1 << 8 * (order + 1)) - 1)
            n, t = (
                _looked_up(known.contexts, some, pairs >> np.uint64(8))
                for some in (known.totals, known.kinds)
            )
            here = _looked_up(known.pairs, known.counts, pairs)
            share = np.where(n > 0, (here + t * share) / np.maximum(n + t, 1), share)
        return np.asarray(-np.log2(share))


def _codes(text: str) -> "NDArray[np.uint64]":
    """Of each byte a number: it and the five before it, zeros before the first."""
    data = np.frombuffer(b"\0" * ORDER + text.encode(), np.uint8).astype(np.uint64)
    size = len(data) - ORDER
    codes = np.zeros(size, np.uint64)
    for place in range(ORDER + 1):
        codes = (codes << np.uint64(8)) | data[place : place + size]
    return codes


def _counted(codes: "NDArray[np.uint64]", order: int) -> _Counts:
    mask = np.uint64((1 << 8 * (order + 1)) - 1)
    pairs, counts = np.unique(codes & mask, return_counts=True)
    contexts, first, kinds = np.unique(pairs >> np.uint64(8), return_index=True, return_counts=True)
    totals = np.add.reduceat(counts, first) if len(first) else counts
    return _Counts(pairs, counts, contexts, totals, kinds)


def _looked_up(
    keys: "NDArray[np.uint64]", values: "NDArray[np.int64]", asked: "NDArray[np.uint64]"
) -> "NDArray[np.int64]":
    """The value of each that is asked for, 0 where there is none."""
    if not len(keys):
        return np.zeros(len(asked), np.int64)
    at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[at] == asked, values[at], 0)
