"""The comparison as a LaTeX table (booktabs)."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from tokbench.reports.downstream.side import SIDE, beside
from tokbench.reports.numbers import (
    MANY,
    SAME,
    Line,
    change,
    families,
    interval,
    lines,
    number,
)
from tokbench.reports.registry import REPORTS
from tokbench.reports.sizes import size
from tokbench.reports.visible import visible
from tokbench.values import Comparison, Measurement, Row

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "`": r"\textasciigrave{}",
    "-": "-{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "×": r"$\times$",
    **{char: f"\\{char}" for char in "&%$#_{}"},
}
_ANY = re.compile(f"-(?=-)|[{re.escape(''.join(set(_SPECIAL) - {'-'}))}]|[^\0-\x7f]")
"""Of hyphens those that others follow, since two make a dash."""
_ACCENTS = ("0300", "0301", "0302", "0303", "0304", "0306", "0307", "0308", "030A", "030B", "030C")
_LETTERS = "ßæÆœŒøØłŁçÇ"
_ANYCHAR = (
    "% letters that pdfLaTeX lacks stand by their numbers there",
    r"\providecommand{\anychar}[2]{\ifdefined\Umathcode #1\else\texttt{[#2]}\fi}",
)
_MARKS = {"": "{}", "best": r"\textbf{{{}}}", "clearly best": r"\textbf{{{}}}\rlap{{$^\ast$}}"}
_SIGN = "$\\approx$"
_FLATTERED = "$^\\dagger$"
_WHY = "looks better than it is, since text that is lost or unknown costs little"
_SIDE_BY_SIDE = 3
"""So many metrics with their intervals, and a name, are as wide as the text of an article."""


@REPORTS.register("latex")
def render(comparison: Comparison, rows: Mapping[str, Row]) -> str:
    """A table with a line for each metric; of more than six tokenizers several, a line for each.

    Needs `booktabs` alone. pdfLaTeX shows letters that it lacks by their numbers; XeLaTeX and
    LuaLaTeX as the font has them.
    """
    comparison, rows = beside(comparison, rows)
    names = [one.name for one in comparison.tokenizers]
    found = list(lines(comparison, rows))
    parts = [
        "% \\usepackage{booktabs}",
        *_ANYCHAR,
        *(f"% {comment(said)}" for said in (comparison.signature, comparison.repeat) if said),
    ]
    said = _said(comparison, found)
    if len(names) <= MANY:
        return "\n".join([*parts, *_float(_by_columns(comparison, found), said), ""])
    for family, some in families(found):
        for first in range(0, len(some), _SIDE_BY_SIDE):
            made = _by_rows(comparison, some[first : first + _SIDE_BY_SIDE])
            parts += _float(made, f"{escaped(family or 'Metrics')}. {said}", "\\footnotesize")
            said = ""
    return "\n".join([*parts, ""])


def _said(comparison: Comparison, found: Sequence[Line]) -> str:
    """What was measured, and what the marks mean."""
    baseline = comparison.tokenizers[comparison.baseline].name
    flattered = any(each.flattered for one in found for each in one.measurements)
    return (
        f"Tokenizers on {escaped(comparison.on)} "
        f"({comparison.documents:,} documents, {size(comparison.bytes)}). "
        "Bold: best; $^\\ast$: a difference to the rest is seen; "
        f"{_SIGN}: no difference to {escaped(baseline)} is seen; "
        "below, 95\\% intervals by paired bootstrap over documents."
        f"{f' {_FLATTERED}: {_WHY}.' if flattered else ''}"
        f"{f' {escaped(SIDE)}' if comparison.downstream else ''}"
    )


def _float(tabular: Sequence[str], caption: str, size: str = "") -> list[str]:
    """A table with its caption."""
    head = ["\\begin{table}", "\\centering", *([size] if size else [])]
    return [*head, *tabular, f"\\caption{{{caption.strip()}}}", "\\end{table}"]


def _by_columns(comparison: Comparison, found: Sequence[Line]) -> list[str]:
    """A line for each metric, a column for each tokenizer."""
    names = [escaped(one.name) for one in comparison.tokenizers]
    made: list[str] = []
    for one in found:
        against = one.measurements[comparison.baseline]
        values = [_value(each, against, one.row.digits) for each in one.measurements]
        ranges = [_range(each, one.row.digits) for each in one.measurements]
        made += _lines(_title(one), values, ranges)
    return _tabular(names, made)


def _by_rows(comparison: Comparison, found: Sequence[Line]) -> list[str]:
    """A line for each tokenizer, a column for each metric."""
    made: list[str] = []
    for place, tokenizer in enumerate(comparison.tokenizers):
        mine = [(one, one.measurements[place]) for one in found]
        values = [
            _value(each, one.measurements[comparison.baseline], one.row.digits)
            for one, each in mine
        ]
        ranges = [_range(each, one.row.digits) for one, each in mine]
        made += _lines(escaped(tokenizer.name), values, ranges)
    return _tabular([_stacked(_title(one)) for one in found], made)


def _lines(head: str, values: Sequence[str], ranges: Sequence[str]) -> Iterator[str]:
    yield " & ".join([head, *values]) + " \\\\"
    if any(ranges):
        yield " & ".join(["", *ranges]) + " \\\\"


def _tabular(heads: Sequence[str], body: Sequence[str]) -> list[str]:
    return [
        f"\\begin{{tabular}}{{l{'r' * len(heads)}}}",
        "\\toprule",
        " & ".join(["", *heads]) + " \\\\",
        "\\midrule",
        *body,
        "\\bottomrule",
        "\\end{tabular}",
    ]


def _title(one: Line) -> str:
    better = {"higher": " ↑", "lower": " ↓"}.get(one.better, "")
    return escaped(one.row.title + better)


def _stacked(title: str) -> str:
    """A long heading in two lines."""
    words = title.split(" ")
    half = len(words) // 2
    if not half:
        return title
    return f"\\shortstack[r]{{{' '.join(words[:half])}\\\\{' '.join(words[half:])}}}"


def _value(measurement: Measurement, baseline: Measurement, digits: int) -> str:
    shown = _MARKS[measurement.best].format(number(measurement, digits))
    shown += _FLATTERED if measurement.flattered else ""
    return f"{shown} {_SIGN}" if change(measurement, baseline) == SAME else shown


def _range(measurement: Measurement, digits: int) -> str:
    found = interval(measurement, digits)
    return f"{{\\scriptsize {found}}}" if found else ""


def escaped(text: str) -> str:
    r"""Text that LaTeX sets as it is; what pdfLaTeX has no letter for stands in `\\anychar`.

    >>> escaped("50% of \\input{a_b}"), escaped("naïve 한")
    ('50\\% of \\textbackslash{}input\\{a\\_b\\}', 'naïve \\anychar{한}{D55C}')
    """
    return _ANY.sub(lambda found: _SPECIAL.get(found[0]) or _letter(found[0]), visible(text))


def _letter(char: str) -> str:
    """A letter that every font of LaTeX has or makes with an accent, or by its number."""
    base, _, accent = unicodedata.decomposition(char).partition(" ")
    plain = accent in _ACCENTS and chr(int(base, 16)).isascii()
    return char if plain or char in _LETTERS else f"\\anychar{{{char}}}{{{ord(char):04X}}}"


def comment(text: str) -> str:
    """Text on one line of a comment; `^^M` would end it."""
    return visible(text).replace("^^", "^ ^")
