"""How much text a token holds."""

from tokbench.metrics.registry import NotApplicable, Ratio, Totals, metric
from tokbench.values import Encoded


@metric(
    "tokens",
    title="tokens",
    unit="tokens",
    better="lower",
    order=10,
    digits=0,
    flattered_by_loss=True,
)
def tokens(encoded: Encoded) -> Totals:
    """All tokens of the corpus, special tokens not added.

    Its interval is that of as many documents of this kind.

    >>> tokens(Encoded.of(["low lower"], [["low", "low", "er"]])).value
    3.0
    """
    return Totals((encoded.tokens,), lambda totals: totals[..., 0])


@metric(
    "bytes_per_token",
    title="bytes per token",
    unit="bytes/token",
    better="higher",
    order=11,
    flattered_by_loss=True,
)
def bytes_per_token(encoded: Encoded) -> Ratio:
    """UTF-8 bytes per token.

    >>> bytes_per_token(Encoded.of(["low lower"], [["low", "low", "er"]])).value
    3.0
    """
    return Ratio(encoded.documents.bytes, encoded.tokens)


@metric(
    "chars_per_token",
    title="chars per token",
    unit="chars/token",
    better="higher",
    order=12,
    flattered_by_loss=True,
)
def chars_per_token(encoded: Encoded) -> Ratio:
    """Characters (code points) per token.

    >>> chars_per_token(Encoded.of(["한국어"], [["한국", "어"]])).value
    1.5
    """
    return Ratio(encoded.documents.characters, encoded.tokens)


@metric(
    "nsl",
    title="tokens / baseline",
    unit="tokens/token",
    better="lower",
    order=13,
    flattered_by_loss=True,
    usual=False,
)
def nsl(encoded: Encoded) -> Ratio | NotApplicable:
    """Normalized sequence length: tokens per token of the baseline (Dagan et al. 2024).

    >>> from dataclasses import replace
    >>> one, other = (Encoded.of(["abcd"], [cut]) for cut in (["ab", "cd"], ["a", "b", "c", "d"]))
    >>> nsl(replace(one, baseline=other)).value
    0.5
    """
    if encoded.baseline is None:
        return NotApplicable("there is no other tokenizer to compare with")
    return Ratio(encoded.tokens, encoded.baseline.tokens, {"baseline": encoded.baseline.name})
