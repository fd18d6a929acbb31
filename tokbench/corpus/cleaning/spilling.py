"""Rows put on disk until all are seen, and read back in another order.

They lie below the cache in a file that has no name any more once it is open, so nothing is left of
it when it was read, when reading was given up, or when the process was killed.
"""

import mmap
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa

from tokbench.corpus.cleaning.rows_kept import numbers
from tokbench.corpus.documents import BATCH_BYTES, gather, joined
from tokbench.corpus.rows import Rows, Stream, texts_of
from tokbench.errors import CorpusError
from tokbench.fingerprint import offsets
from tokbench.store import cache_dir

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

WRITTEN = 4 * BATCH_BYTES
"""Bytes of a batch on disk: large ones mean few places to look for the rows of a batch."""


class Spill:
    """Rows on disk, first written, then read.

    Attributes:
        last: where the row written last stood in its source; None before.
    """

    def __init__(self) -> None:
        folder = cache_dir() / "spill"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise _full(error) from error
        self._writer: pa.RecordBatchFileWriter | None = None
        self._lengths: list[NDArray[np.int64]] = []
        self.last: Rows | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self._file.close()

    def write(self, rows: Rows) -> None:
        """Put rows on disk.

        Raises:
            CorpusError: the disk is full, or a column is of another type than before.
        """
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._file, rows.batch.schema)
        try:
            self._writer.write_batch(rows.batch)
        except OSError as error:
            raise _full(error) from error
        except pa.ArrowInvalid as error:
            raise CorpusError(
                f"a column changes its type ({error}); convert it where it is made"
            ) from error
        self._lengths.append(np.diff(offsets(texts_of(rows.batch))))
        self.last = rows._replace(batch=rows.batch[:0])

    def batches(self) -> list[pa.RecordBatch]:
        """What was written, where it lies on disk; nothing can be written any more.

        Raises:
            CorpusError: the disk is full.
        """
        if self._writer is None:
            return []
        try:
            self._writer.close()
            self._file.flush()
        except OSError as error:
            raise _full(error) from error
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = pa.ipc.open_file(pa.py_buffer(mapped))
        return [reader.get_batch(number) for number in range(reader.num_record_batches)]

    def ordered(self, batches: list[pa.RecordBatch], order: "NDArray[np.int64]") -> Stream:
        """The rows by their numbers, in batches of the usual size.

        Args:
            batches: what `batches` gave.
            order: the number of each row, as it was written, in the order wanted.
        """
        if self.last is None:
            return
        lengths = np.concatenate(self._lengths)
        starts = np.cumsum([0, *map(len, batches)])
        for some in _blocks(order, lengths):
            yield self.last._replace(batch=_picked(batches, starts, some))


def spilled(rows: Stream, spill: Spill) -> Iterator[pa.RecordBatch]:
    """Write all rows; the batches as they are written, for whoever wants to look at them."""
    for each in gather(rows, WRITTEN):
        spill.write(each)
        yield each.batch


def _blocks(
    order: "NDArray[np.int64]", lengths: "NDArray[np.int64]"
) -> "Iterator[NDArray[np.int64]]":
    """The order in stretches of about BATCH_BYTES of text, counting eight bytes a document."""
    for first in range(0, len(order), 1 << 20):  # so that sums of the whole are never held
        some = order[first : first + (1 << 20)]
        ends = np.cumsum(lengths[some] + 8)
        start = 0
        while start < len(some):
            done = int(ends[start - 1]) if start else 0
            end = max(int(np.searchsorted(ends, done + BATCH_BYTES, side="right")), start + 1)
            yield some[start:end]
            start = end


def _picked(
    batches: list[pa.RecordBatch], starts: "NDArray[np.int64]", rows: "NDArray[np.int64]"
) -> pa.RecordBatch:
    """The rows with these numbers, each batch visited once.

    Not `take` of all batches as one array: Arrow would copy all of them first.
    """
    sorted_ = np.argsort(rows, kind="stable")
    wanted = rows[sorted_]
    found = []
    for number in np.unique(np.searchsorted(starts, wanted, side="right") - 1).tolist():
        first, last = np.searchsorted(wanted, starts[number : number + 2])
        found.append(batches[number].take(numbers(wanted[first:last] - starts[number])))
    back = np.empty(len(rows), np.int64)
    back[sorted_] = np.arange(len(rows))
    return joined(found).take(numbers(back))


def _full(error: OSError) -> CorpusError:
    where = cache_dir() / "spill"
    return CorpusError(
        f"{where}: cannot be written: {error.strerror or error}; make room, or name another folder "
        "with TOKBENCH_CACHE"
    )
