"""`tokbench train`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.recipe import Recipe
    from tokbench.training import Engine
    from tokbench.workbench import Failure, Run


@click.command("train")
@click.argument("recipe", required=False)
@click.option(
    "--like",
    metavar="TOKENIZER",
    help="Train a new vocabulary for the pipeline of a finished tokenizer; its recipe is written.",
)
@click.option(
    "--on",
    multiple=True,
    metavar="FILE",
    help="With --like: what to train on; can be given again.",
)
@options.column
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder to fill; an existing one is replaced only if tokbench wrote it.",
)
@click.option("--force", is_flag=True, help="Train again even if it is done.")
@options.memory
@options.dry_run
@options.engine
@options.determinism
@options.overrides
@options.runs
@options.json_out
def command(
    recipe: str | None,
    like: str | None,
    on: tuple[str, ...],
    text: str | None,
    out: Path | None,
    force: bool,
    memory: int | None,
    dry_run: bool,
    engine: "Engine",
    check_determinism: bool,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Train a tokenizer and write a folder that AutoTokenizer loads, proven to.

    Each variant of a recipe with a sweep gets a folder of its own, below --out where that is given.

    \b
    tokbench train recipes/bert.yaml --out my-tokenizer
    tokbench train --like gpt2 --on korean.txt --out gpt2-like
    """
    from tokbench.cli.run import announce, facts, show_estimates, tell_failures
    from tokbench.workbench import Failure, attempt, learn_largest

    options.ours_only(engine, memory, dry_run=dry_run)
    loaded = _loaded(recipe, like, out, on, text, overrides, runs)
    if dry_run:
        show_estimates(loaded, memory, json_path)
        return
    if not force:
        with progress() as watch:
            learn_largest(loaded, runs=runs, engine=engine, memory=memory, watch=watch)
    done: list[Run] = []
    failed: list[Failure] = []
    for number, one in enumerate(loaded, 1):
        place = f"{number}/{len(loaded)}" if len(loaded) > 1 else ""
        target = out / one.name if out and place else out
        with progress(f"{place} {one.name}" if place else "") as watch:
            made = attempt(
                one,
                measure=False,
                out=target,
                runs=runs,
                engine=engine,
                force=force,
                again=check_determinism,
                memory=memory,
                watch=watch,
            )
        if isinstance(made, Failure):
            failed.append(made)
            continue
        done.append(made)
        if json_path != "-":
            announce(made, place, [note for one in done[:-1] for note in one.notes])
    if like and done:
        _tell_differences(like, done[0], runs)
    tell_failures(failed, len(loaded))
    if json_path and done:
        from tokbench.cli.output import write_json

        write_json(facts(done[0]) if len(loaded) == 1 else _plain(done, failed), json_path)
    if failed:
        sys.exit(1)


def _loaded(
    recipe: str | None,
    like: str | None,
    out: Path | None,
    on: tuple[str, ...],
    text: str | None,
    overrides: tuple[str, ...],
    runs: Path,
) -> "tuple[Recipe, ...]":
    """The variants of a recipe that was checked, or the recipe of a finished tokenizer."""
    from tokbench.cli.findings import check_first
    from tokbench.errors import printable
    from tokbench.recipe import load_all
    from tokbench.workbench.deriving import recipe_like

    if recipe and not (like or on or text):
        loaded = load_all(recipe, overrides)
        check_first(loaded)
        return loaded
    if recipe or not like or not on:
        raise click.UsageError("name either a recipe, or --like TOKENIZER with --on FILE")
    written = recipe_like(like, out, on, text, runs)
    click.echo(f"{written.path}: written", err=True)
    for note in written.notes:
        click.echo(printable(note), err=True)
    return load_all(written.path, overrides)  # its pipeline is somebody's choice, and kept


def _tell_differences(like: str, made: "Run", runs: Path) -> None:
    """What the new tokenizer has otherwise, besides its vocabulary."""
    from tokbench.errors import printable
    from tokbench.workbench.deriving import differences

    told = differences(like, made.tokenizer, runs) or ("nothing but what was learned",)
    click.echo(f"other than in {like}:", err=True)
    for one in told:
        click.echo(printable(f"  {one}"), err=True)


def _plain(done: "list[Run]", failed: "list[Failure]") -> dict[str, Any]:
    from tokbench.cli.run import facts, failures

    return {"runs": [facts(one) for one in done], **failures(failed)}
