"""Keep or drop texts by a regular expression: `filter_regex`."""

from typing import TYPE_CHECKING, Literal, Self

import regex
from pydantic import model_validator

from tokbench.corpus.cleaning.options import Pattern
from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import texts_of

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("filter_regex")
class FilterRegex(BatchStep):
    r"""Keep only texts in which a pattern is found, or drop those; the library is `regex`.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(FilterRegex(drop="(?i)lorem ipsum"), ["Lorem ipsum dolor", "words"])
    ['words']
    >>> after(FilterRegex(keep=r"\p{Hangul}"), ["한국어 text", "text"])
    ['한국어 text']
    """

    type: Literal["filter_regex"] = "filter_regex"

    keep: Pattern | None = None
    """Texts without a match are dropped."""

    drop: Pattern | None = None
    """Texts with a match are dropped."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.keep is None and self.drop is None:
            raise ValueError("needs a pattern to `keep` or to `drop`")
        return self

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows that pass both."""
        for pattern, wanted, reason in (
            (self.keep, True, "does not match `keep`"),
            (self.drop, False, "matches `drop`"),
        ):
            if pattern is not None:
                batch = _passing(batch, pattern, tally, wanted=wanted, reason=reason)
        return batch


def _passing(
    batch: "pa.RecordBatch", pattern: str, tally: Tally, *, wanted: bool, reason: str
) -> "pa.RecordBatch":
    import numpy as np  # noqa: PLC0415 - 0.1 s to import

    from tokbench.corpus.cleaning.rows_kept import flags, only  # noqa: PLC0415 - imports pyarrow.compute

    search = regex.compile(pattern).search
    found = [
        text is None or (search(text) is not None) == wanted for text in texts_of(batch).to_pylist()
    ]
    return only(batch, flags(np.array(found, bool)), tally, reason)
