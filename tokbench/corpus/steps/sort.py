"""Put documents into an order: `sort`."""

from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.cleaning.options import Column
from tokbench.corpus.cleaning.step import STEPS, JointStep, Tally
from tokbench.corpus.rows import TEXT, Stream, texts_of
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

LENGTH = "length"


@STEPS.register("sort")
class Sort(JointStep):
    """Sort by a column, by `text`, or by `length` in characters; equal ones stay as they were.

    Rows without a value come last. The rows wait on disk below the cache; in memory are some 30
    bytes for each.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Sort(by="length"), ["ccc", "a", "bb", "d"])
    ['a', 'd', 'bb', 'ccc']
    >>> after(Sort(by="year", descending=True), ["a", "b", "c"], {"year": [1990, None, 2001]})
    ['c', 'a', 'b']
    """

    type: Literal["sort"] = "sort"

    by: Column
    """A column, `text`, or `length`, the number of characters of the text."""

    descending: bool = False
    """Whether the largest comes first."""

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The column that it sorts by."""
        return after if self.by in (TEXT, LENGTH) else after | {self.by}

    def apply(self, rows: Stream, tally: Tally) -> Stream:  # noqa: ARG002 - every document stays
        """All rows, once all are read."""
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.spilling import Spill, spilled  # noqa: PLC0415 - imports pyarrow

        with Spill() as spill:
            for _ in spilled(rows, spill):
                pass
            batches = spill.batches()
            keys: list[pa.Array[Any]] = [
                pc.utf8_length(texts_of(each)) if self.by == LENGTH else each.column(self.by)
                for each in batches
            ]
            if keys:
                yield from spill.ordered(batches, self._order(pa.chunked_array(keys)))

    def _order(self, keys: "pa.ChunkedArray[pa.Scalar[pa.DataType]]") -> "NDArray[np.int64]":
        import numpy as np  # noqa: PLC0415 - pyarrow brings it
        import pyarrow as pa  # noqa: PLC0415 - as above
        import pyarrow.compute as pc  # noqa: PLC0415 - as above

        order: Literal["ascending", "descending"] = "descending" if self.descending else "ascending"
        table = pa.table([keys], names=["key"])
        try:
            found = pc.sort_indices(table, sort_keys=[("key", order)])
        except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise CorpusError(
                f"step sort: column {self.by!r} holds {keys.type}, which has no order; "
                "sort by a column of numbers or text"
            ) from error
        return np.frombuffer(memoryview(found.buffers()[1] or b""), np.int64, len(found))
