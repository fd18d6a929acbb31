"""Documents remembered by their 128-bit hash: which came before, which are elsewhere too."""

from typing import TYPE_CHECKING

import numpy as np

from tokbench.corpus.looking.kernel import find, hash_documents, insert
from tokbench.fingerprint import characters_as_bytes, offsets

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_LEAST = 1 << 12
_FULL = 0.625


def hashed(texts: "pa.LargeStringArray") -> "NDArray[np.uint64]":
    """Two numbers for each document; their sums are the documents' fingerprint."""
    found = np.empty(2 * len(texts), np.uint64)
    hash_documents(characters_as_bytes(texts), offsets(texts), found)
    return found


class Hashes:
    """A set of hashes that grows: 26 to 51 bytes for each.

    >>> known = Hashes()
    >>> known.add(np.array([1, 2, 3, 4, 1, 2], np.uint64)).tolist()
    [1, 1, 0]
    >>> (known.find(np.array([3, 4, 3, 5], np.uint64)) >= 0).tolist()
    [True, False]
    """

    def __init__(self) -> None:
        self._table = np.zeros(2 * _LEAST, np.uint64)
        self._count = 0

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self._table.nbytes

    @property
    def slots(self) -> int:
        """What every answer of `find` is below, as long as nothing is added."""
        return len(self._table) // 2

    def add(self, hashes: "NDArray[np.uint64]") -> "NDArray[np.uint8]":
        """For each whether it was not there; it is now."""
        new = np.empty(len(hashes) // 2, np.uint8)
        slots = self.slots
        while slots * _FULL < self._count + len(new):
            slots *= 2
        if slots > self.slots:
            old = self._table.reshape(-1, 2)
            self._table = np.zeros(2 * slots, np.uint64)
            kept = old[old.any(1)].ravel()
            insert(kept, self._table, np.empty(len(kept) // 2, np.uint8))
        self._count += int(insert(hashes, self._table, new))
        return new

    def find(self, hashes: "NDArray[np.uint64]") -> "NDArray[np.int64]":
        """For each where it is, -1 where it is not there."""
        slots = np.empty(len(hashes) // 2, np.int64)
        find(hashes, self._table, slots)
        return slots
