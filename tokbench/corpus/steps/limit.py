"""The first so many documents: `limit`."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from tokbench.corpus.cleaning.options import Bytes
from tokbench.corpus.cleaning.step import EXAMPLES, STEPS, JointStep, Tally
from tokbench.corpus.rows import Stream, texts_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@STEPS.register("limit")
class Limit(JointStep):
    """Keep the first documents, so many or so many bytes of UTF-8 at most, and read no further.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Limit(documents=2), ["a", "b", "c"]), after(Limit(bytes=5), ["abc", "d", "ef"])
    (['a', 'b'], ['abc', 'd'])
    """

    type: Literal["limit"] = "limit"

    documents: int | None = Field(default=None, ge=1)
    """How many documents to keep."""

    bytes: Bytes | None = None
    """How many bytes to keep at most: `100MB`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.documents is None) == (self.bytes is None):
            raise ValueError("needs a number of `documents` or of `bytes`, one of both")
        return self

    def apply(self, rows: Stream, tally: Tally) -> Stream:
        """The rows up to where it is enough."""
        import numpy as np  # noqa: PLC0415 - pyarrow brings it

        left = self.documents or self.bytes or 0
        for each in rows:
            ends = np.cumsum(self._weights(each.batch))
            if not len(ends) or ends[-1] < left:
                yield each
                left -= int(ends[-1]) if len(ends) else 0
                continue
            last = int(np.searchsorted(ends, left))
            kept = last + int(ends[last] == left)
            over = texts_of(each.batch)[kept:]
            examples = [text.as_py() for text in over[:EXAMPLES] if text.is_valid]
            tally.drop("over the limit", len(over), examples)
            yield each._replace(batch=each.batch[:kept])
            return

    def _weights(self, batch: "pa.RecordBatch") -> "NDArray[np.int64]":
        """What each row counts; one without a text counts nothing."""
        from tokbench.corpus.cleaning.rows_kept import bytes_of_each, said  # noqa: PLC0415 - imports pyarrow

        texts = texts_of(batch)
        return said(texts).astype("int64") if self.documents else bytes_of_each(texts)
