"""`tokbench card`."""

import sys
from pathlib import Path

import click

from tokbench.cli import options


@click.command("card")
@click.argument("run")
@click.option(
    "--out",
    metavar="FILE",
    help="Write the card there; without it, to stdout.",
)
@click.option(
    "--license",
    "license_",
    metavar="ID",
    help="The licence of the tokenizer, as apache-2.0, in place of the recipe's.",
)
@click.option(
    "--repo",
    metavar="USER/NAME",
    help="Where it will be on the Hub, in place of the recipe's `publish.repo`.",
)
@options.runs
def command(run: str, out: str | None, license_: str | None, repo: str | None, runs: Path) -> None:
    """Write the model card of a run: README.md, from its own records.

    RUN is a run folder, the name of a recipe that was run, or the recipe. What keeps the card from
    being published (a licence that is missing, say) is told on stderr, and the exit code is 1.

    \b
    tokbench card runs/my-tokenizer
    tokbench card my-tokenizer.yaml --license apache-2.0 --out README.md
    """
    from tokbench.cli.output import note
    from tokbench.store import write_bytes
    from tokbench.workbench import run_folder
    from tokbench.workbench.cards import card

    made = card(run_folder(run, runs), license=license_, repo=repo)
    if out:
        write_bytes(Path(out), made.text.encode())
        note(f"written: {out}")
    else:
        sys.stdout.write(made.text)
    for one in made.problems:
        note(one)
    if made.problems:
        click.get_current_context().exit(1)
