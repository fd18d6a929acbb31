"""Formats of reports by the ending of a file's name."""

from pathlib import Path

from tokbench.errors import StoreError

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
