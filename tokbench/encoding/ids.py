"""The ids of documents, in arrays: what a tokenizer makes of a corpus, kept rather than counted.

Long texts go through their distinct chunks, as in `encode`: each chunk is given to the tokenizer
once, and a document's ids are gathered from those of its chunks. A sample of every batch is encoded
whole as well; where anything differs, `Differs` is raised before the batch is given.
"""

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tokbench.chunks.arrow import raw_strings
from tokbench.encoding.batch import Batch, sample_of
from tokbench.encoding.structure import Route, route
from tokbench.encoding.whole import refused

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.encoding.subjects import Subject

MOST_CHUNKS = 4_000_000
"""So many distinct chunks are remembered, then all are forgotten: some hundred bytes each."""
_PROBES = ("a", "0", ".", "é", "漢")
"""Texts of which at least one has tokens of its own."""
_SAMPLED_FIRST, _SAMPLED, _SAMPLE_BYTES = 128, 24, 500


class Differs(Exception):  # noqa: N818 - no error of the user's; whoever sees it goes on whole
    """Chunks gave other ids than whole documents on a sample."""


class Ids(NamedTuple):
    """The ids of some documents, one behind another.

    Attributes:
        flat: int32.
        lengths: int64, how many of them each document has.
    """

    flat: "NDArray[np.int32]"
    lengths: "NDArray[np.int64]"

    @property
    def bounds(self) -> "NDArray[np.int64]":
        """Where each document's begin, and the last one's end."""
        bounds = np.zeros(len(self.lengths) + 1, np.int64)
        np.cumsum(self.lengths, out=bounds[1:])
        return bounds


class Encoder:
    """Encodes batches of documents with one tokenizer; for one thread.

    Args:
        subject: the tokenizer.
        special: whether what its post-processor adds is wanted.
        chunks: whether documents may go through their chunks, where that is known to be exact.
    """

    def __init__(self, subject: "Subject", *, special: bool, chunks: bool = True) -> None:
        self._subject = subject
        self._special = special
        self._before: tuple[int, ...] = ()
        self._behind: tuple[int, ...] = ()
        found = route(json.loads(subject.tokenizer.to_str())) if chunks else "not asked for"
        if isinstance(found, Route) and special:
            around = _around(subject)
            if around is None:
                found = "what its post-processor adds is not known to stand around the tokens"
            else:
                self._before, self._behind = around
        self._route = found if isinstance(found, Route) else None
        self.why = found if isinstance(found, str) else ""
        self._known = 0
        if self._route is not None:
            self._begin(self._route)

    def _begin(self, route_: Route) -> None:
        """Forget all chunks."""
        from tokbench.chunks.numbering import Numbering  # noqa: PLC0415 - kernels
        from tokbench.encoding.by_chunks import ByChunks  # noqa: PLC0415 - kernels

        self._numbering = Numbering(route_.cut_set)
        self._by_chunks = ByChunks(self._subject, route_, self._numbering)

    def encode(self, texts: "pa.LargeStringArray") -> Ids:
        """The ids of these documents: those that `encode_batch` gives.

        Raises:
            Differs: they may not be encoded through chunks, against all that is known.
            SubjectError: the tokenizer cannot encode one of them.
        """
        if self._route is None:
            documents: Any = texts.to_pylist()
            return self._whole(documents)
        if len(self._numbering) > MOST_CHUNKS:
            self._begin(self._route)
        names = {self._route.cut_set.name: self._numbering}
        batch = Batch(texts, names)
        pieces = _SAMPLED if self._known else _SAMPLED_FIRST
        self._check(sample_of([(batch, pieces)], names, size=_SAMPLE_BYTES))
        self._known += len(batch)
        return self._through_chunks(batch)

    def _check(self, sample: Batch) -> None:
        found, whole = self._through_chunks(sample), self._whole(sample.strings)
        same = np.array_equal(found.flat, whole.flat)
        if not same or not np.array_equal(found.lengths, whole.lengths):
            raise Differs

    def _through_chunks(self, batch: Batch) -> Ids:
        chosen, gathered = self._by_chunks.gathered(batch)
        rest = np.flatnonzero(~chosen)
        whole = self._whole(batch.chosen(rest)) if len(rest) else None
        around = len(self._before) + len(self._behind)
        lengths = np.empty(len(batch), np.int64)
        lengths[chosen] = gathered.lengths + around
        if whole is not None:
            lengths[rest] = whole.lengths
        if whole is None and not around:
            return Ids(gathered.flat, lengths)
        return self._woven(chosen, lengths, gathered, whole)

    def _woven(
        self,
        chosen: "NDArray[np.bool_]",
        lengths: "NDArray[np.int64]",
        gathered: Ids,
        whole: Ids | None,
    ) -> Ids:
        """One array from both, with the ids that stand around those gathered."""
        made = Ids(np.empty(int(lengths.sum()), np.int32), lengths)
        bounds = made.bounds
        ours = np.repeat(chosen, lengths)
        if whole is not None:
            made.flat[~ours] = whole.flat
        starts, ends = bounds[:-1][chosen], bounds[1:][chosen]
        for place, one in enumerate(self._before):
            made.flat[starts + place] = one
            ours[starts + place] = False
        for place, one in enumerate(reversed(self._behind), 1):
            made.flat[ends - place] = one
            ours[ends - place] = False
        made.flat[ours] = gathered.flat
        return made

    def _whole(self, documents: list[str]) -> Ids:
        with refused(self._subject.name, "encode"):
            encodings = self._subject.tokenizer.encode_batch_fast(
                documents, add_special_tokens=self._special
            )
        ids = [one.ids for one in encodings]
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        return Ids(np.fromiter(chain.from_iterable(ids), np.int32, int(lengths.sum())), lengths)


def _around(subject: "Subject") -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The ids that the post-processor puts before and behind a document's own, if that is all."""
    for text in _PROBES:
        encoding = subject.tokenizer.encode(text, add_special_tokens=True)
        own = subject.tokenizer.encode(text, add_special_tokens=False).ids
        inside = [place for place, one in enumerate(encoding.special_tokens_mask) if not one]
        if own and len(inside) == len(own) == inside[-1] - inside[0] + 1:
            return tuple(encoding.ids[: inside[0]]), tuple(encoding.ids[inside[-1] + 1 :])
    return None


def bytes_of(texts: "pa.LargeStringArray") -> int:
    """UTF-8 bytes of these documents."""
    _, offsets = raw_strings(texts)
    return int(offsets[-1] - offsets[0])
