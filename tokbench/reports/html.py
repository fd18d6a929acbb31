"""The comparison as one page that holds all it needs: no network, no other file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from tokbench.reports.downstream.html import section
from tokbench.reports.downstream.side import SIDE, beside
from tokbench.reports.loss import FLATTERED, MOST_LOST, mark
from tokbench.reports.markup import direction, plain, shown
from tokbench.reports.notes import notes
from tokbench.reports.numbers import (
    MANY,
    SAME,
    Line,
    change,
    difference,
    families,
    interval,
    lines,
    number,
)
from tokbench.reports.pages import name, page
from tokbench.reports.pictures import groups, level, pictures
from tokbench.reports.registry import REPORTS
from tokbench.reports.scripts import count, taken
from tokbench.reports.sizes import size
from tokbench.reports.svg import legend
from tokbench.reports.warning import NOTE
from tokbench.values import Comparison, Cut, Row, Sample

_BROKEN_DOWN = ("bytes_per_token", "parity")
_LONGEST_TOKEN = 120
_LONGEST_TEXT = 600
_MOST_TOKENS = 400
_MOST_WINNERS = 3
_CLASSES = {"token": "", "byte": ' class="b"', "unk": ' class="u"', "lost": ' class="l"'}


@REPORTS.register("html")
def render(
    comparison: Comparison, rows: Mapping[str, Row], broken_down: Sequence[str] = _BROKEN_DOWN
) -> str:
    """The page.

    Args:
        comparison: what was measured.
        rows: how each metric is shown, in the order of the tables.
        broken_down: metrics whose numbers by group are shown, where there are some.
    """
    beside_it, further = beside(comparison, rows)
    return page("page.html", **_facts(beside_it, further, broken_down))


def _facts(
    comparison: Comparison, rows: Mapping[str, Row], broken_down: Sequence[str]
) -> dict[str, Any]:
    """What the template says, text as `Markup` or to be escaped."""
    names = [one.name for one in comparison.tokenizers]
    found = list(lines(comparison, rows))
    every = [each for one in found for each in one.measurements]
    titles = {key: row.title for key, row in rows.items()}
    return {
        "heading": "Tokenizers compared",
        "title": plain(", ".join(names), 200),
        "names": [name(one) for one in names],
        "baseline": name(names[comparison.baseline]),
        "on": shown(comparison.on, 2000),
        "documents": f"{comparison.documents:,}",
        "size": size(comparison.bytes),
        "warning": NOTE,
        "same": SAME,
        "legend": {
            "best": any(one.best for one in every),
            "interval": any(one.interval for one in every),
            "spread": any(one.spread for one in every),
            "change": any(one.difference for one in every),
        },
        "tables": _tables(found, comparison),
        "notes": [shown(one, 2000) for one in notes(comparison, rows)],
        "many": len(names) > MANY,
        "winners": _winners(found, comparison) if len(names) > MANY else [],
        "flattered": FLATTERED if any(one.flattered for one in every) else "",
        "scripts": _scripts(comparison) if len(names) > MANY else None,
        "models": comparison.downstream and section(comparison.downstream, titles),
        "side": SIDE,
        "pictures": list(pictures(comparison, rows)),
        "groups": list(groups(comparison, rows, broken_down)),
        "key": legend(names),
        "samples": [
            _sample(one, names, opened=len(names) <= MANY or not place)
            for place, one in enumerate(_samples(comparison))
        ],
        "repeat": shown(comparison.repeat, 20_000),
        "signature": shown(comparison.signature, 20_000),
    }


_LONGEST_NAME = 26
_MOST_BESIDE = 3
_HALF_A_PAGE = 70
"""Columns and characters that a table has room for beside another."""


@dataclass(frozen=True)
class _Cell:
    value: float | None
    number: str
    interval: str
    best: str
    change: str
    difference: str
    flattered: str


def _tables(found: Sequence[Line], comparison: Comparison) -> list[dict[str, Any]]:
    """A table for each family of metrics, in the order in which families first come."""
    made = []
    for family, shown_lines in families(found):
        rows = [
            {
                "name": name(one.name),
                "lost": f"{one.letters_lost:.1%}" if one.letters_lost > MOST_LOST else "",
                "cells": [_cell(line, k, comparison) for line in shown_lines],
            }
            for k, one in enumerate(comparison.tokenizers)
        ]
        lost = any(one.row.flattered_by_loss for one in shown_lines)
        title = family or "Metrics"
        made.append({
            "title": title, "lines": shown_lines, "rows": rows, "lost": lost, "wide": _wide(rows),
        })  # fmt: skip
    return made


def _wide(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a table needs the whole page, by the longest names and numbers of its columns."""
    columns = zip(*(row["cells"] for row in rows), strict=True)
    longest = [max(max(len(one.number), len(one.interval)) for one in cells) for cells in columns]
    names = max(min(len(row["name"]), _LONGEST_NAME) for row in rows)
    return len(longest) > _MOST_BESIDE or names + sum(longest) > _HALF_A_PAGE


def _cell(line: Line, place: int, comparison: Comparison) -> _Cell:
    found, digits = line.measurements[place], line.row.digits
    return _Cell(
        found.value,
        number(found, digits),
        interval(found, digits),
        found.best,
        change(found, line.measurements[comparison.baseline]),
        difference(found, digits),
        mark(found),
    )


def _winners(found: Sequence[Line], comparison: Comparison) -> list[dict[str, Any]]:
    """Who is best by each metric, how clearly, and who comes next."""
    names = [one.name for one in comparison.tokenizers]
    made = []
    for line in found:
        ranked = sorted(
            (one.value, place)
            for place, one in enumerate(line.measurements)
            if one.value is not None and not one.flattered and not one.best
        )
        best = [place for place, one in enumerate(line.measurements) if one.best]
        if not best:
            continue
        first = line.measurements[best[0]]
        after = ranked[-1 if line.better == "higher" else 0][1] if ranked else None
        made.append(
            {
                "title": line.row.title,
                "unit": f"{line.unit}, {line.better} is better",
                "names": [name(names[place]) for place in best[:_MOST_WINNERS]],
                "more": max(0, len(best) - _MOST_WINNERS),
                "clearly": first.best == "clearly best",
                "number": number(first, line.row.digits),
                "next": None if after is None else name(names[after]),
                "next_number": ""
                if after is None
                else number(line.measurements[after], line.row.digits),
            }
        )
    return made


def _scripts(comparison: Comparison) -> dict[str, Any] | None:
    """How many tokens a text in each script takes, a row for each tokenizer."""
    if not comparison.scripts:
        return None
    columns = [taken(one) for one in comparison.scripts]
    least = [min((one.tokens for one in some if not one.loses), default=0) for some in columns]
    rows = [
        {
            "name": name(one.name),
            "cells": [
                {
                    "tokens": column[place].tokens,
                    "best": column[place].best,
                    "mark": FLATTERED if column[place].loses else "",
                    "level": None
                    if column[place].loses
                    else level(column[place].tokens, least[script]),
                }
                for script, column in enumerate(columns)
            ],
        }
        for place, one in enumerate(comparison.tokenizers)
    ]
    return {"labels": [one.script for one in comparison.scripts], "rows": rows}


def _samples(comparison: Comparison) -> list[Sample]:
    """Each text once."""
    again = {one.text for one in comparison.scripts}
    return [*(one for one in comparison.samples if one.text not in again), *comparison.scripts]


def _sample(sample: Sample, names: Sequence[str], *, opened: bool) -> dict[str, Any]:
    origin = "a sentence of ours: the text has none in this script" if sample.ours else ""
    fewest = [whose for whose, one in zip(names, taken(sample), strict=True) if one.best]
    return {
        "open": opened,
        "fewest": plain(", ".join(fewest[:_MOST_WINNERS]), 100),
        "heading": sample.script or "From the text",
        "origin": origin,
        "direction": direction(sample.text),
        "text": shown(sample.text, _LONGEST_TEXT),
        "rows": [
            {
                "name": name(whose),
                "count": f"{count(cuts):,}",
                "label": f"{plain(whose)}: {count(cuts):,} tokens",
                "tokens": tokens(cuts),
                "ids": _ids(cuts),
            }
            for whose, cuts in zip(names, sample.cuts, strict=True)
        ],
    }


def _ids(cuts: Sequence[Cut]) -> str:
    """The ids of those that are shown, in one attribute: short where there are thousands."""
    return " ".join("-" if one.id is None else f"{one.id:d}" for one in cuts[:_MOST_TOKENS])


def tokens(cuts: Sequence[Cut]) -> Markup:
    """Tokens one behind another, each isolated from the direction of its neighbours.

    >>> tokens([Cut(" a<b", id=7), Cut("e3", "byte", 8)])
    Markup('<bdi> a&lt;b</bdi><bdi class="b">e3</bdi>')
    """
    made = []
    for one in cuts[:_MOST_TOKENS]:
        long = f' data-n="{len(one.text):,}"' if len(one.text) > _LONGEST_TOKEN else ""
        text = shown(one.text, _LONGEST_TOKEN)
        made.append(f"<bdi{_CLASSES[one.kind]}{long}>{text}</bdi>")
    if len(cuts) > _MOST_TOKENS:
        made.append(f'<span class="dim"> … {len(cuts) - _MOST_TOKENS:,} more</span>')
    return Markup("".join(made))  # noqa: S704 - the text of each is escaped
