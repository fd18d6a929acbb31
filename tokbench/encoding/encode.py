"""One pass over a corpus, every tokenizer on every batch: counts that metrics are made from."""

import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tokbench import kernels
from tokbench.chunks import SPACED, SPACES
from tokbench.encoding.batch import Batch, sample_of
from tokbench.encoding.cuts import CutsOfChunks, CutsOfDocuments
from tokbench.encoding.cuts import merged as merged_cuts
from tokbench.encoding.documents import DocumentFacts
from tokbench.encoding.groups import Groups, documents_with
from tokbench.encoding.inside import Remembered, Spans
from tokbench.encoding.part import Part, appended, merged
from tokbench.encoding.structure import Route, route
from tokbench.encoding.subjects import Subject
from tokbench.encoding.whole import Whole, counted
from tokbench.encoding.word_types import WordTypes
from tokbench.errors import CorpusError
from tokbench.values import (
    Corpus,
    Cuts,
    Documents,
    Encoded,
    EncodedBy,
    Progress,
    RoundTrip,
    Split,
    Watch,
    ignore,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.chunks.numbering import Numbering

LONG, LONG_UNCOMPILED = 2 << 20, 16 << 20
"""Bytes of text from which chunks are worth loading kernels for, or compiling them."""
HELD = 256 << 20
"""Bytes of text that are held for one tokenizer after another; their chunks take as much again."""
_THREADS = 2
_SAMPLED_FIRST, _SAMPLED, _SAMPLE_BYTES = 128, 24, 500
"""Pieces sampled of the first batch and of each other, and bytes of one."""


def encode(
    subjects: Sequence[Subject],
    corpus: Corpus,
    split: Split,
    watch: Watch = ignore,
    *,
    cuts: bool = False,
    by: Sequence[str] = (),
) -> list[Encoded]:
    """As `encode_documents`, without the documents."""
    return encode_documents(subjects, corpus, split, watch, cuts=cuts, by=by)[1]


def encode_documents(
    subjects: Sequence[Subject],
    corpus: Corpus,
    split: Split,
    watch: Watch = ignore,
    *,
    cuts: bool = False,
    by: Sequence[str] = (),
) -> tuple[Documents, list[Encoded]]:
    """Encode and decode the documents of a split with every tokenizer.

    Long texts are encoded through their distinct chunks, by every tokenizer for which that is
    known to be exact: the documents are cut once for all of them. Documents with an added token are
    encoded whole, and a sample is encoded both ways: if anything differs, the tokenizer encodes
    all documents whole, reading them again.

    Special tokens are not added. Memory grows by a few numbers per document and tokenizer, and by
    some hundred bytes per distinct chunk and tokenizer; where several tokenizers encode a text of
    no more than HELD bytes, the text is held instead and two of them at a time go through it.

    Args:
        subjects: the tokenizers.
        corpus: where the documents are.
        split: which of them.
        watch: told how far it has come.
        cuts: look at where tokens begin and end inside words, numbers and white space, too.
        by: columns of the corpus's batches that tell groups of documents.

    Returns:
        What is known of the documents whatever the tokenizer, and each tokenizer's work.

    Raises:
        CorpusError: the split holds no document.
        SubjectError: a tokenizer cannot encode one of the documents.
    """

    def told(progress: Progress) -> None:
        watch(replace(progress, stage="measuring"))

    batches = documents_with(corpus, by, split, told)
    several = len(subjects) > _THREADS and not cuts
    ahead, long, every = _read_ahead(batches, HELD if several else 0)
    spans = Remembered() if cuts else None
    works = [_work(subject, spans, long=long) for subject in subjects]
    facts = _facts(long=long)
    numberings = _numberings(works, cuts=cuts)
    for work in [] if every else works:
        work.begin(numberings)
    types = WordTypes()
    groups = Groups(by, corpus)
    held: list[Batch] = []
    for records in chain(ahead, batches):
        groups.add(records)
        batch = Batch(records.column("text"), {} if every else numberings)
        facts.add(batch)
        if every:
            held.append(batch)
        else:
            _add(works, batch, numberings)
        if cuts:
            _add_words(types, batch, numberings)
    documents = replace(facts.documents, groups=groups.groupings)
    if not len(documents.bytes):
        raise CorpusError(_nothing(corpus, split))
    if every:
        _one_after_another(works, held, numberings, told)
        held.clear()
        numberings.clear()
    again = {
        position: _Work(work.subject, spans, DIFFERED, differed=True)
        for position, work in enumerate(works)
        if isinstance(work, _ChunkWork) and work.differs
    }
    if again:
        for one in corpus.batches(split, told):
            _add(list(again.values()), Batch(one.column("text"), {}), {})
    return documents, [again.get(k, work).encoded(documents, types) for k, work in enumerate(works)]


def _add_words(types: WordTypes, batch: Batch, numberings: "Mapping[str, Numbering]") -> None:
    if SPACES.name in numberings:
        types.add_chunks(numberings[SPACES.name], batch.numbered[SPACES.name].numbers)
    else:
        types.add(batch)


PLACES = "where tokens begin and end is told of its whole documents only"
SOME_WHOLE = (
    "documents with an added token, or where more than single chunks may matter, went whole"
)
DIFFERED = (
    "its chunks gave something else than whole documents on a sample of this text: "
    "please report this"
)


def _read_ahead(
    batches: "Iterator[pa.RecordBatch]", most: int
) -> "tuple[list[pa.RecordBatch], bool, bool]":
    """The first batches, as many as tell how to go on.

    Args:
        batches: all.
        most: bytes up to which it is worth knowing whether that is all.

    Returns:
        Those batches; whether there is enough text for chunks to be quicker; whether there is such
        text and those are all.
    """
    enough = LONG if kernels.compiled_before() else LONG_UNCOMPILED
    ahead: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        ahead.append(batch)
        size += batch.column("text").nbytes
        if size >= max(enough, most):
            return ahead, True, False
    return ahead, size >= enough, most > size >= enough


def _one_after_another(
    works: "Sequence[_Work]",
    batches: Sequence[Batch],
    numberings: "Mapping[str, Numbering]",
    watch: Watch,
) -> None:
    """Let each tokenizer go through all batches, two at a time, and keep no more than its counts.

    Kernels and the library hold no lock of the interpreter, so that two use two processors.
    """
    wanted = [(one, _SAMPLED if number else _SAMPLED_FIRST) for number, one in enumerate(batches)]
    sample = sample_of(wanted, {}, size=_SAMPLE_BYTES)
    for name, numbering in numberings.items():  # one after another: a table is large until frozen
        for batch in (*batches, sample):
            batch.number(name, numbering)
        numbering.freeze()
    stopped = threading.Event()

    def encode_all(work: "_Work") -> None:
        work.begin(numberings)
        work.check(sample)
        for batch in batches:
            if stopped.is_set():
                return
            work.add(batch)
        work.finish()

    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for number, _ in enumerate(pool.map(encode_all, works), 1):
                watch(Progress("measuring", number, len(works), "tokenizers"))
        except BaseException:
            stopped.set()  # whoever waits for the others waits for a batch of theirs
            raise


def _work(subject: Subject, spans: Remembered | None, *, long: bool) -> "_Work":
    if not long:
        return _Work(subject, spans)
    found = route(json.loads(subject.tokenizer.to_str()))
    if isinstance(found, str):
        return _Work(subject, spans, found)
    if spans is not None and found.cut_set is SPACED:
        return _Work(subject, spans, PLACES)
    return _ChunkWork(subject, spans, found)


class _Facts(Protocol):
    def add(self, batch: Batch) -> None: ...

    @property
    def documents(self) -> Documents: ...


def _facts(*, long: bool) -> _Facts:
    if long:
        from tokbench.encoding.facts import ChunkFacts  # noqa: PLC0415 - kernels

        return ChunkFacts()
    return DocumentFacts()


def _numberings(works: "Sequence[_Work]", *, cuts: bool) -> "dict[str, Numbering]":
    sets = {work.route.cut_set for work in works if isinstance(work, _ChunkWork)}
    if not sets:
        return {}
    if cuts:
        sets.add(SPACES)
    from tokbench.chunks.numbering import Numbering  # noqa: PLC0415 - kernels

    return {one.name: Numbering(one) for one in sorted(sets, key=lambda one: one.name)}


def _add(works: "Sequence[_Work]", batch: Batch, numberings: "Mapping[str, Numbering]") -> None:
    sample = None
    for work in works:
        if isinstance(work, _ChunkWork) and not work.differs:
            if sample is None:
                pieces = _SAMPLED if work.documents else _SAMPLED_FIRST
                sample = sample_of([(batch, pieces)], numberings, size=_SAMPLE_BYTES)
            work.check(sample)
        work.add(batch)


def _nothing(corpus: Corpus, split: Split) -> str:
    names = ", ".join(corpus.sources)
    if split != "held_out":
        return f"{names}: there are no documents to measure on"
    if not corpus.held_out:
        return f"{names}: held_out is 0, so there is nothing to measure on; name a text with --on"
    return (
        f"{names}: no document's hash falls below held_out {corpus.held_out} "
        "(few, long documents?): raise held_out, cut the text into lines or paragraphs, "
        "or name a text with --on"
    )


class _Work:
    """What one tokenizer did so far, each document as a whole."""

    def __init__(
        self,
        subject: Subject,
        spans: Remembered | None,
        why: str = "",
        *,
        differed: bool = False,
    ) -> None:
        self.subject = subject
        self._cuts = CutsOfDocuments(subject, spans) if spans else None
        self.documents = 0
        self._whole = Whole(subject)
        self._why = why
        self._differed = differed
        self._encoded_whole = 0
        self._frequencies = np.zeros(subject.tokenizer.get_vocab_size(), np.int64)
        self._parts: list[Part] = []

    def begin(self, numberings: "Mapping[str, Numbering]") -> None:
        """Be ready for documents numbered by these."""

    def check(self, sample: Batch) -> None:
        """See whether a sample comes out as it should; whole documents do."""

    def add(self, batch: Batch) -> None:
        """Take in a batch of documents."""
        self._keep(self._measured(batch.strings), len(batch))
        if self._cuts:
            self._cuts.keep(self._cuts.look(batch.strings))

    def _keep(self, part: Part, documents: int) -> None:
        shift = self.documents
        shown = tuple((shift + number, pair) for number, pair in part.differences)
        self._parts.append(Part(part.columns, shown).small())
        self.documents += documents

    def _measured(self, documents: list[str]) -> Part:
        ids = self._whole.encode(documents)
        self._count(counted(ids, len(self._frequencies)))
        self._encoded_whole += len(documents)
        return self._whole.measure(documents, ids)

    def _count(self, counts: "NDArray[np.int64]") -> None:
        if len(counts) > len(self._frequencies):  # ids with gaps before them
            self._frequencies = np.pad(self._frequencies, (0, len(counts) - len(self._frequencies)))
        self._frequencies += counts

    def finish(self) -> None:
        """Forget what is only needed for more documents."""

    def encoded(self, documents: Documents, types: WordTypes) -> Encoded:
        """All that was added; `types` are its distinct words."""
        self.finish()
        part = appended(self._parts)
        self._parts.clear()
        columns = part.columns
        has_unk = self.subject.unk_id is not None
        return Encoded(
            name=self.subject.name,
            documents=documents,
            tokens=columns["tokens"],
            frequencies=self._frequencies,
            unk_tokens=columns["unk_tokens"] if has_unk else None,
            unk_characters=columns["unk_characters"] if has_unk else None,
            round_trip=RoundTrip(
                columns["exact"],
                columns["normalized"],
                columns["letters_lost"],
                tuple(shown for _, shown in part.differences),
            ),
            vocabulary=self.subject.tokenizer.get_vocab_size(),
            encoded_by=self._encoded_by(),
            cuts=self._where(),
            words_alone=types.alone(self._cuts.inside) if self._cuts else None,
        )

    def _where(self) -> Cuts | None:
        """Where it cut."""
        return self._cuts.cuts() if self._cuts else None

    def _encoded_by(self) -> EncodedBy:
        return EncodedBy("documents", self._encoded_whole, self._why, self._differed)


class _ChunkWork(_Work):
    """The same through chunks, where documents can be."""

    def __init__(self, subject: Subject, spans: Remembered | None, route_: Route) -> None:
        super().__init__(subject, spans)
        self.route = route_
        self.differs = False

    def begin(self, numberings: "Mapping[str, Numbering]") -> None:
        """Be ready for documents numbered by these."""
        from tokbench.encoding.by_chunks import ByChunks  # noqa: PLC0415 - kernels

        self._by_chunks: ByChunks | None = ByChunks(
            self.subject, self.route, numberings[self.route.cut_set.name]
        )
        self._cuts_of_chunks = None
        if self._cuts and SPACES.name in numberings:
            spaces = numberings[SPACES.name]
            self._cuts_of_chunks = CutsOfChunks(self._cuts.inside, self._cuts.spans, spaces)

    def check(self, sample: Batch) -> None:
        """Encode some documents both ways; see whether all numbers and ids are the same."""
        if self.differs:
            return
        assert self._by_chunks is not None  # noqa: S101 - not finished
        chosen, part, rows = self._by_chunks.measure(sample)
        documents = sample.chosen(np.flatnonzero(chosen))
        ids = self._whole.encode(documents)
        chunks = self._by_chunks.chunks(sample, chosen)
        self.differs = self._by_chunks.ids(chunks, rows) != ids or not part.same(
            self._whole.measure(documents, ids)
        )
        if self._cuts and self._cuts_of_chunks and not self.differs:
            looked, _ = self._cuts_of_chunks.look(sample.numbered[SPACES.name].of(chosen))
            whole, _ = self._cuts.inside.look(documents, Spans.of(documents))
            self.differs = not np.array_equal(looked, whole)

    def add(self, batch: Batch) -> None:
        """Take in a batch of documents."""
        if self.differs:  # nothing of this counts any more
            return
        assert self._by_chunks is not None  # noqa: S101 - not finished
        chosen, part, rows = self._by_chunks.measure(batch)
        self._by_chunks.count(rows)
        rest = np.flatnonzero(~chosen)
        if len(rest):
            whole = self._measured(batch.chosen(rest))
            part = merged(len(batch), [(np.flatnonzero(chosen), part), (rest, whole)])
        self._keep(part, len(batch))
        if self._cuts and self._cuts_of_chunks:
            looked, rows = self._cuts_of_chunks.look(batch.numbered[SPACES.name].of(chosen))
            self._cuts_of_chunks.count(rows)
            if len(rest):
                others = self._cuts.look(batch.chosen(rest))
                looked = merged_cuts(len(batch), [(np.flatnonzero(chosen), looked), (rest, others)])
            self._cuts.keep(looked)

    def finish(self) -> None:
        """Forget the chunks: hundreds of bytes for each."""
        if self._by_chunks is not None:
            self._count(self._by_chunks.frequencies(len(self._frequencies)))
            self._by_chunks = None

    def _where(self) -> Cuts | None:
        if self._cuts and self._cuts_of_chunks:
            return self._cuts.cuts(self._cuts_of_chunks.splits())
        return None

    def _encoded_by(self) -> EncodedBy:
        return EncodedBy("chunks", self._encoded_whole, SOME_WHOLE if self._encoded_whole else "")
