"""`tokbench prune`."""

from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("prune")
@click.argument("tokenizer")
@click.option(
    "--on",
    multiple=True,
    required=True,
    metavar="FILE",
    help="The text whose tokens stay: files, or a YAML file with `sources:`; can be given again.",
)
@options.column
@click.option(
    "--keep-size",
    "size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep so many tokens in all: of those that the text never takes, those with the lowest "
    "ids.",
)
@options.new_folder("The folder to fill")
@options.runs
@options.json_out
def command(
    tokenizer: str,
    on: tuple[str, ...],
    text: str | None,
    size: int | None,
    out: Path,
    runs: Path,
    json_path: str | None,
) -> None:
    """Drop the tokens that a text never takes, keeping what the rest needs.

    The text has the same tokens as before, which is proven on all of it. Ids are numbered anew;
    old_ids.json in the folder says which old id each was, for the rows of an embedding table.

    \b
    tokbench prune gpt2 --on novels.txt --out gpt2-novels
    """
    from tokbench import workbench
    from tokbench.cli.output import show, write_json
    from tokbench.reports import reshaped as report

    with progress() as watch:
        made = workbench.pruned(tokenizer, on, out, size=size, text=text, runs=runs, watch=watch)
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.pruned(made))
