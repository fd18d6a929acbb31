"""`tokbench encode`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.values import Format, Split


@click.command("encode")
@click.argument("tokenizer")
@click.argument("corpus", metavar="RECIPE|FILE...", nargs=-1, required=True)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="To write into; ids that tokbench wrote there before are replaced.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["arrow", "parquet", "bin"]),
    default="arrow",
    show_default=True,
    help="Tables with a column `input_ids`, or one long array with an index.",
)
@click.option(
    "--special-tokens/--no-special-tokens",
    "special",
    default=True,
    show_default=True,
    help="With what the tokenizer's post-processor adds, such as [CLS] and [SEP].",
)
@click.option("--end", metavar="TOKEN", help="Put this token behind every document.")
@click.option(
    "--pack",
    type=click.IntRange(1),
    metavar="N",
    help="Rows of N ids, cut from one long stream of all documents; the last may be shorter.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "held_out", "all"]),
    default="all",
    show_default=True,
    help="Which documents of a recipe's corpus.",
)
@click.option("--text", metavar="COLUMN", help="The column or nested field of files that is text.")
@options.overrides
@options.runs
@options.json_out
def command(
    tokenizer: str,
    corpus: tuple[str, ...],
    out: Path,
    format_: "Format",
    *,
    special: bool,
    end: str | None,
    pack: int | None,
    split: "Split",
    text: str | None,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Write a corpus as ids, for a model to be trained on.

    The ids are those that the tokenizer gives for each whole document; interrupted, the same
    command goes on where it stopped. In the end all is read back and a sample is encoded again.

    \b
    tokbench encode runs/my-tokenizer my.yaml --split train --out ids
    tokbench encode gpt2 books/*.txt --out ids --format bin --end "<|endoftext|>"
    tokbench encode runs/bert reviews.csv --text review --out ids --pack 512
    """
    from tokbench import workbench
    from tokbench.cli.output import show, write_json
    from tokbench.reports import encoding as report
    from tokbench.values import Layout

    if pack is not None and format_ == "bin":
        raise click.UsageError("--pack cuts rows, and bin has none: leave out --pack")
    layout = Layout(format_, special, end, pack)
    with progress() as watch:
        made = workbench.encode_corpus(
            tokenizer,
            corpus,
            out,
            layout,
            split=split,
            text=text,
            overrides=overrides,
            runs=runs,
            watch=watch,
        )
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.render(made))
