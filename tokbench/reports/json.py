"""The measurements as plain data, for scripts. The keys are stable."""

from dataclasses import asdict
from typing import Any

from tokbench.reports.registry import REPORTS
from tokbench.reports.warning import NOTE
from tokbench.values import Comparison, Measurement


@REPORTS.register("json")
def render(comparison: Comparison) -> dict[str, Any]:
    """`{"tokenizers": [{"name": ..., "metrics": {...}}]}` and what they were measured on."""
    return {
        "on": comparison.on,
        "documents": comparison.documents,
        "bytes": comparison.bytes,
        "baseline": comparison.tokenizers[comparison.baseline].name,
        "signature": comparison.signature,
        "repeat": comparison.repeat,
        "warning": NOTE,
        "tokenizers": [
            {
                "name": one.name,
                "letters_lost": one.letters_lost,
                "encoded_by": one.encoded_by and asdict(one.encoded_by),
                "metrics": {name: _plain(value) for name, value in one.measurements.items()},
            }
            for one in comparison.tokenizers
        ],
    }


def _plain(measurement: Measurement) -> dict[str, Any]:
    if measurement.value is None:
        return {"value": None, "why": measurement.why}
    plain: dict[str, Any] = {
        "value": measurement.value,
        "interval": measurement.interval,
        "n": measurement.n,
        "of": measurement.of,
        "unit": measurement.unit,
        "better": measurement.better,
        "best": measurement.best,
    }
    if measurement.no_interval:
        plain["no_interval"] = measurement.no_interval
    if measurement.difference:
        plain["difference"] = asdict(measurement.difference)
    if measurement.by:
        plain["by"] = {name: asdict(one) for name, one in measurement.by.items()}
    if measurement.detail:
        plain["detail"] = measurement.detail
    return plain
