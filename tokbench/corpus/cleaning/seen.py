"""Which documents came before: tables of hashes that grow."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus.cleaning.extras import installed
from tokbench.corpus.cleaning.seen_kernel import grow, grow_bands, mark_near, mark_seen, shingles
from tokbench.corpus.mixing.split_kernel import hash_documents
from tokbench.fingerprint import characters_as_bytes, offsets

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Flags = NDArray[np.uint8]

SEEDS = np.uint64(0x51ED270B), np.uint64(0xA5A5F00D)
"""Of the two halves of a hash; neither is that of the held-out choice."""
SKETCHED = 1024
"""So many documents are sketched at a time: their numbers come as Python objects."""
FOUND = 0.99
"""Of two documents as similar as the threshold says, a pair shares a band with this chance."""


class Seen:
    """Exactly: 128 bits of each text, by XXH64 with two seeds.

    In memory are 32 to 64 bytes for each text that differs. Two different texts out of a billion
    are taken for one with a chance of 10^-21.
    """

    def __init__(self) -> None:
        self._table = np.zeros((1 << 12, 2), np.uint64)
        self._count = 0

    def again(self, texts: "pa.LargeStringArray", exempt: "Flags") -> "Flags":
        """Mark the texts that came before, in this array or an earlier one.

        Args:
            texts: the documents.
            exempt: which of them are not looked at, with 1.
        """
        hashes = _hashes(texts)
        self._table = _roomy(self._table, self._count + len(texts), grow)
        seen = np.empty(len(texts), np.uint8)
        self._count += mark_seen(hashes, exempt, self._table, seen)
        return seen


class Near:
    """Nearly: MinHash sketches of runs of characters, by rensa, and bands of them.

    In memory are for each document that was kept 4 bytes a slot, and 32 to 64 a band, of which
    there is one for each few slots; 1.2 to 1.9 KB with 128 slots and a threshold of 0.8. While
    documents are sketched, 8 bytes are for each byte of at most a batch, or of one large document.

    Args:
        threshold: the share of equal slots, which estimates the share of runs that both of two
            documents have among those that one has (Jaccard; Broder 1997).
        ngram: characters of a run.
        num_perm: slots of a sketch; the standard error of the share is its square root's inverse
            at most, halved.
        seed: other sketches for another one.
    """

    def __init__(self, threshold: float, ngram: int, num_perm: int, seed: int) -> None:
        self._sketch = installed("rensa", "near", "step dedupe").RMinHash
        self._ngram, self._slots, self._seed = ngram, num_perm, seed
        self._bands = bands(threshold, num_perm)
        self._alike = math.ceil(threshold * num_perm)
        self._table = np.zeros((1 << 12, 2), np.uint64)
        self._kept = np.empty((1 << 6, num_perm), np.uint32)
        self._count = 0

    def again(self, texts: "pa.LargeStringArray", exempt: "Flags") -> "Flags":
        """Mark the texts that are like one that was kept, in this array or an earlier one."""
        near = np.empty(len(texts), np.uint8)
        for start in range(0, len(texts), SKETCHED):
            some = slice(start, start + SKETCHED)
            near[some] = self._some_again(self._sketches(texts[some]), exempt[some])
        return near

    def _some_again(self, sketches: "NDArray[np.uint32]", exempt: "Flags") -> "Flags":
        count, slots = self._count + len(sketches), self._slots
        self._table = _roomy(self._table, count * self._bands, grow_bands)
        if count > len(self._kept):
            larger = np.empty((max(count, 2 * len(self._kept)), slots), np.uint32)
            larger[: self._count] = self._kept[: self._count]
            self._kept = larger
        near = np.empty(len(sketches), np.uint8)
        self._count = mark_near(
            sketches, exempt, self._bands, self._alike, self._kept, self._count, self._table, near
        )
        return near

    def _sketches(self, texts: "pa.LargeStringArray") -> "NDArray[np.uint32]":
        text, starts = characters_as_bytes(texts), offsets(texts)
        hashes = np.empty(int(starts[-1] - starts[0]) + len(texts), np.uint64)
        ends = np.empty(len(texts) + 1, np.uint64)
        count = shingles(text, starts, self._ngram, hashes, ends)
        found: Any = self._sketch.digest_matrix_from_flat_token_hashes(
            hashes[:count], ends, self._slots, self._seed
        )
        return np.array(found.to_rows(), np.uint32)


def bands(threshold: float, slots: int) -> int:
    """Into how many bands to cut a sketch, so that two like documents share one.

    Two documents of which a share s of slots are equal share one of b bands of r slots with the
    chance 1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). Wide
    bands mean few comparisons.

    >>> bands(0.8, 128), bands(0.5, 128), bands(1.0, 128)
    (21, 42, 1)
    """
    widths = (
        width
        for width in range(slots, 0, -1)
        if 1 - (1 - threshold**width) ** (slots // width) >= FOUND
    )
    return slots // next(widths, 1)


def _hashes(texts: "pa.LargeStringArray") -> "NDArray[np.uint64]":
    text, starts = characters_as_bytes(texts), offsets(texts)
    halves = np.empty((2, len(texts)), np.uint64)
    for seed, half in zip(SEEDS, halves, strict=True):
        hash_documents(text, starts, seed, half)
    return np.ascontiguousarray(halves.T)


def _roomy(table: "NDArray[np.uint64]", count: int, move: Any) -> "NDArray[np.uint64]":
    """The table, at most half full when so many are in it."""
    if 2 * count <= len(table):
        return table
    larger = np.zeros((1 << (2 * count - 1).bit_length(), 2), np.uint64)
    move(table, larger)
    return larger
