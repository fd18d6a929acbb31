"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def overrides(command: F) -> F:
    """`--set key.path=value`."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY.PATH=VALUE",
        help="Set one value of the recipe, for example trainer.vocab_size=8000.",
    )(command)


def engine(command: F) -> F:
    """`--engine tokbench|tokenizers`."""
    return click.option(
        "--engine",
        type=click.Choice(["tokbench", "tokenizers"]),
        default="tokbench",
        show_default=True,
        help="Who trains: our kernels from counts, or the library's trainers, for checking.",
    )(command)


def determinism(command: F) -> F:
    """`--check-determinism`."""
    return click.option(
        "--check-determinism",
        is_flag=True,
        help="Train a second time in a fresh process, other in all that should not matter, and "
        "compare.",
    )(command)


def json_out(command: F) -> F:
    """`--json PATH`."""
    return click.option(
        "--json", "json_path", metavar="PATH", help="Write the result as JSON; - is stdout."
    )(command)


def column(command: F) -> F:
    """`--text COLUMN`, for commands whose `--on` is their own."""
    return click.option(
        "--text", metavar="COLUMN", help="The column or nested field of --on that is text."
    )(command)


def new_folder(what: str) -> Callable[[F], F]:
    """`--out DIR`, which must be given."""
    return click.option(
        "--out",
        required=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=f"{what}; an existing one is replaced only if tokbench wrote it.",
    )


def samples(command: F) -> F:
    """`--samples none|few|all`."""
    return click.option(
        "--samples",
        type=click.Choice(["none", "few", "all"]),
        default="few",
        show_default=True,
        help="Texts cut into tokens: none, a few and how many tokens one in each script takes, or "
        "those in scripts too.",
    )(command)


def report_out(command: F) -> F:
    """`--out PATH`."""

    def known(
        _ctx: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
    ) -> tuple[str, ...]:
        if value:
            from tokbench.reports import format_of

            for path in value:
                format_of(path)
        return value

    return click.option(
        "--out",
        "out",
        multiple=True,
        metavar="PATH",
        callback=known,
        help="Write a report; its ending says the format: .html, .md, .csv, .tex or .json. Can be "
        "given again.",
    )(command)


def runs(command: F) -> F:
    """`--runs DIR`."""
    return click.option(
        "--runs",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("runs"),
        show_default=True,
        help="The folder of run folders.",
    )(command)


def force(command: F) -> F:
    """`--force`."""
    return click.option(
        "--force", is_flag=True, help="Encode again, whatever is kept of earlier measurements."
    )(command)


def memory(command: F) -> F:
    """`--memory 2GB`."""

    def parsed(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
        from tokbench import memory as sizes

        return None if value is None else sizes.parsed(value)

    return click.option(
        "--memory",
        metavar="SIZE",
        callback=parsed,
        help="What counting and training may take, as 500MB or 2GB; what finds no room goes to "
        "disk, the result is the same.  [default: half of what is free]",
    )(command)


def dry_run(command: F) -> F:
    """`--dry-run`."""
    return click.option(
        "--dry-run",
        is_flag=True,
        help="Only estimate what it would take, from a sample of the corpus; writes nothing.",
    )(command)


def ours_only(engine: str, memory: int | None, *, dry_run: bool) -> None:
    """Refuse a budget, and an estimate, where the library counts."""
    if engine != "tokbench" and (dry_run or memory is not None):
        option = "--dry-run" if dry_run else "--memory"
        raise click.UsageError(f"{option} is about tokbench's own counting: leave out --engine")


def on(command: F) -> F:
    """`--on FILE` and `--text COLUMN`."""
    command = click.option(
        "--text", metavar="COLUMN", help="The column or nested field of --on that is the text."
    )(command)
    return click.option(
        "--on",
        multiple=True,
        metavar="FILE",
        help="Text to measure on, all of it: files, or a YAML file with `sources:` as a recipe's "
        "corpus has them; without it the first run's held-out documents.",
    )(command)


def metric_names(command: F) -> F:
    """`--metric NAME`."""
    return click.option(
        "--metric",
        "metric_names",
        multiple=True,
        metavar="NAME",
        help="Measure only this; can be given again. `tokbench list metrics` names them; "
        "`speed` is all about speed, `all` is all of them.",
    )(command)


def baseline(command: F) -> F:
    """`--baseline NAME`."""
    return click.option(
        "--baseline",
        metavar="NAME",
        help="Whom differences are to, one of the tokenizers named.  [default: the first]",
    )(command)


def beside(command: F) -> F:
    """`--parallel FILE`, `--reference`, `--morphemes FILE`, `--width`, `--max-length`, `--by`."""
    for option in (
        click.option(
            "--by",
            multiple=True,
            metavar="COLUMN",
            help="Break numbers down by a column of the corpus, as language, or by source.",
        ),
        click.option(
            "--max-length",
            type=click.IntRange(min=1),
            help="The most tokens that the model takes, to tell how many documents are longer.  "
            "[default: model_max_length of its tokenizer_config.json]",
        ),
        click.option(
            "--width",
            type=click.IntRange(min=1),
            default=768,
            show_default=True,
            help="Of the model's embeddings, to tell how many parameters they have.",
        ),
        click.option(
            "--morphemes",
            metavar="FILE",
            help="Words and their morphemes (tsv, csv): word, then segments split by spaces or "
            "' @@'.",
        ),
        click.option(
            "--reference",
            metavar="LANGUAGE",
            help="The language of --parallel that the others are compared with.  [default: en, or "
            "the first]",
        ),
        click.option(
            "--parallel",
            multiple=True,
            metavar="FILE",
            help="The same text in several languages: a table (csv, tsv, parquet) with a column "
            "for each, or a file of lines for each.",
        ),
    ):
        command = option(command)
    return command


def measuring(command: F) -> F:
    """What is measured, and on what: the arguments that `compare.measured` takes as they come."""
    for option in (force, runs, overrides, beside, baseline, metric_names, on):
        command = option(command)
    return command


class Grouped(click.Command):
    """A command whose help lists its options under headings, as `in_group` names them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each group by itself, what has no group last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Argument):
                continue
            record = parameter.get_help_record(ctx)
            if record is not None:
                heading = getattr(parameter, "group", "Options")
                groups.setdefault(heading, []).append(record)
        for heading, records in sorted(groups.items(), key=lambda one: one[0] == "Options"):
            with formatter.section(heading):
                formatter.write_dl(records)


class _InGroup(click.Option):
    """An option that knows its heading."""

    def __init__(self, *arguments: Any, group: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group


def in_group(heading: str) -> Callable[..., Callable[[F], F]]:
    """`click.option` for options below one heading of a `Grouped` command."""

    def option(*names: str, **settings: Any) -> Callable[[F], F]:
        return click.option(*names, cls=_InGroup, group=heading, **settings)

    return option


def training(command: F) -> F:
    """How models are trained: `--model`, `--seeds`, `--learning-rate` and the like."""
    option = in_group("Training, alike for every tokenizer")
    device = in_group("Device and records")
    for one in (
        device(
            "--log",
            multiple=True,
            metavar="NAME",
            help="Also tell tensorboard or trackio of every step; JSON lines are always written.",
        ),
        device(
            "--static-shapes/--dynamic-shapes",
            "static_shapes",
            default=None,
            help="Pad batches to a few lengths, or each to its longest example.  [default: static "
            "on XLA devices alone]",
        ),
        device(
            "--precision",
            metavar="NAME",
            help="fp32 or bf16.  [default: auto, bf16 where a GPU or TPU has it]",
        ),
        option(
            "--patience",
            metavar="N",
            help="Stop a training when its validation score is no better for N epochs.",
        ),
        option(
            "--max-length",
            metavar="N",
            help="The most tokens of an example; what is longer is cut, and counted.  "
            "[default: 128]",
        ),
        option(
            "--accumulate",
            metavar="N",
            help="Batches whose gradients are added up to one step.  [default: 1]",
        ),
        option("--batch-size", metavar="N", help="Examples a step.  [default: 32]"),
        option("--epochs", metavar="X", help="How often each example is seen.  [default: 3]"),
        option(
            "--learning-rate",
            metavar="X[,Y...]",
            help="One, or several of which the validation split chooses for each tokenizer alike.  "
            "[default: 0.0001,0.0003,0.001; from a checkpoint 2e-5,5e-5,1e-4]",
        ),
        option(
            "--seeds",
            metavar="N",
            help="Models of each tokenizer, with other weights and another order.  [default: 5]",
        ),
        option(
            "--embeddings",
            metavar="HOW",
            help="Of a checkpoint's models: transplant, random or both.  [default: both]",
        ),
        option(
            "--model",
            metavar="NAME|DIR",
            help="The body, trained from scratch: tiny, mini or small; or a checkpoint to go on "
            "from: its folder (./name), or its name on the Hub (owner/name).  [default: tiny]",
        ),
    ):
        command = one(command)
    return command
