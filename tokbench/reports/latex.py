"""The comparison as a LaTeX table (booktabs)."""

import re
from collections.abc import Mapping

from tokbench.reports.downstream.side import SIDE, beside
from tokbench.reports.numbers import SAME, change, interval, lines, number
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
    "�": "?",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "×": r"$\times$",
    **{char: f"\\{char}" for char in "&%$#_{}"},
}
_ANY = re.compile("|".join(map(re.escape, _SPECIAL)))
_MARKS = {"": "{}", "best": r"\textbf{{{}}}", "clearly best": r"\textbf{{{}}}\rlap{{$^\ast$}}"}
_SIGN = "$\\approx$"


@REPORTS.register("latex")
def render(comparison: Comparison, rows: Mapping[str, Row]) -> str:
    """A table with a line for each metric.

    Needs `booktabs`, and XeLaTeX or LuaLaTeX where names are not in Latin letters.
    """
    comparison, rows = beside(comparison, rows)
    names = [one.name for one in comparison.tokenizers]
    baseline = names[comparison.baseline]
    parts = [
        "% \\usepackage{booktabs}",
        *(f"% {comment(said)}" for said in (comparison.signature, comparison.repeat) if said),
        "\\begin{table}",
        "\\centering",
        f"\\begin{{tabular}}{{l{'r' * len(names)}}}",
        "\\toprule",
        " & ".join(["", *map(escaped, names)]) + " \\\\",
        "\\midrule",
    ]
    for one in lines(comparison, rows):
        against = one.measurements[comparison.baseline]
        better = {"higher": " ↑", "lower": " ↓"}.get(one.better, "")
        values = [_value(each, against, one.row.digits) for each in one.measurements]
        parts.append(" & ".join([escaped(one.row.title + better), *values]) + " \\\\")
        ranges = [_range(each, one.row.digits) for each in one.measurements]
        if any(ranges):
            parts.append(" & ".join(["", *ranges]) + " \\\\")
    parts += [
        "\\bottomrule",
        "\\end{tabular}",
        (
            f"\\caption{{Tokenizers on {escaped(comparison.on)} "
            f"({comparison.documents:,} documents, {size(comparison.bytes)}). "
            "Bold: best; $^\\ast$: a difference to every other is seen; "
            f"{_SIGN}: no difference to {escaped(baseline)} is seen; "
            "below, 95\\% intervals by paired bootstrap over documents."
            f"{f' {escaped(SIDE)}' if comparison.downstream else ''}}}"
        ),
        "\\end{table}",
        "",
    ]
    return "\n".join(parts)


def _value(measurement: Measurement, baseline: Measurement, digits: int) -> str:
    shown = _MARKS[measurement.best].format(number(measurement, digits))
    return f"{shown} {_SIGN}" if change(measurement, baseline) == SAME else shown


def _range(measurement: Measurement, digits: int) -> str:
    found = interval(measurement, digits)
    return f"{{\\scriptsize {found}}}" if found else ""


def escaped(text: str) -> str:
    r"""Text that LaTeX sets as it is.

    >>> escaped("50% of \\input{a_b}")
    '50\\% of \\textbackslash{}input\\{a\\_b\\}'
    """
    return _ANY.sub(lambda found: _SPECIAL[found[0]], visible(text))


def comment(text: str) -> str:
    """Text on one line of a comment; `^^M` would end it."""
    return visible(text).replace("^^", "^ ^")
