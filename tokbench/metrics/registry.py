"""What a metric is, and where metrics are found.

A metric is a function from `Encoded` to per-document numerators and denominators (`Ratio`), to
per-document numbers and a function of their totals (`Totals`), to a single number (`Value`) or a
reason why there is none (`NotApplicable`). Values, intervals and differences are made from them in
one place, `measuring`.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tokbench.metrics.resampling import effective
from tokbench.registry import Registry
from tokbench.values import Encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray


DOCUMENTS = "documents"


@dataclass(frozen=True)
class Ratio:
    """Sum of `numerators` over sum of `denominators`; one of each for every document.

    `over` says what there is one of each for, where that is no document.
    """

    numerators: "NDArray[np.int64]"
    denominators: "NDArray[np.int64]"
    detail: dict[str, Any] = field(default_factory=dict)
    over: str = DOCUMENTS

    @property
    def columns(self) -> "tuple[NDArray[np.int64], ...]":
        """What is summed up."""
        return self.numerators, self.denominators

    @cached_property
    def worth(self) -> float:
        """How many documents of one weight these are worth."""
        return effective(self.denominators)

    def of(self, totals: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """The ratio of the totals, never a mean of ratios; NaN where there is nothing to divide by.

        Args:
            totals: of the two columns, in the last axis.
        """
        numerators, denominators = totals[..., 0], totals[..., 1]
        made = np.full(denominators.shape, np.nan)
        np.divide(numerators, denominators, out=made, where=denominators != 0)
        return made

    @property
    def value(self) -> float:
        """The ratio of all."""
        return value_of(self)


@dataclass(frozen=True)
class Totals:
    """A function of the totals of some columns.

    Attributes:
        columns: each a number for every document.
        function: from totals, those of the columns in the last axis, to numbers; NaN for none.
        detail: as in `Measurement`.
        over: what the columns have numbers for, where that is no document ("lines").
        parts: ratios over the same, by a label, that a report shows beside the number.
        parts_name: what the labels are ("language").
    """

    columns: "tuple[NDArray[np.int64], ...]"
    function: "Callable[[NDArray[np.float64]], NDArray[np.float64]]"
    detail: dict[str, Any] = field(default_factory=dict)
    over: str = DOCUMENTS
    parts: dict[str, Ratio] = field(default_factory=dict)
    parts_name: str = "part"

    @cached_property
    def worth(self) -> float:
        """How many documents of one weight these are worth, by the most uneven column."""
        return min(map(effective, self.columns))

    def of(self, totals: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """The number for these totals."""
        return self.function(totals)

    @property
    def value(self) -> float:
        """The number for all."""
        return value_of(self)


@dataclass(frozen=True)
class Value:
    """One number that is not made from totals over documents; says why it has no interval.

    `spread` is the smallest and the largest of what was measured, where that was done repeatedly.
    """

    value: float
    detail: dict[str, Any] = field(default_factory=dict)
    no_interval: str = "it is no sum over documents"
    spread: tuple[float, float] | None = None


@dataclass(frozen=True)
class NotApplicable:
    """The metric says nothing here."""

    why: str


Result = Ratio | Totals | Value | NotApplicable

Needs = Literal["", "cuts", "entries", "gold", "parallel", "speed"]
"""What encoding does for a metric only when asked, or text beside the corpus."""

ALL = "all"
"""The name that stands for all metrics."""


def value_of(result: Ratio | Totals) -> float:
    """The number for the totals of all."""
    sums: Sequence[float] = [float(column.sum()) for column in result.columns]
    return float(result.of(np.array(sums)))


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
        needs: what must be asked of encoding for it, empty for nothing; what takes as long as
            encoding itself is measured on request.
        usual: whether it says something that others do not, and people look for.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    order: int
    digits: int
    function: Callable[[Encoded], Result]
    flattered_by_loss: bool = False
    needs: Needs = ""
    usual: bool = True

    def shown(self, given: Sequence[str] = ()) -> bool:
        """Whether it is measured where nobody names metrics, but such text is given."""
        return self.needs in given or (self.usual and not self.needs)

    @property
    def group(self) -> str:
        """The name of its module, which stands for all metrics of it: "speed"."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def family(self) -> str:
        """What the metrics of its module are about: the module's first line."""
        told = (sys.modules[self.function.__module__].__doc__ or "").strip()
        return told.partition("\n")[0].rstrip(".")

    def look(self, encoded: Encoded) -> Result:
        """What it says of one encoded corpus; no number where there is nothing to divide by."""
        if not len(encoded.tokens):
            return NotApplicable("there is no text")
        result = self.function(encoded)
        if isinstance(result, Ratio | Totals) and not np.isfinite(value_of(result)):
            return NotApplicable(f"nothing to divide by in {self.unit}")
        return result


METRICS: Registry[Metric] = Registry("metric", "tokbench.metrics")


def meant(name: str) -> list[Metric]:
    """The metrics that a name means: one, those of a file ("speed"), or all.

    Raises:
        UnknownNameError: none is called so.
    """
    every = METRICS.items()
    if name == ALL:
        return [one for _, one in every]
    found = [one for known, one in every if known == name]
    return found or [one for _, one in every if one.group == name] or [METRICS[name]]


def metric(
    name: str,
    *,
    title: str,
    unit: str,
    better: Literal["higher", "lower"] | None,
    order: int,
    digits: int = 3,
    flattered_by_loss: bool = False,
    needs: Needs = "",
    usual: bool = True,
) -> Callable[[Callable[[Encoded], Result]], Callable[[Encoded], Result]]:
    """Register the decorated function as a metric and leave it as it is."""

    def register(function: Callable[[Encoded], Result]) -> Callable[[Encoded], Result]:
        METRICS.register(name)(
            Metric(
                name, title, unit, better, order, digits, function, flattered_by_loss, needs, usual
            )
        )
        return function

    return register
