"""What is counted of the documents of each source."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus.looking.hashes import Hashes
from tokbench.corpus.looking.kernel import measure
from tokbench.corpus.looking.lengths import BINS, bins, doublings, percentiles
from tokbench.corpus.looking.overlap import named, place_of
from tokbench.corpus.looking.passes import chosen
from tokbench.corpus.looking.scripts import SCRIPTS, table
from tokbench.fingerprint import characters_as_bytes, offsets
from tokbench.values import DocumentSeen, Split, TextFacts

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.corpus.cleaned import Account

START = 300
"""How many characters of the longest document are shown."""
_FEW, _ID_DIGITS, _ID_CHARACTERS = 20, 0.1, 15
_LABELS, _LABEL_CHARACTERS, _SAME_LABEL = 100, 40, 50


class Numbers:
    """Numbers the documents of each source, from 1."""

    def __init__(self, sources: int) -> None:
        self._seen = [0] * sources

    def names(self, sources: "NDArray[np.int32]") -> "NDArray[np.int64]":
        """The index of the source and the number in it of each of the next documents."""
        names = np.empty(len(sources), np.int64)
        for source in np.unique(sources).tolist():
            which = np.flatnonzero(sources == source)
            names[which] = named(source, np.arange(len(which)) + self._seen[source] + 1)
            self._seen[source] += len(which)
        return names


class Found:
    """What was counted so far, by source."""

    def __init__(self, sources: int, split: Split) -> None:
        self.known = Hashes()
        self.prints = np.zeros((2, 2), np.uint64)
        self._split = split
        self._numbers = Numbers(sources)
        self._scripts = table()
        self._counts = np.zeros((sources, 256), np.int64)
        self._digits = np.zeros(sources, np.int64)
        self._lengths = np.zeros((sources, BINS), np.int64)
        self._longest: list[DocumentSeen | None] = [None] * sources
        self._sums = {key: np.zeros(sources, np.int64) for key in _SUMS}

    def add(
        self,
        texts: "pa.LargeStringArray",
        sources: "NDArray[np.int32]",
        hashes: "NDArray[np.uint64]",
        is_held: "NDArray[np.bool_]",
    ) -> "NDArray[np.int64]":
        """Count documents; gives what overlaps call them."""
        names = self._numbers.names(sources)
        training = ~is_held
        both = hashes.reshape(-1, 2)
        self.prints[1] += both[training].sum(0, dtype=np.uint64)
        numbers = names
        if self._split != "all":
            wanted = is_held if self._split == "held_out" else training
            texts, _ = chosen(texts, is_held, held_out=self._split == "held_out")
            sources, both, is_held = sources[wanted], both[wanted], is_held[wanted]
            numbers = names[wanted]
        self.prints[0] += both.sum(0, dtype=np.uint64)
        if len(texts):
            self._count(texts, np.ascontiguousarray(sources), both, is_held, numbers)
        return names

    def _count(
        self,
        texts: "pa.LargeStringArray",
        sources: "NDArray[np.int32]",
        hashes: "NDArray[np.uint64]",
        is_held: "NDArray[np.bool_]",
        names: "NDArray[np.int64]",
    ) -> None:
        characters, white = np.empty((2, len(texts)), np.int64)
        starts = offsets(texts)
        measure(
            characters_as_bytes(texts), starts, sources, self._scripts, characters, white,
            self._digits, self._counts.reshape(-1),
        )  # fmt: skip
        sizes = np.diff(starts)
        copies = self.known.add(np.ascontiguousarray(hashes).ravel()) == 0
        binned = bins(characters)
        numbers = np.arange(len(texts))
        for source in np.unique(sources).tolist():
            which: Any = sources == source
            if which.all():  # nearly always; nothing is copied
                which = slice(None)
            self._lengths[source] += np.bincount(binned[which], minlength=BINS)
            found = {
                "documents": len(characters[which]),
                "bytes": sizes[which].sum(),
                "characters": characters[which].sum(),
                "blank": (characters[which] == white[which]).sum(),
                "unbroken": len(characters[which]) - np.count_nonzero(white[which]),
                "copies": copies[which].sum(),
                "copied_bytes": sizes[which][copies[which]].sum(),
                "held_out": is_held[which].sum(),
                "held_out_bytes": sizes[which][is_held[which]].sum(),
            }
            for key, value in found.items():
                self._sums[key][source] += value
            index = int(numbers[which][characters[which].argmax()])
            self._see(source, texts, index, int(characters[index]), int(names[index]))

    def _see(
        self, source: int, texts: "pa.LargeStringArray", index: int, characters: int, name: int
    ) -> None:
        """Keep the longest document of a source."""
        longest = self._longest[source]
        if longest is not None and longest.characters >= characters:
            return
        begin, end = offsets(texts)[index : index + 2].tolist()
        start = characters_as_bytes(texts)[begin : min(begin + 4 * START, end)].tobytes()
        shown = start.decode("utf-8", "ignore")[:START]
        self._longest[source] = DocumentSeen("", place_of(name)[1], characters, shown)

    def documents(self, index: int) -> int:
        """How many a source has."""
        return int(self._sums["documents"][index])

    def facts(self, names: Sequence[str], which: Sequence[int]) -> TextFacts:
        """Of these sources together."""
        sums = {key: int(values[list(which)].sum()) for key, values in self._sums.items()}
        sums.pop("unbroken")
        counts = self._counts[list(which)].sum(0)
        order = np.argsort(-counts, kind="stable")
        lengths = self._lengths[list(which)].sum(0)
        longest = [
            replace(one, source=names[index])
            for index in which
            if (one := self._longest[index]) is not None
        ]
        most = max((one.characters for one in longest), default=0)
        return TextFacts(
            scripts={SCRIPTS[index]: int(counts[index]) for index in order if counts[index]},
            lengths=doublings(lengths),
            percentiles={key: min(value, most) for key, value in percentiles(lengths).items()},
            longest=max(longest, key=lambda one: one.characters, default=None),
            **sums,
        )

    def warnings(self, index: int, nulls: int, account: "Account") -> Iterator[str]:
        """What looks like a mistake about one source."""
        sums = {key: int(values[index]) for key, values in self._sums.items()}
        documents, characters = sums["documents"], sums["characters"]
        if nulls and "null" not in {reason for step in account.steps for reason in step.reasons}:
            rows = "row without a text" if nulls == 1 else "rows without a text"
            yield f"{nulls:,} {rows}, at which a run would stop: add the step drop_empty"
        if documents < _FEW:
            return
        if 2 * sums["blank"] > documents:
            share = "all" if sums["blank"] == documents else _share(sums["blank"] / documents)
            yield f"{share} of the documents are blank: add the step drop_empty"
            return
        distinct = documents - sums["copies"]
        mean = characters / documents
        alone = sums["unbroken"] == documents and characters == sums["bytes"]
        digits = int(self._digits[index]) >= _ID_DIGITS * characters
        if distinct == documents and alone and (digits or mean > _ID_CHARACTERS):
            yield (
                f"every text is different and without a space ({mean:.0f} characters on average): "
                "ids or paths? name the column of the text with `text:`"
            )
        elif (
            documents >= _LABELS
            and distinct * _SAME_LABEL <= documents
            and mean <= _LABEL_CHARACTERS
        ):
            texts = "text" if distinct == 1 else "texts"
            yield (
                f"only {distinct:,} different {texts} among {documents:,}: labels? name the column "
                "of the text with `text:`"
            )


_SUMS = ("documents", "bytes", "characters", "blank", "unbroken", "copies", "copied_bytes",
         "held_out", "held_out_bytes")  # fmt: skip


def _share(share: float) -> str:
    """In percent, rounded down so that nearly all is not all."""
    return f"{int(share * 1000) / 10:.1f}%"


def written(sums: "NDArray[np.uint64]") -> str:
    """A fingerprint as it is shown."""
    return "".join(f"{value:016x}" for value in sums.tolist())
