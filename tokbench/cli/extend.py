"""`tokbench extend`."""

from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("extend")
@click.argument("tokenizer")
@click.option(
    "--on",
    multiple=True,
    required=True,
    metavar="FILE",
    help="The new text: files, or a YAML file with `sources:`; can be given again.",
)
@options.column
@click.option(
    "--add",
    required=True,
    type=click.IntRange(min=1),
    metavar="N",
    help="How many tokens to learn.",
)
@options.new_folder("The folder to fill")
@click.option(
    "--keep",
    multiple=True,
    metavar="FILE",
    help="Old text, whose ids stay as they are: what would change them is not learned.",
)
@click.option(
    "--only-tell", is_flag=True, help="Learn that too, and tell what changes in the text of --keep."
)
@click.option(
    "--pad-to-multiple-of",
    "multiple",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Learn a few more tokens, so that the number of ids is a multiple of N.",
)
@click.option(
    "--min-frequency",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    metavar="N",
    help="How often a new token must occur.",
)
@options.runs
@options.json_out
def command(
    tokenizer: str,
    on: tuple[str, ...],
    text: str | None,
    add: int,
    out: Path,
    keep: tuple[str, ...],
    only_tell: bool,
    multiple: int,
    min_frequency: int,
    runs: Path,
    json_path: str | None,
) -> None:
    """Add tokens for a new language or kind of text; old ids, merges and scores stay.

    BPE goes on merging behind its last merge, WordPiece gets pieces made of its own, Unigram
    likely pieces, WordLevel frequent words. The folder is loaded as the old tokenizer was, and
    proven to give the same ids.

    \b
    tokbench extend gpt2 --on korean.txt --add 8000 --keep english.txt --out gpt2-ko
    """
    from tokbench import workbench
    from tokbench.cli.output import show, write_json
    from tokbench.reports import reshaped as report

    if only_tell and not keep:
        raise click.UsageError("--only-tell is about the text of --keep, which is not given")
    with progress() as watch:
        made = workbench.extended(
            tokenizer,
            on,
            out,
            add=add,
            keep=keep,
            refuse=not only_tell,
            multiple=multiple,
            min_frequency=min_frequency,
            text=text,
            runs=runs,
            watch=watch,
        )
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.extended(made))
