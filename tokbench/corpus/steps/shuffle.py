"""Put documents into an order by chance: `shuffle`."""

from typing import Literal

from pydantic import Field

from tokbench.corpus.cleaning.step import STEPS, JointStep, Tally
from tokbench.corpus.rows import Stream, texts_of


@STEPS.register("shuffle")
class Shuffle(JointStep):
    """Shuffle all documents, whatever their number: there is no buffer on which it would depend.

    Each row gets a number from the seed, its text and its place, and they are sorted by it. The
    rows wait on disk below the cache; in memory are some 30 bytes for each.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Shuffle(seed=2), ["a", "b", "c", "d"]), after(Shuffle(seed=4), ["a", "b", "c", "d"])
    (['b', 'd', 'c', 'a'], ['a', 'b', 'd', 'c'])
    """

    type: Literal["shuffle"] = "shuffle"

    seed: int = Field(default=0, ge=0)
    """Another one gives another order."""

    def apply(self, rows: Stream, tally: Tally) -> Stream:  # noqa: ARG002 - every document stays
        """All rows, once all are read."""
        import numpy as np  # noqa: PLC0415 - 0.1 s to import

        from tokbench.corpus.cleaning import chance  # noqa: PLC0415 - imports numpy
        from tokbench.corpus.cleaning.spilling import Spill, spilled  # noqa: PLC0415 - imports pyarrow

        with Spill() as spill:
            keys, row = [np.empty(0, np.uint64)], 0
            for batch in spilled(rows, spill):
                keys.append(chance.of_rows(texts_of(batch), "shuffle", self.seed, row))
                row += len(batch)
            order = np.argsort(np.concatenate(keys), kind="stable")
            yield from spill.ordered(spill.batches(), order)
