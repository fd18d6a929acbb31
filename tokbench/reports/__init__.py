"""Reports: measurements as something to read. One file a format; each returns, none prints."""

from typing import Any

from tokbench.reports.formats import FORMATS, format_of
from tokbench.reports.registry import REPORTS
from tokbench.reports.written import written
from tokbench.values import Comparison

__all__ = ["FORMATS", "REPORTS", "format_of", "render", "written"]


def render(kind: str, comparison: Comparison, **options: Any) -> Any:
    """The comparison in one format: a rich renderable for "terminal", plain data for "json"."""
    return REPORTS[kind](comparison, **options)
