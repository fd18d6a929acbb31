"""Keep texts in some languages: `language`."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tokbench.corpus.cleaning.extras import installed, version_of
from tokbench.corpus.cleaning.options import Column
from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import texts_of
from tokbench.errors import CorpusError
from tokbench.spec import OneOrMany

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_AT = 2000
"""So many characters of a text are enough to tell its language."""

_NAMES = {
    "en": "english eng", "zh": "chinese mandarin zho chi", "es": "spanish spa castilian",
    "hi": "hindi hin", "ar": "arabic ara", "bn": "bengali ben bangla", "pt": "portuguese por",
    "ru": "russian rus", "ja": "japanese jpn", "de": "german deu ger", "fr": "french fra fre",
    "ko": "korean kor", "it": "italian ita", "tr": "turkish tur", "vi": "vietnamese vie",
    "pl": "polish pol", "uk": "ukrainian ukr", "nl": "dutch nld flemish", "fa": "persian farsi fas",
    "sv": "swedish swe", "cs": "czech ces", "el": "greek ell", "ro": "romanian ron",
    "hu": "hungarian hun", "da": "danish dan", "fi": "finnish fin", "no": "norwegian nor",
    "he": "hebrew heb", "th": "thai tha", "id": "indonesian ind", "ms": "malay msa",
    "ta": "tamil tam", "te": "telugu tel", "mr": "marathi mar", "ur": "urdu urd",
    "gu": "gujarati guj", "kn": "kannada kan", "ml": "malayalam mal", "pa": "punjabi panjabi pan",
    "sw": "swahili swa", "af": "afrikaans afr", "bg": "bulgarian bul", "sr": "serbian srp",
    "hr": "croatian hrv", "sk": "slovak slk", "sl": "slovenian slv slovene", "lt": "lithuanian lit",
    "lv": "latvian lav", "et": "estonian est", "ca": "catalan cat", "eu": "basque eus",
    "ga": "irish gle", "cy": "welsh cym", "is": "icelandic isl", "la": "latin lat",
    "tl": "tagalog filipino tgl", "ka": "georgian kat", "hy": "armenian hye",
    "az": "azerbaijani aze", "kk": "kazakh kaz", "am": "amharic amh", "ne": "nepali nep",
}  # fmt: skip
"""What languages are called beside their ISO 639-1 codes, the most spoken first."""
_CODE = 3
"""Letters of an ISO 639-3 code."""


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
            raise CorpusError(
                f"step language: the detector knows no {unknown[0]!r}: "
                f"{_instead(unknown[0], sorted(detector.labels))}"
            )
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


def _instead(name: str, labels: Sequence[str]) -> str:
    """The code of a language that was called by its name, of any case, or like one.

    >>> _instead("English", ["en", "ko"]), _instead("koraen", ["en", "ko"])
    ("did you mean 'en'?", "did you mean 'ko'?")
    >>> _instead("en-US", ["en", "ko"]), _instead("zz", ["en", "ko"])
    ("did you mean 'en'?", 'write an ISO 639-1 code such as en, ko')
    """
    names = {word: code for code, words in _NAMES.items() for word in words.split()}
    close = get_close_matches(name.lower(), [word for word in names if len(word) > _CODE], n=1)
    code = name.lower().replace("_", "-").partition("-")[0]
    for meant in (names.get(code), code, *map(names.get, close)):
        if meant in labels:
            return f"did you mean {meant!r}?"
    return (
        f"write an ISO 639-1 code such as {', '.join([one for one in _NAMES if one in labels][:5])}"
    )


@cache
def _detector() -> Any:
    langid = installed("py3langid", "language", "step language").langid
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def _codes(batch: "pa.RecordBatch", detector: Any) -> list[tuple[str, float] | None]:
    """The language of each text and how sure that is; None where there is no text."""
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

    starts = pc.utf8_slice_codeunits(texts_of(batch), 0, LOOKED_AT).to_pylist()
    return [None if text is None else detector.classify(text) for text in starts]
