"""What training models would take: a table, plain data."""

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports.downstream.facts import duration
from tokbench.reports.visible import visible
from tokbench.values import Trials


def render(found: Trials) -> RenderableType:
    """A row for each tokenizer on each task, and the sum."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("task", overflow="fold")
    table.add_column("tokenizer", overflow="fold")
    for name in ("models", "steps\neach", "tokens per\nexample", "ms a\nstep", "time"):
        table.add_column(name, justify="right", no_wrap=True, vertical="bottom")
    for one in found.each:
        table.add_row(
            Text(visible(one.task)),
            Text(visible(one.tokenizer)),
            f"{one.models:,}",
            f"{one.steps:,}",
            f"{one.tokens_per_example:.1f}",
            f"{one.seconds_per_step * 1000:.0f}",
            duration(one.seconds) if one.models else "done",
        )
    models, done = sum(one.models for one in found.each), sum(one.done for one in found.each)
    there = f"; {done:,} are there already" if done else ""
    beside = f", {found.at_once} trainings at a time" if found.at_once > 1 else ""
    total = Text.assemble(
        (f"{models:,} models to train{there}: about ", ""),
        (duration(found.seconds), "bold"),
        (f" on this machine{beside}, from a few real steps of each; nothing was kept", ""),
    )
    return Group(table, "", total)


def plain(found: Trials) -> dict[str, Any]:
    """The same for scripts; the keys are stable."""
    return {
        "estimate": True,
        "seconds": found.seconds,
        "at_once": found.at_once,
        "trials": [{**asdict(one), "seconds": one.seconds} for one in found.each],
    }
