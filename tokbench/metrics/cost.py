"""What a tokenizer costs the model that uses it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.metrics.registry import Totals, Value, metric
from tokbench.values import Encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GIGABYTE_IN_MILLIONS = 1e3
_SHARES = (0.5, 0.9, 0.95, 0.99)
_SHOWN = 0.95


@metric(
    "embedding_parameters",
    title="embedding, M",
    unit="million parameters",
    better="lower",
    order=45,
    digits=1,
)
def embedding_parameters(encoded: Encoded) -> Value:
    """Millions of parameters of embedding and softmax together, untied, at the width in the detail.

    >>> embedding_parameters(Encoded.of(["a b"], [["a", "b"]])).value == 2 * 2 * 768 / 1e6
    True
    """
    one = encoded.vocabulary * encoded.width
    detail = {"width": encoded.width, "tied": one / 1e6}
    return Value(2 * one / 1e6, detail, "it is no matter of text")


@metric(
    "tokens_per_gb",
    title="M tokens per GB",
    unit="million tokens/GB",
    better="lower",
    order=14,
    digits=1,
    flattered_by_loss=True,
    usual=False,
)
def tokens_per_gb(encoded: Encoded) -> Totals:
    """Millions of tokens that a gigabyte (10^9 bytes) of this text takes.

    >>> tokens_per_gb(Encoded.of(["abcd"], [["ab", "cd"]])).value
    500.0
    """

    def function(totals: "NDArray[np.float64]") -> "NDArray[np.float64]":
        made = np.full(totals[..., 1].shape, np.nan)
        np.divide(totals[..., 0], totals[..., 1], out=made, where=totals[..., 1] != 0)
        return _GIGABYTE_IN_MILLIONS * made

    return Totals((encoded.tokens, encoded.documents.bytes), function)


@metric(
    "sequence_length",
    title="95% of texts, to",
    unit="tokens/document",
    better="lower",
    order=15,
    digits=0,
    flattered_by_loss=True,
)
def sequence_length(encoded: Encoded) -> Value:
    """Tokens that 95% of the documents do not exceed.

    The detail has other percentiles, the longest, and the share of documents that are longer than
    the model takes, where that is known.

    >>> sequence_length(Encoded.of(["ab", "c"], [["a", "b"], ["c"]])).value
    2.0
    """
    lengths = {
        f"p{share * 100:g}": float(np.quantile(encoded.tokens, share, method="higher"))
        for share in _SHARES
    }
    detail: dict[str, Any] = {
        **lengths,
        "longest": int(encoded.tokens.max()),
        "model_max_length": encoded.longest,
    }
    if encoded.longest is not None:
        detail["too_long"] = float((encoded.tokens > encoded.longest).mean())
    return Value(lengths[f"p{_SHOWN * 100:g}"], detail, "a percentile is no sum over documents")
