"""`tokbench count`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokbench.cli import options
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.values import Counted
    from tokbench.workbench.counts import Engine


def _shard(
    _ctx: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    if value is None:
        return None
    number, slash, of = value.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal()):
        raise click.BadParameter(f"{value!r} is no shard; write 3/16, the third of sixteen")
    if not 1 <= int(number) <= int(of):
        raise click.BadParameter(f"shards are counted from 1 to {of}")
    return int(number), int(of)


@click.command("count")
@click.argument("recipe")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Who counts: this process, or workers of a Ray cluster.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="With --engine ray: the cluster, auto for the one that this machine is in; without it one "
    "is started on this machine.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="With --engine ray: a folder that all machines share, for what lies between counting and "
    "adding up.  [default: in the cache]",
)
@click.option(
    "--shard",
    callback=_shard,
    metavar="N/OF",
    help="Count only this part of the corpus into --out, for `tokbench merge-counts`.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="With --shard: the part to write, a .parquet, or the folder for it.",
)
@options.memory
@options.overrides
@options.json_out
def command(
    recipe: str,
    engine: "Engine",
    address: str | None,
    work: Path | None,
    shard: tuple[int, int] | None,
    out: Path | None,
    memory: int | None,
    overrides: tuple[str, ...],
    json_path: str | None,
) -> None:
    """Count a recipe's corpus; training then reads no documents.

    What is counted stays in the cache. On a cluster, or shard by shard on a batch system, it comes
    out the same. docs/scale.md says how.

    \b
    tokbench count recipes/bert.yaml
    tokbench count recipes/bert.yaml --engine ray --address auto
    tokbench count recipes/bert.yaml --shard 3/16 --out parts
    """
    from tokbench.cli.findings import check_first
    from tokbench.cli.output import show, write_json
    from tokbench.recipe import load_all
    from tokbench.reports import counted as report
    from tokbench.workbench import counts

    if engine == "local" and (address or work):
        raise click.UsageError("--address and --work are about --engine ray")
    if (shard is None) != (out is None):
        raise click.UsageError("--shard and --out belong together")
    if shard and engine == "ray":
        raise click.UsageError("--shard counts in this process: leave out --engine")
    loaded = load_all(recipe, overrides)
    if shard and len(loaded) > 1:
        raise click.UsageError(
            f"{recipe} has {len(loaded)} variants, and a part is of one: choose it with --set"
        )
    check_first(loaded)
    made: list[Counted] = []
    for number, one in enumerate(loaded, 1):
        with progress(f"{number}/{len(loaded)} {one.name}" if len(loaded) > 1 else "") as watch:
            if shard and out:
                done = counts.count_shard(one, *shard, out, memory=memory, watch=watch)
            else:
                done = counts.count(
                    one, engine=engine, address=address, work=work, memory=memory, watch=watch
                )
        made.append(done)
        if json_path != "-":
            show(report.render(done))
    if json_path:
        write_json({"counted": [report.plain(one) for one in made]}, json_path)
