"""One pass over a corpus as it is looked at: every document once, nulls counted."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus.mixing.split_kernel import copy_marked, mark_below
from tokbench.corpus.opening import Ledger, OpenCorpus
from tokbench.corpus.rows import Rows, Stream, texts_of
from tokbench.fingerprint import characters_as_bytes, offsets
from tokbench.values import Progress, Watch

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.corpus.source import OpenSource


@dataclass
class Counted:
    """A source whose rows without a text are counted, not refused.

    Attributes:
        source: what is read.
        nulls: how many there were.
    """

    source: "OpenSource"
    nulls: int = 0

    @property
    def name(self) -> str:
        """The source's."""
        return self.source.name

    @property
    def size(self) -> int:
        """The source's."""
        return self.source.size

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The source's rows; those without a text only where they are asked for."""
        for rows in self.source.read(columns, nulls=True, first=first):
            missing = rows.batch.column(0).null_count
            self.nulls += missing
            yield rows if nulls or not missing else _without_nulls(rows)

    def identity(self) -> Any:
        """The source's."""
        return self.source.identity()


def _without_nulls(rows: Rows) -> Rows:
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only nulls need

    return rows._replace(batch=rows.batch.filter(pc.is_valid(texts_of(rows.batch))))


def batches(
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


def chosen(
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
