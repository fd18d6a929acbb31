"""Drop short texts: `min_chars`."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import texts_of

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("min_chars")
class MinChars(BatchStep):
    """Drop texts of fewer characters (code points of Unicode) than these.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(MinChars(chars=3), ["abc", "ab", "한국어"])
    ['abc', '한국어']
    """

    type: Literal["min_chars"] = "min_chars"

    chars: int = Field(ge=1)
    """How many characters a text must have."""

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows whose texts are long enough."""
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import only  # noqa: PLC0415 - imports pyarrow.compute

        enough = pc.greater_equal(pc.utf8_length(texts_of(batch)), pa.scalar(self.chars))
        return only(batch, enough, tally, "too short")
