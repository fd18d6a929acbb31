"""Drop rows without a text: `drop_empty`."""

from typing import TYPE_CHECKING, ClassVar, Literal

from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import texts_of

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("drop_empty")
class DropEmpty(BatchStep):
    r"""Drop rows whose text is null, empty or nothing but white space.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(DropEmpty(), ["a", None, "", " \n"])
    ['a']
    """

    takes_nulls: ClassVar[bool] = True

    type: Literal["drop_empty"] = "drop_empty"

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows that say something."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import only  # noqa: PLC0415 - imports pyarrow.compute

        nulls = texts_of(batch).null_count
        if nulls:
            tally.drop("null", nulls)
            batch = batch.filter(pc.is_valid(texts_of(batch)))
        # Not utf8_trim_whitespace: it copies all text, and knows other white space than Python.
        said = pc.match_substring_regex(texts_of(batch), r"[^\s\v\x1c-\x1f\x{85}\p{Z}]")
        return only(batch, said, tally, "blank")
