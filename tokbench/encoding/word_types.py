"""The distinct words of a corpus, or many of them, chosen by their hash."""

import heapq
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from tokbench.encoding.documents import BOUNDARY, IN_WORD
from tokbench.values import WordsAlone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tokbench.chunks.numbering import Numbering
    from tokbench.encoding.batch import Batch
    from tokbench.encoding.inside import Inside

MOST = 50_000
_SLICE = 100_000
_RANGE = 2**64


class WordTypes:
    """Collects distinct words; of more than MOST it keeps those with the smallest hashes.

    Args:
        most: how many to keep.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._words: dict[str, int] = {}
        self._below = _RANGE
        self._seen = np.zeros(0, np.bool_)

    def add(self, batch: "Batch") -> None:
        """Take in the words of some documents."""
        self._take(batch.strings)

    def add_chunks(self, numbering: "Numbering", numbers: "NDArray[np.int32]") -> None:
        """Take in the words of these chunks of SPACES."""
        self._seen = np.pad(self._seen, (0, max(0, len(numbering) - len(self._seen))))
        met = np.zeros(len(self._seen), np.bool_)
        met[numbers] = True
        fresh = np.flatnonzero(met & ~self._seen)
        self._seen |= met
        for first in range(0, len(fresh), _SLICE):
            self._take(numbering.texts(fresh[first : first + _SLICE]))

    def _take(self, texts: "Iterable[str]") -> None:
        fresh = {piece for text in texts for piece in BOUNDARY.split(text)} - self._words.keys()
        for word in filter(IN_WORD.search, fresh):
            if (hashed := xxhash.xxh64_intdigest(word.encode())) < self._below:
                self._words[word] = hashed
        if len(self._words) > 2 * self._most:
            self._shrink()

    def _shrink(self) -> None:
        if len(self._words) > self._most:
            self._below = heapq.nsmallest(self._most + 1, self._words.values())[-1]
            self._words = {word: key for word, key in self._words.items() if key < self._below}

    def alone(self, inside: "Inside") -> WordsAlone:
        """How many of them are one token."""
        self._shrink()
        words = sorted(self._words)
        there = len(words)
        if self._below < _RANGE:  # so many in this share of all hashes
            there = round(len(words) * _RANGE / self._below)
        return WordsAlone(there, len(words), inside.single(words) if words else 0)
