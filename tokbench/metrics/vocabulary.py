"""How much of the vocabulary the text uses."""

from tokbench.metrics.registry import NotApplicable, Value, metric
from tokbench.values import Encoded


@metric("vocabulary_size", title="vocabulary", unit="tokens", better=None, order=1, digits=0)
def vocabulary_size(encoded: Encoded) -> Value:
    """Tokens in the vocabulary, added ones included.

    >>> vocabulary_size(Encoded.of(["a b"], [["a", "b"]])).value
    2.0
    """
    return Value(float(encoded.vocabulary), no_interval="it is no matter of text")


@metric(
    "vocabulary_utilisation",
    title="vocabulary used",
    unit="used/token",
    better="higher",
    order=40,
)
def vocabulary_utilisation(encoded: Encoded) -> Value | NotApplicable:
    """Distinct tokens used per token in the vocabulary; grows with the text, so compare on one.

    >>> vocabulary_utilisation(Encoded.of(["a a"], [["a", "a"]], vocabulary=["a", "b"])).value
    0.5
    """
    if not encoded.vocabulary:
        return NotApplicable("the vocabulary is empty")
    used = int((encoded.frequencies > 0).sum())
    return Value(
        used / encoded.vocabulary,
        {"used": used, "bytes": int(encoded.documents.bytes.sum())},
        "resampled documents hold fewer distinct tokens than the text they come from",
    )
