"""Numbers with intervals and differences in words, as every written report has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tokbench.values import Comparison, Measurement, Row

SAME = "no difference seen"
POINTS = "points"
"""How units end whose differences are told as they are, not in per cent."""
MANY = 6
"""Of more tokenizers each is a line, and tables are parted by what they are about."""
_MOST_PERCENT, _MOST_DIGITS = 1000, 100


@dataclass(frozen=True)
class Line:
    """One metric of all tokenizers.

    Attributes:
        name: of the metric, as JSON has it.
        row: how it is shown.
        measurements: of each tokenizer.
        unit: of all.
        better: which direction is better, empty where neither is.
    """

    name: str
    row: Row
    measurements: tuple[Measurement, ...]
    unit: str
    better: str


def lines(comparison: Comparison, rows: Mapping[str, Row]) -> Iterator[Line]:
    """The metrics of which a number is known, in the order of the table.

    Those that `rows` does not know come last, under their own names: an older report may have some.
    """
    names = dict.fromkeys(
        [*rows, *(name for one in comparison.tokenizers for name in one.measurements)]
    )
    for name in names:
        found = tuple(
            one.measurements.get(name, Measurement(None, 0, "", None, "not measured"))
            for one in comparison.tokenizers
        )
        known = [one for one in found if one.value is not None]
        if known:
            row = rows.get(name, Row(name, 3))
            yield Line(name, row, found, known[0].unit, known[0].better or "")


def families(found: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Lines by what they are about, in the order in which that first comes."""
    made: dict[str, list[Line]] = {}
    for one in found:
        made.setdefault(one.row.family, []).append(one)
    return list(made.items())


def number(measurement: Measurement, digits: int) -> str:
    """The value, or n/a.

    >>> number(Measurement(1234.5678, 9, "tokens", None), 1)
    '1,234.6'
    """
    return "n/a" if measurement.value is None else f"{measurement.value:,.{digits}f}"


def interval(measurement: Measurement, digits: int) -> str:
    """The 95% interval, or from which to which round; empty where there is neither.

    >>> interval(Measurement(2.0, 9, "tokens", None, interval=(1.9, 2.1)), 2)
    '[1.90, 2.10]'
    >>> interval(Measurement(2.0, 9, "MB/s", None, spread=(1.9, 2.1)), 2)
    '1.90 to 2.10'
    """
    if measurement.spread is not None:
        least, most = measurement.spread
        return f"{least:,.{digits}f} to {most:,.{digits}f}"
    if measurement.interval is None:
        return ""
    low, high = measurement.interval
    return f"[{low:,.{digits}f}, {high:,.{digits}f}]"


def change(measurement: Measurement, baseline: Measurement) -> str:
    """The difference to the baseline in per cent or points, or that none is seen; empty for none.

    >>> was = Measurement(2.0, 9, "tokens", "lower")
    >>> change(Measurement(2.1, 9, "tokens", "lower"), was)
    '+5.0%'
    """
    if measurement is baseline or measurement.value is None or baseline.value is None:
        return ""
    if measurement.difference and measurement.difference.seen is False:
        return SAME
    if measurement.value == baseline.value:
        return "equal"
    if measurement.unit.endswith(POINTS):
        return f"{measurement.value - baseline.value:+.1f}"
    return (
        _percent(measurement.value / baseline.value) if baseline.value and baseline.better else ""
    )


def _percent(ratio: float) -> str:
    percent = (ratio - 1) * 100
    if abs(percent) < _MOST_PERCENT:
        return f"{percent:+.1f}%" if abs(percent) < _MOST_DIGITS else f"{percent:+.0f}%"
    return f"×{ratio:,.0f}"


def difference(measurement: Measurement, digits: int) -> str:
    """The interval of the difference to the baseline in the unit of the metric, or empty."""
    found = measurement.difference
    if found is None or found.interval is None:
        return ""
    low, high = found.interval
    return f"[{low:+,.{digits}f}, {high:+,.{digits}f}]"
