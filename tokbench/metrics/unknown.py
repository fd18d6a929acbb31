"""How much text the unknown token swallows."""

from tokbench.metrics.registry import NotApplicable, Ratio, metric
from tokbench.values import Encoded

_NO_UNK = NotApplicable("the tokenizer has no unknown token")


@metric("unk_rate", title="unknown tokens", unit="unk/token", better="lower", order=30, digits=5)
def unk_rate(encoded: Encoded) -> Ratio | NotApplicable:
    """Unknown tokens per token.

    >>> unk_rate(Encoded.of(["a b"], [["a", "<unk>"]], unk="<unk>")).value
    0.5
    """
    if encoded.unk_tokens is None:
        return _NO_UNK
    return Ratio(encoded.unk_tokens, encoded.tokens)


@metric(
    "unk_chars", title="chars lost to unk", unit="chars/char", better="lower", order=31, digits=5
)
def unk_chars(encoded: Encoded) -> Ratio | NotApplicable:
    """Characters that unknown tokens stand for, per character of the corpus.

    >>> unk_chars(Encoded.of(["a bcd"], [["a ", "<unk>"]], unk="<unk>", unk_characters=[3])).value
    0.6
    """
    if encoded.unk_characters is None:
        return _NO_UNK
    return Ratio(encoded.unk_characters, encoded.documents.characters)
