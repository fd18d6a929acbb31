"""`tokbench transplant`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.downstream.transplanting.tables import Otherwise


@click.command("transplant")
@click.argument("checkpoint")
@click.argument("tokenizer")
@options.new_folder("The model folder to write")
@click.option(
    "--otherwise",
    type=click.Choice(["mean", "random"]),
    default="mean",
    show_default=True,
    help="Rows of tokens that the old tokenizer has nothing for: the mean of all, or random with "
    "their mean and deviation.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of random rows.")
@click.option(
    "--pad-to-multiple-of",
    "multiple",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Make the number of rows a multiple of N.",
)
@click.option(
    "--on",
    multiple=True,
    metavar="FILE",
    help="Text whose tokens are counted by where their rows come from; can be given again.",
)
@options.column
@options.runs
@options.json_out
def command(
    checkpoint: str,
    tokenizer: str,
    out: Path,
    otherwise: "Otherwise",
    seed: int,
    multiple: int,
    on: tuple[str, ...],
    text: str | None,
    runs: Path,
    json_path: str | None,
) -> None:
    """Give a pre-trained model another tokenizer's vocabulary, to train it further.

    CHECKPOINT is a folder or a name on the Hub. Rows of the embedding tables are kept where the
    checkpoint's tokenizer has the token, else the mean of the rows of its pieces. Nothing else of
    the model changes.

    \b
    tokbench transplant ./all-MiniLM-L6-v2 runs/my-tokenizer --out model
    tokbench transplant gpt2 runs/my-tokenizer --out model --on reviews.csv --text review
    """
    from tokbench import workbench
    from tokbench.cli.output import show, write_json
    from tokbench.reports import transplants as report

    with progress() as watch:
        made = workbench.transplanted(
            checkpoint,
            tokenizer,
            out,
            otherwise=otherwise,
            seed=seed,
            multiple=multiple,
            on=on,
            text=text,
            runs=runs,
            watch=watch,
        )
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.render(made))
