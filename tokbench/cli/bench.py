"""`tokbench bench`."""

from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("bench")
@click.argument("tokenizers", nargs=-1, required=True)
@options.on
@options.metric_names
@options.overrides
@options.runs
@options.json_out
def command(
    tokenizers: tuple[str, ...],
    on: tuple[str, ...],
    text: str | None,
    metric_names: tuple[str, ...],
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Measure tokenizers on a text, or on what the first run holds out.

    \b
    tokbench bench my-tokenizer --on reviews.csv --text review --json measures.json
    tokbench bench runs/demo --metric fertility --metric bytes_per_token
    """
    from tokbench.cli.compare import rendered
    from tokbench.cli.output import show, write_json
    from tokbench.reports import render
    from tokbench.workbench import compare

    if text and not on:
        raise click.UsageError("--text names a column of --on, which is not given")
    with progress() as watch:
        made = compare(
            tokenizers,
            on=on,
            text=text,
            metric_names=metric_names,
            overrides=overrides,
            runs=runs,
            watch=watch,
        )
    if json_path:
        write_json(render("json", made), json_path)
    if json_path != "-":
        show(rendered(made, samples=False))
