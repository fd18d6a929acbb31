"""The way from a text to what a model says of it: blocks of aligned columns, plain data."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports.blocks import HEAD, Blocks, Column
from tokbench.reports.visible import visible
from tokbench.values import Labelled, Prediction

_GAP = 2
_LONGEST = 24
_BAR = 30
_MOST_CLASSES = 12
_MORE_WORDS = 3
_MOST_CHARACTERS = 1000
"""Of a text: more than a screen of it tells nobody anything."""
_MARKS = "Ġ▁"
"""What tokens begin with where the text has a space."""


def render(made: Prediction) -> RenderableType:
    """What happens to the text, step by step, for people."""
    parts: list[RenderableType] = [_heading(made), "", *_texts(made), "", Blocks(*_encoded(made))]
    if made.cut:
        parts.append(
            Text(
                f"{made.cut:,} tokens were cut off: the model takes {len(made.ids):,}",
                style="yellow",
            )
        )
    parts += ["", *(_labelled(made) if made.kind == "tokens" else _of_text(made))]
    return Group(*parts)


def plain(made: Prediction) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return {**asdict(made), "answer": made.answer if made.kind != "tokens" else None}


def _heading(made: Prediction) -> Text:
    task = f"  {visible(made.task)}" if made.task else ""
    return Text.assemble((visible(made.model), "bold"), (task, "dim"))


def _texts(made: Prediction) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 0))
    table.add_column(width=HEAD, style="dim")
    table.add_column(overflow="fold")
    table.add_row("text", _begun(made.text))
    if made.pair is not None:
        table.add_row("pair", _begun(made.pair))
    yield table


def _begun(text: str) -> Text:
    """A text, or how a long one begins."""
    shown = Text(visible(text[:_MOST_CHARACTERS]))
    if len(text) > _MOST_CHARACTERS:
        shown.append(f"… and {len(text) - _MOST_CHARACTERS:,} more characters", "dim")
    return shown


def _encoded(made: Prediction) -> tuple[tuple[str, ...], list[Column]]:
    """The rows of the block of tokens by name, and a column for each token."""
    names, rows = ["tokens"], [made.tokens]
    if _spelled_otherwise(made):
        names.append("of text")
        rows.append(made.pieces)
    names.append("ids")
    rows.append(tuple(map(str, made.ids)))
    if made.type_ids:
        names.append("type ids")
        rows.append(tuple(map(str, made.type_ids)))
    names.append("mask")
    rows.append(tuple(map(str, made.mask)))
    if made.kind == "tokens":
        best = [max(range(len(row)), key=row.__getitem__) for row in made.logits]
        names += ["best logit", "of"]
        rows.append(tuple(f"{row[at]:.2f}" for row, at in zip(made.logits, best, strict=True)))
        rows.append(tuple(made.labels[at] for at in best))
    return tuple(names), list(zip(*rows, strict=True))


def _spelled_otherwise(made: Prediction) -> bool:
    """Whether tokens are written with letters that the text has not, as bytes are."""
    return any(
        not sign.isascii() and sign not in _MARKS and sign not in piece
        for token, piece in zip(made.tokens, made.pieces, strict=True)
        for sign in token
        if piece
    )


def _of_text(made: Prediction) -> Iterator[RenderableType]:
    """Logits and probabilities of classes, or the number."""
    if made.kind == "regression":
        yield Text.assemble(("number".ljust(HEAD), "dim"), (f"{made.logits[0][0]:.4f}", "bold"))
        return
    order = sorted(range(len(made.labels)), key=lambda at: -made.probabilities[0][at])
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    table.add_column("class", max_width=_LONGEST, overflow="ellipsis", no_wrap=True)
    table.add_column("logit", justify="right", no_wrap=True)
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for place, at in enumerate(order[:_MOST_CLASSES]):
        chance = made.probabilities[0][at]
        table.add_row(
            Text(visible(made.labels[at])),
            f"{made.logits[0][at]:.3f}",
            f"{chance:.3f}",
            _bar(chance),
            style="bold" if place == 0 else "",
        )
    yield table
    if len(order) > _MOST_CLASSES:
        rest = sum(made.probabilities[0][at] for at in order[_MOST_CLASSES:])
        yield Text(f"{len(order) - _MOST_CLASSES:,} more classes, {rest:.3f} together", style="dim")


def _bar(share: float) -> Text:
    """A bar in eighths of a cell.

    >>> _bar(0.1).plain, _bar(1 / 48).plain
    ('███', '▋')
    """
    eighths = round(share * _BAR * 8)
    return Text("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip(), style="#8ecae6")


def _labelled(made: Prediction) -> Iterator[RenderableType]:
    """A label under every word, and what is labelled together."""
    if made.words:
        last = max((place for place, one in enumerate(made.words) if one.read), default=0)
        shown = made.words[: last + 1 + _MORE_WORDS]  # behind it lies what was cut off
        yield Blocks(("words", "labels", "probability"), [_column(one) for one in shown])
        if lost := sum(not one.read for one in made.words):
            hidden = len(made.words) - len(shown)
            rest = f"; the last {hidden:,} of them are not shown" if hidden else ""
            yield Text(f"· the model saw no token of {lost:,} of the words{rest}", style="dim")
        yield ""
    if not made.spans:
        if not made.words or any(one.label[:2] in ("B-", "I-") for one in made.words):
            yield Text("no spans found", style="dim")
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    table.add_column("span", no_wrap=True)
    table.add_column("words" if made.words else "characters", justify="right", no_wrap=True)
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("text", overflow="fold")
    for one in made.spans:
        where = f"{one.start}-{one.end - 1}" if one.end - one.start > 1 else str(one.start)
        table.add_row(
            Text(visible(one.label)), where, f"{one.probability:.3f}", Text(visible(one.text))
        )
    yield table


def _column(one: Labelled) -> Column:
    return (one.text, one.label, f"{one.probability:.2f}" if one.read else "·")
