"""`tokbench run`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tokbench.recipe import Recipe
    from tokbench.training import Engine
    from tokbench.values import Downstream, Estimate, Verdict
    from tokbench.workbench import Failure, Run, Runs


@click.command("run")
@click.argument("recipes", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Do every stage again.")
@click.option(
    "--no-downstream", is_flag=True, help="Train no models where recipes say `downstream`."
)
@options.memory
@options.dry_run
@options.engine
@options.determinism
@options.overrides
@options.runs
@options.json_out
def command(
    recipes: tuple[str, ...],
    force: bool,
    no_downstream: bool,
    memory: int | None,
    dry_run: bool,
    engine: "Engine",
    check_determinism: bool,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Do all that recipes name: train, wrap, prove, measure; skip what is done.

    Several recipes, and the variants of a recipe with a sweep, end with one comparison of them
    all; one that fails does not lose the others.

    \b
    tokbench run recipes/demo.yaml
    tokbench run recipes/demo.yaml recipes/bert.yaml recipes/t5.yaml
    tokbench run recipes/bert.yaml --set "trainer.vocab_size=[4000, 8000, 16000]"
    """
    from tokbench.cli.findings import check_first
    from tokbench.cli.output import note, write_json
    from tokbench.recipe import load_all
    from tokbench.workbench import finish, learn_largest, refuse_unready

    options.ours_only(engine, memory, dry_run=dry_run)
    loaded = [one for recipe in recipes for one in load_all(recipe, overrides)]
    check_first(loaded)
    if dry_run:
        show_estimates(loaded, memory, json_path)
        return
    if not no_downstream:
        refuse_unready(loaded)
    if not force:
        with progress() as watch:
            learn_largest(loaded, runs=runs, engine=engine, memory=memory, watch=watch)
    attempts = _attempts(
        loaded,
        quiet=json_path == "-",
        runs=runs,
        engine=engine,
        force=force,
        again=check_determinism,
        memory=memory,
    )
    with progress("comparing") as watch:
        ended = finish(
            loaded, attempts, runs=runs, force=force, models=not no_downstream, watch=watch
        )
    if json_path != "-":
        _show(ended)
    if ended.note:
        note(ended.note)
    names = {one.name for one in loaded} | {one.name for one in ended.failed}
    tell_failures(ended.failed, len(names))
    if json_path and ended.done:  # what an earlier run wrote is better than nothing but failures
        write_json(_plain(ended), json_path)
    if ended.failed:
        sys.exit(1)


def _attempts(recipes: "Sequence[Recipe]", *, quiet: bool, **chosen: Any) -> "list[Run | Failure]":
    """Run one after the other, and say what came of each."""
    from tokbench.cli.output import note
    from tokbench.workbench import Failure, attempt

    made: list[Run | Failure] = []
    told: list[str] = []
    for number, recipe in enumerate(recipes, 1):
        place = f"{number}/{len(recipes)}" if len(recipes) > 1 else ""
        with progress(f"{place} {recipe.name}" if place else "") as watch:
            one = attempt(recipe, watch=watch, **chosen)
        made.append(one)
        if isinstance(one, Failure):
            continue
        if not quiet:
            announce(one, place, told)
        told += one.notes
        if one.note:
            note(one.note)
    return made


def show_estimates(recipes: "Sequence[Recipe]", memory: int | None, json_path: str | None) -> None:
    """What training each would take."""
    from tokbench.cli.output import show, write_json
    from tokbench.reports import estimate as report
    from tokbench.workbench import estimate

    found: list[Estimate] = []
    for recipe in recipes:
        if found and json_path != "-":
            click.echo()
        with progress() as watch:
            found.append(estimate(recipe, budget=memory, watch=watch))
        if json_path != "-":
            show(report.render(found[-1]))
    if json_path:
        write_json({"estimates": [report.plain(one) for one in found]}, json_path)


def _plain(ended: "Runs") -> dict[str, Any]:
    """Everything as plain data; one run that measured itself holds the comparison."""
    from tokbench.reports import render
    from tokbench.reports.downstream.json import render as plain_models

    plain: dict[str, Any] = {"runs": [facts(one) for one in ended.done], **failures(ended.failed)}
    if ended.comparison and not any(one.comparison is ended.comparison for one in ended.done):
        plain["comparison"] = render("json", ended.comparison)
    if models := _apart(ended):
        plain["downstream"] = [plain_models(one) for one in models]
    return plain


def tell_failures(failed: "Sequence[Failure]", of: int) -> None:
    """Every reason once, with the recipes that it kept from a tokenizer."""
    from tokbench.errors import printable

    reasons: dict[str, list[str]] = {}
    for one in failed:
        reasons.setdefault(one.why, []).append(one.name)
    for why, names in reasons.items():
        whose = "" if of == 1 else f"{', '.join(names)} failed: "
        if 1 < of == len(names):
            whose = f"all {of} failed: "
        click.secho(printable(f"{whose}{why}"), fg="red", err=True)


def failures(failed: "Sequence[Failure]") -> dict[str, Any]:
    """The same as plain data; nothing where none failed."""
    return {"failed": [{"name": one.name, "why": one.why} for one in failed]} if failed else {}


def announce(made: "Run", place: str = "", told: "Collection[str]" = ()) -> None:
    """One line: what was made, where it lies, that it is proven; beside it what may surprise.

    Args:
        made: the run.
        place: "3/12" for one of many, which is told in fewer words.
        told: what was said of others already.
    """
    from tokbench.cli.output import note

    proof = made.proof
    for sentence in (one for one in made.notes if one not in told):
        note(f"{made.name}: {sentence}")
    before = f" (done before: {', '.join(made.done_before)})" if made.done_before else ""
    if place:
        click.echo(f"{place} {made.name}: {made.vocab_size:,} tokens in {made.folder}{before}")
    else:
        click.echo(
            f"{made.name} {made.signature}: {made.vocab_size:,} tokens in {made.tokenizer}; "
            f"AutoTokenizer gives the same ids on {proof.probes} probes, {proof.texts} documents "
            f"and {proof.pairs} pairs{before}"
        )
        click.echo(f"{made.name}: {judged(made.verdict)}")
        _tell_composition(made)
    if made.determinism.checked:
        click.echo(f"{made.name}: {made.determinism.checked}")


def _tell_composition(made: "Run") -> None:
    """What the training text is made of, where that is not plain."""
    from tokbench.cli.output import show
    from tokbench.reports import composition as report

    if made.composition and report.worth_showing(made.composition):
        show(report.render(made.composition))


def judged(verdict: "Verdict") -> str:
    """A verdict in one line, the first difference with it."""
    from tokbench.errors import printable

    if not verdict.differing:
        return f"{verdict.kind}: all of {verdict.texts} texts come back exactly"
    was, came = verdict.differences[0]
    return printable(
        f"{verdict.kind}: {verdict.differing} of {verdict.texts} texts come back otherwise, first "
        f"{was!r} as {came!r}"
    )


def _show(ended: "Runs") -> None:
    """The comparison, and models that are not part of it."""
    from tokbench.cli.compare import rendered
    from tokbench.cli.output import show
    from tokbench.reports import downstream as report

    if ended.comparison:
        click.echo()
        show(rendered(ended.comparison))
    for one in _apart(ended):
        click.echo()
        show(report.render(one))


def _apart(ended: "Runs") -> "tuple[Downstream, ...]":
    """Models that the comparison does not hold."""
    within = ended.comparison is not None and ended.comparison.downstream is not None
    return () if within else ended.downstream


def facts(made: "Run") -> dict[str, Any]:
    """A run as plain data."""
    from dataclasses import asdict

    from tokbench.reports import render

    plain: dict[str, Any] = {
        "name": made.name,
        "signature": made.signature,
        "folder": str(made.folder),
        "tokenizer": str(made.tokenizer),
        "vocab_size": made.vocab_size,
        "proof": asdict(made.proof),
        "verdict": asdict(made.verdict),
        "determinism": asdict(made.determinism),
        "done_before": list(made.done_before),
    }
    if made.comparison:
        plain["comparison"] = render("json", made.comparison)
    if made.composition:
        plain["composition"] = asdict(made.composition)
    if made.notes:
        plain["notes"] = list(made.notes)
    if made.note:
        plain["note"] = made.note
    return plain
