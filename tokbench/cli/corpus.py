"""`tokbench corpus`."""

from typing import TYPE_CHECKING

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.values import Split


@click.command("corpus")
@click.argument("names", metavar="RECIPE|FILE...", nargs=-1, required=True)
@click.option(
    "--head", type=click.IntRange(1), metavar="N", help="Print the first N of each source."
)
@click.option(
    "--split",
    type=click.Choice(["train", "held_out", "all"]),
    default="all",
    show_default=True,
    help="Which documents to tell about.",
)
@click.option(
    "--against",
    multiple=True,
    metavar="FILE|RECIPE",
    help="Look for the documents of this text in the corpus; can be given again.",
)
@click.option(
    "--no-overlap",
    is_flag=True,
    help="Do not look for held-out documents among the others, for which they are read again.",
)
@click.option("--text", metavar="COLUMN", help="The column or nested field of files that is text.")
@click.option("--against-text", metavar="COLUMN", help="The same for the files of --against.")
@options.overrides
@options.json_out
def command(
    names: tuple[str, ...],
    head: int | None,
    split: "Split",
    against: tuple[str, ...],
    no_overlap: bool,
    text: str | None,
    against_text: str | None,
    overrides: tuple[str, ...],
    json_path: str | None,
) -> None:
    """Show what a recipe's corpus, or some files, are made of.

    Documents, bytes, lengths, scripts, copies, what each step of cleaning did, and what held-out
    documents and other texts (--against) have in common with those to train on: the same documents,
    and passages of 100 bytes and more.

    \b
    tokbench corpus my.yaml
    tokbench corpus my.yaml --head 5
    tokbench corpus reviews.csv --text review --against test.csv
    """
    from tokbench import workbench
    from tokbench.cli.output import show, write_json
    from tokbench.reports import corpus as report

    if head is not None and against:
        raise click.UsageError("--head only prints documents: leave out --against")
    if against_text and not against:
        raise click.UsageError("--against-text names a column of --against, which is not given")
    if head is not None:
        documents = workbench.head(names, head, overrides=overrides, text=text, split=split)
        if json_path:
            write_json(report.plain_head(documents), json_path)
        if json_path != "-":
            show(report.render_head(documents))
        return
    with progress() as watch:
        facts = workbench.look(
            names,
            overrides=overrides,
            text=text,
            split=split,
            against=against,
            against_text=against_text,
            overlaps=not no_overlap,
            watch=watch,
        )
    if json_path:
        write_json(report.plain(facts), json_path)
    if json_path != "-":
        show(report.render(facts))
