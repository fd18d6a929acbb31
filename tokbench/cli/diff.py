"""`tokbench diff`."""

from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@options.on
@click.option(
    "--limit",
    type=click.FloatRange(min=0.001),
    default=20.0,
    show_default=True,
    metavar="MB",
    help="Read at most so much of the text.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="How many differences of each kind are shown.",
)
@options.overrides
@options.runs
@options.json_out
def command(
    first: str,
    second: str,
    on: tuple[str, ...],
    text: str | None,
    limit: float,
    top: int,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Show where two tokenizers cut a text otherwise, by the tokens that it costs.

    Pieces between places where both begin a token, with how each cuts them; what their pipelines
    have otherwise; tokens that only one of them has. Without --on, on the text that the first of
    them that is a run held out.

    \b
    tokbench diff runs/demo gpt2
    tokbench diff bert-base-uncased kcbert --on reviews.csv --text review
    """
    from tokbench.cli.output import show, write_json
    from tokbench.reports import differing as report
    from tokbench.workbench import diff

    if text and not on:
        raise click.UsageError("--text names a column of --on, which is not given")
    with progress() as watch:
        made = diff(
            first,
            second,
            on=on,
            text=text,
            limit=int(limit * 1e6),
            top=top,
            runs=runs,
            overrides=overrides,
            watch=watch,
        )
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.render(made))
