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
    default="demo",
    show_default=True,
    help="What to start from; `tokbench list templates` names them.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; NAME.yaml without it.",
)
def command(name: str, like: str, out: Path | None) -> None:
    """Write a commented recipe to start from.

    \b
    tokbench new my-tokenizer --like gpt2
    """
    from tokbench.recipe import NAME, load, templates
    from tokbench.store import write_bytes

    if not re.fullmatch(NAME, name):
        raise StoreError(
            f"{name!r} is not a name: use letters, digits, dots, dashes and underscores"
        )
    known = templates()
    if like not in known:
        raise UnknownNameError(f"unknown template {like!r}: {nearest(like, list(known))}")
    target = out or Path(f"{name}.yaml")
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
    click.echo(f"{target}: written; `tokbench run {target}` trains and measures it")
