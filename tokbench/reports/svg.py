"""Parts of pictures: scales, axes, marks that differ in shape as well as in colour."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tokbench.reports.markup import plain

WIDTH = 480
COLOURS = 8
_FEWEST = 2
_NEXT_TO_NOTHING = 1e-9
_CHAR = 8.2
"""About how wide a character of 14 pixels is, the larger size of the two."""
_SHAPES = (
    "M{l} {y}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z",
    "M{l} {t}h{d}v{d}h-{d}z",
    "M{x} {t}L{e} {b}L{l} {b}z",
    "M{x} {T}L{E} {y}L{x} {B}L{L} {y}z",
    "M{x} {b}L{e} {t}L{l} {t}z",
    "M{l} {T}L{E} {y}L{l} {B}z",
    "M{p} {T}H{q}V{u}H{E}V{v}H{q}V{B}H{p}V{v}H{L}V{u}H{p}z",
)
_ROUNDS = 6
_FARTHER = 40
_ON_A_MARK = 5
_FAR = 20
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2")


@dataclass(frozen=True)
class Scale:
    """From numbers to pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where a number lies."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        at = math.log(value) if self.log else value
        return self.start + (at - low) / ((high - low) or 1) * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers on the scale."""
        return (
            log_ticks(self.low, self.high, most) if self.log else ticks(self.low, self.high, most)
        )


def ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, no more than so many.

    >>> ticks(0, 7, 5), ticks(0.98, 1.02, 5)
    ([0, 2, 4, 6], [0.98, 0.99, 1.0, 1.01, 1.02])
    """
    span = (high - low) or 1
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(k * power for k in (1, 2, 5, 10, 20) if span / (k * power) < most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    made = [float(f"{k * step:.10g}") for k in range(first, last + 1)]
    return [int(one) if one == int(one) and step >= 1 else one for one in made]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, with 2 and 5 times these where there is room; as `ticks` where none is near.

    >>> log_ticks(1, 1000, 6), log_ticks(8000, 60000, 6), log_ticks(26e3, 39e3, 3)
    ([1, 10, 100, 1000], [10000, 20000, 50000], [30000, 35000])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        made = [k * 10**power for power in powers for k in factors]
        inside = [one for one in made if low * (1 - 1e-9) <= one <= high * (1 + 1e-9)]
        if len(inside) < _FEWEST:
            return ticks(low, high, most)
        if len(inside) <= most:
            return inside
    return inside[:: -(-len(inside) // most)]


def short(number: float) -> str:
    """A number for an axis.

    >>> [short(one) for one in (0.25, 3, 1500, 50000, 2e6, 3e9)]
    ['0.25', '3', '1.5k', '50k', '2M', '3G']
    """
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= unit:
            return f"{number / unit:.3g}{name}"
    return f"{number:g}"


def around(
    values: Iterable[float], *, log: bool = False, margin: float = 0.08
) -> tuple[float, float]:
    """The least and the greatest with some room beside them."""
    numbers = list(values)
    low, high = min(numbers), max(numbers)
    if log:
        wide = max(margin * math.log(high / low), 0.2)
        return low / math.exp(wide), high * math.exp(wide)
    wide = margin * (high - low)
    if wide <= _NEXT_TO_NOTHING * abs(high):
        wide = abs(high) * 0.05 or 1
    return (max(0.0, low - wide) if low >= 0 else low - wide), high + wide


def text(x: float, y: float, content: str, *, anchor: str = "start", css: str = "") -> str:
    """A line of text."""
    named = f' class="{css}"' if css else ""
    ends = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{ends}{named}>{escape(plain(content))}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    return f'<path class="{css}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def mark(number: int, x: float, y: float, said: str = "", *, hollow: bool = False) -> str:
    """The mark of a tokenizer: its own shape and colour, what it says on pointing at it."""
    r, far = 4.5, 6.2
    shape = _SHAPES[number % len(_SHAPES)]
    places = {"x": x, "y": y, "r": r, "d": 2 * r, "l": x - r, "e": x + r, "t": y - r, "b": y + r}
    places |= {"L": x - far, "E": x + far, "T": y - far, "B": y + far}
    places |= {"p": x - 2, "q": x + 2, "u": y - 2, "v": y + 2}
    drawn = shape.format(**{name: f"{value:.1f}" for name, value in places.items()})
    css = f"m s{number % COLOURS}{' hollow' if hollow else ''}"
    title = f"<title>{escape(plain(said))}</title>" if said else ""
    return f'<path class="{css}" data-k="{number}" d="{drawn}">{title}</path>'


def whisker(number: int, x1: float, y1: float, x2: float, y2: float) -> str:
    """An interval of a tokenizer, in its colour."""
    css, drawn = f"s{number % COLOURS}", line(x1, y1, x2, y2, "w")
    return f'<g class="{css}" data-k="{number}">{drawn}</g>'


def curve(number: int, points: Sequence[tuple[float, float]]) -> str:
    """A line of a tokenizer through points, in its colour and its own dashes."""
    drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = _DASHES[number % len(_DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="w s{number % COLOURS}" data-k="{number}"{dashed} d="M{drawn}"/>'


def axes(x: Scale, y: Scale, x_title: str, y_title: str) -> list[str]:
    """Grid, numbers and titles of both axes."""
    left, right, bottom, top = x.start, x.end, y.start, y.end
    parts = []
    for value in x.ticks():
        parts.append(line(x(value), bottom, x(value), top, "g"))
        parts.append(text(x(value), bottom + 16, short(value), anchor="middle", css="a"))
    for value in y.ticks():
        parts.append(line(left, y(value), right, y(value), "g"))
        parts.append(text(left - 6, y(value) + 4, short(value), anchor="end", css="a"))
    parts.append(line(left, bottom, right, bottom, "x"))
    parts.append(text((left + right) / 2, bottom + 33, x_title, anchor="middle", css="a"))
    parts.append(text(2, top - 9, y_title, css="a"))
    return parts


def picture(name: str, height: float, title: str, told: str, parts: Iterable[str]) -> Markup:
    """An SVG that says what it shows to those who do not see it."""
    head = (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-labelledby="{name}-title {name}-told">'
        f'<title id="{name}-title">{escape(plain(title))}</title>'
        f'<desc id="{name}-told">{escape(plain(told, 20_000))}</desc>'
    )
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - all text is escaped above


def legend(names: Sequence[str]) -> Markup:
    """The marks and lines of the tokenizers beside their names; pressed, these alone are strong."""
    made = [
        f'<li><button type="button" data-k="{k}" aria-pressed="false">'
        f'<svg viewBox="0 0 34 14" aria-hidden="true">{curve(k, [(1, 7), (33, 7)])}'
        f"{mark(k, 17, 7)}</svg> <bdi>{escape(plain(name))}</bdi></button></li>"
        for k, name in enumerate(names)
    ]
    return Markup(f'<ul class="legend">{"".join(made)}</ul>')  # noqa: S704 - names are escaped


def labels(
    points: Sequence[tuple[float, float, str]],
    box: tuple[float, float, float, float],
    lines: Sequence[tuple[float, float, float, float]] = (),
) -> list[str]:
    """Names beside points, where they cover no point, no other name and no line.

    Every name takes the best of some places near its point, again and again while others move.

    Args:
        points: x, y and name of each.
        box: left, top, right and bottom of the room.
        lines: upright or level ones, from left and top to right and bottom.
    """
    marks = [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in points]
    thick = [(left - 2, top - 2, right + 2, bottom + 2) for left, top, right, bottom in lines]
    wide = [len(name) * _CHAR for _, _, name in points]
    places = [(x + 9, y + 4, "start") for x, y, _ in points]
    for _ in range(_ROUNDS):
        for k, (x, y, _) in enumerate(points):
            names = [_area(places[j], wide[j]) for j in range(len(points)) if j != k]
            taken = [*marks * _ON_A_MARK, *names, *thick]

            def cost(
                near: tuple[int, tuple[float, float, str]],
                wide: float = wide[k],
                taken: Sequence[Sequence[float]] = taken,
            ) -> float:
                area = _area(near[1], wide)
                covered = sum(_overlap(area, one) for one in taken)
                return _FARTHER * near[0] + covered + 4 * _outside(area, box)

            places[k] = min(enumerate(_beside(x, y)), key=cost)[1]
    made = []
    for (x, y, name), (across, up, anchor) in zip(points, places, strict=True):
        if abs(up - y) > _FAR:
            made.append(line(x, y, across, up + 3 if up < y else up - 10, "g"))
        made.append(text(across, up, name, anchor=anchor))
    return made


def _beside(x: float, y: float) -> Iterator[tuple[float, float, str]]:
    """Where a name may stand, the nearest first."""
    for shift in (0, -10, 10):
        yield x + 9, y + 4 + shift, "start"
        yield x - 9, y + 4 + shift, "end"
    for shift in (-10, 19, -24, 33, -38, 47):
        yield x, y + shift, "middle"
    for shift in (-24, 24, -38, 38):
        yield x + 9, y + 4 + shift, "start"
        yield x - 9, y + 4 + shift, "end"


def _area(at: tuple[float, float, str], wide: float) -> tuple[float, float, float, float]:
    x, y, anchor = at
    left = {"start": x, "middle": x - wide / 2, "end": x - wide}[anchor]
    return left, y - 10, left + wide, y + 3


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)


def _outside(area: Sequence[float], box: Sequence[float]) -> float:
    over = (box[0] - area[0], box[1] - area[1], area[2] - box[2], area[3] - box[3])
    return sum(max(0.0, one) for one in over) * 100


def shortened(name: str, most: int) -> str:
    """A name of so many characters: one too long loses its middle.

    >>> shortened("english-BertPreTokenizer-0001", 12)
    'engl…er-0001'
    """
    shown = plain(name)
    if len(shown) <= most:
        return shown
    first = most // 3
    return f"{shown[:first]}…{shown[first + 1 - most :]}"
