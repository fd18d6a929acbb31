"""`tokbench bench`."""

from pathlib import Path

import click

from tokbench.cli import options


@click.command("bench")
@click.argument("tokenizers", nargs=-1, required=True)
@options.on
@options.metric_names
@options.baseline
@options.beside
@options.overrides
@options.runs
@options.json_out
def command(
    tokenizers: tuple[str, ...],
    on: tuple[str, ...],
    text: str | None,
    metric_names: tuple[str, ...],
    baseline: str | None,
    parallel: tuple[str, ...],
    reference: str | None,
    morphemes: str | None,
    width: int,
    max_length: int | None,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Measure tokenizers on a text, or on what the first run holds out.

    \b
    tokbench bench my-tokenizer --on reviews.csv --text review --json measures.json
    tokbench bench runs/demo --metric fertility --metric bytes_per_token
    """
    from tokbench.cli.compare import beside, measured, rendered
    from tokbench.cli.output import show

    made = measured(
        tokenizers,
        on=on,
        text=text,
        json_path=json_path,
        metric_names=metric_names,
        baseline=baseline,
        beside=beside(parallel, reference, morphemes, width, max_length),
        overrides=overrides,
        runs=runs,
    )
    if json_path != "-":
        show(rendered(made, samples=False))
