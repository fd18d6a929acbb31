"""`tokbench run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.recipe import Recipe
    from tokbench.training import Engine
    from tokbench.values import Comparison, Estimate
    from tokbench.workbench import Run


@click.command("run")
@click.argument("recipes", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Do every stage again.")
@options.memory
@options.dry_run
@options.engine
@options.overrides
@options.runs
@options.json_out
def command(
    recipes: tuple[str, ...],
    force: bool,
    memory: int | None,
    dry_run: bool,
    engine: "Engine",
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Do all that recipes name: train, wrap, prove, measure; skip what is done.

    Several recipes end with one comparison of them all.

    \b
    tokbench run recipes/demo.yaml
    tokbench run recipes/demo.yaml recipes/bert.yaml recipes/t5.yaml
    tokbench run recipes/bert.yaml --set trainer.vocab_size=8000
    """
    from tokbench.cli.findings import check_first
    from tokbench.cli.output import note, write_json
    from tokbench.recipe import load
    from tokbench.reports import render
    from tokbench.workbench import compare, run

    options.ours_only(engine, memory, dry_run=dry_run)
    loaded = [load(recipe, overrides) for recipe in recipes]
    check_first(loaded)
    if dry_run:
        show_estimates(loaded, memory, json_path)
        return
    done: list[Run] = []
    for recipe in loaded:
        with progress() as watch:
            done.append(
                run(recipe, runs=runs, engine=engine, force=force, memory=memory, watch=watch)
            )
        if json_path != "-":
            announce(done[-1])
        if done[-1].note:
            note(done[-1].note)
    comparison = done[0].comparison
    if len(done) > 1:
        with progress() as watch:
            comparison = compare([str(one.folder) for one in done], runs=runs, watch=watch)
    if json_path != "-" and comparison:
        _show(comparison)
    if json_path:
        plain: dict[str, Any] = {"runs": [facts(one) for one in done]}
        if len(done) > 1 and comparison:
            plain["comparison"] = render("json", comparison)
        write_json(plain, json_path)


def show_estimates(recipes: "list[Recipe]", memory: int | None, json_path: str | None) -> None:
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


def announce(made: "Run") -> None:
    """One line: what was made, where it lies, that it is proven; beside it what may surprise."""
    from tokbench.cli.output import note

    proof = made.proof
    for sentence in made.notes:
        note(f"{made.name}: {sentence}")
    before = f" (done before: {', '.join(made.done_before)})" if made.done_before else ""
    click.echo(
        f"{made.name} {made.signature}: {made.vocab_size:,} tokens in {made.tokenizer}; "
        f"AutoTokenizer gives the same ids on {proof.probes} probes, {proof.texts} documents "
        f"and {proof.pairs} pairs{before}"
    )


def _show(comparison: "Comparison") -> None:
    from tokbench.cli.compare import rendered
    from tokbench.cli.output import show

    click.echo()
    show(rendered(comparison))


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
        "done_before": list(made.done_before),
    }
    if made.comparison:
        plain["comparison"] = render("json", made.comparison)
    if made.notes:
        plain["notes"] = list(made.notes)
    if made.note:
        plain["note"] = made.note
    return plain
