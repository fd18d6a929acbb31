"""What the numbers of a comparison do not say, a sentence each."""

from collections.abc import Mapping

from rich.text import Text

from tokbench.reports.terminal import notes as as_renderables
from tokbench.values import Comparison, Row


def notes(comparison: Comparison, rows: Mapping[str, Row]) -> list[str]:
    """Those of the terminal's report as plain text, controls made visible."""
    return [one.plain for one in as_renderables(comparison, rows) if isinstance(one, Text)]
