"""Metrics: pure arithmetic over `Encoded`, one file a metric or a close family."""

from collections.abc import Sequence

from tokbench.metrics.registry import METRICS, Metric
from tokbench.metrics.spec import BenchmarkSpec
from tokbench.values import Encoded, Measured

__all__ = ["METRICS", "BenchmarkSpec", "Metric", "chosen", "measure"]


def chosen(names: Sequence[str] = ()) -> list[Metric]:
    """These metrics, or all, in the order in which tables show them."""
    wanted = [METRICS[name] for name in names] or [one for _, one in METRICS.items()]
    return sorted(wanted, key=lambda one: one.order)


def measure(encoded: Encoded, names: Sequence[str] = ()) -> Measured:
    """Every chosen metric of one tokenizer."""
    lost = int(encoded.round_trip.letters_lost.sum()) / max(1, encoded.documents.letters)
    measured = {one.name: one.measure(encoded) for one in chosen(names)}
    return Measured(encoded.name, measured, lost, encoded.encoded_by)
