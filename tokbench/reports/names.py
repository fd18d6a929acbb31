"""Names in the room that a terminal has for them."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from tokbench.reports.visible import visible

_LEAST = 16


def name_width(names: Sequence[str], width: int) -> int:
    """As wide as the longest name, within a third of the line."""
    return max(_LEAST, min(max(map(cell_len, names)), width // 3))


def shortened(name: str, width: int, style: str = "bold") -> Text:
    """A name in so many cells; one too long loses its middle, since variants differ at the end."""
    shown = visible(name)
    if cell_len(shown) > width:
        shown = f"{shown[: width // 3]}…{shown[-(width - width // 3 - 1) :]}"
    text = Text(shown, style=style)
    text.truncate(width, overflow="ellipsis", pad=True)
    return text
