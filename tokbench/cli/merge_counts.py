"""`tokbench merge-counts`."""

from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("merge-counts")
@click.argument(
    "parts",
    metavar="PART...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one part that holds all, a .parquet, in place of counts in the cache.",
)
@click.option(
    "--recipe",
    metavar="RECIPE",
    help="The parts were made by another tool, of this recipe's training documents.",
)
@click.option(
    "--documents",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --recipe: how many documents were counted, empty ones included.",
)
@click.option(
    "--bytes",
    "size",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --recipe: the UTF-8 bytes of these documents, to see that no part is missing.",
)
@click.option(
    "--source", metavar="NAME", help="With --recipe: which of its sources, where it has several."
)
@options.memory
@options.overrides
@options.json_out
def command(
    parts: tuple[Path, ...],
    out: Path | None,
    recipe: str | None,
    documents: int | None,
    size: int | None,
    source: str | None,
    memory: int | None,
    overrides: tuple[str, ...],
    json_path: str | None,
) -> None:
    """Add up parts of a count, and keep it where training looks for it.

    Parts are what `tokbench count --shard` wrote, all of them, or Parquet files of other tools with
    columns `text` and `count` (docs/scale.md).

    \b
    tokbench merge-counts parts
    tokbench merge-counts from-spark --recipe my.yaml --documents 9000 --bytes 531234
    """
    from tokbench.cli.output import show, write_json
    from tokbench.recipe import load
    from tokbench.reports import counted as report
    from tokbench.workbench import merging

    if recipe is None and (documents or size or source or overrides):
        raise click.UsageError("--documents, --bytes, --source and --set are about --recipe")
    if recipe is not None and (documents is None or size is None):
        raise click.UsageError("--recipe needs --documents and --bytes")
    if recipe is not None and out is not None:
        raise click.UsageError("--out is about parts of tokbench's own: leave out --recipe")
    with progress() as watch:
        if recipe is not None and documents is not None and size is not None:
            made = merging.merge_foreign(
                load(recipe, overrides), parts, documents, size,
                source=source, memory=memory, watch=watch,
            )  # fmt: skip
        else:
            made = merging.merge_counts(parts, out=out, memory=memory, watch=watch)
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.render(made))
