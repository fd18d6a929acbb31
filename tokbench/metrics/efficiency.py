"""How evenly the text uses the vocabulary: entropies of token frequencies (Zouhar et al. 2023).

Plain functions of frequencies stand below the metrics; `verify` calls them with published values.
Compression and these say little about quality: Cognetta et al. 2024 raise Rényi efficiency while
BLEU falls.
"""

from typing import TYPE_CHECKING

import numpy as np

from tokbench.metrics.registry import NotApplicable, Value, metric
from tokbench.values import Encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 2.5
LOW, HIGH = 0.03, 0.83
NO_INTERVAL = (
    "entropies of resampled documents are lower than that of the text they come from: "
    "a bootstrap would be biased"
)
_ONE_TOKEN = NotApplicable("entropy says nothing about fewer than two distinct tokens")


@metric(
    "renyi_efficiency",
    title="Rényi efficiency",
    unit="bits/bit",
    better=None,
    order=41,
)
def renyi_efficiency(encoded: Encoded) -> Value | NotApplicable:
    """Rényi entropy of order 2.5 of the token frequencies by log2 of the distinct tokens used.

    The detail has it by log2 of the whole vocabulary too.

    >>> text = "pick @@ed pick @@l @@ed pick @@les".split()
    >>> round(renyi_efficiency(Encoded.of(["".join(text)], [text])).value, 6)
    0.826506
    """
    return _efficiency(encoded, ALPHA)


@metric(
    "shannon_efficiency",
    title="Shannon efficiency",
    unit="bits/bit",
    better=None,
    order=42,
    usual=False,
)
def shannon_efficiency(encoded: Encoded) -> Value | NotApplicable:
    """Shannon entropy of the token frequencies by log2 of the distinct tokens used.

    The detail has it by log2 of the whole vocabulary too.

    >>> text = "pick @@ed pick @@l @@ed pick @@les".split()
    >>> round(shannon_efficiency(Encoded.of(["".join(text)], [text])).value, 6)
    0.921185
    """
    return _efficiency(encoded, 1.0)


@metric(
    "percentile_frequency",
    title="percentile freq.",
    unit="share",
    better=None,
    order=43,
    usual=False,
)
def percentile_frequency(encoded: Encoded) -> Value | NotApplicable:
    """Share of the tokens that are of the middle ranks, from 3% to 83% of the distinct tokens.

    >>> text = "pick @@ed pick @@l @@ed pick @@les".split()
    >>> round(percentile_frequency(Encoded.of(["".join(text)], [text])).value, 6)
    0.857143
    """
    if np.count_nonzero(encoded.frequencies) < 2:  # noqa: PLR2004 - of one token all are equal
        return _ONE_TOKEN
    found = middle(encoded.frequencies)
    return Value(found, {"from": LOW, "to": HIGH}, NO_INTERVAL)


def _efficiency(encoded: Encoded, alpha: float) -> Value | NotApplicable:
    used = int(np.count_nonzero(encoded.frequencies))
    if used < 2:  # noqa: PLR2004 - log2 of one is zero
        return _ONE_TOKEN
    return Value(
        efficiency(encoded.frequencies, alpha, used),
        {
            "alpha": alpha,
            "observed_vocabulary": used,
            "nominal_vocabulary": encoded.vocabulary,
            "by_nominal_vocabulary": efficiency(encoded.frequencies, alpha, encoded.vocabulary),
        },
        NO_INTERVAL,
    )


def entropy(frequencies: "NDArray[np.int64]", alpha: float) -> float:
    """Rényi entropy in bits of token frequencies; Shannon's where alpha is 1.

    >>> entropy(np.array([1, 1, 0]), 2.5), entropy(np.array([2, 2]), 1)
    (1.0, 1.0)
    """
    counts = frequencies[frequencies > 0]
    shares = counts / counts.sum()
    if alpha == 1:
        return float(-(shares * np.log2(shares)).sum())
    return float(np.log2((shares**alpha).sum()) / (1 - alpha))


def efficiency(frequencies: "NDArray[np.int64]", alpha: float, size: int) -> float:
    """Entropy by log2 of a vocabulary's size."""
    return entropy(frequencies, alpha) / float(np.log2(size))


def middle(frequencies: "NDArray[np.int64]", low: float = LOW, high: float = HIGH) -> float:
    """Share of tokens of ranks int(low k) to int(high k), k distinct tokens, frequent ones first.

    >>> round(middle(np.array([3, 2, 1, 1])), 6)
    0.857143
    """
    counts = np.sort(frequencies[frequencies > 0])[::-1]
    kept = counts[int(low * len(counts)) : int(high * len(counts))]
    return float(kept.sum() / counts.sum())
