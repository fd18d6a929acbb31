"""From what metrics say of each tokenizer to values, intervals, differences and groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.metrics.registry import (
    DOCUMENTS,
    METRICS,
    Metric,
    NotApplicable,
    Ratio,
    Result,
    Totals,
    Value,
    meant,
)
from tokbench.metrics.resampling import FEWEST, RESAMPLES, Resamples, interval
from tokbench.values import (
    Breakdown,
    Difference,
    Encoded,
    Grouping,
    GroupValue,
    Measured,
    Measurement,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LOST = 0.001
"""The share of letters up to which a tokenizer may lose text and yet be best at compressing it."""


def chosen(names: Sequence[str] = (), given: Sequence[str] = ()) -> list[Metric]:
    """These metrics in the order in which tables show them.

    Args:
        names: of metrics, or of files of them ("speed"), or "all"; none: the usual ones, and
            those about what is given.
        given: text beside the corpus: "parallel", "gold".
    """
    if names:
        wanted = list({one.name: one for name in names for one in meant(name)}.values())
    else:
        wanted = [one for _, one in METRICS.items() if one.shown(given)]
    return sorted(wanted, key=lambda one: one.order)


def measure(
    encoded: Sequence[Encoded],
    names: Sequence[str] = (),
    *,
    baseline: int = 0,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Measured, ...]:
    """Every chosen metric of some tokenizers on the same documents.

    Args:
        encoded: what each made of the documents.
        names: which metrics; empty for all.
        baseline: the position of the one that differences are to.
        resamples: how many times documents are drawn for intervals.
        seed: of the draws.
    """
    metrics = chosen(names)
    other = encoded[baseline] if len(encoded) > 1 else None
    against = [replace(one, baseline=other) for one in encoded]
    results = [[metric.look(one) for metric in metrics] for one in against]
    drawn = _Drawn(results, resamples, seed)
    by = {
        name: _by_group(grouping, metrics, results, resamples, seed)
        for name, grouping in encoded[0].documents.groups.items()
    }
    lost = [
        int(one.round_trip.letters_lost.sum()) / max(1, one.documents.letters) for one in encoded
    ]
    made: list[dict[str, Measurement]] = [{} for _ in encoded]
    for place, metric in enumerate(metrics):
        row = [
            _Cell(one[place], drawn.samples[owner][place], len(encoded[owner].tokens))
            for owner, one in enumerate(results)
        ]
        best = _best(metric, row, lost)
        for owner, cell in enumerate(row):
            groups = {name: found for name in by if (found := by[name][owner][place])}
            if isinstance(cell.result, Totals) and cell.result.parts:
                groups[cell.result.parts_name] = _of_parts(metric, cell.result, drawn)
            made[owner][metric.name] = replace(
                cell.measured(metric),
                difference=None if owner == baseline else cell.difference(row[baseline]),
                best=best[owner],
                flattered=cell.flattered(metric, lost[owner]),
                by=groups,
            )
    return tuple(
        Measured(one.name, measurements, share, one.encoded_by)
        for one, measurements, share in zip(encoded, made, lost, strict=True)
    )


class _Drawn:
    """The values of all results in all resamples.

    Columns that several results share are summed up once; results over as many things share draws.

    Attributes:
        samples: for each tokenizer and metric a value for each resample, or None.
        parts: by the identity of a part of a `Totals`, likewise.
    """

    def __init__(
        self, results: Sequence[Sequence[Result]], count: int, seed: int | tuple[int, ...]
    ) -> None:
        columns: dict[int, dict[int, NDArray[np.int64]]] = {}
        every = [each for row in results for each in row]
        parts = [part for each in every if isinstance(each, Totals) for part in each.parts.values()]
        for result in (*every, *parts):
            if isinstance(result, Ratio | Totals) and len(result.columns[0]) >= FEWEST:
                some = columns.setdefault(len(result.columns[0]), {})
                some |= {id(column): column for column in result.columns}
        totals = {
            size: Resamples(size, count=count, seed=seed).totals(list(some.values()))
            for size, some in columns.items()
        }
        places = {size: {key: k for k, key in enumerate(some)} for size, some in columns.items()}

        def sample(result: Result) -> "NDArray[np.float64] | None":
            if not isinstance(result, Ratio | Totals) or len(result.columns[0]) < FEWEST:
                return None
            size = len(result.columns[0])
            mine = [places[size][id(column)] for column in result.columns]
            return result.of(totals[size][:, mine])

        self.samples = [[sample(result) for result in row] for row in results]
        self.parts = {id(part): drawn for part in parts if (drawn := sample(part)) is not None}


@dataclass(frozen=True)
class _Cell:
    """What a metric says of a tokenizer, and its values in the resamples."""

    result: Result
    sample: "NDArray[np.float64] | None"
    documents: int

    @property
    def value(self) -> float | None:
        """The number."""
        return None if isinstance(self.result, NotApplicable) else self.result.value

    def flattered(self, metric: Metric, lost: float) -> float:
        """How much of the text was skipped, or of the parallel text unknown, where that is much."""
        if self.value is None or not metric.flattered_by_loss:
            return 0.0
        if isinstance(self.result, Totals):
            lost = self.result.detail.get("unknown_tokens", lost)
        return lost if lost > MOST_LOST else 0.0

    @property
    def over(self) -> str:
        """What those are."""
        return self.result.over if isinstance(self.result, Ratio | Totals) else DOCUMENTS

    @property
    def n(self) -> int:
        """How many documents, or other things, it rests on."""
        if isinstance(self.result, Ratio | Totals):
            return len(self.result.columns[0])
        return self.documents

    @property
    def worth(self) -> float:
        """How many documents of one weight those are worth."""
        return self.result.worth if isinstance(self.result, Ratio | Totals) else float(self.n)

    def measured(self, metric: Metric) -> Measurement:
        """The measurement, without comparing it with others."""
        plain = Measurement(self.value, self.n, metric.unit, metric.better, of=self.over)
        if isinstance(self.result, NotApplicable):
            return replace(plain, why=self.result.why)
        found, why = None, ""
        if isinstance(self.result, Value):
            why = self.result.no_interval
            plain = replace(plain, spread=self.result.spread)
        elif self.sample is None:
            why = f"{self.n} {self.over} are too few"
        else:
            found = interval(self.sample, self.n, self.worth)
            if found is None:
                why = "most of the text has nothing to divide by"
            elif found[0] == found[1]:
                found, why = None, f"all {self.over} agree"
        return replace(plain, detail=dict(self.result.detail), interval=found, no_interval=why)

    def difference(self, other: "_Cell") -> Difference | None:
        """How far this is from another one."""
        if self.value is None or other.value is None:
            return None
        value = self.value - other.value
        if self.sample is None or other.sample is None or self.n != other.n:
            return Difference(value, seen=self._apart(other))
        found = interval(self.sample - other.sample, self.n, min(self.worth, other.worth))
        return Difference(value, found, found and not found[0] <= 0 <= found[1])

    def _apart(self, other: "_Cell") -> bool | None:
        """Whether the rounds of both do not overlap, None where there are none."""
        if not (isinstance(self.result, Value) and isinstance(other.result, Value)):
            return None
        if self.result.spread is None or other.result.spread is None:
            return None
        (low, high), (least, most) = self.result.spread, other.result.spread
        return high < least or most < low


def _best(metric: Metric, row: Sequence[_Cell], lost: Sequence[float]) -> list[Any]:
    """Who is best: nobody where nothing is better or all are equal.

    Text that is skipped costs no tokens: who loses letters cannot win by that.
    """
    standing = [""] * len(row)
    if metric.better is None or len({cell.value for cell in row} - {None}) < 2:  # noqa: PLR2004 - two to compare
        return standing
    honest = [
        place
        for place, cell in enumerate(row)
        if cell.value is not None and not cell.flattered(metric, lost[place])
    ]
    if not honest:
        return standing
    values = {place: row[place].value or 0.0 for place in honest}
    top = max(values.values()) if metric.better == "higher" else min(values.values())
    winners = [place for place in honest if values[place] == top]
    differences = [row[winners[0]].difference(row[k]) for k in honest if k not in winners]
    clear = bool(differences) and all(one is not None and one.seen for one in differences)
    for place in winners:
        standing[place] = "clearly best" if clear else "best"
    return standing


def _by_group(
    grouping: Grouping,
    metrics: Sequence[Metric],
    results: Sequence[Sequence[Result]],
    count: int,
    seed: int,
) -> "list[list[Breakdown | None]]":
    """For each tokenizer and metric its numbers by group, None where it has none by document."""
    per_document = [
        [isinstance(one, Ratio | Totals) and one.over == DOCUMENTS for one in row]
        for row in results
    ]
    order = np.argsort(grouping.index, kind="stable")
    bounds = np.searchsorted(grouping.index[order], np.arange(len(grouping.labels) + 1))
    values: list[list[list[GroupValue]]] = [[[] for _ in metrics] for _ in results]
    samples: list[list[list[Any]]] = [[[] for _ in metrics] for _ in results]
    for number, label in enumerate(grouping.labels):
        which = order[bounds[number] : bounds[number + 1]]
        part = _part_of(results, per_document, which)
        drawn = _Drawn(part, count, (seed, number))
        for owner, row in enumerate(part):
            for place, result in enumerate(row):
                if not isinstance(result, Ratio | Totals):
                    continue
                value, sample = result.value, drawn.samples[owner][place]
                some = np.isfinite(value)
                values[owner][place].append(
                    GroupValue(
                        label,
                        value if some else None,
                        len(which),
                        interval(sample, len(which), result.worth)
                        if some and sample is not None
                        else None,
                    )
                )
                samples[owner][place].append(sample)
    return [
        [
            _breakdown(metric, values[owner][place], samples[owner][place])
            for place, metric in enumerate(metrics)
        ]
        for owner in range(len(results))
    ]


def _part_of(
    results: Sequence[Sequence[Result]],
    per_document: Sequence[Sequence[bool]],
    which: "NDArray[np.int64]",
) -> list[list[Result]]:
    """The results for some of the documents; columns that were shared still are."""
    parts: dict[int, NDArray[np.int64]] = {}

    def part(column: "NDArray[np.int64]") -> "NDArray[np.int64]":
        if id(column) not in parts:
            parts[id(column)] = column[which]
        return parts[id(column)]

    def cut(result: Result) -> Result:
        if isinstance(result, Ratio):
            return Ratio(part(result.numerators), part(result.denominators))
        if isinstance(result, Totals):
            return Totals(tuple(map(part, result.columns)), result.function)
        return result

    none = NotApplicable("not by document")
    return [
        [cut(one) if mine else none for one, mine in zip(row, flags, strict=True)]
        for row, flags in zip(results, per_document, strict=True)
    ]


def _of_parts(metric: Metric, result: Totals, drawn: _Drawn) -> Breakdown:
    values, samples = [], []
    for label, part in result.parts.items():
        sample = drawn.parts.get(id(part))
        n = len(part.numerators)
        value = part.value if np.isfinite(part.value) else None
        found = None
        if value is not None and sample is not None:
            found = interval(sample, n, part.worth)
        values.append(GroupValue(label, value, n, found))
        samples.append(sample)
    made = _breakdown(metric, values, samples)
    return made or Breakdown(tuple(values), None)


def _breakdown(
    metric: Metric, groups: Sequence[GroupValue], samples: "Sequence[NDArray[np.float64] | None]"
) -> Breakdown | None:
    known = [one for one in groups if one.value is not None]
    if not known:
        return None
    numbers = [one.value or 0.0 for one in known]
    drawn = [
        sample
        for one, sample in zip(groups, samples, strict=True)
        if one.value is not None and sample is not None
    ]
    macro_interval = None
    if len(drawn) == len(known):
        together = sum(one.n for one in known)
        macro_interval = interval(np.mean(drawn, axis=0), together)
    worst = ""
    if metric.better:
        bad = min(numbers) if metric.better == "higher" else max(numbers)
        worst = known[numbers.index(bad)].label
    return Breakdown(tuple(groups), float(np.mean(numbers)), macro_interval, worst)
