"""`tokbench pull`."""

import sys
from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("pull")
@click.argument("repo", metavar="USER/NAME[@REVISION]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The run folder to make.  [default: its place among the runs]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="The folder that the paths of its recipe start from.  [default: the run folder]",
)
@click.option("--retrain", is_flag=True, help="Train it again from its recipe, and compare.")
@options.runs
@options.json_out
def command(
    repo: str,
    out: Path | None,
    data: Path | None,
    retrain: bool,
    runs: Path,
    json_path: str | None,
) -> None:
    """Bring a published run back, measure it again, and compare with what was published.

    `report`, `compare` and `bench` take the folder like that of any run. Its numbers are computed
    again where the text that it was trained on is here: a source that needs no file, or what
    --data names. Exit 1 if a number, or the tokenizer trained again, is another.

    \b
    tokbench pull someone/demo
    tokbench pull someone/demo@v1 --out demo --data ~/corpora --retrain
    """
    from tokbench.cli.output import note, show, write_json
    from tokbench.reports import verification
    from tokbench.workbench import pulling

    with progress() as watch:
        made = pulling.pull(repo, out, data=data, retrain=retrain, runs=runs, watch=watch)
    differing = [one.name for one in made.recomputed if one.agrees is False]
    if json_path:
        write_json(pulling.as_json(made), json_path)
    if json_path != "-":
        before = " (here before)" if made.before else ""
        click.echo(f"{made.repo} @ {made.commit[:12]} is in {made.folder}{before}")
        if differing:
            show(verification.render(made.recomputed))
        elif made.recomputed:
            count = sum(one.agrees is True for one in made.recomputed)
            click.echo(f"measured again: all {count:,} numbers are those that were published")
        if made.retrained:
            click.echo(made.retrained)
    for one in made.not_measured:
        note(f"not measured again: {one}")
    if differing or made.identical is False:
        sys.exit(1)
