"""What a training would take: a table, plain data."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.errors import CONTROLS
from tokbench.memory import shown
from tokbench.values import Estimate

_MINUTE, _HOUR = 60, 3600
_START = 24
MOST_PAIRS = 2**31 - 1
"""What `tokenizers` can count a pair to; beyond, the count turns negative (its issue 2058)."""


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
        ("longest word", f"{found.longest[1]:,} characters", _longest(found)),
        ("most frequent pair", _about(found.pair), _pair(found)),
        ("peak memory", shown(found.peak), f"of {shown(found.memory)}"),
        ("on disk meanwhile", shown(found.spilled) if found.spilled else "nothing", _why(found)),
        ("kept in the cache", shown(found.kept), "counts, for the next recipe too"),
        ("counting", _time(found.counting), _counted(found)),
        ("training", _time(found.training), _learned(found)),
    ]
    missing = {"distinct chunks": found.chunks is None, "most frequent pair": found.pair is None}
    for name, value, note in rows:
        if not missing.get(name):
            table.add_row(name, value, Text(note, style="yellow" if note in _loud(found) else ""))
    heading = Text.assemble(
        (found.name, "bold"), f": an estimate, from a sample of {part}; nothing was written"
    )
    parts: list[RenderableType] = [heading, "", table]
    if found.notes:
        parts += ["", *(Text(note, style="dim") for note in found.notes)]
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
        "longest_word": {"start": found.longest[0], "characters": found.longest[1]},
        "most_frequent_pair": None if found.pair is None else round(found.pair),
        "library_would_overflow": None if found.pair is None else found.pair > MOST_PAIRS,
        "cached": found.cached,
        "notes": list(found.notes),
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


def _loud(found: Estimate) -> tuple[str, ...]:
    """What should be seen."""
    overflows = found.pair is not None and found.pair > MOST_PAIRS
    allowed = found.longest_allowed
    too_long = allowed is not None and found.longest[1] > allowed
    return (*((_pair(found),) if overflows else ()), *((_longest(found),) if too_long else ()))


def _longest(found: Estimate) -> str:
    """How the longest word of the sample begins, and whether it is left out."""
    start, characters = found.longest
    allowed = found.longest_allowed
    if allowed is not None and characters > allowed:
        return f"is left out: trainer.max_word_chars is {allowed:,}"
    shown_ = start[:_START].translate(CONTROLS)
    return f"{shown_}…" if characters > _START else shown_


def _pair(found: Estimate) -> str:
    """Whether the library could count it."""
    if found.pair is not None and found.pair > MOST_PAIRS:
        return "too many for tokenizers, whose 32 bits overflow; not for tokbench"
    return "fits the 32 bits that tokenizers counts in"


def _counted(found: Estimate) -> str:
    if found.cached is None:
        return f"if it was not counted before; {shown(found.bytes)} were not read to see"
    notes = {"chunks": "chunks are in the cache: no document is read"}
    in_cache = "is in the cache" if found.cached != "nothing" else ""
    return notes.get(found.cached, in_cache)


def _learned(found: Estimate) -> str:
    notes = {"vocabulary": "the vocabulary is in the cache", "tokenizer": "is done, in runs"}
    return notes.get(found.cached or "", "")


def _why(found: Estimate) -> str:
    return "tables outgrow the memory" if found.spilled else "all finds room in memory"
