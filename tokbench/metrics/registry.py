"""What a metric is, and where metrics are found.

A metric is a function from `Encoded` to per-document numerators and denominators (`Ratio`), a
single number (`Value`) or a reason why there is none (`NotApplicable`). The number is made from
them here, in one place, as a ratio of totals.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tokbench.registry import Registry
from tokbench.values import Encoded, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Ratio:
    """Sum of `numerators` over sum of `denominators`; one of each for every document."""

    numerators: "NDArray[np.int64]"
    denominators: "NDArray[np.int64]"
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The ratio of the totals, never a mean of ratios."""
        return float(self.numerators.sum() / self.denominators.sum())


@dataclass(frozen=True)
class Value:
    """One number that is not a ratio over documents."""

    value: float
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NotApplicable:
    """The metric says nothing here."""

    why: str


Result = Ratio | Value | NotApplicable


@dataclass(frozen=True)
class Metric:
    """A metric as it is registered.

    Attributes:
        name: as recipes and JSON have it.
        title: as tables have it.
        unit: of its value.
        better: which direction is better, None where neither is.
        order: its place in a table.
        digits: how many decimals a table shows.
        function: what computes it.
        flattered_by_loss: whether text that a tokenizer skips makes it look better.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    order: int
    digits: int
    function: Callable[[Encoded], Result]
    flattered_by_loss: bool = False

    def measure(self, encoded: Encoded) -> Measurement:
        """The measurement of one encoded corpus."""
        documents = len(encoded.tokens)
        result: Result = NotApplicable("there is no text")
        if documents:
            result = self.function(encoded)
        if isinstance(result, Ratio) and not result.denominators.sum():
            result = NotApplicable(f"nothing to divide by in {self.unit}")
        if isinstance(result, NotApplicable):
            return Measurement(None, documents, self.unit, self.better, why=result.why)
        return Measurement(
            result.value, documents, self.unit, self.better, detail=dict(result.detail)
        )


METRICS: Registry[Metric] = Registry("metric", "tokbench.metrics")


def metric(
    name: str,
    *,
    title: str,
    unit: str,
    better: Literal["higher", "lower"] | None,
    order: int,
    digits: int = 3,
    flattered_by_loss: bool = False,
) -> Callable[[Callable[[Encoded], Result]], Callable[[Encoded], Result]]:
    """Register the decorated function as a metric and leave it as it is."""

    def register(function: Callable[[Encoded], Result]) -> Callable[[Encoded], Result]:
        METRICS.register(name)(
            Metric(name, title, unit, better, order, digits, function, flattered_by_loss)
        )
        return function

    return register
