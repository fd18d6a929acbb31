"""`tokbench train`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.training import Engine


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
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Train a tokenizer and write a folder that AutoTokenizer loads, proven to.

    \b
    tokbench train recipes/bert.yaml --out my-tokenizer
    """
    from tokbench.cli.findings import check_first
    from tokbench.cli.run import announce, facts, show_estimates
    from tokbench.recipe import load
    from tokbench.workbench import train

    options.ours_only(engine, memory, dry_run=dry_run)
    loaded = load(recipe, overrides)
    check_first([loaded])
    if dry_run:
        show_estimates([loaded], memory, json_path)
        return
    with progress() as watch:
        made = train(loaded, out, runs=runs, engine=engine, force=force, memory=memory, watch=watch)
    if json_path:
        from tokbench.cli.output import write_json

        write_json(facts(made), json_path)
    if json_path != "-":
        announce(made)
