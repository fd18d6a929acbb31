"""What a training text is made of: a table of the sources, a line for each step."""

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from tokbench.reports.sizes import size
from tokbench.values import Composition, Given, StepDone

_LONGEST = 28


def worth_showing(made: Composition) -> bool:
    """Whether there is more to say than that one source was read as it is."""
    known = all(one.documents is not None for one in made.sources)
    steps = made.together or any(one.steps for one in made.sources)
    mixed = any(one.times != 1 for one in made.sources)
    noted = any(one.notes for one in made.sources)
    return known and bool(steps or mixed or noted or len(made.sources) > 1)


def render(made: Composition) -> RenderableType:
    """What each source was to give and gave, then what each step did."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("source")
    asked = any(one.wanted is not None for one in made.sources)
    columns = ["documents", "text", "share", *(["wanted"] if asked else []), "times over"]
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for one in made.sources:
        table.add_row(escape(_short(one.name)), *_cells(one, asked=asked))
    lines = [escape(note) for one in made.sources for note in one.notes]
    lines += [line for one in made.sources for line in _steps(one.steps, _short(one.name))]
    lines += _steps(made.together, "all sources")
    if made.limited_by:
        name = escape(_short(made.limited_by))
        lines.append(f"{name} bounds the mix: a mix.total or mix.max_repeats takes more of others")
    return Group(table, *lines)


def _cells(one: Given, *, asked: bool) -> list[str]:
    if one.held_out == 1:
        return ["all held out"]
    cells = [f"{one.documents or 0:,}", size(one.bytes or 0), f"{one.share or 0:.1%}"]
    cells += [f"{one.wanted or 0:.1%}"] if asked else []
    return [*cells, f"{one.times or 0:.2f}"]


def _steps(steps: tuple[StepDone, ...], where: str) -> list[str]:
    return [f"{escape(where)}: {said}" for one in steps if (said := _step(one))]


def _step(one: StepDone) -> str:
    """What a step did; nothing where it left all documents as they were.

    >>> _step(StepDone("drop_empty", 10, 8, 90, 90, 0, 0, {"null": 1, "blank": 1}, ()))
    'drop_empty dropped 2 of 10 documents (null 1, blank 1)'
    """
    said = []
    if dropped := sum(one.reasons.values()):
        reasons = ", ".join(f"{why} {count:,}" for why, count in one.reasons.items())
        said.append(f"dropped {dropped:,} of {one.documents_in:,} documents ({reasons})")
    if one.changed:
        said.append(f"changed {one.changed:,} of {one.documents_in:,} documents")
    return f"{one.step} {' and '.join(said)}" if said else ""


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"
