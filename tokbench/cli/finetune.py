"""`tokbench finetune`."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.downstream import TrainingSpec
    from tokbench.recipe.tasks import TaskSpec
    from tokbench.workbench import Finetuned


@click.command("finetune", cls=options.Grouped)
@click.argument("tokenizers", nargs=-1, required=True)
@options.in_group("Tasks")(
    "--task",
    "tasks",
    multiple=True,
    required=True,
    metavar="NAME|FILE",
    help="A task by name (`tokbench list tasks`) or the file of one; can be given again.",
)
@options.in_group("Tasks")(
    "--folder", metavar="DIR", help="Where the files of the tasks lie, if not on the Hub."
)
@options.in_group("Tasks")(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train on at most N examples of each task, by hash: the same ones with every tokenizer.  "
    "[default: all]",
)
@options.training
@click.option("--force", is_flag=True, help="Train again what was trained with these settings.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Models trained at once.  [default: one on each core, one on a GPU or TPU]",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only count trainings and steps, and estimate their time from a few real steps.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set what has no option of its own: warmup, weight_decay, buckets, inside, hold; or "
    "a value of the recipes among TOKENIZERS.",
)
@options.baseline
@options.runs
@options.json_out
@options.report_out
def command(
    tokenizers: tuple[str, ...],
    tasks: tuple[str, ...],
    folder: str | None,
    limit: int | None,
    force: bool,
    jobs: int | None,
    dry_run: bool,
    overrides: tuple[str, ...],
    baseline: str | None,
    runs: Path,
    json_path: str | None,
    out: tuple[str, ...],
    **settings: Any,
) -> None:
    """Train models that differ in nothing but the tokenizer, and say which does better.

    Every tokenizer's models see the same examples in the same order, with the same settings and
    the same initial weights in all but the embeddings. What was trained is kept and found again:
    more seeds train only the new ones, and an interrupted command goes on where it was.

    \b
    tokbench finetune runs/demo runs/bert --task python_area
    tokbench finetune runs/demo gpt2 --task glue_sst2 --seeds 3 --learning-rate 3e-4
    tokbench finetune runs/* --task my-task.yaml --limit 10000 --out page.html
    torchrun --nproc-per-node 4 -m tokbench finetune runs/demo runs/bert --task glue_mnli
    """
    from tokbench.downstream import processes
    from tokbench.recipe.settings import is_about_training
    from tokbench.workbench import finetune

    about_training = [one for one in overrides if is_about_training(one)]
    others = [one for one in overrides if one not in about_training]
    if not any(name.endswith((".yaml", ".yml")) for name in tokenizers):
        about_training, others = list(overrides), []
    said: dict[str, Any] = {
        "tasks": _tasks(tasks, folder, limit),
        "spec": _spec(settings, about_training),
        "overrides": others,
        "runs": runs,
    }
    if dry_run:
        _estimate(tokenizers, said | {"jobs": jobs}, json_path)
        return
    with progress() as watch:
        made = finetune(tokenizers, **said, baseline=baseline, force=force, jobs=jobs, watch=watch)
    if not processes.first():
        _tell_beside_the_first(made)
        return
    if made.done_before and settings["log"]:
        _tell_what_is_not_logged(made, settings["log"])
    _tell(made, json_path, out)
    if made.failed:
        sys.exit(1)


def _spec(settings: Mapping[str, Any], overrides: list[str]) -> "TrainingSpec":
    """What the options say, each known by the way it was written."""
    from tokbench.recipe.settings import training

    given: dict[str, str] = {}
    labels: dict[str, str] = {}
    for name, value in settings.items():
        if value is None or value == ():
            continue
        text = ",".join(value) if isinstance(value, tuple) else str(value).lower()
        given[name] = text
        labels[name] = f"--{name.replace('_', '-')} {text}"
    return training(given, labels, overrides)


def _tasks(names: tuple[str, ...], folder: str | None, limit: int | None) -> "list[TaskSpec]":
    """Every task, read; each name once."""
    import json

    from tokbench.recipe.tasks import task

    said = [] if folder is None else [f"folder={json.dumps(str(Path(folder).absolute()))}"]
    said += [] if limit is None else [f"limit={limit}"]
    return [task(name, Path(), said) for name in dict.fromkeys(names)]


def _tell(made: "Finetuned", json_path: str | None, out: tuple[str, ...]) -> None:
    """The result to stdout and to files, and what failed."""
    from tokbench.cli.output import note, show, write_json, write_models
    from tokbench.cli.run import tell_failures
    from tokbench.corpus import redacted
    from tokbench.reports import downstream as report
    from tokbench.reports.downstream.json import render as plain

    if made.downstream:
        repeat = shlex.join(["tokbench", *map(redacted, sys.argv[1:])])
        again = replace(made.downstream, repeat=repeat)
        if json_path:
            write_json(plain(again), json_path)
        write_models(again, out)
        if json_path != "-":
            show(report.render(again))
        if out:
            note(f"written: {', '.join(out)}")
    tell_failures(made.failed, len(made.failed) + 1)


def _tell_what_is_not_logged(made: "Finetuned", log: tuple[str, ...]) -> None:
    """That nothing is told of trainings of before."""
    from tokbench.cli.output import note

    note(
        f"--log {', '.join(log)} is told of nothing that was trained before "
        f"({made.done_before:,} of a tokenizer and a task); --force trains again"
    )


def _tell_beside_the_first(made: "Finetuned") -> None:
    """Why trainings failed here, which the first process may know only the consequences of.

    The exit status is that one's: torchrun ends all processes where one fails, and the first has
    still to tell what came of the other trainings.
    """
    from tokbench.downstream import processes
    from tokbench.errors import printable

    for one in made.failed:
        said = f"process {processes.rank()}: {one.name} failed: {one.why}"
        click.secho(printable(said), fg="red", err=True)


def _estimate(tokenizers: tuple[str, ...], said: dict[str, Any], json_path: str | None) -> None:
    """What it would take."""
    from tokbench.cli.output import show, write_json
    from tokbench.reports import trials as report
    from tokbench.workbench import tried

    with progress() as watch:
        found = tried(tokenizers, **said, watch=watch)
    if json_path:
        write_json(report.plain(found), json_path)
    if json_path != "-":
        show(report.render(found))
