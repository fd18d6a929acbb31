"""A tokenizer that was made larger or smaller, for people and as plain data."""

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports import differing
from tokbench.reports.visible import visible
from tokbench.values import Extended, Reencoded, Smaller


def extended(made: Extended) -> RenderableType:
    """What was added, what it saves and what it changes."""
    before, after = made.sizes
    added = f"{len(made.added):,} tokens"
    if made.model == "BPE":
        added += f" by {made.merges:,} merges, behind all that were there"
    facts = [
        ("folder", f"{made.folder}, proven on {made.proof.texts + made.proof.probes:,} texts"),
        ("added", added),
        ("ids", f"{before:,} before, {after:,} now{_padded(made)}"),
        ("new text", f"{_tokens(made.new)} in {made.new.documents:,} documents of {made.new.name}"),
    ]
    if made.refused:
        facts.append(("refused", f"{made.refused:,} candidates that the old text holds"))
    if made.old:
        facts.append(("old text", _kept(made.old)))
    parts: list[RenderableType] = [_heading(made.name, "extended"), "", _table(facts)]
    if made.examples:
        parts += [
            "",
            Text.assemble(("new, for example  ", "dim"), visible("  ".join(made.examples))),
        ]
    if made.old and (changes := made.old.changes):
        parts += ["", Text("what changes in the old text", "bold")]
        every = dict.fromkeys((*changes.dearer, *changes.cheaper, *changes.lost))
        parts.append(differing.places(changes, tuple(every)))
    if made.old is None:
        parts.append(Text("name old text with --keep FILE to keep its ids as they are", "dim"))
    return Group(*parts, *_notes(made.notes))


def pruned(made: Smaller) -> RenderableType:
    """What stays, and why."""
    before, after = made.sizes
    facts = [
        ("folder", f"{made.folder}, proven on {made.proof.texts + made.proof.probes:,} texts"),
        ("ids", f"{before:,} before, {after:,} now ({after / max(before, 1):.1%})"),
        ("used", f"{made.used:,} tokens that the text takes"),
        ("needed", f"{made.needed:,} more: their parts, bytes, special and added tokens"),
    ]
    if made.filled:
        facts.append(("kept besides", f"{made.filled:,}, those with the lowest ids"))
    facts += [
        ("text", f"the same {made.tokens:,} tokens in {made.documents:,} documents of {made.on}"),
        ("mapping", f"{made.mapping}: `old_ids`, rows of the old table for the new one"),
    ]
    return Group(_heading(made.name, "pruned"), "", _table(facts), *_notes(made.notes))


def plain(made: Extended | Smaller) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    said = {**asdict(made), "folder": str(made.folder)}
    return {key: str(one) if key == "mapping" else one for key, one in said.items()}


def _heading(name: str, how: str) -> Text:
    return Text.assemble((visible(name), "bold"), f" {how}")


def _table(facts: list[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(visible(name)), Text(visible(value)))
    return table


def _notes(notes: tuple[str, ...]) -> list[RenderableType]:
    return [Text(f"note: {visible(one)}", "yellow") for one in notes]


def _padded(made: Extended) -> str:
    if made.multiple == 1:
        return ""
    rows = made.sizes[1] + -made.sizes[1] % made.multiple
    said = f"{rows:,} rows are a multiple of {made.multiple}"
    if spare := rows - made.sizes[1]:
        said += f", {spare:,} of them unused"
    return f"; {said}"


def _tokens(made: Reencoded) -> str:
    """How many tokens a text takes; a difference in percent only where both know all of it."""
    before, now = made.tokens
    if not any(made.unknown):
        change = f" ({now / before - 1:+.1%})" if before else ""
        return f"{before:,} tokens before, {now:,} now{change}"
    lost, still = made.unknown
    return f"{before:,} tokens before, {lost:,} of them unknown; {now:,} now, {still:,} unknown"


def _kept(old: Reencoded) -> str:
    if not old.differing:
        same = f"{old.tokens[0]:,} tokens in {old.documents:,} documents of {old.name}"
        return f"the same ids, {same}"
    changed = f"{old.differing:,} of {old.documents:,} documents of {old.name} have other ids"
    return f"{changed}: {_tokens(old)}"
