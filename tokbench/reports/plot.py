"""Lines in a terminal, drawn with Braille dots: two by four of them in every character."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.text import Text

_BLANK = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of each dot in a Braille character: two columns, four rows from the top."""
_STEPS = (1, 2, 5)
"""What a tick of an axis may be, times a power of ten."""


@dataclass(frozen=True)
class Line:
    """Points to join, in the order of x.

    Attributes:
        name: for the legend.
        points: x above 0, y.
        style: the line's colour.
        dotted: leave gaps, so that lines are told apart without colour too.
    """

    name: str
    points: Sequence[tuple[float, float]]
    style: str
    dotted: bool = False


def plot(
    lines: Sequence[Line], ticks: Sequence[tuple[float, str]], width: int, height: int
) -> list[Text]:
    """A plot with a logarithmic x axis and a linear y axis, as rows of text.

    Args:
        lines: what to draw; later ones lie on top.
        ticks: x and label of the x axis; labels without room are left out.
        width: of the whole plot in characters.
        height: of the drawing without axis, in characters.
    """
    every = [point for line in lines for point in line.points]
    low, high = min(x for x, _ in every), max(x for x, _ in every)
    bottom, top = min(y for _, y in every), max(y for _, y in every)
    if bottom == top:
        bottom, top = bottom - 0.5, top + 0.5
    marks = [one for one in nice_ticks(bottom, top, max(2, height // 2)) if bottom <= one <= top]
    labels = [f"{mark:g}" for mark in marks]
    margin = max(map(len, labels)) + 2
    columns = width - margin
    across = math.log(high / low) if high > low else 1.0

    def column(x: float) -> float:
        return math.log(x / low) / across * (2 * columns - 1)

    def row(y: float) -> int:
        return round((top - y) / (top - bottom) * (4 * height - 1))

    cells: dict[tuple[int, int], tuple[int, str]] = {}
    for line in lines:
        for dot, y in _joined([(column(x), y) for x, y in line.points]):
            if not (line.dotted and dot % 4 > 1):
                cell = (row(y) // 4, dot // 2)
                bits = cells.get(cell, (0, ""))[0] | _DOTS[dot % 2][row(y) % 4]
                cells[cell] = bits, line.style
    beside = {row(mark) // 4: label for mark, label in zip(marks, labels, strict=True)}
    rows = []
    for number in range(height):
        text = Text(f"{beside.get(number, ''):>{margin - 2}} ", style="dim")
        text.append("┤" if number in beside else "│")
        for place in range(columns):
            bits, style = cells.get((number, place), (0, ""))
            text.append(chr(_BLANK + bits) if bits else " ", style=f"not dim {style}".strip())
        rows.append(text)
    return [*rows, *_x_axis(ticks, column, columns, margin)]


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers around a range that is not empty, at most so many steps apart.

    >>> nice_ticks(2.13, 4.4, 4)
    [2.0, 3.0, 4.0, 5.0]
    """
    step = next(
        size * 10.0**power
        for power in range(math.floor(math.log10((high - low) / most)), 400)
        for size in _STEPS
        if (high - low) / (size * 10.0**power) <= most
    )
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _joined(points: Sequence[tuple[float, float]]) -> list[tuple[int, float]]:
    """Every dot column between the first and the last point, and the height there."""
    found = [(round(points[0][0]), points[0][1])]
    for (x, y), (after, end) in pairwise(points):
        slope = (end - y) / max(after - x, 1e-9)
        dots = range(round(x) + 1, round(after) + 1)
        found += [(dot, y + slope * min(after - x, dot - x)) for dot in dots]
    return found


def _x_axis(
    ticks: Sequence[tuple[float, str]], column: Callable[[float], float], columns: int, margin: int
) -> list[Text]:
    """The axis, and below it the labels that have room."""
    axis, below = ["─"] * columns, [" "] * (columns + margin)
    for x, label in ticks:
        place = min(columns - 1, max(0, round(column(x) / 2)))
        start = min(max(0, margin + place - len(label) // 2), columns + margin - len(label))
        around = below[max(0, start - 1) : start + len(label) + 1]
        if all(one == " " for one in around):
            axis[place] = "┬"
            below[start : start + len(label)] = label
    return [
        Text(" " * (margin - 1) + "└" + "".join(axis), style="dim"),
        Text("".join(below).rstrip(), style="dim"),
    ]
