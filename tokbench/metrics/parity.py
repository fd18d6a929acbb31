"""What the same text costs in different languages."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.metrics.registry import NotApplicable, Ratio, Totals, metric
from tokbench.values import Encoded, Parallel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_TEXT = NotApplicable("there is no parallel text; give some with --parallel FILE")
_ONE_LANGUAGE = NotApplicable("the parallel text has only one language")


@metric(
    "parity",
    title="mean premium",
    unit="tokens/token",
    better="lower",
    order=70,
    flattered_by_loss=True,
    needs="parallel",
)
def parity(encoded: Encoded) -> Totals | NotApplicable:
    """Mean over languages of their premium: tokens per token of the reference (Petrov et al. 2023).

    The breakdown by language has the premium of each.

    >>> from dataclasses import replace
    >>> text = Parallel(("en", "ko"), np.array([[2, 3], [2, 5]]))
    >>> parity(replace(Encoded.of(["a"], [["a"]]), parallel=text)).value
    2.0
    """
    text = _parallel(encoded)
    if isinstance(text, NotApplicable):
        return text
    columns = _columns(text)
    return Totals(
        columns,
        lambda totals: premiums(totals).mean(axis=-1),
        {**_detail(text), "languages": len(text.languages)},
        over="lines",
        parts={
            name: Ratio(column, columns[0], over="lines")
            for name, column in zip(text.languages[1:], columns[1:], strict=True)
        },
        parts_name="language",
    )


@metric(
    "worst_language",
    title="largest premium",
    unit="tokens/token",
    better="lower",
    order=71,
    flattered_by_loss=True,
    needs="parallel",
)
def worst_language(encoded: Encoded) -> Totals | NotApplicable:
    """The largest premium of a language, which the detail names.

    >>> from dataclasses import replace
    >>> text = Parallel(("en", "ko", "de"), np.array([[2, 6, 3]]))
    >>> found = worst_language(replace(Encoded.of(["a"], [["a"]]), parallel=text))
    >>> found.value, found.detail["language"]
    (3.0, 'ko')
    """
    text = _parallel(encoded)
    if isinstance(text, NotApplicable):
        return text
    columns = _columns(text)
    worst = int(np.argmax([column.sum() for column in columns[1:]])) + 1
    return Totals(
        columns,
        lambda totals: premiums(totals).max(axis=-1),
        {**_detail(text), "language": text.languages[worst]},
        over="lines",
    )


@metric(
    "gini",
    title="Gini of languages",
    unit="share",
    better="lower",
    order=72,
    flattered_by_loss=True,
    needs="parallel",
)
def gini(encoded: Encoded) -> Totals | NotApplicable:
    """How unequal tokens per parallel line are: 0 where all languages take as many.

    The sum over ordered pairs of |c_i - c_j| by 2 n^2 mean(c), c the tokens per line of each of n
    languages (Meister et al.).

    >>> from dataclasses import replace
    >>> text = Parallel(("en", "ko"), np.array([[1, 3]]))
    >>> gini(replace(Encoded.of(["a"], [["a"]]), parallel=text)).value
    0.25
    """
    text = _parallel(encoded)
    if isinstance(text, NotApplicable):
        return text
    return Totals(
        _columns(text), gini_of, {**_detail(text), "languages": len(text.languages)}, over="lines"
    )


def premiums(totals: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Tokens per token of the first language, for each of the others; NaN where it has none."""
    reference = totals[..., :1]
    made = np.full(totals[..., 1:].shape, np.nan)
    np.divide(totals[..., 1:], reference, out=made, where=reference != 0)
    return made


def gini_of(costs: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Gini coefficient over the last axis; NaN where all are zero.

    >>> float(gini_of(np.array([1.0, 3.0])))
    0.25
    """
    n = costs.shape[-1]
    ordered = np.sort(costs, axis=-1)
    weights = 2 * np.arange(1, n + 1) - n - 1
    total = ordered.sum(axis=-1)
    made = np.full(total.shape, np.nan)
    np.divide((weights * ordered).sum(axis=-1), n * total, out=made, where=total != 0)
    return made


def _parallel(encoded: Encoded) -> Parallel | NotApplicable:
    if encoded.parallel is None:
        return _NO_TEXT
    if len(encoded.parallel.languages) < 2:  # noqa: PLR2004 - two to compare
        return _ONE_LANGUAGE
    return encoded.parallel


def _detail(text: Parallel) -> dict[str, Any]:
    return {"reference": text.languages[0], "unknown_tokens": text.unknown}


def _columns(text: Parallel) -> "tuple[NDArray[np.int64], ...]":
    return tuple(np.ascontiguousarray(text.tokens.T))
