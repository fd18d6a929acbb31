"""The one pass over a corpus: documents in, distinct chunks with their counts out.

One thread reads (the caller's: reading may be Python), the others count. A unit of work is a run of
documents of a few megabytes, never a part of one; the queue between them is short, so what is in
memory is a few batches and the tables. Each counting thread has a table of its own, without locks;
they are merged at the end. A table that outgrows its share of memory goes to disk (`spilling`).
"""

import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks.arrow import large_strings, raw_strings
from tokbench.chunks.classes import load
from tokbench.chunks.cut_sets import WORDS, CutSet
from tokbench.chunks.distinct import Distinct
from tokbench.chunks.scan import find_cuts
from tokbench.counting.characters import count_characters
from tokbench.counting.checkpoints import Checkpoints
from tokbench.counting.parts import ChunkParts
from tokbench.counting.spilling import UNBOUNDED, Bounded, Bounds, added_up, fit, merged
from tokbench.errors import CorpusError
from tokbench.fingerprint import Fingerprint, together
from tokbench.memory import cores
from tokbench.values import ChunkCounts, Corpus, Resumable, Split, Watch, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.counting.spilling import Strings

    Unit = tuple[NDArray[np.uint8], NDArray[np.int64]]
    Batches = Iterable[tuple[pa.RecordBatch, Callable[[], Any] | None]]

UNIT = 4 << 20
"""How many bytes of documents a thread takes at a time; a longer document is a unit of its own."""
CUTS = 1 << 16
"""How many chunks are found before they are counted: half a megabyte of places."""
SAMPLED_FIRST, SAMPLED, SAMPLE_BYTES, SAMPLE = 64, 8, 500, 128
"""Documents sampled of a thread's first unit and of each other, bytes kept of one, documents kept
in all: what the library takes some 20 ms for."""


@dataclass
class Cutter:
    """Cuts documents and counts their chunks; one for each thread."""

    cut_set: CutSet
    table: Bounded = field(default_factory=lambda: Bounded(UNBOUNDED))
    print_: Fingerprint = field(default_factory=Fingerprint)
    sample: list[str] = field(default_factory=list)
    characters: int = 0

    def __post_init__(self) -> None:
        self._classes = load().stable
        self._cuts = np.empty(CUTS, np.int64)
        self._scratch = np.zeros(64, np.uint8)

    def add(self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> None:
        """Count the documents that begin at `offsets`, the last of which is where they end."""
        self._keep_some(text, offsets)
        self.print_.add(text, offsets)
        once = np.ones(len(offsets) - 1, np.int64)
        self.characters += count_characters(text, offsets, once)
        for place, ends in self._cut(text, offsets):
            self.table.add(text, place, ends)

    def add_counted(
        self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]", counts: "NDArray[np.int64]"
    ) -> None:
        """Count documents, or what was cut of them, each as often as is said; nothing else of them.

        What a cut set cuts is cut no further by it, but for rules that look across a cut.
        """
        self.characters += count_characters(text, offsets, counts)
        for place, ends in self._cut(text, offsets):
            weights = counts[np.searchsorted(offsets[1:], ends)]
            self.table.add(text, place, ends, weights)

    def _cut(
        self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]"
    ) -> "Iterator[tuple[int, NDArray[np.int64]]]":
        """Where some chunks begin, and where each of them ends, until all are cut."""
        place, end = int(offsets[0]), int(offsets[-1])
        while place < end:
            found = find_cuts(
                text, place, end, offsets, self.cut_set is WORDS, self._classes,
                self._scratch, self._cuts,
            )  # fmt: skip
            yield place, self._cuts[:found]
            place = int(self._cuts[found - 1])

    def _keep_some(self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> None:
        documents = len(offsets) - 1
        wanted = SAMPLED if self.sample else SAMPLED_FIRST
        for number in range(0, documents, max(1, documents // wanted)):
            begin = int(offsets[number])
            end = min(int(offsets[number + 1]), begin + SAMPLE_BYTES)
            self.sample.append(text[begin:end].tobytes().decode("utf-8", "ignore"))


def count_chunks(
    corpus: Corpus,
    cut_set: CutSet,
    *,
    split: Split = "train",
    watch: Watch = ignore,
    threads: int | None = None,
) -> ChunkCounts:
    """The distinct chunks of a corpus, each with how often it occurs: one pass, exact.

    Args:
        corpus: what to count.
        cut_set: where documents are cut.
        split: which documents.
        watch: told by the corpus how far reading has come.
        threads: how many count; None: one for each core that this process may use.

    Raises:
        CorpusError: a batch has no text column, or nulls in it.
    """
    cutters = cut(corpus, cut_set, UNBOUNDED, split, watch, threads)
    return _value(added_up([cutter.table for cutter in cutters]), **_facts(cutters))


def count_parts(
    corpus: Corpus,
    cut_set: CutSet,
    bounds: Bounds,
    *,
    split: Split = "train",
    watch: Watch = ignore,
    threads: int | None = None,
    saved: Checkpoints | None = None,
) -> ChunkParts:
    """The same in parts, within bounds; one part if all found room.

    Args:
        corpus: what to count.
        cut_set: where documents are cut.
        bounds: what may be held in memory.
        split: which documents.
        watch: told by the corpus how far reading has come.
        threads: how many count.
        saved: where what was counted is kept from time to time, and looked for at first, if the
            corpus can be read from a place on.

    Raises:
        CorpusError: a batch has no text column, or nulls in it.
        StoreError: what finds no room in memory finds none on disk.
    """
    cutters = cut(corpus, cut_set, bounds, split, watch, threads, saved)
    tables = [cutter.table for cutter in cutters]
    if fit(tables, bounds.room):
        return ChunkParts.of(_value(added_up(tables), **_facts(cutters)))
    return ChunkParts(facts(cutters), lambda: merged(tables, bounds.room // 2))


def cut(
    corpus: Corpus,
    cut_set: CutSet,
    bounds: Bounds,
    split: Split,
    watch: Watch,
    threads: int | None,
    saved: Checkpoints | None = None,
) -> "list[Cutter]":
    """What the threads counted, each for itself."""
    threads = threads or cores()
    share = bounds.share(threads)
    cutters = [Cutter(cut_set, Bounded(share)) for _ in range(threads)]
    batches: Batches
    if saved is not None and isinstance(corpus, Resumable):
        batches = corpus.resumed(split, saved.restore(cutters), watch)
    else:
        batches = ((batch, None) for batch in corpus.batches(split, watch))
    _share(batches, cutters, saved)
    return cutters


def facts(cutters: "Sequence[Cutter]") -> ChunkCounts:
    """What is known of all documents that some threads have cut, without the chunks."""
    return told(**_facts(cutters))


def told(**facts: Any) -> ChunkCounts:
    """The value of these facts, without chunks."""
    return _value(Distinct(0, 0).texts(), **facts)


def _facts(cutters: "Sequence[Cutter]") -> dict[str, Any]:
    """What is known of all documents that some threads have cut."""
    return {
        "documents": sum(cutter.print_.documents for cutter in cutters),
        "bytes": sum(cutter.print_.bytes for cutter in cutters),
        "characters": sum(cutter.characters for cutter in cutters),
        "cut_set": cutters[0].cut_set.name,
        "fingerprint": together(str(cutter.print_) for cutter in cutters),
        "sample": [text for cutter in cutters for text in cutter.sample],
    }


def merge_counts(parts: "Iterable[ChunkCounts]") -> ChunkCounts:
    """The counts of several corpora together, or of the parts of one; in any order the same.

    Raises:
        ValueError: there are no parts, or they were cut differently.
    """
    first, *others = parts
    if any(part.cut_set != first.cut_set for part in others):
        names = sorted({part.cut_set for part in (first, *others)})
        raise ValueError(f"chunks cut differently cannot be merged: {', '.join(names)}")
    table = Distinct()
    for part in (first, *others):
        text, offsets = raw_strings(part.chunks)
        table.reserve(max(len(table), len(part.counts)), 0)
        table.add(text, int(offsets[0]), offsets[1:], part.counts)
    return _value(
        table.texts(),
        documents=sum(part.documents for part in (first, *others)),
        bytes=sum(part.bytes for part in (first, *others)),
        characters=sum(part.characters for part in (first, *others)),
        cut_set=first.cut_set,
        fingerprint=together(part.fingerprint for part in (first, *others)),
        sample=[text for part in (first, *others) for text in part.sample],
    )


def cut_documents(documents: "Sequence[str]", cut_set: CutSet) -> ChunkCounts:
    """The distinct chunks of a few documents, in this thread."""
    cutter = Cutter(cut_set)
    encoded = [document.encode() for document in documents]
    ends = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(document) for document in encoded], out=ends[1:])
    cutter.add(np.frombuffer(b"".join(encoded), np.uint8), ends)
    return value_of([cutter])


def value_of(cutters: "Sequence[Cutter]") -> ChunkCounts:
    """What the first one's table holds, of the documents that all have cut."""
    return _value(cutters[0].table.table.texts(), **_facts(cutters))


def _share(batches: "Batches", cutters: list[Cutter], saved: Checkpoints | None = None) -> None:
    """Let each cutter take units in a thread of its own until there are no more."""
    waiting: queue.Queue[Unit | None] = queue.Queue(len(cutters) + 1)
    failures: list[BaseException] = []
    workers = [
        threading.Thread(target=_work, args=(cutter, waiting, failures), daemon=True)
        for cutter in cutters
    ]
    for worker in workers:
        worker.start()
    try:
        for batch, place in batches:
            for unit in _units(batch):
                waiting.put(unit)
            if saved and place and saved.due():
                waiting.join()
                if not failures:
                    saved.save(cutters, place())
            if failures:
                break
    finally:
        for _ in workers:
            waiting.put(None)
        for worker in workers:
            worker.join()
    if failures:
        raise failures[0]


def _work(
    cutter: Cutter, waiting: "queue.Queue[Unit | None]", failures: list[BaseException]
) -> None:
    while (unit := waiting.get()) is not None:
        if not failures:  # after a failure the queue is only emptied
            try:
                cutter.add(*unit)
            except BaseException as failure:  # noqa: BLE001 - raised in the caller's thread
                failures.append(failure)
        waiting.task_done()


def _value(strings: "Strings", *, sample: list[str], **facts: Any) -> ChunkCounts:
    text, offsets, counts = strings
    some = tuple(sample[:: -(-len(sample) // SAMPLE)] if sample else ())
    return ChunkCounts(chunks=large_strings(text, offsets), counts=counts, sample=some, **facts)


def _units(batch: "pa.RecordBatch") -> "Iterator[Unit]":
    """The documents of a batch, about UNIT bytes at a time."""
    try:
        text, offsets = raw_strings(batch.column("text"))
    except (KeyError, ValueError) as error:
        raise CorpusError(f"a batch of the corpus cannot be counted: {error}") from error
    first, last = 0, len(offsets) - 1
    while first < last:
        after = int(np.searchsorted(offsets, offsets[first] + UNIT, "right")) - 1
        after = min(max(after, first + 1), last)
        yield text, offsets[first : after + 1]
        first = after
