"""Pictures of a comparison: what each shows, and how it is drawn."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markupsafe import Markup

from tokbench.reports import svg
from tokbench.reports.loss import MOST_LOST
from tokbench.reports.markup import plain
from tokbench.reports.numbers import MANY, interval, number
from tokbench.values import Breakdown, Comparison, GroupValue, Measured, Measurement, Row, Shape

_TOP, _LEFT, _RIGHT = 30, 44, 12
_HEIGHT = 330
_RIDGE, _LOW_RIDGE = 54, 40
_GROUP = 22
_LABEL = 130
_MOST_GROUPS = 60
_LONGEST_NAME = 30
_TWO = 2
_FACTORS = (1.1, 1.5, 2.0, 3.0)


@dataclass(frozen=True)
class Picture:
    """A picture with its heading.

    Attributes:
        title: what it is about.
        svg: the picture.
        caption: how to read it.
        legend: whether marks or lines have no names beside them.
    """

    title: str
    svg: Markup
    caption: str
    legend: bool = False


@dataclass(frozen=True)
class _Point:
    place: int
    name: str
    x: float
    y: float
    interval: tuple[float, float] | None
    lost: float

    @property
    def label(self) -> str:
        """The name, and that it is no fair one."""
        loses = f" (loses {self.lost:.0%})" if self.lost > MOST_LOST else ""
        return svg.shortened(self.name, _LONGEST_NAME - len(loses)) + loses


def pictures(comparison: Comparison, rows: Mapping[str, Row]) -> Iterator[Picture]:
    """Those for which there are numbers."""
    compression = _points(comparison, "vocabulary_size", "bytes_per_token")
    digits = rows["bytes_per_token"].digits if "bytes_per_token" in rows else 3
    if compression:
        yield _against_vocabulary(compression, digits)
    cost = _points(comparison, "embedding_parameters", "bytes_per_token")
    if len(cost) >= _TWO:
        yield _pareto(cost, digits, _width(comparison))
    shapes = [(k, one.name, one.shape) for k, one in enumerate(comparison.tokenizers) if one.shape]
    if shapes and all(shape.lengths for _, _, shape in shapes):
        yield _lengths(shapes, comparison.documents)
    ranked = [(k, name, shape) for k, name, shape in shapes if len(shape.ranks) >= _TWO]
    if ranked:
        yield _ranks(ranked)


def _points(comparison: Comparison, x: str, y: str) -> list[_Point]:
    made = []
    for place, one in enumerate(comparison.tokenizers):
        across, up = _value(one, x), _value(one, y)
        if across and up and across.value and up.value is not None:
            made.append(
                _Point(place, one.name, across.value, up.value, up.interval, one.letters_lost)
            )
    return made


def _value(one: Measured, name: str) -> Measurement | None:
    found = one.measurements.get(name)
    return found if found and found.value is not None else None


def _width(comparison: Comparison) -> int | None:
    for one in comparison.tokenizers:
        if found := _value(one, "embedding_parameters"):
            width: int | None = found.detail.get("width")
            return width
    return None


def _against_vocabulary(points: Sequence[_Point], digits: int) -> Picture:
    x = _across(points, log=True)
    drawn = _dots(points, x, "vocabulary size (logarithmic)", digits, set())
    told = _told(points, "a vocabulary of {:,.0f}", digits)
    title = "Compression against vocabulary size"
    return Picture(
        title,
        svg.picture("vocabulary", _HEIGHT, title, told, drawn),
        f"Higher holds more text in a token; whiskers are 95% intervals.{_who_loses(points)}",
    )


def _pareto(points: Sequence[_Point], digits: int, width: int | None) -> Picture:
    honest = [one for one in points if one.lost <= MOST_LOST] or points
    front = sorted((one for one in honest if not _beaten(one, honest)), key=lambda one: one.x)
    beaten = {one.place for one in points} - {one.place for one in front}
    x = _across(points, log=False)
    y = _up(points)
    corners = [(x(front[0].x), y.start)]
    for one in front:
        corners += [(x(one.x), corners[-1][1]), (x(one.x), y(one.y))]
    corners.append((x.end, corners[-1][1]))
    of = f", {width} wide" if width else ""
    axis = f"million parameters of embedding and softmax{of}"
    drawn = _dots(points, x, axis, digits, beaten, corners)
    title = "Compression against embedding parameters"
    names = ", ".join(one.name for one in front)
    caption = f"No other has both fewer parameters and more bytes per token: {plain(names)}."
    if beaten:
        caption += " Hollow marks are beaten in both, or lose letters."
    caption += _who_loses(points)
    told = _told(points, "{:,.1f} million parameters", digits)
    return Picture(
        title, svg.picture("pareto", _HEIGHT, title, f"{told} {caption}", drawn), caption
    )


def _who_loses(points: Sequence[_Point]) -> str:
    """What to hold against those that skip text."""
    names = [plain(one.name) for one in points if one.lost > MOST_LOST]
    if not names:
        return ""
    lose = "loses" if len(names) == 1 else "lose"
    return f" {', '.join(names)} {lose} letters of the text, which cost no tokens."


def _beaten(one: _Point, points: Sequence[_Point]) -> bool:
    """Whether another is as good in both and better in one."""
    return any(
        other.x <= one.x and other.y >= one.y and (other.x, other.y) != (one.x, one.y)
        for other in points
    )


def _across(points: Sequence[_Point], *, log: bool) -> svg.Scale:
    low, high = svg.around((one.x for one in points), log=log)
    return svg.Scale(low, high, _LEFT, svg.WIDTH - _RIGHT, log)


def _up(points: Sequence[_Point]) -> svg.Scale:
    ends = [end for one in points for end in (one.y, *(one.interval or ()))]
    low, high = svg.around(ends, margin=0.12)
    return svg.Scale(low, high, _HEIGHT - 42, _TOP)


def _dots(
    points: Sequence[_Point],
    x: svg.Scale,
    axis: str,
    digits: int,
    hollow: set[int],
    front: Sequence[tuple[float, float]] = (),
) -> list[str]:
    """Axes, the line of the best in both where there is one, marks and names."""
    y = _up(points)
    drawn = svg.axes(x, y, axis, "bytes per token")
    if front:
        steps = "L".join(f"{across:.1f} {up:.1f}" for across, up in front)
        drawn.append(f'<path class="front" d="M{steps}"/>')
    for one in points:
        at = x(one.x)
        if one.interval:
            low, high = map(y, one.interval)
            drawn.append(svg.whisker(one.place, at, low, at, high))
        said = f"{one.name}: {one.y:,.{digits}f} bytes per token"
        drawn.append(svg.mark(one.place, at, y(one.y), said, hollow=one.place in hollow))
    named = [(x(one.x), y(one.y), one.label) for one in points]
    lines = [(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in pairwise(front)]
    return drawn + svg.labels(named, (_LEFT, _TOP - 4, svg.WIDTH - 2, y.start), lines)


def _told(points: Sequence[_Point], form: str, digits: int) -> str:
    return " ".join(
        f"{one.name}: {one.y:,.{digits}f} bytes per token with {form.format(one.x)}."
        for one in points
    )


def _lengths(shapes: Sequence[tuple[int, str, Shape]], documents: int) -> Picture:
    """A histogram for each tokenizer, one below the other over the same axis."""
    edges = shapes[0][2].edges
    bins = len(edges)
    most = max(max(shape.lengths) for _, _, shape in shapes) or 1
    x = svg.Scale(0, bins, 8, svg.WIDTH - _RIGHT)
    ridge = _RIDGE if len(shapes) <= MANY else _LOW_RIDGE
    height = ridge * len(shapes) + 48
    drawn = []
    bottom = 0.0
    for row, (place, name, shape) in enumerate(shapes):
        bottom = (row + 1) * ridge + 4
        y = svg.Scale(0, most, bottom, bottom - ridge + 17)
        bars = "".join(
            f"M{x(k) + 0.5:.1f} {bottom:.1f}V{y(count):.1f}H{x(k + 1) - 0.5:.1f}V{bottom:.1f}z"
            for k, count in enumerate(shape.lengths)
            if count
        )
        drawn.append(f'<path class="bar s{place % svg.COLOURS}" d="{bars}"/>')
        drawn.append(svg.line(x.start, bottom, x.end, bottom, "x"))
        at = x(_place(shape.median, edges))
        drawn.append(svg.line(at, bottom + 3, at, y.end, "med"))
        said = f"{svg.shortened(name, 34)}: median {shape.median:,}"
        drawn.append(svg.text(x.end, bottom - ridge + 13, said, anchor="end"))
    drawn += [
        svg.text(x(k), bottom + 17, svg.short(edges[k]), anchor="middle", css="a")
        for k in range(0, bins, max(1, round(bins / 7)))
    ]
    drawn.append(
        svg.text(
            (x.start + x.end) / 2, bottom + 35, "tokens in a document", anchor="middle", css="a"
        )
    )
    title = "How long documents are"
    told = " ".join(
        f"{name}: half of the documents have {shape.median:,} tokens or fewer, "
        f"{shape.lengths[-1]:,} have {edges[-1]:,} or more."
        for _, name, shape in shapes
    )
    even = bins < _TWO or edges[1] * (bins - 1) == edges[-1]
    wide = f"of {edges[1]:,}" if even and bins >= _TWO else "that grow wider (logarithmic)"
    caption = (
        f"{documents:,} documents in bins {wide}; the last bin holds all from {edges[-1]:,} "
        "tokens on; the line is the median."
    )
    return Picture(title, svg.picture("lengths", height, title, told, drawn), caption)


def _place(tokens: int, edges: Sequence[int]) -> float:
    """Where a number of tokens lies among bins drawn as wide as each other.

    >>> _place(3, (0, 1, 2, 4)), _place(9, (0, 1, 2, 4))
    (2.5, 3.5)
    """
    k = bisect_right(edges, tokens) - 1
    if k + 1 == len(edges) or edges[k + 1] - edges[k] == 1:
        return k + 0.5
    return k + (tokens - edges[k]) / (edges[k + 1] - edges[k])


def _ranks(shapes: Sequence[tuple[int, str, Shape]]) -> Picture:
    last = max(shape.ranks[-1][0] for _, _, shape in shapes)
    top = max(shape.ranks[0][1] for _, _, shape in shapes)
    x = svg.Scale(1, last, _LEFT, svg.WIDTH - _RIGHT, log=True)
    y = svg.Scale(1, max(2, top), _HEIGHT - 42, _TOP, log=True)
    drawn = svg.axes(x, y, "rank (logarithmic)", "occurrences (logarithmic)")
    for place, name, shape in shapes:
        points = [(x(rank), y(count)) for rank, count in shape.ranks]
        drawn.append(svg.curve(place, points))
        at = points[(len(points) * (2 * place + 3)) // (2 * len(shapes) + 6)]
        drawn.append(svg.mark(place, *at, name))
    title = "How often tokens occur, by rank"
    told = " ".join(
        f"{name}: the most frequent token occurs {shape.ranks[0][1]:,} times, "
        f"{shape.ranks[-1][0]:,} distinct tokens occur."
        for _, name, shape in shapes
    )
    return Picture(
        title,
        svg.picture("ranks", _HEIGHT, title, told, drawn),
        "Where a line ends, so many distinct tokens were used.",
        legend=True,
    )


@dataclass(frozen=True)
class GroupRow:
    """A group: its label, how many documents, number and interval of each tokenizer."""

    label: str
    n: int
    cells: tuple["GroupCell", ...]


@dataclass(frozen=True)
class GroupCell:
    """A number of a group.

    Attributes:
        number: as it is shown.
        interval: likewise, or empty.
        level: how far from the best of the group: 0 near to 4 far; None where that says nothing.
        best: whether it is the best of the group.
    """

    number: str
    interval: str = ""
    level: int | None = None
    best: bool = False


@dataclass(frozen=True)
class Groups:
    """A metric by group as picture and table."""

    title: str
    grouping: str
    svg: Markup
    caption: str
    rows: tuple[GroupRow, ...]
    flattered: tuple[bool, ...]


def groups(
    comparison: Comparison, rows: Mapping[str, Row], names: Sequence[str]
) -> Iterator[Groups]:
    """Every grouping of these metrics."""
    for name in names:
        found = [one.measurements.get(name) for one in comparison.tokenizers]
        for grouping in dict.fromkeys(key for one in found if one for key in one.by):
            by = [one.by.get(grouping) if one else None for one in found]
            if max(len(one.groups) for one in by if one) < _TWO:
                continue
            row = rows.get(name, Row(name, 3))
            unit = next(one.unit for one in found if one and grouping in one.by)
            yield _by_group(
                f"{name}-{grouping}",
                by,
                row,
                grouping,
                unit,
                comparison,
                _Judged(
                    next((one.better for one in found if one and one.better), None),
                    tuple(bool(one and one.flattered) for one in found),
                    _unknown(comparison, name),
                ),
            )


@dataclass(frozen=True)
class _Judged:
    """Which direction is better, who looks better than it is, and a sentence about that."""

    better: str | None
    flattered: tuple[bool, ...]
    said: str


def _by_group(
    name: str,
    by: Sequence[Breakdown | None],
    row: Row,
    grouping: str,
    unit: str,
    comparison: Comparison,
    judged: _Judged,
) -> Groups:
    labels = dict.fromkeys(group.label for one in by if one for group in one.groups)
    of = [{group.label: group for group in one.groups} if one else {} for one in by]
    known = {
        label: [one[label].value for one in of if label in one and one[label].value is not None]
        for label in labels
    }
    order = sorted(labels, key=lambda label: _mean(known[label]))
    title = f"{row.title} by {grouping}"
    caption = f"In {plain(unit)}; bars are 95% intervals."
    worst: dict[str, list[str]] = {}
    for measured, one in zip(comparison.tokenizers, by, strict=True):
        if one and one.worst:
            worst.setdefault(one.worst, []).append(measured.name)
    if worst:
        said = (f"{label} ({', '.join(whose)})" for label, whose in worst.items())
        caption += f" Worst: {plain('; '.join(said), 2000)}."
    caption += judged.said
    drawn = order
    if len(order) > _MOST_GROUPS:
        half = _MOST_GROUPS // 2
        drawn = [*order[:half], *order[-half:]]
        caption += (
            f" Drawn are the first and the last {half} of {len(order)}, all are in the table."
        )
    picture = _group_picture(_id(name), title, unit, drawn, of, comparison)
    shown = [_group_row(label, of, row.digits, judged) for label in order]
    macro = [GroupValue("", one.macro if one else None, len(order), None) for one in by]
    shown.append(GroupRow("macro average", len(order), _group_cells(macro, row.digits, judged)))
    return Groups(title, grouping, picture, caption, tuple(shown), judged.flattered)


def _unknown(comparison: Comparison, name: str) -> str:
    """Whose tokens are unknown too often to be compared."""
    said = [
        f" {share:.1%} of the tokens of {plain(one.name)} are unknown."
        for one in comparison.tokenizers
        if name in one.measurements
        and (share := one.measurements[name].detail.get("unknown_tokens", 0)) > MOST_LOST
    ]
    return "".join(said)


def _id(name: str) -> str:
    """Of letters, digits and dashes only: it stands in attributes."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in name)


def _mean(values: Sequence[float | None]) -> float:
    numbers = [one for one in values if one is not None]
    return sum(numbers) / len(numbers) if numbers else 0.0


def _group_row(
    label: str, of: Sequence[Mapping[str, GroupValue]], digits: int, judged: _Judged
) -> GroupRow:
    found = [one.get(label) for one in of]
    n = next((one.n for one in found if one), 0)
    return GroupRow(label, n, _group_cells(found, digits, judged))


def _group_cells(
    found: Sequence[GroupValue | None], digits: int, judged: _Judged
) -> tuple[GroupCell, ...]:
    values = [one.value if one else None for one in found]
    honest = [
        value
        for value, flattered in zip(values, judged.flattered, strict=True)
        if value is not None and not flattered
    ]
    best = None
    if judged.better and len(set(honest)) > 1:
        best = max(honest) if judged.better == "higher" else min(honest)
    made = []
    for one, value, flattered in zip(found, values, judged.flattered, strict=True):
        shown = _as_measurement(value, one.interval if one else None)
        plain_cell = GroupCell(number(shown, digits), interval(shown, digits))
        if best is not None and value is not None and not flattered:
            plain_cell = replace(plain_cell, level=level(value, best), best=value == best)
        made.append(plain_cell)
    return tuple(made)


def level(value: float, best: float) -> int:
    """How far a number is from the best, as a factor: 0 up to 1.1, then to 1.5, 2 and 3.

    >>> [level(one, 2.0) for one in (2.1, 3.0, 4.0, 5.0, 7.0, 1.0)]
    [0, 1, 2, 3, 4, 2]
    """
    low, high = sorted((abs(value), abs(best)))
    return bisect_left(_FACTORS, high / low) if low else 0 if high == low else len(_FACTORS)


def _as_measurement(value: float | None, ends: tuple[float, float] | None) -> Measurement:
    return Measurement(value, 0, "", None, interval=ends)


def _group_picture(
    name: str,
    title: str,
    unit: str,
    order: Sequence[str],
    of: Sequence[Mapping[str, GroupValue]],
    comparison: Comparison,
) -> Markup:
    """A line for each group, a mark on it for each tokenizer."""
    values = [group.value for one in of for group in one.values() if group.value is not None]
    low, high = svg.around(values)
    x = svg.Scale(low, high, _LABEL, svg.WIDTH - _RIGHT)
    bottom = _TOP + _GROUP * len(order)
    drawn = []
    for value in x.ticks():
        drawn.append(svg.line(x(value), _TOP - 4, x(value), bottom, "g"))
        drawn += [
            svg.text(x(value), at, svg.short(value), anchor="middle", css="a")
            for at in (_TOP - 10, bottom + 16)
        ]
    for row, label in enumerate(order):
        y = _TOP + _GROUP * (row + 0.5)
        drawn.append(svg.line(_LABEL, y, x.end, y, "g"))
        drawn.append(svg.text(_LABEL - 8, y + 4, svg.shortened(label, 16), anchor="end"))
        for place, one in enumerate(of):
            group = one.get(label)
            if group is None or group.value is None:
                continue
            if group.interval:
                ends = [min(max(x(end), _LABEL), x.end) for end in group.interval]
                drawn.append(svg.whisker(place, ends[0], y, ends[1], y))
            said = f"{comparison.tokenizers[place].name}, {label}: {group.value:,.3f} {unit}"
            drawn.append(svg.mark(place, x(group.value), y, said))
    drawn.append(svg.text((x.start + x.end) / 2, bottom + 34, unit, anchor="middle", css="a"))
    return svg.picture(name, bottom + 42, title, "The numbers are in the table below.", drawn)
