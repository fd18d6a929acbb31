"""Repairs that have only one right answer, made in a recipe's text."""

from dataclasses import dataclass
from pathlib import Path

from tokbench.errors import Finding, RecipeError
from tokbench.recipe import Edit, Recipe, edited, parsed_all
from tokbench.rules.checking import check, check_all
from tokbench.rules.samples import Sample, sample

_MOST = 100


@dataclass(frozen=True)
class Mended:
    """A recipe's text after its repairs.

    Attributes:
        text: the new text, the old one where nothing could be mended.
        done: the findings that are mended, in the order of the repairs.
    """

    text: str
    done: tuple[Finding, ...]


def mend(text: str, path: Path, read: Sample | None = None) -> Mended:
    """Mend what has one right answer, one finding after the other.

    A repair is kept only if the recipe loads with it and the finding is gone.

    Args:
        text: of the recipe; comments and layout stay.
        path: its file, for relative paths and for places in messages.
        read: the text to check on; None for the first documents of the recipe's corpus.

    Raises:
        RecipeError: the recipe cannot be used as it is.
    """
    recipes = parsed_all(text, path)
    if read is None:
        read = sample(recipes[0].corpus, recipes[0].base)
    done: list[Finding] = []
    for _ in range(_MOST):
        for finding, edits in check_all(recipes, read).fixes:
            better = _with(text, edits) if finding.where.file == str(path) else None
            if better is not None and (mended := _mended(better, path, finding, read)):
                text, recipes = better, mended
                done.append(finding)
                break
        else:
            break
    return Mended(text, tuple(done))


def _with(text: str, edits: tuple[Edit, ...]) -> str | None:
    made: str | None = text
    for edit in edits:
        made = edited(made, edit) if made is not None else None
    if made is not None and "\r\n" in text:
        made = made.replace("\r\n", "\n").replace("\n", "\r\n")
    return made


def _mended(text: str, path: Path, finding: Finding, read: Sample) -> tuple[Recipe, ...]:
    """The recipes if they load and the finding is gone; none otherwise."""
    try:
        recipes = parsed_all(text, path)
    except RecipeError:
        return ()
    left = [(one.rule, one.message) for recipe in recipes for one in check(recipe, read).findings]
    return () if (finding.rule, finding.message) in left else recipes
