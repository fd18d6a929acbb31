"""How many tokens a text in each script takes, for each tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from tokbench.reports.grid import Grid
from tokbench.reports.loss import FLATTERED
from tokbench.values import Comparison, Cut, Sample

_WRONG = ("unk", "lost")


@dataclass(frozen=True)
class Taken:
    """How many tokens one tokenizer takes for a text.

    Attributes:
        tokens: so many.
        loses: whether some of the text is lost or unknown, which costs little.
        best: whether no other takes fewer without losing some.
    """

    tokens: int
    loses: bool
    best: bool

    @property
    def mark(self) -> str:
        """What stands behind the number."""
        return "*" if self.best else FLATTERED if self.loses else ""


def count(cuts: Sequence[Cut]) -> int:
    """How many tokens there are: what is lost is none.

    >>> count([Cut("a"), Cut("b", "lost")])
    1
    """
    return sum(one.kind != "lost" for one in cuts)


def taken(sample: Sample) -> list[Taken]:
    """What each tokenizer takes for a text; nobody is best where all that lose nothing are equal.

    >>> some = (Cut("a"), Cut("b")), (Cut("ab"),), (Cut("ab", "unk"),)
    >>> [one.mark for one in taken(Sample("ab", some))]
    ['', '*', '†']
    """
    tokens = [count(cuts) for cuts in sample.cuts]
    loses = [any(one.kind in _WRONG for one in cuts) for cuts in sample.cuts]
    honest = {many for many, lost in zip(tokens, loses, strict=True) if not lost}
    least = min(honest) if len(honest) > 1 else None
    return [
        Taken(many, lost, not lost and many == least)
        for many, lost in zip(tokens, loses, strict=True)
    ]


def by_script(comparison: Comparison) -> list[RenderableType]:
    """A grid of them for the terminal, and what its marks mean."""
    cells = [[_cell(one) for one in taken(sample)] for sample in comparison.scripts]
    names = [one.name for one in comparison.tokenizers]
    said = ["* fewest"]
    if any(FLATTERED in cell.plain for line in cells for cell in line):
        said.append(f"{FLATTERED} some of the text is unknown or lost, and costs little")
    if any(one.ours for one in comparison.scripts):
        said.append("+ a sentence of ours, the text has none")
    labels = [one.script + ("+" if one.ours else "") for one in comparison.scripts]
    return [
        "",
        Text("tokens of a text in each script", style="bold"),
        Grid(names, labels, cells),
        Text("; ".join(said), style="dim"),
    ]


def _cell(one: Taken) -> Text:
    style = "green" if one.best else "red" if one.loses else ""
    return Text(f"{one.tokens:,}{one.mark or ' '}", style=style)
