"""The way of a text through a tokenizer, stage by stage, for people and as plain data."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any
from unicodedata import category, normalize

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports.blocks import HEAD, LEFT_TO_RIGHT, Blocks, Column, from_the_right
from tokbench.reports.visible import visible
from tokbench.values import (
    Component,
    Explained,
    ExplainedText,
    Merge,
    NormalizerStep,
    Piece,
    PreTokenizerStep,
    Rewrite,
    Word,
)

_MOST_TOKENS = 150
_MOST_CHARACTERS = 1500
_MOST_CHANGES = 8
_LONGEST_SETTING = 40
_WITHOUT_LOOK = {"Co", "Cn"}
_CHANGED, _ADDED = "bold yellow", "bold cyan"
_MARKS = "Ġ▁"
"""What tokens begin with where the text has a space."""


def render(made: Explained) -> RenderableType:
    """Every stage, one below the other."""
    parts: list[RenderableType] = [
        Text.assemble((visible(made.name), "bold"), (f"  {made.model or 'not trained'}", "dim"))
    ]
    parts += [Text(visible(note), "yellow") for note in made.notes]
    for number, one in enumerate(made.texts):
        parts += ["", *_stages("pair" if number else "text", one)]
    if made.model:
        parts += ["", *_inputs(made), "", *_back(made)]
    return Group(*parts)


def plain(made: Explained) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return asdict(made)


def _stages(name: str, one: ExplainedText) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 0))
    table.add_column(width=HEAD, style="dim", no_wrap=True, overflow="ellipsis")
    table.add_column(overflow="fold")
    table.add_row(name, _begun(one.text))
    table.add_row(
        "", _dim(f"{_many(len(one.text), 'character')}, {len(one.text.encode()):,} bytes")
    )
    _heading(table, "normalizer", "" if one.normalizers else "none: the text stays as it is")
    for number, step in enumerate(one.normalizers, 1):
        _normalized(table, number, step)
    _heading(table, "pre-tokenizer", "" if one.pre_tokenizers[1:] else "none: nothing is cut")
    first, *others = one.pre_tokenizers
    if any(piece.added for piece in first.pieces):
        table.add_row("", _dim("the text is cut at added tokens first, and these stay whole"))
        table.add_row("", _cut(first.pieces))
    for number, cut in enumerate(others, 1):
        _pre_tokenized(table, number, cut)
    yield table
    if one.words:
        yield ""
        yield from _tokens(one.words)
        yield from _merges(one.words)


def _heading(table: Table, stage: str, said: str) -> None:
    table.add_row("", "")
    table.add_row(Text(stage, "bold"), _dim(said))


def _normalized(table: Table, number: int, step: NormalizerStep) -> None:
    every = [change for some in step.changes for change in some]
    table.add_row(f"  {number}", _component(step.component))
    if not every:
        table.add_row("", _dim("changes nothing"))
        return
    shown = Text()
    for text, changed in zip(step.texts, step.changes, strict=True):
        shown.append(" … " if shown else "", "dim")
        shown.append(_marked(text[:_MOST_CHARACTERS], changed))
    table.add_row("", shown)
    table.add_row("", _dim(_changes(every)))


def _marked(text: str, changed: Iterable[Rewrite]) -> Text:
    """The text as it is now, what changed in it set off."""
    shown = Text()
    reached = 0
    for change in changed:
        start = min(change.at, len(text))
        end = min(start + len(change.after), len(text))
        shown.append(_seen(text[reached:start]))
        shown.append(_seen(text[start:end]), _CHANGED)
        reached = end
    return shown.append(_seen(text[reached:]))


def _changes(every: Iterable[Rewrite]) -> str:
    """What became what, and how often.

    >>> _changes([Rewrite("A", "a", 0), Rewrite("A", "a", 5), Rewrite(" ", "", 7)])
    "'A' becomes 'a' 2 times, ' ' is dropped"
    """
    counts = Counter((one.before, one.after) for one in every)
    said = [_change(*pair, times) for pair, times in islice(counts.items(), _MOST_CHANGES)]
    if more := len(counts) - _MOST_CHANGES:
        said += [f"and {more:,} other changes"] if more > 0 else []
    return ", ".join(said)


def _change(before: str, after: str, times: int) -> str:
    often = f" {times:,} times" if times > 1 else ""
    old, new = _quoted(before), _quoted(after)
    if same := _same_to_the_eye(before, after):
        return f"{old} is {same}{often}"
    if not after:
        return f"{old} is dropped{often}"
    return f"{new} is added{often}" if not before else f"{old} becomes {new}{often}"


def _quoted(text: str) -> str:
    """A text in quotes; a mark that stands on letters before it gets a circle to stand on."""
    shown = _seen(text if len(text) <= _LONGEST_SETTING else f"{text[:_LONGEST_SETTING]}…")
    alone = bool(shown) and cell_len(shown[0]) == 0
    right = LEFT_TO_RIGHT if from_the_right(shown) else ""
    return f"'{'◌' if alone else ''}{shown}'{right}"


def _same_to_the_eye(before: str, after: str) -> str:
    """How two texts differ that look the same, in a word."""
    for form, word in (("NFC", "composed"), ("NFD", "decomposed")):
        if before and after == normalize(form, before):  # type: ignore[arg-type] # both are forms
            return word
    return ""


def _seen(text: str) -> str:
    r"""Text for a terminal, a box for characters that have no look.

    >>> _seen("a\ue000b")
    'a▯b'
    """
    return visible("".join("▯" if category(one) in _WITHOUT_LOOK else one for one in text))


def _pre_tokenized(table: Table, number: int, step: PreTokenizerStep) -> None:
    table.add_row(f"  {number}", _component(step.component or {}))
    table.add_row("", _cut(step.pieces))
    table.add_row("", _dim(_many(len(step.pieces), "pre-token")))


def _cut(pieces: Iterable[Piece]) -> Text:
    """Pieces with a stroke between them."""
    shown = Text()
    taken = 0
    for number, piece in enumerate(pieces):
        if taken > _MOST_CHARACTERS:
            return shown.append(" …", "dim")
        mark = LEFT_TO_RIGHT if from_the_right(piece.text) else ""
        shown.append("│" if number else "", "dim")
        shown.append(_seen(piece.text) + mark, _ADDED if piece.added else "")
        taken += len(piece.text) + 1
    return shown


def _component(component: Component) -> Text:
    """The type of a component, and its settings."""
    settings = [
        f"{name}={_setting(value)}"
        for name, value in component.items()
        if name != "type" and value is not None
    ]
    return Text.assemble(str(component.get("type", "")), (f"  {' '.join(settings)}", "dim"))


def _setting(value: Any) -> str:
    """A setting as JSON; a pattern without what says that it is one."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    said = visible(json.dumps(value, ensure_ascii=False))
    return said if len(said) <= _LONGEST_SETTING else f"{said[:_LONGEST_SETTING]}…"


def _tokens(words: tuple[Word, ...]) -> Iterator[RenderableType]:
    every = [(number, token) for number, word in enumerate(words, 1) for token in word.tokens]
    names = ["tokens"]
    rows: list[list[str]] = [[one.token for _, one in every]]
    if any(_spelled(one.token, one.text) for _, one in every):
        names.append("of text")
        rows.append([one.text for _, one in every])
    names += ["ids", "characters", "pre-token"]
    rows += [
        [str(one.id) for _, one in every],
        [f"{one.start}-{one.end}" for _, one in every],
        [str(number) for number, _ in every],
    ]
    if any(one.score is not None for _, one in every):
        names.append("log prob.")
        rows.append(["" if one.score is None else f"{one.score:.2f}" for _, one in every])
    if not every:
        yield Text("no tokens", "dim")
        return
    columns: list[Column] = list(zip(*rows, strict=True))
    yield Blocks(tuple(names), columns[:_MOST_TOKENS])
    if len(columns) > _MOST_TOKENS:
        yield _dim(f"{len(columns) - _MOST_TOKENS:,} more tokens; --json has all of them")
    if unknown := sum(one.unk for _, one in every):
        what = "what it stands for is lost" if unknown == 1 else "what they stand for is lost"
        yield Text(f"{_many(unknown, 'unknown token')}: {what}", "yellow")


def _spelled(token: str, text: str) -> bool:
    """Whether a token is written with letters that the text has not, as bytes are."""
    return any(sign not in _MARKS and sign not in text for sign in token.removeprefix("##"))


def _merges(words: tuple[Word, ...]) -> Iterator[RenderableType]:
    """The merges of each pre-token that has some, in their order."""
    some = {word.piece.text: word.merges for word in words if word.merges}
    if not some:
        return
    table = Table.grid(padding=(0, 0))
    table.add_column(width=HEAD, style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("", "")
    table.add_row(Text("merges", "bold"), _dim("in their order, with their rank"))
    shown = 0
    for number, (text, merges) in enumerate(some.items()):
        if shown > _MOST_TOKENS:
            more = len(some) - number
            table.add_row("", _dim(f"{_many(more, 'more pre-token')}; --json has all of them"))
            break
        table.add_row("  " + _fitting(visible(text)), _applied(merges))
        shown += len(merges)
    yield table


def _fitting(text: str) -> str:
    """As much of a text as fits into the column of names."""
    room = HEAD - 4
    if cell_len(text) <= room:
        return text
    while cell_len(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


def _applied(merges: tuple[Merge, ...]) -> Text:
    shown = Text()
    for number, one in enumerate(merges):
        shown.append("  " if number else "")
        pair = f"{visible(one.left)}+{visible(one.right)}"
        shown.append(pair + (LEFT_TO_RIGHT if from_the_right(pair) else ""))
        shown.append(f" {one.rank:,}", "dim")
    return shown


def _inputs(made: Explained) -> Iterator[RenderableType]:
    """What a model gets."""
    framed = any(one.special for one in made.inputs)
    if not framed and len(made.texts) == 1 and not any(one.type_id for one in made.inputs):
        table = Table.grid(padding=(0, 0))
        table.add_column(width=HEAD)
        table.add_column(overflow="fold")
        said = "adds nothing: the model gets these ids, type ids 0 and mask 1"
        table.add_row(Text("post-processor", "bold"), _dim(f" {said}"))
        yield table
        return
    yield Text.assemble(("post-processor", "bold"), (" gives the model", "dim"))
    columns: list[Column] = [
        (one.token, str(one.id), str(one.type_id), str(one.mask), "yes" if one.special else "")
        for one in made.inputs[:_MOST_TOKENS]
    ]
    yield Blocks(("  tokens", "  ids", "  type ids", "  mask", "  special"), columns)
    if len(made.inputs) > _MOST_TOKENS:
        yield _dim(f"{len(made.inputs) - _MOST_TOKENS:,} more tokens; --json has all of them")


def _back(made: Explained) -> Iterator[RenderableType]:
    """What the ids give back, and whether it is the text."""
    table = Table.grid(padding=(0, 0))
    table.add_column(width=HEAD)
    table.add_column(overflow="fold")
    for one, back in zip(made.texts, made.decoded, strict=True):
        table.add_row(Text("decoded", "bold"), _begun(back))
        if back == one.text:
            table.add_row("", Text("the same as the text", "green"))
        else:
            table.add_row("", Text(_difference(one.text, back), "yellow"))
    yield table


def _difference(text: str, back: str) -> str:
    """Where the first difference is.

    >>> _difference("Héllo", "Hello")
    "differs from the text, first at character 1: 'éllo' came back as 'ello'"
    """
    pairs = enumerate(zip(text, back, strict=False))
    at = next((at for at, (one, two) in pairs if one != two), min(len(text), len(back)))
    if same := _same_to_the_eye(text, back):
        return f"the text, {same}"
    was, came = (_quoted(one[at : at + 12]) for one in (text, back))
    came = came if back[at:] else "nothing"
    if not text[at:]:
        return f"differs from the text: {came} was added at its end"
    return f"differs from the text, first at character {at:,}: {was} came back as {came}"


def _begun(text: str) -> Text:
    """A text, or how a long one begins."""
    shown = Text(visible(text[:_MOST_CHARACTERS]))
    if len(text) > _MOST_CHARACTERS:
        shown.append(f"… and {len(text) - _MOST_CHARACTERS:,} more characters", "dim")
    return shown


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _dim(text: str) -> Text:
    return Text(text, "dim")
