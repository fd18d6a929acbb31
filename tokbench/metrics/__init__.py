"""Metrics: pure arithmetic over `Encoded`, one file a metric or a close family."""

from tokbench.metrics.measuring import chosen, measure
from tokbench.metrics.registry import METRICS, Metric
from tokbench.metrics.shapes import shapes
from tokbench.metrics.spec import BenchmarkSpec

__all__ = ["METRICS", "BenchmarkSpec", "Metric", "chosen", "measure", "shapes"]
