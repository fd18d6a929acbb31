"""How many tokens a word takes."""

from tokbench.metrics.registry import NotApplicable, Ratio, metric
from tokbench.values import Encoded

_MOST = 0.5


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
    documents = encoded.documents
    if documents.unsegmented_letters > _MOST * documents.letters:
        return NotApplicable("most letters are of scripts that put no spaces between words")
    return Ratio(encoded.tokens, documents.words, {"segmenter": "UAX 29 by regex, (?w)\\b"})
