"""`tokbench predict`."""

from pathlib import Path

import click

from tokbench.cli import options


@click.command("predict")
@click.argument("model", metavar="RUN")
@click.argument("texts", metavar="TEXT [PAIR]", nargs=-1)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Read the text from a file.",
)
@click.option("--task", metavar="NAME", help="Which model, where RUN was fine-tuned on several.")
@click.option(
    "--pipeline",
    metavar="NAME",
    help="Ask transformers.pipeline(NAME) with that model, and show its raw answer.",
)
@options.runs
@options.json_out
def command(
    model: str,
    texts: tuple[str, ...],
    file: Path | None,
    task: str | None,
    pipeline: str | None,
    runs: Path,
    json_path: str | None,
) -> None:
    """Ask a model that `finetune` saved about a text, and show every step.

    RUN is the folder of a saved model, or a tokenizer that was fine-tuned. TEXT is read from
    standard input where it is -; a task about words takes them parted by white space.

    \b
    tokbench predict runs/demo "Return the mean of data" --task python_area
    tokbench predict runs/demo "first sentence" "second sentence" --task glue_stsb
    tokbench predict runs/demo/.../model - --pipeline text-classification < text.txt
    """
    from tokbench.cli.output import show, write_json
    from tokbench.downstream import prediction
    from tokbench.reports import prediction as report
    from tokbench.workbench import saved_model

    text, pair = _given(texts, file)
    folder = saved_model(model, task, runs=runs)
    if pipeline:
        answer = prediction.piped(pipeline, folder, text, pair)
        write_json(answer, json_path or "-")
        return
    made = prediction.predict(folder, text, pair)
    if json_path:
        write_json(report.plain(made), json_path)
    if json_path != "-":
        show(report.render(made))


def _given(texts: tuple[str, ...], file: Path | None) -> tuple[str, str | None]:
    """The text and the second one, from wherever they come."""
    from tokbench.cli.texts import given
    from tokbench.errors import SubjectError

    found = given(texts, file)
    if not 1 <= len(found) <= 2:  # noqa: PLR2004 - a text, or a pair
        raise click.UsageError(f"one text or two are asked about, and {len(found)} are given")
    if empty := [at for at, text in enumerate(found, 1) if not text.strip()]:
        raise SubjectError(f"text {empty[0]} is empty: there is nothing to ask about")
    return found[0], found[1] if len(found) > 1 else None
