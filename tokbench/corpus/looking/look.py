"""What a corpus is: everything that one pass over its documents can tell, and a second one."""

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus.groups import column_of
from tokbench.corpus.ledgers import steps_done
from tokbench.corpus.looking.hashes import Hashes, hashed
from tokbench.corpus.looking.kernel import measure
from tokbench.corpus.looking.languages import Detector
from tokbench.corpus.looking.overlap import Evaluated, Prints, Search, named, place_of, prints
from tokbench.corpus.looking.scripts import SCRIPTS, table
from tokbench.corpus.mixing.doses import WHOLE
from tokbench.corpus.mixing.split_kernel import copy_marked, mark_below
from tokbench.corpus.opening import Ledger, OpenCorpus
from tokbench.corpus.rows import Rows, Stream, texts_of
from tokbench.fingerprint import characters_as_bytes, offsets
from tokbench.values import (
    CorpusFacts,
    DocumentSeen,
    HeadDocument,
    Overlap,
    Progress,
    SourceFacts,
    Split,
    TextFacts,
    Watch,
    ignore,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.corpus.cleaned import Account
    from tokbench.corpus.source import OpenSource

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
START = 300
"""How many characters of the longest document are shown."""
_EXACT, _PARTS = 256, 32
"""Lengths below are counted each for itself; above, every doubling is told in so many parts."""
_BINS = _EXACT + _PARTS * 48
_DETECTED, _AT_ONCE, _LONG_ENOUGH = 400, 50, 30
"""Documents of a source, and of one batch of it, whose language is detected; the bytes that
it takes at the least."""
_SPLITS = ((False, "training"), (True, "held out"))
_AHEAD = 4
"""So many batches are worked on while the next one is read."""
_FEW, _ID_DIGITS, _ID_CHARACTERS = 20, 0.1, 15
_LABELS, _LABEL_CHARACTERS, _SAME_LABEL = 100, 40, 50


def look(
    corpus: OpenCorpus,
    name: str,
    *,
    split: Split = "all",
    against: Mapping[str, OpenCorpus] | None = None,
    overlaps: bool = True,
    detect: Detector | None = None,
    watch: Watch = ignore,
) -> CorpusFacts:
    """Read a corpus and say what it is.

    Everything is counted in one pass. Where documents are held out, a second one over those to
    train on looks for passages of the held-out ones.

    Args:
        corpus: what to read.
        name: what to call it.
        split: which documents to tell about; overlaps are between all of them.
        against: other texts, read whole, whose documents are looked for in this one, by name.
        overlaps: whether held-out documents are looked for among those to train on.
        detect: tells the language of texts; some documents of each source are shown to it that
            does not name its language. None: only what the recipe says is told.
        watch: told how far each pass has come.

    Raises:
        CorpusError: something cannot be read.
    """
    before = time.perf_counter()
    counted = [_Counted(each.source) for each in corpus.opened]
    opened = zip(corpus.opened, counted, strict=True)
    reading = replace(
        corpus,
        opened=tuple(replace(each, source=one) for each, one in opened),
        dosed=(WHOLE,) * len(counted),
    )
    others = [_evaluated(one, text, watch) for one, text in (against or {}).items()]
    searches = [
        {is_held: Search(sealed, within, corpus.sources) for is_held, within in _SPLITS}
        for _, sealed in others
    ]
    found = _Found(len(corpus.sources), split)
    held = Evaluated("held out", corpus.sources)
    spoken = _Spoken(corpus, detect)
    ledger = Ledger()
    for texts, sources, is_held in _batches(reading, watch, ledger, "reading"):
        hashes = hashed(texts)
        names = found.add(texts, sources, hashes, is_held)
        spoken.add(texts, sources)
        if corpus.held_out and overlaps:
            some, marks = _chosen(texts, is_held, held_out=True)
            held.add(some, names[marks])
        for is_wanted, _ in _SPLITS if searches else ():
            some, marks = _chosen(texts, is_held, held_out=is_wanted)
            if len(some):
                these = _printed(some)
                for search in searches:
                    search[is_wanted].see(*these, names[marks])
    seconds = time.perf_counter() - before
    shared = [*_within(corpus, held, watch)] if held.documents else []
    for (text, _), search in zip(others, searches, strict=True):
        which = _SPLITS if corpus.held_out else _SPLITS[:1]
        shared += [search[is_wanted].result(_named(text)) for is_wanted, _ in which]
    mixed = corpus.mixed(watch)
    sources_ = tuple(
        SourceFacts(
            name=each.name,
            size=each.size,
            nulls=each.nulls,
            read=(account.read.documents_out, account.read.bytes_out),
            steps=steps_done(account.steps),
            text=found.facts(corpus.sources, [index]),
            languages=spoken.languages(index, found),
            warnings=tuple(found.warnings(index, each.nulls, account)),
            training=mixed.given[index],
            wanted=mixed.shares[index] if mixed.shares else None,
        )
        for index, (each, account) in enumerate(zip(counted, ledger.sources, strict=True))
    )
    return CorpusFacts(
        name=name,
        split=split,
        held_out_share=corpus.held_out,
        fingerprint=_written(found.prints[0]),
        training=_written(found.prints[1]),
        sources=sources_,
        together=steps_done(ledger.together),
        text=found.facts(corpus.sources, range(len(corpus.sources))),
        overlaps=tuple(shared),
        seconds=seconds,
        comparing=time.perf_counter() - before - seconds,
        remembered=found.known.size,
    )


def head(corpus: OpenCorpus, count: int, split: Split = "all") -> list[HeadDocument]:
    """The first documents of each source behind all steps; nothing more is read than they take."""
    found: list[HeadDocument] = []
    for part in replace(corpus, dosed=(WHOLE,) * len(corpus.opened)).parts():
        left = dict.fromkeys(range(len(part.sources)), count)
        seen = dict.fromkeys(left, 0)
        some: list[HeadDocument] = []
        for texts, sources, is_held in _batches(part, ignore, Ledger(), "reading"):
            wanted = np.ones(len(texts), np.bool_)
            if split != "all":
                wanted = is_held == (split == "held_out")
            for index, source in enumerate(sources.tolist()):
                seen[source] += 1
                if left[source] and wanted[index]:
                    left[source] -= 1
                    text: Any = texts[index].as_py()
                    some.append(HeadDocument(part.sources[source], seen[source], text))
                elif not any(left.values()):
                    break
            if not any(left.values()):
                break
        order = {name: place for place, name in enumerate(part.sources)}
        found += sorted(some, key=lambda each: order[each.source])
    return found


@dataclass
class _Counted:
    """A source whose rows without a text are counted, not refused.

    Attributes:
        source: what is read.
        nulls: how many there were.
    """

    source: "OpenSource"
    nulls: int = 0

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def size(self) -> int:
        return self.source.size

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        for rows in self.source.read(columns, nulls=True, first=first):
            missing = rows.batch.column(0).null_count
            self.nulls += missing
            yield rows if nulls or not missing else _without_nulls(rows)

    def identity(self) -> Any:
        return self.source.identity()


def _without_nulls(rows: Rows) -> Rows:
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only nulls need

    return rows._replace(batch=rows.batch.filter(pc.is_valid(texts_of(rows.batch))))


def _batches(
    corpus: OpenCorpus, watch: Watch, ledger: Ledger, stage: str
) -> "Iterator[tuple[pa.LargeStringArray, NDArray[np.int32], NDArray[np.bool_]]]":
    """All documents, the index of each one's source, and whether it is held out."""

    def named_stage(progress: Progress) -> None:
        watch(replace(progress, stage=stage))

    for batch in corpus.batches("all", named_stage, ledger=ledger):
        texts, column = texts_of(batch), batch.column("source")
        data = memoryview(column.buffers()[1] or b"")
        sources = np.frombuffer(data, np.int32, len(column), 4 * column.offset)
        yield texts, sources, held_out(corpus, texts, sources)


def held_out(
    corpus: OpenCorpus, texts: "pa.LargeStringArray", sources: "NDArray[np.int32]"
) -> "NDArray[np.bool_]":
    """Whether each document is held out."""
    shares = np.array([each.held_out for each in corpus.opened])[sources]
    found = shares >= 1
    for share in np.unique(shares).tolist():
        if 0 < share < 1:
            marks = np.empty(len(texts), np.uint8)
            limit = np.uint64(math.ceil(share * 2**64))
            mark_below(characters_as_bytes(texts), offsets(texts), limit, marks)
            found |= (marks > 0) & (shares == share)
    return found


def _chosen(
    texts: "pa.LargeStringArray", is_held: "NDArray[np.bool_]", *, held_out: bool
) -> "tuple[pa.LargeStringArray, NDArray[np.bool_]]":
    """The documents of one split, and which of all they are."""
    from tokbench.corpus.documents import array_from  # noqa: PLC0415 - pyarrow is slow to import

    marks = is_held if held_out else ~is_held
    if marks.all():
        return texts, marks
    starts = offsets(texts)
    copy = np.empty(int(starts[-1] - starts[0]), np.uint8)
    ends = np.zeros(len(texts) + 1, np.int64)
    copied = copy_marked(
        characters_as_bytes(texts), starts, is_held.view(np.uint8), int(held_out), copy, ends
    )
    return array_from(ends[: copied + 1], copy[: ends[copied]].data), marks


def _evaluated(name: str, text: OpenCorpus, watch: Watch) -> "tuple[OpenCorpus, Any]":
    evaluated = Evaluated(name, text.sources)
    numbers = _Numbers(len(text.sources))
    for texts, sources, _ in _batches(text, watch, Ledger(), f"reading {name}"):
        evaluated.add(texts, numbers.names(sources))
    return text, evaluated.seal()


def _named(
    corpus: OpenCorpus, *, only_held: bool = False
) -> "Iterator[tuple[pa.LargeStringArray, NDArray[np.int64]]]":
    """The documents again, with what overlaps call them."""
    numbers = _Numbers(len(corpus.sources))
    for texts, sources, is_held in _batches(corpus, ignore, Ledger(), ""):
        names = numbers.names(sources)
        if only_held:
            some, marks = _chosen(texts, is_held, held_out=True)
            yield some, names[marks]
        else:
            yield texts, names


def _within(corpus: OpenCorpus, held: Evaluated, watch: Watch) -> Iterator[Overlap]:
    """What of the held-out documents stands in those to train on."""
    search = Search(held.seal(), "training", corpus.sources)
    numbers = _Numbers(len(corpus.sources))
    with ThreadPoolExecutor() as pool:  # kernels do not hold the interpreter's lock
        begun: deque[tuple[Future[tuple[NDArray[np.uint64], Prints]], NDArray[np.int64]]] = deque()
        for texts, sources, is_held in _batches(corpus, watch, Ledger(), "comparing"):
            names = numbers.names(sources)
            some, marks = _chosen(texts, is_held, held_out=False)
            begun.append((pool.submit(_printed, some), names[marks]))
            if len(begun) > _AHEAD:
                found, which = begun.popleft()
                search.see(*found.result(), which)
        for found, which in begun:
            search.see(*found.result(), which)
    yield search.result(_named(corpus, only_held=True))


def _printed(texts: "pa.LargeStringArray") -> "tuple[NDArray[np.uint64], Prints]":
    return hashed(texts), prints(texts)


class _Numbers:
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


class _Found:
    """What was counted so far, by source."""

    def __init__(self, sources: int, split: Split) -> None:
        self.known = Hashes()
        self.prints = np.zeros((2, 2), np.uint64)
        self._split = split
        self._numbers = _Numbers(sources)
        self._scripts = table()
        self._counts = np.zeros((sources, 256), np.int64)
        self._digits = np.zeros(sources, np.int64)
        self._lengths = np.zeros((sources, _BINS), np.int64)
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
            texts, _ = _chosen(texts, is_held, held_out=self._split == "held_out")
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
        bins = _bin(characters)
        numbers = np.arange(len(texts))
        for source in np.unique(sources).tolist():
            which: Any = sources == source
            if which.all():  # nearly always; nothing is copied
                which = slice(None)
            self._lengths[source] += np.bincount(bins[which], minlength=_BINS)
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
            lengths=_doublings(lengths),
            percentiles={key: min(value, most) for key, value in _percentiles(lengths).items()},
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
            yield (
                f"only {distinct:,} different texts among {documents:,}: labels? name the column "
                "of the text with `text:`"
            )


_SUMS = ("documents", "bytes", "characters", "blank", "unbroken", "copies", "copied_bytes",
         "held_out", "held_out_bytes")  # fmt: skip


@dataclass
class _Spoken:
    """The languages of sources: what the recipe says, else what a detector sees in some documents.

    Attributes:
        corpus: whose sources.
        detect: the detector, if there is one.
        seen: documents by language, by source.
    """

    corpus: OpenCorpus
    detect: Detector | None
    seen: dict[int, dict[str, int]] = field(default_factory=dict)

    def add(self, texts: "pa.LargeStringArray", sources: "NDArray[np.int32]") -> None:
        """Show a few documents to the detector."""
        if self.detect is None:
            return
        for source in np.unique(sources).tolist():
            seen = self.seen.setdefault(source, {})
            if self._said(source) or sum(seen.values()) >= _DETECTED:
                continue
            lengths = np.diff(offsets(texts))
            which = np.flatnonzero((sources == source) & (lengths >= _LONG_ENOUGH))
            which = which[:: max(1, len(which) // _AT_ONCE)]  # files are sorted by language
            some: list[Any] = [texts[index].as_py() for index in which.tolist()]
            for language in self.detect(some):
                seen[language] = seen.get(language, 0) + 1

    def languages(self, source: int, found: _Found) -> dict[str, int]:
        """Documents by language, most first."""
        if said := self._said(source):
            return {said: found.documents(source)}
        return dict(sorted(self.seen.get(source, {}).items(), key=lambda one: (-one[1], one[0])))

    def _said(self, source: int) -> str | None:
        said = self.corpus.opened[source].groups.get("language")
        return None if said is None or column_of(said) else said


def _bin(lengths: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The number of the bin that each length is counted in.

    >>> _bin(np.array([0, 255, 256, 263, 264, 511, 512])).tolist()
    [0, 255, 256, 256, 257, 287, 288]
    """
    shift = np.maximum(np.frexp(lengths.astype(np.float64))[1] - 6, 0)
    above = _EXACT + _PARTS * (shift - 3) + (lengths >> shift) - _PARTS
    return np.where(lengths < _EXACT, lengths, above)


def _edges() -> "NDArray[np.int64]":
    """The least length of each bin."""
    parts = np.arange(_PARTS, 2 * _PARTS)
    doublings = [parts << shift for shift in range(3, 3 + (_BINS - _EXACT) // _PARTS)]
    return np.concatenate([np.arange(_EXACT), *doublings])


def _doublings(lengths: "NDArray[np.int64]") -> tuple[int, ...]:
    edges = _edges()
    places = np.searchsorted(edges, [0, *(1 << power for power in range(45))])
    counts = [int(lengths[begin:end].sum()) for begin, end in pairwise(places)]
    while counts and not counts[-1]:
        counts.pop()
    return tuple(counts)


def _percentiles(lengths: "NDArray[np.int64]") -> dict[int, int]:
    reached = np.cumsum(lengths)
    if not reached[-1]:
        return {}
    edges = _edges()
    ends = np.append(edges[1:], edges[-1])
    found = {}
    for percent in PERCENTILES:
        index = int(np.searchsorted(reached, max(1, -(-int(reached[-1]) * percent // 100))))
        found[percent] = int(edges[index] + ends[index] - 1) // 2 if index >= _EXACT else index
    return found


def _written(sums: "NDArray[np.uint64]") -> str:
    return "".join(f"{value:016x}" for value in sums.tolist())
