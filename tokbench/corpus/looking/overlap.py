"""What one text has in common with another: the same documents, and long passages in them.

The fingerprints of the side that is evaluated (held-out documents, a test set) are kept in memory,
the other side streams by. Every passage of `LEAST` bytes, white space left out, is found if it
stands in both; nothing is found that does not share `K` bytes. A passage that more than `COMMON`
documents have, on either side, says nothing about leakage (a licence, a menu, a ruler): documents
that share nothing else are counted apart.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tokbench.corpus.looking.hashes import Hashes, hashed
from tokbench.corpus.looking.overlap_kernel import (
    NOWHERE,
    RING,
    covered,
    mark,
    number,
    squeeze,
    winnow,
)
from tokbench.fingerprint import characters_as_bytes, offsets
from tokbench.values import DocumentSeen, Overlap, SharedPassage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

K, WINDOW = 64, 37
"""Bytes that a fingerprint is made of, and of how many of them in a row one is kept."""
LEAST = K + WINDOW - 1
"""Passages of so many bytes are found."""
COMMON = 20
"""What more documents have is boilerplate."""
MOST = 128 << 20
"""Of so much text of the evaluated side passages are remembered, which takes three times as much
memory; of what comes behind it, whole documents only."""
EXAMPLES, EXCERPT = 3, 200
_WORD, _BLOCK = 40, 1 << 16
_BITS = 40
_WHITE = np.isin(np.arange(256), [32, *range(9, 14)])


class Prints(NamedTuple):
    """The fingerprints of some documents.

    Attributes:
        hashes: uint64.
        places: int64, where in its document each begins, white space left out.
        ends: int64, how many of them the documents before each have.
    """

    hashes: "NDArray[np.uint64]"
    places: "NDArray[np.int64]"
    ends: "NDArray[np.int64]"


def prints(texts: "pa.LargeStringArray", k: int = K, window: int = WINDOW) -> Prints:
    """The fingerprints of documents.

    Args:
        texts: the documents.
        k: bytes that each is made of.
        window: of how many in a row one is kept, at most 64.
    """
    text, starts = characters_as_bytes(texts), offsets(texts)
    squeezed = np.empty(int(starts[-1] - starts[0]) + 1, np.uint8)
    bounds = np.empty(len(starts), np.int64)
    squeeze(text, starts, squeezed, bounds)
    ring = np.empty(2 * RING, np.uint64)
    room = 2 * int(bounds[-1]) // (window + 1) * 5 // 4 + len(starts) + RING
    while True:
        hashes, places = np.empty(room, np.uint64), np.empty(room, np.int64)
        ends = np.zeros(len(starts), np.int64)
        done = winnow(squeezed, bounds, 0, k, window, ring, hashes, places, ends)
        if done == len(texts):
            return Prints(hashes[: ends[-1]], places[: ends[-1]], ends)
        room *= 2


def named(source: int, number_: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """What documents are called here: the index of the source and the number in it in one."""
    return (np.int64(source) << _BITS) | number_


def place_of(name: int) -> tuple[int, int]:
    """The index of the source and the number in it.

    >>> place_of(int(named(3, np.array([7]))[0]))
    (3, 7)
    """
    return name >> _BITS, name & ((1 << _BITS) - 1)


class Evaluated:
    """The documents that are looked for elsewhere: first all are added, then it is sealed.

    Args:
        name: what reports call them.
        sources: the names of their sources.
        most: of how many bytes of text passages are remembered.
        k: bytes that a fingerprint is made of, and `window` as for `prints`.
    """

    def __init__(
        self,
        name: str,
        sources: "Sequence[str]",
        *,
        most: int = MOST,
        k: int = K,
        window: int = WINDOW,
    ) -> None:
        self.name, self.sources = name, sources
        self.documents = self.bytes = self.looked = 0
        self.known = Hashes()
        self._most, self._k, self._window = most, k, window
        self._text: list[NDArray[np.uint64]] = []
        self._names: list[NDArray[np.int64]] = []
        self._lengths: list[NDArray[np.int64]] = []
        self._prints: list[Prints] = []

    def add(self, texts: "pa.LargeStringArray", names: "NDArray[np.int64]") -> None:
        """Remember documents."""
        if not len(texts):
            return
        hashes = hashed(texts)
        self.known.add(hashes)
        self._text.append(hashes)
        self._names.append(names)
        self._lengths.append(np.diff(offsets(texts)))
        if self.bytes < self._most and self.looked == self.documents:
            found = prints(texts, self._k, self._window)
            self._prints.append(Prints(found.hashes.copy(), found.places.copy(), found.ends))
            self.looked += len(texts)
        self.documents += len(texts)
        self.bytes += int(self._lengths[-1].sum())

    def seal(self) -> "Sealed":
        """What other documents can be held against."""
        hashes = _joined([each.hashes for each in self._prints], np.uint64)
        slots = np.full(1 << max(4, (2 * len(hashes)).bit_length()), NOWHERE, np.int32)
        known, numbers = np.empty(len(hashes), np.uint64), np.empty(len(hashes), np.int32)
        count = int(number(hashes, slots, known, numbers, 0))
        ends = [np.zeros(1, np.int64)]
        for each in self._prints:
            ends.append(ends[-1][-1] + each.ends[1:])
        names = _joined(self._names, np.int64)
        sealed = Sealed(
            self, self._k, slots, known[:count].copy(), numbers, np.concatenate(ends),
            _joined([each.places for each in self._prints], np.int64),
            self.known.find(_joined(self._text, np.uint64)), names,
            _joined(self._lengths, np.int64), np.zeros(count, np.int32),
        )  # fmt: skip
        self._prints, self._text = [], []
        first, last = np.full((2, count), NOWHERE, np.int64)
        looked = names[: len(sealed.ends) - 1]
        mark(hashes, sealed.ends, looked, slots, sealed.known, first, last, sealed.own)
        return sealed


@dataclass(frozen=True)
class Sealed:
    """Evaluated documents with an index of their fingerprints.

    Attributes:
        of: where they were gathered.
        k: bytes that a fingerprint is made of.
        slots: the hash table that gives a fingerprint its number.
        known: the fingerprints by their number.
        numbers: the numbers of all fingerprints of all documents.
        ends: how many of them the documents before each have.
        places: where in its document each begins.
        same: where each document is among the hashes of whole ones.
        names: what each is called.
        lengths: its UTF-8 bytes.
        own: by number of a fingerprint: how many of these documents have it.
    """

    of: Evaluated
    k: int
    slots: "NDArray[np.int32]"
    known: "NDArray[np.uint64]"
    numbers: "NDArray[np.int32]"
    ends: "NDArray[np.int64]"
    places: "NDArray[np.int64]"
    same: "NDArray[np.int64]"
    names: "NDArray[np.int64]"
    lengths: "NDArray[np.int64]"
    own: "NDArray[np.int32]"


@dataclass(frozen=True)
class _Shared:
    """One example before its text is known: the document, the other, where the passage begins."""

    name: int
    other: int
    place: int
    whole: bool


class Search:
    """Looks for evaluated documents among others that stream by.

    Args:
        evaluated: what is looked for.
        within: what reports call the others.
        sources: the names of their sources.
        common: a passage that more documents have is boilerplate.
    """

    def __init__(
        self, evaluated: Sealed, within: str, sources: "Sequence[str]", *, common: int = COMMON
    ) -> None:
        self._evaluated = evaluated
        self._within = within
        self._sources = sources
        self._common = common
        self._first = np.full(len(evaluated.known), NOWHERE, np.int64)
        self._last = self._first.copy()
        self._count = np.zeros(len(evaluated.known), np.int32)
        self._same = np.full(evaluated.of.known.slots, NOWHERE, np.int64)

    def see(self, hashes: "NDArray[np.uint64]", found: Prints, names: "NDArray[np.int64]") -> None:
        """Some of the others: their hashes, their fingerprints, what they are called."""
        one = self._evaluated
        mark(
            found.hashes, found.ends, names, one.slots, one.known,
            self._first, self._last, self._count,
        )  # fmt: skip
        slots = one.of.known.find(hashes)
        fresh = np.flatnonzero(slots >= 0)
        fresh = fresh[self._same[slots[fresh]] == NOWHERE][::-1]  # so that the first one stays
        self._same[slots[fresh]] = names[fresh]

    def result(
        self, documents: "Iterable[tuple[pa.LargeStringArray, NDArray[np.int64]]]"
    ) -> Overlap:
        """What was found.

        Args:
            documents: the evaluated ones again, with what they are called; read until the examples
                are there.
        """
        one = self._evaluated
        whole = self._same[one.same] != NOWHERE
        looked = len(one.ends) - 1
        shared, example = np.empty((2, looked), np.int64)
        boilerplate = np.empty(looked, np.uint8)
        covered(
            one.numbers, one.ends, one.places, one.k, self._count, one.own, self._common,
            shared, example, boilerplate,
        )  # fmt: skip
        partly = (shared > 0) & ~whole[:looked]
        common = (boilerplate > 0) & (shared == 0) & ~whole[:looked]
        return Overlap(
            text=one.of.name,
            within=self._within,
            documents=one.of.documents,
            bytes=one.of.bytes,
            same=int(whole.sum()),
            same_bytes=int(one.lengths[whole].sum()),
            partly=int(partly.sum()),
            partly_bytes=int(shared[partly].sum()),
            common=int(common.sum()),
            looked=looked,
            sources=self._by_source(
                np.concatenate([np.flatnonzero(whole), np.flatnonzero(partly)])
            ),
            examples=self._told(self._chosen(whole, partly, example), documents),
        )

    def _by_source(self, documents: "NDArray[np.intp]") -> dict[str, int]:
        """How many of these documents each source has, most first."""
        one = self._evaluated
        counts = np.bincount(one.names[documents] >> _BITS, minlength=len(one.of.sources))
        order = np.argsort(-counts, kind="stable").tolist()
        return {one.of.sources[index]: int(counts[index]) for index in order if counts[index]}

    def _chosen(
        self,
        whole: "NDArray[np.bool_]",
        partly: "NDArray[np.bool_]",
        example: "NDArray[np.int64]",
    ) -> list[_Shared]:
        """The first documents that share a passage, then those that are the same."""
        one = self._evaluated
        found = []
        for document in np.flatnonzero(partly)[:EXAMPLES].tolist():
            each = int(example[document])
            other = int(self._first[one.numbers[each]])
            found.append(_Shared(int(one.names[document]), other, int(one.places[each]), False))  # noqa: FBT003
        for document in np.flatnonzero(whole)[: EXAMPLES - len(found)].tolist():
            other = int(self._same[one.same[document]])
            found.append(_Shared(int(one.names[document]), other, 0, True))  # noqa: FBT003
        return found

    def _told(
        self,
        chosen: "Sequence[_Shared]",
        documents: "Iterable[tuple[pa.LargeStringArray, NDArray[np.int64]]]",
    ) -> tuple[SharedPassage, ...]:
        wanted = {each.name: each for each in chosen}
        told: dict[int, SharedPassage] = {}
        if not wanted:
            return ()
        for texts, names in documents:
            for index in np.flatnonzero(np.isin(names, list(wanted))).tolist():
                each = wanted[int(names[index])]
                told[each.name] = self._example(each, texts[index].as_buffer().to_pybytes())
            if len(told) == len(wanted):
                break
        return tuple(told[each.name] for each in chosen if each.name in told)

    def _example(self, each: _Shared, text: bytes) -> SharedPassage:
        source, number_ = place_of(each.name)
        other_source, other_number = place_of(each.other)
        begin = 0 if each.whole else _beginning(text, each.place)
        shown = text[begin : begin + 4 * EXCERPT].decode("utf-8", "ignore")[:EXCERPT]
        document = DocumentSeen(
            self._evaluated.of.sources[source],
            number_,
            len(text.decode()),
            text[: 4 * EXCERPT].decode("utf-8", "ignore")[:EXCERPT],
        )
        return SharedPassage(
            document, (self._sources[other_source], other_number), shown, each.whole
        )


def _beginning(text: bytes, place: int) -> int:
    """Where the word begins that follows so many bytes that are no white space."""
    codes = np.frombuffer(text, np.uint8)
    begin = 0
    while True:
        solid = np.flatnonzero(~_WHITE[codes[begin : begin + _BLOCK]])
        if place < len(solid):
            break
        place -= len(solid)
        begin += _BLOCK
    begin += int(solid[place])
    spaces = np.flatnonzero(_WHITE[codes[begin : begin + _WORD]])
    if begin and len(spaces) and begin + _WORD < len(codes):
        begin += int(spaces[0]) + 1
    while codes[begin] & 0xC0 == 0x80:  # noqa: PLR2004 - within a character
        begin -= 1
    return begin


def _joined(arrays: "Sequence[NDArray]", kind: type) -> "NDArray":  # type: ignore[type-arg]
    return np.concatenate([np.empty(0, kind), *arrays])
