"""`tokbench curve`."""

import math
from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("curve")
@click.argument("recipe", type=click.Path(path_type=Path))
@options.on
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(1),
    multiple=True,
    metavar="N",
    help="A vocabulary size; can be given again. Without: the recipe's, half of it and so on.",
)
@click.option(
    "--width",
    type=click.IntRange(1),
    default=768,
    show_default=True,
    help="The width of the model, for the parameters of its embeddings.",
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1),
    default=0.03,
    show_default=True,
    help="What doubling the vocabulary must save of the tokens to be worth while.",
)
@options.memory
@options.overrides
@options.json_out
def command(
    recipe: Path,
    on: tuple[str, ...],
    text: str | None,
    sizes: tuple[int, ...],
    width: int,
    share: float,
    memory: int | None,
    overrides: tuple[str, ...],
    json_path: str | None,
) -> None:
    """How many tokens a text takes at every vocabulary size.

    The training text and the held-out documents (or --on FILE), as numbers and as a plot.

    \b
    tokbench curve recipes/gpt2.yaml
    tokbench curve my.yaml --set trainer.vocab_size=64000 --width 1024
    """
    from tokbench.cli.output import show, write_json
    from tokbench.reports import curve as report
    from tokbench.workbench import curve

    if math.isnan(share):
        raise click.UsageError("--share is no number")
    if text and not on:
        raise click.UsageError("--text names a column of --on, which is not given")
    with progress() as watch:
        made = curve(
            recipe,
            sizes=sizes,
            on=on,
            text=text,
            overrides=overrides,
            memory=memory,
            watch=watch,
        )
    if json_path:
        write_json(report.plain(made, width=width, share=share), json_path)
    if json_path != "-":
        show(report.render(made, width=width, share=share))
