"""Bound the length of texts: `max_chars`."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import texts_of

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("max_chars")
class MaxChars(BatchStep):
    r"""Split, cut or drop texts of more characters (code points of Unicode) than these.

    They are split behind the last line end in the later half of what is allowed, else behind the
    last white space, else between two graphemes. All pieces together are the text.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(MaxChars(chars=6), ["one two three", "ab\ncd ef"])
    ['one ', 'two ', 'three', 'ab\ncd ', 'ef']
    >>> after(MaxChars(chars=6, too_long="cut"), ["one two three", "short"])
    ['one ', 'short']
    >>> after(MaxChars(chars=6, too_long="drop"), ["one two three", "short"])
    ['short']
    """

    type: Literal["max_chars"] = "max_chars"

    chars: int = Field(ge=1)
    """How many characters a text may have."""

    too_long: Literal["split", "cut", "drop"] = "split"
    """What becomes of a longer one: split into documents that have no more, cut to the first of
    these, or dropped."""

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows, none too long."""
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning import cutting  # noqa: PLC0415 - imports pyarrow.compute
        from tokbench.corpus.cleaning.rows_kept import each_of, filled, only, retold  # noqa: PLC0415 - likewise

        lengths, most = pc.utf8_length(texts_of(batch)), pa.scalar(self.chars)
        if self.too_long == "drop":
            fits = pc.less_equal(lengths, most)
            return only(batch, fits, tally, "too long")
        longer = filled(pc.greater(lengths, most))
        if self.too_long == "split":
            return cutting.split(batch, longer, self.chars, tally)
        texts = each_of(texts_of(batch), longer, lambda text: cutting.first(text, self.chars))
        return retold(batch, texts, tally)
