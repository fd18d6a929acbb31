"""Documents by chance: `sample`."""

import math
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from tokbench.corpus.cleaning.options import Bytes
from tokbench.corpus.cleaning.step import STEPS, StepSpec, Tally
from tokbench.corpus.rows import Stream, texts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tokbench.corpus.cleaning.spilling import Spill

REASON = "not in the sample"


@STEPS.register("sample")
class Sample(StepSpec):
    """Keep documents by chance: exactly so many, a share, or so many bytes at most.

    They stay in their order. Each row has a number from the seed, its text and its place; the
    smallest are kept: those that `shuffle` with this seed puts first. The rows that may be kept
    wait on disk below the cache; in memory are some 30 bytes for each of them. A `share` is by
    text alone: equal ones share their fate, whatever stands before them.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> texts = [str(number) for number in range(10)]
    >>> after(Sample(documents=3), texts)
    ['0', '7', '9']
    >>> after(Sample(bytes=4, seed=1), texts), after(Sample(share=0.2), texts)
    (['1', '3', '5', '9'], ['6'])
    """

    type: Literal["sample"] = "sample"

    documents: int | None = Field(default=None, ge=1)
    """How many documents; all, where there are fewer."""

    share: float | None = Field(default=None, gt=0, lt=1)
    """Which share of the documents, about."""

    bytes: Bytes | None = None
    """How many bytes of UTF-8 at most: `100MB`; a document larger than that is never kept."""

    seed: int = Field(default=0, ge=0)
    """Another one gives another sample."""

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(one is not None for one in (self.documents, self.share, self.bytes)) != 1:
            raise ValueError(
                "needs a number of `documents`, a `share` or `bytes`, one of the three"
            )
        return self

    @property
    def joint(self) -> bool:
        """Unless it is a share, which is decided for each document by itself."""
        return self.share is None

    def apply(self, rows: Stream, tally: Tally) -> Stream:
        """The rows of the sample."""
        return self._by_share(rows, tally, self.share) if self.share else self._first(rows, tally)

    def _by_share(self, rows: Stream, tally: Tally, share: float) -> Stream:
        import numpy as np  # noqa: PLC0415 - 0.1 s to import

        from tokbench.corpus.cleaning import chance  # noqa: PLC0415 - imports numpy
        from tokbench.corpus.cleaning.rows_kept import flags, only  # noqa: PLC0415 - imports pyarrow

        below = np.uint64(math.ceil(share * 2**64))
        for each in rows:
            keys = chance.of_texts(texts_of(each.batch), "share", self.seed)
            yield each._replace(batch=only(each.batch, flags(keys < below), tally, REASON))

    def _first(self, rows: Stream, tally: Tally) -> Stream:
        """The documents with the smallest numbers."""
        from tokbench.corpus.cleaning.rows_kept import flags, only  # noqa: PLC0415 - imports pyarrow
        from tokbench.corpus.cleaning.spilling import Spill  # noqa: PLC0415 - imports pyarrow

        with Spill() as spill:
            chosen = self._candidates(rows, spill, tally)
            start = 0
            for batch in spill.batches():
                some = flags(chosen[start : start + len(batch)])
                start += len(batch)
                if spill.last:
                    yield spill.last._replace(batch=only(batch, some, tally, REASON))

    def _candidates(self, rows: Stream, spill: "Spill", tally: Tally) -> "NDArray[np.bool_]":
        """Put on disk what may be in the sample, and tell which of it is."""
        import numpy as np  # noqa: PLC0415 - 0.1 s to import

        from tokbench.corpus.cleaning import chance  # noqa: PLC0415 - imports numpy
        from tokbench.corpus.cleaning.rows_kept import bytes_of_each, flags, only, said  # noqa: PLC0415
        from tokbench.corpus.documents import gather  # noqa: PLC0415 - imports pyarrow

        limit = self.documents or self.bytes or 0
        lowest = Lowest(limit)
        row = 0
        for each in gather(rows):
            texts = texts_of(each.batch)
            there = said(texts)
            weights = there.astype(np.int64) if self.documents else bytes_of_each(texts)
            # A row without a text passes: it weighs nothing and comes first.
            keys = np.where(there, chance.of_rows(texts, "shuffle", self.seed, row), np.uint64(0))
            row += len(texts)
            may = lowest.may_be_in(keys, weights)
            kept = only(each.batch, flags(may), tally, REASON)
            lowest.add(keys[may], weights[may])
            if len(kept):
                spill.write(each._replace(batch=kept))
        return lowest.chosen()


class Lowest:
    """Which of many weighed numbers are the smallest that together weigh no more than a limit."""

    def __init__(self, limit: int) -> None:
        import numpy as np  # noqa: PLC0415 - 0.1 s to import

        self._limit = limit
        self._keys = [np.empty(0, np.uint64)]
        self._weights = [np.empty(0, np.int64)]
        self._below: np.uint64 | None = None
        self._since = 0

    def may_be_in(
        self, keys: "NDArray[np.uint64]", weights: "NDArray[np.int64]"
    ) -> "NDArray[np.bool_]":
        """Which numbers can be among them, by those that were added and by each other."""
        import numpy as np  # noqa: PLC0415 - as above

        fits = weights <= self._limit
        if self._below is not None:
            fits &= keys < self._below
        some = np.flatnonzero(fits)
        order, inside = _first(keys[some], weights[some], self._limit)
        fits[some[order[inside:]]] = False
        return fits

    def add(self, keys: "NDArray[np.uint64]", weights: "NDArray[np.int64]") -> None:
        """Numbers that can be among them."""
        self._keys.append(keys)
        self._weights.append(weights)
        self._since += int(weights.sum())
        if self._since > self._limit:
            order, inside = self._sorted()
            if inside < len(order):
                self._below = self._keys[0][order[inside]]
            self._since = 0

    def chosen(self) -> "NDArray[np.bool_]":
        """For each number in the order of adding whether it is one of them."""
        import numpy as np  # noqa: PLC0415 - as above

        order, inside = self._sorted()
        chosen = np.zeros(len(order), bool)
        chosen[order[:inside]] = True
        return chosen

    def _sorted(self) -> "tuple[NDArray[np.int64], int]":
        """All numbers in order, and how many of them the limit has room for."""
        import numpy as np  # noqa: PLC0415 - as above

        self._keys = [np.concatenate(self._keys)]
        self._weights = [np.concatenate(self._weights)]
        return _first(self._keys[0], self._weights[0], self._limit)


def _first(
    keys: "NDArray[np.uint64]", weights: "NDArray[np.int64]", limit: int
) -> "tuple[NDArray[np.int64], int]":
    """The order of the numbers, and how many of the smallest weigh no more than the limit."""
    import numpy as np  # noqa: PLC0415 - as above

    order = np.argsort(keys, kind="stable")
    return order, int(np.searchsorted(np.cumsum(weights[order]), limit, side="right"))
