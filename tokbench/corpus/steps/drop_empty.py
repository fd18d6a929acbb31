"""Drop rows without a text: `drop_empty`."""

from typing import TYPE_CHECKING, ClassVar, Literal, cast

from tokbench.corpus.rows import texts_of
from tokbench.corpus.step import STEPS, BatchStep, Tally

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("drop_empty")
class DropEmpty(BatchStep):
    """Drop rows whose text is null, empty or nothing but white space."""

    takes_nulls: ClassVar[bool] = True

    type: Literal["drop_empty"] = "drop_empty"

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows that say something."""
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        texts = texts_of(batch)
        blank = pc.equal(pc.utf8_trim_whitespace(texts), pa.scalar("", pa.large_string()))
        said = pc.fill_null(pc.invert(blank), pa.scalar(value=False))
        kept = batch.filter(cast("pa.BooleanArray", said))
        tally.drop("null", texts.null_count)
        tally.drop("blank", len(batch) - texts.null_count - len(kept))
        return kept
