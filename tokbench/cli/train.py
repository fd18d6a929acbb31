"""`tokbench train`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.training import Engine
    from tokbench.workbench import Failure, Run


@click.command("train")
@click.argument("recipe")
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
    recipe: str,
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
    """
    from tokbench.cli.findings import check_first
    from tokbench.cli.run import announce, facts, show_estimates, tell_failures
    from tokbench.recipe import load_all
    from tokbench.workbench import Failure, attempt, learn_largest

    options.ours_only(engine, memory, dry_run=dry_run)
    loaded = load_all(recipe, overrides)
    check_first(loaded)
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
    tell_failures(failed, len(loaded))
    if json_path and done:
        from tokbench.cli.output import write_json

        write_json(facts(done[0]) if len(loaded) == 1 else _plain(done, failed), json_path)
    if failed:
        sys.exit(1)


def _plain(done: "list[Run]", failed: "list[Failure]") -> dict[str, Any]:
    from tokbench.cli.run import facts, failures

    return {"runs": [facts(one) for one in done], **failures(failed)}
