"""Whether tokens end where morphemes do (MorphScore 2025 and others): micro-averaged boundaries."""

from typing import Any

from tokbench.metrics.registry import NotApplicable, Ratio, metric
from tokbench.values import Encoded, Morphology

_NO_GOLD = NotApplicable("there is no gold segmentation; give one with --morphemes FILE")


@metric(
    "boundary_precision",
    title="boundary precision",
    unit="boundaries/boundary",
    better="higher",
    order=80,
    needs="gold",
)
def boundary_precision(encoded: Encoded) -> Ratio | NotApplicable:
    """Token boundaries inside words that are morpheme boundaries.

    >>> from dataclasses import replace
    >>> import numpy as np
    >>> gathered = Morphology(np.array([1]), np.array([7]), np.array([1]))
    >>> one = replace(Encoded.of(["a"], [["a"]]), morphology=gathered)
    >>> round(boundary_precision(one).value, 3)
    0.143
    """
    found = encoded.morphology
    if found is None:
        return _NO_GOLD
    return Ratio(found.hits, found.predicted, _detail(found), over="words")


@metric(
    "boundary_recall",
    title="boundary recall",
    unit="boundaries/boundary",
    better="higher",
    order=81,
    needs="gold",
)
def boundary_recall(encoded: Encoded) -> Ratio | NotApplicable:
    """Morpheme boundaries that are token boundaries.

    >>> from dataclasses import replace
    >>> import numpy as np
    >>> gathered = Morphology(np.array([1]), np.array([7]), np.array([1]))
    >>> boundary_recall(replace(Encoded.of(["a"], [["a"]]), morphology=gathered)).value
    1.0
    """
    found = encoded.morphology
    if found is None:
        return _NO_GOLD
    return Ratio(found.hits, found.gold, _detail(found), over="words")


@metric(
    "boundary_f1",
    title="boundary F1",
    unit="boundaries/boundary",
    better="higher",
    order=82,
    needs="gold",
)
def boundary_f1(encoded: Encoded) -> Ratio | NotApplicable:
    """Twice the boundaries that both have, by those of tokens and those of morphemes.

    Cut at every letter, `gathered` has one boundary of `gather|ed` among its seven: F1 is 0.25.

    >>> from dataclasses import replace
    >>> import numpy as np
    >>> gathered = Morphology(np.array([1]), np.array([7]), np.array([1]))
    >>> boundary_f1(replace(Encoded.of(["a"], [["a"]]), morphology=gathered)).value
    0.25
    """
    found = encoded.morphology
    if found is None:
        return _NO_GOLD
    return Ratio(2 * found.hits, found.predicted + found.gold, _detail(found), over="words")


def _detail(found: Morphology) -> dict[str, Any]:
    return {"words": len(found.hits), "aligned": found.aligned, "refused": found.refused}
