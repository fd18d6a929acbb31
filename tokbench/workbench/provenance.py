"""What a run was trained on, for its manifest: what each source gave, and whether it changed."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.errors import StoreError
from tokbench.memory import shown
from tokbench.values import Composition, Given, StepDone, Trained
from tokbench.workbench.plan import RUN_FILE, Plan

_MISSED = 0.005
"""A share that is smaller than what was wanted by more than this part of it is told."""


def of_corpus(plan: Plan, trained: Trained) -> dict[str, Any]:
    """What a manifest says about the corpus."""
    made = plan.corpus.composition()
    return {
        "identity": plan.corpus_identity,
        "documents": trained.documents,
        "fingerprint": trained.fingerprint,
        "origins": list(plan.origins),
        "sources": [_without_nothing(asdict(source)) for source in made.sources],
        **({"together": [asdict(step) for step in made.together]} if made.together else {}),
        **({"limited_by": made.limited_by} if made.limited_by else {}),
    }


def composition(manifest: dict[str, Any]) -> Composition | None:
    """The same from a manifest; None from one that does not say."""
    said = manifest["corpus"]
    if "sources" not in said:
        return None
    sources = [
        {**one, "steps": _steps(one["steps"]), "notes": tuple(one["notes"])}
        for one in said["sources"]
    ]
    return Composition(
        tuple(Given(**one) for one in sources),
        _steps(said.get("together", ())),
        said.get("limited_by", ""),
    )


def notes(made: Composition) -> Iterator[str]:
    """Which sources give less than their share, and why."""
    for one in made.sources:
        if one.wanted is None or one.share is None or one.times is None or one.bytes is None:
            continue
        if one.share < one.wanted * (1 - _MISSED) and not made.limited_by:
            why = f"it has no more than {shown(one.bytes)}"
            if one.times > 1:
                why = f"that is {one.times:.3g} times all of it"
            elif one.times < 1:
                why = f"its at_most allows {shown(one.bytes)}"
            yield (
                f"{one.name} was to be {one.wanted:.1%} of the text and is {one.share:.1%}: {why}; "
                "raise mix.max_repeats, or ask for a smaller mix.total"
            )


def changes(plan: Plan, earlier: Path | None) -> Iterator[str]:
    """Which sources are not what they were when an earlier run was trained.

    Args:
        plan: what is to be trained.
        earlier: the manifest of that run.
    """
    if earlier is None:
        return
    try:
        manifest = store.read_json(earlier)
        before, specs = manifest["corpus"]["sources"], manifest["recipe"]["corpus"]["sources"]
        when = datetime.fromtimestamp(earlier.stat().st_mtime).astimezone()
    except (StoreError, OSError, KeyError, TypeError):
        return
    now = plan.recipe.resolved()["corpus"]["sources"]
    for was, one, spec, said in zip(before, plan.corpus.composition().sources, specs, now):  # noqa: B905 - a source may have come or gone
        if said == spec and was["identity"] != one.identity:
            sizes = f"{was['size']:,} bytes then, {one.size:,} now"
            differs = sizes if was["size"] != one.size else "as large as before, with other content"
            yield f"{one.name} changed since the run of {when:%Y-%m-%d %H:%M}: {differs}"


def latest(plan: Plan, runs: Path) -> Path | None:
    """The manifest of the last run of a recipe, other than the one that is planned."""
    found = (runs / plan.recipe.name).glob(f"*/{RUN_FILE}")
    others = [path for path in found if path.parent.name != plan.signature]
    return max(others, key=lambda path: path.stat().st_mtime, default=None)


def _without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if one is not None}


def _steps(found: list[dict[str, Any]]) -> tuple[StepDone, ...]:
    return tuple(
        StepDone(
            **{
                **one,
                "examples": tuple((was, now) for was, now in one["examples"]),
                "notes": tuple(one["notes"]),
            }
        )
        for one in found
    )
