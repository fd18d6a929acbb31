"""`tokbench compare`."""

from typing import TYPE_CHECKING, Any, Literal

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.values import Comparison, Row
    from tokbench.workbench import Beside

_BROKEN_DOWN = ("bytes_per_token", "parity")


@click.command("compare")
@click.argument("tokenizers", nargs=-1, required=True)
@options.measuring
@options.json_out
@options.report_out
@options.samples
@click.option("--svg", metavar="PATH", help="Also write the report as a picture of a terminal.")
def command(
    tokenizers: tuple[str, ...],
    json_path: str | None,
    out: tuple[str, ...],
    samples: Literal["none", "few", "all"],
    svg: str | None,
    **asked: Any,
) -> None:
    """Put tokenizers side by side: numbers first, then sample texts cut by each.

    A tokenizer is a run, a recipe that was run, a folder, a tokenizer.json or a Hub name.

    \b
    tokbench compare runs/demo runs/bert gpt2
    tokbench compare runs/demo gpt2 --on reviews.csv --text review
    tokbench compare runs/demo gpt2 --on reviews.csv --out page.html
    """
    from tokbench.cli.output import show, write_svg

    made = measured(
        tokenizers,
        json_path=json_path,
        out=out,
        **asked,
    )
    if svg:
        title = f"tokbench compare {' '.join(tokenizers)}"
        write_svg(rendered(made, asked["metric_names"], samples=samples), svg, title)
    if json_path != "-":
        show(rendered(made, asked["metric_names"], samples=samples))


def beside(
    parallel: tuple[str, ...],
    reference: str | None,
    morphemes: str | None,
    width: int,
    max_length: int | None,
) -> "Beside":
    """What is measured on beside the corpus, read."""
    from tokbench.workbench import Beside, gold_segmentations, parallel_text

    if reference and not parallel:
        raise click.UsageError("--reference names a language of --parallel, which is not given")
    languages, first = parallel_text(parallel, reference) if parallel else (None, "")
    gold = gold_segmentations(morphemes) if morphemes else None
    return Beside(languages, first, gold, width, max_length)


def measured(
    tokenizers: tuple[str, ...],
    *,
    json_path: str | None,
    out: tuple[str, ...],
    on: tuple[str, ...],
    text: str | None,
    parallel: tuple[str, ...],
    reference: str | None,
    morphemes: str | None,
    width: int,
    max_length: int | None,
    **asked: Any,
) -> "Comparison":
    """Measure with a progress bar, and write the JSON and the reports that were asked for.

    `asked` are those of `options.measuring` that `workbench.compare` takes as they are.
    """
    import shlex
    import sys
    from dataclasses import replace

    from tokbench.cli.output import write_json, write_reports
    from tokbench.corpus import redacted
    from tokbench.reports import render
    from tokbench.workbench import compare

    if text and not on:
        raise click.UsageError("--text names a column of --on, which is not given")
    with progress() as watch:
        further = beside(parallel, reference, morphemes, width, max_length)
        made = compare(tokenizers, on=on, text=text, beside=further, watch=watch, **asked)
    made = replace(made, repeat=shlex.join(["tokbench", *map(redacted, sys.argv[1:])]))
    if json_path:
        write_json(render("json", made), json_path)
    write_reports(made, rows(), out)
    return made


def rendered(
    comparison: "Comparison",
    metric_names: tuple[str, ...] = (),
    *,
    samples: Literal["none", "few", "all"] = "few",
) -> Any:
    """The terminal report of a comparison; the metrics named are shown by group."""
    from dataclasses import replace

    from tokbench.reports import render

    if samples == "none":
        comparison = replace(comparison, samples=(), scripts=())
    known = rows()
    named = [name for name in metric_names if name in known] or _BROKEN_DOWN
    whole = samples == "all"
    return render("terminal", comparison, rows=known, broken_down=named, whole=whole)


def rows() -> "dict[str, Row]":
    """How reports show each metric, in the order of tables."""
    from tokbench.metrics import chosen
    from tokbench.values import Row

    return {
        one.name: Row(one.title, one.digits, one.flattered_by_loss, one.family)
        for one in chosen(["all"])
    }
