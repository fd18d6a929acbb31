"""A line for each tokenizer and metric, for spreadsheets and data frames."""

import csv
import io
from collections.abc import Mapping

from tokbench.reports.downstream.side import beside
from tokbench.reports.registry import REPORTS
from tokbench.values import Comparison, Measurement, Row

COLUMNS = (
    "tokenizer",
    "metric",
    "value",
    "low",
    "high",
    "unit",
    "better",
    "n",
    "of",
    "best",
    "baseline",
    "difference",
    "difference_low",
    "difference_high",
    "difference_seen",
    "flattered",
    "why",
)


@REPORTS.register("csv")
def render(comparison: Comparison, rows: Mapping[str, Row] | None = None) -> str:  # noqa: ARG001 - every format takes them
    """Numbers in full, unformatted; a cell is empty where there is nothing to say."""
    comparison, _ = beside(comparison, {}, scale=1)
    baseline = comparison.tokenizers[comparison.baseline].name
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in comparison.tokenizers:
        for name, measurement in one.measurements.items():
            writer.writerow([one.name, name, *_cells(measurement, baseline)])
    return file.getvalue()


def _cells(measurement: Measurement, baseline: str) -> list[object]:
    if measurement.value is None:
        return [*[""] * (len(COLUMNS) - 3), measurement.why]
    low, high = measurement.interval or ("", "")
    found = measurement.difference
    difference: list[object] = [""] * 5
    if found:
        ends = found.interval or ("", "")
        seen = "" if found.seen is None else str(found.seen).lower()
        difference = [baseline, found.value, *ends, seen]
    plain = [measurement.unit, measurement.better or "", measurement.n, measurement.of]
    why = measurement.no_interval
    flattered = measurement.flattered or ""
    return [measurement.value, low, high, *plain, measurement.best, *difference, flattered, why]
