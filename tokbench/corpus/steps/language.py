"""Keep texts in some languages: `language`."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tokbench.corpus.cleaning.extras import installed, version_of
from tokbench.corpus.cleaning.options import Column
from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import texts_of
from tokbench.errors import CorpusError, nearest
from tokbench.spec import OneOrMany

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_AT = 2000
"""So many characters of a text are enough to tell its language."""


@STEPS.register("language")
class Language(BatchStep):
    """Keep texts in these languages, as a column says it or as they are detected.

    The detector is py3langid (`pip install 'tokbench[language]'`): 97 languages by their ISO 639-1
    codes, from the first 2,000 characters of a text, without a network.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Language(keep=["ko"], column="lang"), ["말", "word"], {"lang": ["ko", "en"]})
    ['말']
    >>> after(Language(keep=["en"]), ["This is a sentence.", "Das ist ein deutscher Satz."])
    ['This is a sentence.']
    """

    type: Literal["language"] = "language"

    keep: Annotated[tuple[str, ...], Field(strict=False, min_length=1), OneOrMany()]
    """The languages to keep, as the column writes them, or by their codes: `[en, ko]`."""

    column: Column | None = None
    """The column that says the language; without one it is detected."""

    min_confidence: float | None = Field(default=None, gt=0, le=1)
    """How sure the detector must be, between 0 and 1; what it is less sure of is dropped."""

    @model_validator(mode="after")
    def _sure_of_what(self) -> Self:
        if self.column is not None and self.min_confidence is not None:
            raise ValueError("a column is not detected: leave out `min_confidence` or `column`")
        return self

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The column that says the language."""
        return after if self.column is None else after | {self.column}

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows in the languages."""
        if self.column is None:
            return self._detected(batch, tally)
        from tokbench.corpus.cleaning.rows_kept import only  # noqa: PLC0415 - imports pyarrow.compute
        from tokbench.corpus.cleaning.values import is_one_of  # noqa: PLC0415 - likewise

        wanted = is_one_of(batch, self.column, self.keep, "step language")
        return only(batch, wanted, tally, "in another language")

    def _detected(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        import numpy as np  # noqa: PLC0415 - pyarrow brings it

        from tokbench.corpus.cleaning.rows_kept import flags, only  # noqa: PLC0415 - imports pyarrow.compute

        detector = _detector()
        unknown = sorted(set(self.keep) - set(detector.labels))
        if unknown:
            there = nearest(unknown[0], sorted(detector.labels), limit=200)
            raise CorpusError(f"step language: the detector knows no {unknown[0]!r}; {there}")
        known = _codes(batch, detector)
        right = np.array([one is None or one[0] in self.keep for one in known], bool)
        least = self.min_confidence or 0
        sure = np.array([one is None or one[1] >= least for one in known], bool)[right]
        batch = only(batch, flags(right), tally, "in another language")
        return only(batch, flags(sure), tally, "in a language that is not sure")

    def identity(self) -> Any:
        """With the detector's version, where it is asked."""
        if self.column is not None:
            return super().identity()
        return [super().identity(), version_of("py3langid")]


@cache
def _detector() -> Any:
    langid = installed("py3langid", "language", "step language").langid
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def _codes(batch: "pa.RecordBatch", detector: Any) -> list[tuple[str, float] | None]:
    """The language of each text and how sure that is; None where there is no text."""
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

    starts = pc.utf8_slice_codeunits(texts_of(batch), 0, LOOKED_AT).to_pylist()
    return [None if text is None else detector.classify(text) for text in starts]
