"""Facts about text by kernel: the numbers of `documents`, without a string for each document."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import regex

from tokbench.chunks.classes import CODE_POINTS
from tokbench.chunks.classes import load as load_classes
from tokbench.chunks.scan import find_cuts
from tokbench.encoding import chunk_kernels as kernels
from tokbench.encoding.chunk_kernels import ascii_words
from tokbench.encoding.documents import LETTER, UNSEGMENTED, words
from tokbench.values import Documents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.encoding.batch import Batch

    Looked = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

_CUTS = 1 << 16
NOT_FINER = False
_REMEMBERED = 1 << 20
"""Pieces with other characters than ASCII whose words are remembered."""


class ChunkFacts:
    """Collects `Documents` batch by batch."""

    def __init__(self) -> None:
        self._bytes: list[NDArray[np.int64]] = []
        self._characters: list[NDArray[np.int64]] = []
        self._words: list[NDArray[np.int64]] = []
        self._letters = 0
        self._unsegmented = 0
        self._counter = WordCounter()

    def add(self, batch: "Batch") -> None:
        """Take in a batch of documents."""
        characters, letters, unsegmented = batch.looked
        self._bytes.append(np.diff(batch.offsets))
        self._characters.append(characters)
        self._words.append(self._counter.words(batch.text, batch.offsets))
        self._letters += int(letters.sum())
        self._unsegmented += int(unsegmented.sum())

    @property
    def documents(self) -> Documents:
        """All that was added."""
        return Documents(
            bytes=np.concatenate([np.empty(0, np.int64), *self._bytes]),
            characters=np.concatenate([np.empty(0, np.int64), *self._characters]),
            words=np.concatenate([np.empty(0, np.int64), *self._words]),
            letters=self._letters,
            unsegmented_letters=self._unsegmented,
        )


class WordCounter:
    """Counts words between the cuts of SPACES, at each of which a word ends (`docs/cuts.md`)."""

    def __init__(self) -> None:
        self._classes = load_classes().stable
        self._cuts = np.empty(_CUTS, np.int64)
        self._words = np.empty(_CUTS, np.int64)
        self._scratch = np.zeros(64, np.uint8)
        self._known: dict[bytes, int] = {}

    def words(self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """For each document what `documents.words` says."""
        place, end = int(offsets[0]), int(offsets[-1])
        every = [np.zeros(1, np.int64)]
        totals = [np.zeros(1, np.int64)]
        while place < end:
            found = find_cuts(
                text, place, end, offsets, NOT_FINER, self._classes, self._scratch, self._cuts
            )
            ends, counts = self._cuts[:found], self._words[:found]
            ascii_words(text, place, ends, ascii_kinds(), counts)
            for number in np.flatnonzero(counts < 0).tolist():
                start = int(ends[number - 1]) if number else place
                counts[number] = self._slowly(text[start : ends[number]].tobytes())
            every.append(ends.copy())
            totals.append(totals[-1][-1] + np.cumsum(counts))
            place = int(ends[-1])
        every[0][0] = offsets[0]
        reached = np.searchsorted(np.concatenate(every), offsets)
        return np.diff(np.concatenate(totals)[reached])

    def _slowly(self, piece: bytes) -> int:
        if (known := self._known.get(piece)) is not None:
            return known
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[piece] = words(piece.decode())
        return self._known[piece]


def look(text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> "Looked":
    """For each string its characters, its letters, and its letters that are `unsegmented`."""
    characters, letters, unsegmented = np.zeros((3, len(offsets) - 1), np.int64)
    kernels.look_at(text, offsets, _letter_kinds(), characters, letters, unsegmented)
    return characters, letters, unsegmented


@cache
def _letter_kinds() -> "NDArray[np.uint8]":
    """For each code point: 1 a letter, 3 one of a script without spaces between words, else 0."""
    every = "".join(map(chr, range(CODE_POINTS)))
    kinds = np.zeros(CODE_POINTS, np.uint8)
    kinds[[ord(one) for one in LETTER.findall(every)]] = 1
    kinds[[ord(one) for one in UNSEGMENTED.findall(every)]] = 1 | kernels.UNSEGMENTED
    return kinds


@cache
def ascii_kinds() -> "NDArray[np.uint8]":
    """What each ASCII character is to UAX 29, asked of `regex`."""
    kinds = np.zeros(128, np.uint8)
    for code in range(128):
        for name, kind in (
            ("ALetter", kernels.LETTER), ("Numeric", kernels.DIGIT),
            ("ExtendNumLet", kernels.JOINER), ("MidLetter", kernels.IN_LETTERS),
            ("MidNum", kernels.IN_DIGITS), ("MidNumLet", kernels.IN_BOTH),
            ("Single_Quote", kernels.IN_BOTH),
        ):  # fmt: skip
            if regex.match(rf"\p{{Word_Break={name}}}", chr(code)):
                kinds[code] = kind
    return kinds
