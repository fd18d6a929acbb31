"""What a training would take: a table, plain data."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.memory import shown
from tokbench.values import Estimate

_MINUTE, _HOUR = 60, 3600


def render(found: Estimate) -> RenderableType:
    """The estimate for people."""
    part = "all of the corpus" if found.share == 1 else f"{found.share:.2g} of the corpus".strip()
    if found.share < 1:
        part = f"{found.share:.0%} of the corpus" if found.share >= 0.01 else "under 1% of it"  # noqa: PLR2004
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_column(style="dim")
    chunks, words = found.exponents
    rows = [
        ("documents", _about(found.documents), ""),
        ("text", shown(found.bytes), "to train on"),
        ("distinct chunks", _about(found.chunks), f"doubling the text gives {2**chunks:.2f} times"),
        ("distinct words", _about(found.words), f"doubling the text gives {2**words:.2f} times"),
        ("peak memory", shown(found.peak), f"of {shown(found.memory)}"),
        ("on disk meanwhile", shown(found.spilled) if found.spilled else "nothing", _why(found)),
        ("kept in the cache", shown(found.kept), "counts, for the next recipe too"),
        ("counting", _time(found.counting), ""),
        ("training", _time(found.training), ""),
    ]
    for name, value, note in rows:
        if found.chunks is not None or name != "distinct chunks":
            table.add_row(name, value, note)
    heading = Text.assemble(
        (found.name, "bold"), f": an estimate, from a sample of {part}; nothing was written"
    )
    parts: list[RenderableType] = [heading, "", table]
    if found.too_small:
        parts += ["", Text("Training would be refused: it needs more memory.", style="red")]
    return Group(*parts)


def plain(found: Estimate) -> dict[str, Any]:
    """The estimate for scripts; the keys are stable."""
    chunks, words = found.exponents
    return {
        "name": found.name,
        "estimate": True,
        "sampled_share": found.share,
        "documents": round(found.documents),
        "bytes": round(found.bytes),
        "distinct_chunks": None if found.chunks is None else round(found.chunks),
        "distinct_words": round(found.words),
        "growth_exponents": {"chunks": None if found.chunks is None else chunks, "words": words},
        "peak_memory": round(found.peak),
        "memory": found.memory,
        "spills": bool(found.spilled),
        "spilled_bytes": round(found.spilled),
        "kept_bytes": round(found.kept),
        "counting_seconds": found.counting,
        "training_seconds": found.training,
        "training_fits": not found.too_small,
    }


def _about(number: float | None) -> str:
    """A number of which three figures are meant.

    >>> _about(1_234_567), _about(45.2)
    ('1,230,000', '45')
    """
    if number is None:
        return ""
    return f"{int(float(f'{number:.3g}')):,}"


def _time(seconds: float) -> str:
    """How long, roughly.

    >>> _time(0.31), _time(12.4), _time(600), _time(9000)
    ('0.3 s', '12 s', '10 min', '2.5 h')
    """
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:.1f} h"
    if seconds >= 2 * _MINUTE:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"  # noqa: PLR2004 - figures


def _why(found: Estimate) -> str:
    return "tables outgrow the memory" if found.spilled else "all finds room in memory"
