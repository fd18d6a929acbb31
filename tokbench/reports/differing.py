"""Where two tokenizers cut a text otherwise, for people and as plain data."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports.blocks import LEFT_TO_RIGHT, from_the_right
from tokbench.reports.sizes import size
from tokbench.reports.visible import visible
from tokbench.values import Differing, OwnToken, Place

_LONGEST = 32
_AROUND = 12
_SETTING = 60
_MOST_OF_CUT = 60
"""Characters of a piece's tokens, with strokes."""


def render(made: Differing) -> RenderableType:
    """What differs in all, what it costs, and who has which tokens for himself."""
    first, second = map(visible, made.names)
    parts: list[RenderableType] = [
        Text.assemble((first, "bold"), (" against ", "dim"), (second, "bold")),
        Text(f"{made.documents:,} documents, {size(made.bytes)}", "dim"),
    ]
    parts += [Text(visible(note), "yellow") for note in made.notes]
    parts += ["", _totals(made)]
    if made.settings:
        parts += ["", Text("pipelines", "bold"), _settings(made)]
    for title, some, sum_ in (
        (f"takes more tokens of {first}", made.dearer, made.costs[0]),
        (f"takes more tokens of {second}", made.cheaper, made.costs[1]),
    ):
        parts += ["", Text.assemble((title, "bold"), (f"  {sum_:,} in all", "dim"))]
        parts.append(places(made, some) if some else Text("  nothing", "dim"))
    if made.otherwise:
        parts.append(Text(f"cut otherwise at the same price: {made.otherwise:,} times", "dim"))
    if made.lost:
        heading = ("known to one of them alone", "bold"), ("  by how often", "dim")
        parts += ["", Text.assemble(*heading), places(made, made.lost)]
    for number, name in enumerate((first, second)):
        if own := made.vocabularies.own[number]:
            title = f"tokens that only {name} has"
            parts += ["", Text.assemble((title, "bold"), ("  by their use in this text", "dim"))]
            parts.append(_own(own))
    return Group(*parts)


def plain(made: Differing) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return asdict(made)


def _totals(made: Differing) -> RenderableType:
    table = _table("", *map(visible, made.names))
    for column in table.columns[1:]:
        column.justify = "right"
    both = made.vocabularies
    table.add_row("tokens", *(f"{one:,}" for one in made.tokens))
    if any(made.unknown):
        table.add_row("unknown, their text lost", *(f"{one:,}" for one in made.unknown))
    table.add_row("of white space alone", *(f"{one:,}" for one in made.blank))
    table.add_row("bytes a token", *(f"{made.bytes / max(one, 1):.2f}" for one in made.tokens))
    table.add_row("learned tokens", *(f"{one:,}" for one in both.sizes))
    table.add_row("the other has too", *_shares(both.shared, both.sizes))
    table.add_row("of those in the text", *(f"{one:.1%}" for one in both.used))
    said = Text(f"{made.alike:.1%} of the text is cut alike")
    return Group(table, said)


def _shares(some: tuple[int, int], of: tuple[int, int]) -> Iterator[str]:
    for one, every in zip(some, of, strict=True):
        yield f"{one / max(every, 1):.1%}"


def _settings(made: Differing) -> RenderableType:
    table = _table("", *map(visible, made.names))
    for name, *values in made.settings:
        table.add_row(name, *(Text(visible(_short(one, _SETTING))) for one in values))
    return table


def places(made: Differing, some: tuple[Place, ...]) -> RenderableType:
    """Pieces of text, with the cuts of both."""
    first, second = (visible(_short(name, _LONGEST)) for name in made.names)
    table = _table("tokens", "times", first, second, "where")
    for column in table.columns[:2]:
        column.justify = "right"
    for one in some:
        table.add_row(f"{abs(one.cost):,}", f"{one.times:,}", *map(_cut, one.cuts), _where(one))
    return table


def _cut(pieces: tuple[str, ...]) -> Text:
    """Tokens with a stroke between them, as many as one reads at a glance."""
    shown = Text()
    for number, piece in enumerate(pieces):
        if len(shown) > _MOST_OF_CUT:
            return shown.append(f" … {len(pieces):,} tokens", "dim")
        shown.append("│" if number else "", "dim")
        shown.append(_marked(_short(visible(piece), _LONGEST)))
    return shown


def _where(one: Place) -> Text:
    """The piece in its line."""
    before, after = one.before[-_AROUND:], one.after[:_AROUND]
    shown = Text(_marked(visible(before)), "dim")
    shown.append(_marked(visible(_short(one.text, _LONGEST))), "bold not dim")
    return shown.append(_marked(visible(after)))


def _own(own: tuple[OwnToken, ...]) -> RenderableType:
    table = _table("times", "token", "stands for", "instead")
    table.columns[0].justify = "right"
    for one in own:
        table.add_row(
            f"{one.times:,}",
            Text(_marked(visible(_short(one.token, _LONGEST)))),
            Text(_marked(visible(_short(_spaced(one.text), _LONGEST)))),
            _cut(one.instead),
        )
    return table


def _spaced(text: str) -> str:
    """A space in front made visible."""
    return f"␣{text[1:]}" if text.startswith(" ") else text


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(Text(name), overflow="fold")
    return table


def _marked(text: str) -> str:
    return text + LEFT_TO_RIGHT if from_the_right(text) else text


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
