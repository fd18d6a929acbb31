"""`tokbench new`."""

import re
import shutil
from pathlib import Path

import click

from tokbench.errors import StoreError, UnknownNameError, nearest


@click.command("new")
@click.argument("name")
@click.option(
    "--like",
    metavar="RECIPE",
    help="What to start from; `tokbench list templates` names them.  [default: demo]",
)
@click.option(
    "--from",
    "tokenizer",
    metavar="TOKENIZER",
    help="Start from a finished tokenizer: a folder, tokenizer.json, .model or .tiktoken file, or "
    "a Hub name.",
)
@click.option(
    "--on",
    multiple=True,
    metavar="FILE",
    help="With --from: what to train on.  [default: Python's documentation]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; NAME.yaml without it.",
)
def command(
    name: str, like: str | None, tokenizer: str | None, on: tuple[str, ...], out: Path | None
) -> None:
    """Write a commented recipe to start from: a template, or that of a finished tokenizer.

    \b
    tokbench new my-tokenizer --like gpt2
    tokbench new my-tokenizer --from bert-base-uncased --on reviews.txt
    """
    from tokbench.recipe import NAME

    if like and tokenizer:
        raise click.UsageError("--like names a template and --from a tokenizer: give one of them")
    if on and not tokenizer:
        raise click.UsageError(
            "--on goes with --from; a template says itself what it is trained on"
        )
    if not re.fullmatch(NAME, name):
        raise StoreError(
            f"{name!r} is not a name: use letters, digits, dots, dashes and underscores"
        )
    target = out or Path(f"{name}.yaml")
    if tokenizer:
        _from(tokenizer, name, target, on)
    else:
        _like(like or "demo", name, target)
    click.echo(f"{target}: written; `tokbench run {target}` trains and measures it")


def _from(tokenizer: str, name: str, target: Path, on: tuple[str, ...]) -> None:
    """The recipe of a tokenizer; what it does not carry over is told."""
    from tokbench.errors import printable
    from tokbench.workbench.deriving import recipe_from

    for note in recipe_from(tokenizer, name, target, on=on).notes:
        click.echo(printable(note), err=True)


def _like(like: str, name: str, target: Path) -> None:
    """A template under another name, with the files that it names."""
    from tokbench.recipe import load, templates
    from tokbench.store import write_bytes

    known = templates()
    if like not in known:
        raise UnknownNameError(f"unknown template {like!r}: {nearest(like, list(known))}")
    beside = [(data, target.parent / data.name) for data in known[like].data]
    for path in (target, *(copy for _, copy in beside if copy.suffix != ".txt")):
        if path.exists():
            raise StoreError(f"{path}: is there already; name another file with --out")
    write_bytes(target, known[like].named(name).encode())
    try:
        for data, copy in beside:
            if not copy.exists():
                shutil.copyfile(data, copy)
        load(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
