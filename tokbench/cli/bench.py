"""`tokbench bench`."""

from typing import Any

import click

from tokbench.cli import options


@click.command("bench")
@click.argument("tokenizers", nargs=-1, required=True)
@options.measuring
@options.json_out
@options.report_out
@click.option(
    "--fail-if",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Exit with 1 where it holds: 'bytes_per_token < 4.2', 'mine: fertility > 1.02 * gpt2'.",
)
def command(
    tokenizers: tuple[str, ...],
    json_path: str | None,
    out: tuple[str, ...],
    conditions: tuple[str, ...],
    **asked: Any,
) -> None:
    """Measure tokenizers on a text, or on what the first run holds out.

    \b
    tokbench bench my-tokenizer --on reviews.csv --text review --json measures.json
    tokbench bench runs/demo --metric fertility --metric bytes_per_token
    tokbench bench mine gpt2 --on text.txt --fail-if "bytes_per_token < 0.98 * gpt2"
    """
    from tokbench.cli.compare import measured, rendered
    from tokbench.cli.output import show
    from tokbench.errors import SubjectError
    from tokbench.workbench import Condition

    parsed = [Condition.parsed(one) for one in conditions]
    made = measured(
        tokenizers,
        json_path=json_path,
        out=out,
        **asked,
    )
    if json_path != "-":
        show(rendered(made, asked["metric_names"], samples="none"))
    broken = [sentence for one in parsed for sentence in one.broken_by(made)]
    if broken:
        raise SubjectError("; ".join(broken))
