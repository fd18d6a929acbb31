"""`tokbench report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from click.core import ParameterSource

from tokbench.cli import options

if TYPE_CHECKING:
    from tokbench.values import Comparison, Downstream


@click.command("report")
@click.argument("names", nargs=-1, required=True)
@options.measuring
@options.report_out
@options.samples
def command(
    names: tuple[str, ...],
    out: tuple[str, ...],
    samples: Literal["none", "few", "all"],
    **asked: Any,
) -> None:
    """Write a comparison as a page, Markdown, CSV, LaTeX or JSON.

    NAMES are tokenizers, which are measured now, or one JSON file that `bench`, `compare`, `run` or
    `finetune` wrote, which is not measured again. Without --out the report is shown in the
    terminal.

    \b
    tokbench report measures.json --out page.html
    tokbench report models.json --out models.md
    tokbench report runs/demo gpt2 --on reviews.csv --out page.html --out table.tex
    """
    from tokbench.cli.compare import measured, rendered, rows
    from tokbench.cli.output import note, show, write_models, write_reports
    from tokbench.reports import downstream
    from tokbench.values import Downstream

    made = _written_before(names)
    if made and (used := _measuring()):
        raise click.UsageError(f"{used} is about measuring; {names[0]} was measured before")
    if isinstance(made, Downstream):
        write_models(made, out)
    elif made:
        write_reports(made, rows(), out)
    else:
        made = measured(
            names,
            json_path=None,
            out=out,
            **asked,
        )
    if out:
        note(f"written: {', '.join(out)}")
    elif isinstance(made, Downstream):
        show(downstream.render(made))
    else:
        show(rendered(made, asked["metric_names"], samples=samples))


def _measuring() -> str:
    """The first option given that says how to measure, or nothing."""
    context = click.get_current_context()
    given = (
        one.opts[0]
        for one in context.command.params
        if one.name not in ("names", "out", "samples")
        and context.get_parameter_source(one.name or "") is ParameterSource.COMMANDLINE
    )
    return next(given, "")


def _written_before(names: tuple[str, ...]) -> "Comparison | Downstream | None":
    """The comparison in a file, where the only name is that of one."""
    from tokbench.reports import downstream
    from tokbench.reports.json import holds_comparison, read
    from tokbench.store import read_json

    path = Path(names[0])
    if len(names) > 1 or path.suffix != ".json" or not path.is_file():
        return None
    plain = read_json(path)
    if downstream.holds_models(plain):
        return downstream.read(plain, str(path))
    return read(plain, str(path)) if holds_comparison(plain) else None
