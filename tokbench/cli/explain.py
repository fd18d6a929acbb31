"""`tokbench explain`."""

from pathlib import Path

import click

from tokbench.cli import options


@click.command("explain")
@click.argument("tokenizer", metavar="RECIPE|TOKENIZER")
@click.argument("text", required=False)
@click.option("--pair", metavar="TEXT", help="A second text, for what pairs become.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Read the text from a file.",
)
@options.overrides
@options.runs
@options.json_out
def command(
    tokenizer: str,
    text: str | None,
    pair: str | None,
    file: Path | None,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Show the way of a text to ids and back, stage by stage.

    What each normalizer changed, where each pre-tokenizer cut, the tokens with their ids and the
    merges that made them, what the post-processor adds, and what the ids give back. Of a recipe
    that is not trained, as far as it can go. TEXT is read from standard input where it is -.

    \b
    tokbench explain runs/demo "Where does this text fall apart?"
    tokbench explain gpt2 "naïve 안녕" --json -
    tokbench explain my-recipe.yaml --file sample.txt
    """
    from tokbench.cli.output import show, write_json
    from tokbench.cli.texts import given
    from tokbench.reports import explanation as report
    from tokbench.workbench import explain

    texts = given([] if text is None else [text], file)
    if len(texts) != 1:
        raise click.UsageError(f"one text is explained, and {len(texts)} are given")
    made = explain(tokenizer, texts[0], pair, runs=runs, overrides=overrides)
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.render(made))
