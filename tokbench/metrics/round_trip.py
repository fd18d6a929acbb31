"""Whether decoding gives the text back."""

import numpy as np

from tokbench.metrics.registry import Ratio, metric
from tokbench.values import Encoded


@metric("roundtrip", title="exact round trip", unit="documents/document", better="higher", order=50)
def roundtrip(encoded: Encoded) -> Ratio:
    """Share of documents x with decode(encode(x)) = x.

    The detail says how the rest fails: the share that equals x after normalizing, the verdict
    (lossless, equal after normalizing, lossy) and the first differences.

    >>> roundtrip(Encoded.of(["a b"], [["a", " b"]])).detail["verdict"]
    'lossless'
    """
    trip = encoded.round_trip
    verdict = "lossy"
    if trip.exact.all():
        verdict = "lossless"
    elif trip.normalized.all():
        verdict = "equal after normalizing"
    return Ratio(
        trip.exact.astype(np.int64),
        np.ones(len(trip.exact), np.int64),
        {
            "verdict": verdict,
            "equal_after_normalizing": float(trip.normalized.mean()),
            "differences": [list(pair) for pair in trip.differences],
        },
    )
