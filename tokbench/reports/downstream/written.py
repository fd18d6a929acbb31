"""Reports of models as files: the ending of the name says the format."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokbench.reports.downstream import csv, html, latex, markdown
from tokbench.reports.downstream import json as plain
from tokbench.reports.formats import format_of
from tokbench.values import Downstream

_RENDER: dict[str, Callable[[Downstream], Any]] = {
    "html": html.render,
    "markdown": markdown.render,
    "csv": csv.render,
    "latex": latex.render,
    "json": plain.render,
}


def written(path: str | Path, made: Downstream) -> bytes:
    """What a report's file holds.

    Raises:
        StoreError: no format has this ending.
    """
    found = _RENDER[format_of(path)](made)
    text = (
        found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    )
    return text.encode("utf-8", "backslashreplace")
