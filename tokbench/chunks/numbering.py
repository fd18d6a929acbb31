"""Documents as sequences of numbered chunks: equal chunks have equal numbers.

What is done for each distinct chunk once (encoding it, say) is brought back to documents by a
gather and a sum. Numbers are given in the order in which chunks are met, batch after batch, so they
stay what they are; only the chunks themselves are kept, not where they occurred.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tokbench.chunks.classes import load
from tokbench.chunks.cut_sets import WORDS, CutSet
from tokbench.chunks.distinct import Distinct
from tokbench.chunks.scan import find_cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUTS = 1 << 16
"""How many chunks are found before they are numbered."""


@dataclass(frozen=True)
class Numbered:
    """The chunks of some documents.

    Attributes:
        numbers: of all their chunks in order, int32.
        bounds: where each document's chunks begin in `numbers`, and the last one's end, int64.
    """

    numbers: "NDArray[np.int32]"
    bounds: "NDArray[np.int64]"

    def of(self, chosen: "NDArray[np.bool_]") -> "Numbered":
        """The same for some of the documents; `chosen` has a value for each."""
        if chosen.all():
            return self
        lengths = np.diff(self.bounds)
        bounds = np.zeros(int(chosen.sum()) + 1, np.int64)
        np.cumsum(lengths[chosen], out=bounds[1:])
        return Numbered(self.numbers[np.repeat(chosen, lengths)], bounds)


class Numbering:
    """Numbers the distinct chunks of a cut set as they are met."""

    def __init__(self, cut_set: CutSet) -> None:
        self._finer = cut_set is WORDS
        self._spaced = cut_set.spaced
        self._table = Distinct()
        self._classes = load().stable
        self._cuts = np.empty(CUTS, np.int64)
        self._scratch = np.zeros(64, np.uint8)
        self._asked: tuple[NDArray[np.int64], list[str]] = np.empty(0, np.int64), []

    def __len__(self) -> int:
        return len(self._table)

    def add(self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> Numbered:
        """The chunks of the documents that begin in `text` at `offsets`, and end at the last.

        Where the cut set says so, a U+0020 is put before each that is not empty.

        Args:
            text: UTF-8 bytes, read-only.
            offsets: ascending, one more than there are documents.
        """
        if self._spaced:
            text, offsets = spaced(text, offsets)
        place, end = int(offsets[0]), int(offsets[-1])
        ends, numbers = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
        while place < end:
            found = find_cuts(
                text, place, end, offsets, self._finer, self._classes, self._scratch, self._cuts
            )
            ends.append(self._cuts[:found].copy())
            numbers.append(np.empty(found, np.int32))
            self._table.add(text, place, ends[-1], numbers=numbers[-1])
            place = int(ends[-1][-1])
        bounds = np.searchsorted(np.concatenate(ends), offsets, "right")
        return Numbered(np.concatenate(numbers), bounds.astype(np.int64))

    def freeze(self) -> None:
        """Let go of what is only needed to number more text."""
        self._table.freeze()

    def buffer(self) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        """The bytes of all chunks so far, in the order of their numbers, and where each begins."""
        text, offsets = self._table.strings()
        return text, offsets

    def joined(self, numbers: "NDArray[np.int64]") -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        """The bytes of these chunks one behind another, read-only; where each begins and ends."""
        return self._table.some(numbers)

    def texts(self, numbers: "NDArray[np.int64]") -> list[str]:
        """The chunks with these numbers.

        >>> from tokbench.chunks import WORDS
        >>> numbering = Numbering(WORDS)
        >>> text = np.frombuffer(b"so, so", np.uint8)
        >>> numbering.texts(numbering.add(text, np.array([0, 6])).numbers)
        ['so', ',', ' so']
        """
        known, texts = self._asked
        if not np.array_equal(numbers, known):  # by one tokenizer after another
            texts = self._texts(numbers)
            self._asked = numbers, texts
        return texts

    def _texts(self, numbers: "NDArray[np.int64]") -> list[str]:
        if not len(numbers):
            return []
        text, offsets = self._table.strings()
        starts, ends = offsets[numbers], offsets[numbers + 1]
        first, last = int(starts.min()), int(ends.max())
        data = text[first:last].tobytes()
        bounds = zip((starts - first).tolist(), (ends - first).tolist(), strict=True)
        if data.isascii():
            every = data.decode()
            return [every[start:end] for start, end in bounds]
        return [data[start:end].decode() for start, end in bounds]


def spaced(
    text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]"
) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
    """The same documents with U+0020 before each that is not empty.

    >>> text, offsets = spaced(np.frombuffer(b"so, so", np.uint8), np.array([0, 3, 3, 6]))
    >>> text.tobytes(), offsets.tolist()
    (b' so,  so', [0, 4, 4, 8])
    """
    there = np.diff(offsets) > 0
    first = int(offsets[0])
    made = np.insert(text[first : int(offsets[-1])], offsets[:-1][there] - first, ord(" "))
    made.flags.writeable = False
    moved = offsets - first
    moved[1:] += np.cumsum(there)
    return made, moved
