"""Reports as files: the ending of the name says the format."""

import json
from collections.abc import Mapping
from pathlib import Path

from tokbench.reports.formats import format_of
from tokbench.reports.registry import REPORTS
from tokbench.values import Comparison, Row


def written(path: str | Path, comparison: Comparison, rows: Mapping[str, Row]) -> bytes:
    """What a report's file holds.

    Raises:
        StoreError: no format has this ending.
    """
    made = REPORTS[format_of(path)](comparison, rows=rows)
    text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace")
