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
        **({"total": made.total} if made.total else {}),
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
        said.get("total"),
    )


def why_nothing(made: Composition) -> str:
    """Why nothing of a corpus is left to train on; empty where that is not known."""
    if any(one.read is None for one in made.sources):
        return ""
    read = sum(one.read or 0 for one in made.sources)
    if not read:
        return "it is empty"
    steps = [step for one in made.sources for step in one.steps] + [*made.together]
    dropped = {step.step: sum(step.reasons.values()) for step in steps}
    name = max(dropped, key=dropped.__getitem__, default="")
    if name and not any(step.documents_out for step in steps[-1:]):
        return f"the step {name} dropped {dropped[name]:,} of {read:,}"
    return f"all {read:,} are held out; lower held_out, or name more text"


def notes(made: Composition) -> Iterator[str]:
    """What a mix does not give as it was asked to, and why."""
    whole = sum(one.bytes or 0 for one in made.sources)
    if made.total and whole < made.total * (1 - _MISSED):
        yield (
            f"mix.total asks for {shown(made.total)} and the sources give {shown(whole)}: raise "
            "mix.max_repeats, or add text"
        )
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
