"""Reports as files: the ending of the name says the format."""

import json
from collections.abc import Mapping
from pathlib import Path

from tokbench.errors import StoreError
from tokbench.reports.registry import REPORTS
from tokbench.values import Comparison, Row

FORMATS = {
    ".html": "html",
    ".md": "markdown",
    ".csv": "csv",
    ".tex": "latex",
    ".json": "json",
}
"""Formats by the ending of a file's name."""


def format_of(path: str | Path) -> str:
    """The format that a file's name asks for.

    Raises:
        StoreError: none does.

    >>> format_of("a/Page.HTML")
    'html'
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        known = ", ".join(FORMATS)
        raise StoreError(f"{path}: its ending says no format of a report: use one of {known}")
    return FORMATS[ending]


def written(path: str | Path, comparison: Comparison, rows: Mapping[str, Row]) -> bytes:
    """What a report's file holds.

    Raises:
        StoreError: no format has this ending.
    """
    made = REPORTS[format_of(path)](comparison, rows=rows)
    text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace")
