"""How many tokens a word takes."""

from tokbench.metrics.cuts import NOT_ASKED
from tokbench.metrics.registry import NotApplicable, Ratio, Value, metric
from tokbench.values import Encoded

_MOST = 0.5
_SEGMENTER = "UAX 29 by regex, (?w)\\b"
_NO_SPACES = NotApplicable("most letters are of scripts that put no spaces between words")


@metric(
    "fertility",
    title="tokens per word",
    unit="tokens/word",
    better="lower",
    order=20,
    flattered_by_loss=True,
)
def fertility(encoded: Encoded) -> Ratio | NotApplicable:
    """Tokens per word, as a ratio of totals (Rust et al. 2021).

    All tokens count, those of punctuation and white space too; words are the segments of UAX 29
    that hold a letter or a number.

    >>> fertility(Encoded.of(["low lower"], [["low", "low", "er"]])).value
    1.5
    >>> fertility(Encoded.of(["最低"], [["最", "低"]], unsegmented_letters=2)).why
    'most letters are of scripts that put no spaces between words'
    """
    if _unsegmented(encoded):
        return _NO_SPACES
    return Ratio(encoded.tokens, encoded.documents.words, {"segmenter": _SEGMENTER})


@metric(
    "continued_words",
    title="words of 2+ tokens",
    unit="words/word",
    better="lower",
    order=21,
    needs="cuts",
)
def continued_words(encoded: Encoded) -> Ratio | NotApplicable:
    """Share of the words that two or more tokens have a part of (Rust et al. 2021)."""
    if encoded.cuts is None:
        return NOT_ASKED
    if _unsegmented(encoded):
        return _NO_SPACES
    return Ratio(encoded.cuts.continued, encoded.documents.words, {"segmenter": _SEGMENTER})


@metric(
    "single_token_words",
    title="words of 1 token",
    unit="words/word",
    better="higher",
    order=22,
    needs="cuts",
)
def single_token_words(encoded: Encoded) -> Value | NotApplicable:
    """Share of the distinct words that are one token behind a space (STRR, 2025).

    Of very many, those with the smallest hashes are tried. The unknown token is no token here.
    """
    found = encoded.words_alone
    if found is None:
        return NOT_ASKED
    if _unsegmented(encoded):
        return _NO_SPACES
    if not found.tried:
        return NotApplicable("there are no words")
    return Value(
        found.single / found.tried,
        {"distinct_words": found.words, "tried": found.tried, "segmenter": _SEGMENTER},
        "distinct words are no sum over documents",
    )


def _unsegmented(encoded: Encoded) -> bool:
    documents = encoded.documents
    return documents.unsegmented_letters > _MOST * documents.letters
