"""`tokbench publish`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tokbench.cli import options
from tokbench.cli.options import Grouped, in_group
from tokbench.cli.progress import progress

if TYPE_CHECKING:
    from tokbench.workbench.publishing import Draft

where = in_group("Where")
what = in_group("What goes up beside the tokenizer, the recipe, the numbers and the card")


@click.command("publish", cls=Grouped)
@click.argument("run")
@where("--repo", metavar="USER/NAME", help="The repository.  [default: publish.repo of the recipe]")
@where("--private", is_flag=True, help="Let a new repository be seen by its owner only.")
@where(
    "--create-pr/--direct",
    "proposed",
    default=None,
    help="Open a pull request, or commit.  [default: a pull request where the repository holds "
    "something]",
)
@where("--revision", metavar="BRANCH", help="Commit to this branch, made if need be.")
@where("--tag", metavar="NAME", help="Give the commit a name, as v1.")
@where("--message", metavar="TEXT", help="Of the commit.  [default: the run's name and signature]")
@what("--license", metavar="ID", help="Of the tokenizer, as apache-2.0; the card says it.")
@what(
    "--export",
    multiple=True,
    type=click.Choice(["tiktoken", "sentencepiece"]),
    help="A file for another library, where it gives the very same ids; can be given again.",
)
@what("--report", is_flag=True, help="The page with all measurements, report.html.")
@what("--models", is_flag=True, help="The models that were fine-tuned with it.")
@click.option("--dry-run", is_flag=True, help="Show every file, what changes, and the card; stop.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is sent.")
@options.runs
@options.json_out
def command(
    run: str,
    repo: str | None,
    private: bool,
    proposed: bool | None,
    revision: str | None,
    tag: str | None,
    message: str | None,
    license: str | None,  # noqa: A002 - the option's name
    export: tuple[Literal["tiktoken", "sentencepiece"], ...],
    report: bool,
    models: bool,
    dry_run: bool,
    yes: bool,
    runs: Path,
    json_path: str | None,
) -> None:
    """Publish a run on the Hub: in one commit, downloaded again and compared.

    What the recipe says under `publish` holds where no option says otherwise. The login is that of
    `hf auth login`, or HF_TOKEN. Nothing goes up that holds a key, a path of this machine or a mail
    address other than those of publish.authors.

    \b
    tokbench publish runs/demo --repo me/demo --license apache-2.0 --dry-run
    tokbench publish runs/demo --repo me/demo --license apache-2.0 --tag v1
    tokbench publish runs/demo --repo team/demo --create-pr --report --yes
    """
    from tokbench.cli.output import note, show, write_json
    from tokbench.publishing.upload import Wish
    from tokbench.reports import upload
    from tokbench.workbench.publishing import collect, log_in, plan, publish

    if not (dry_run or yes or _can_ask()):
        raise click.UsageError(
            "this is no terminal to ask on: look at it with --dry-run, and say --yes"
        )
    if proposed and revision:
        raise click.UsageError("--revision names a branch to commit to: leave out --create-pr")
    if not dry_run:
        log_in(repo)  # before anything that takes long
    wish = Wish(repo or "", private, proposed, revision, tag or "", message or "")
    with progress() as watch:
        collected = collect(
            run,
            repo or "",
            license=license,
            export=export,
            report=report,
            models=models,
            runs=runs,
            watch=watch,
        )
        made = plan(collected, wish, watch)
    if dry_run:
        if json_path:
            write_json({**upload.as_json(made.upload), "card": collected.card}, json_path)
        if json_path != "-":
            show(upload.render(made.upload))
            click.echo(f"\n{collected.card}")
        return
    if not (yes or made.upload.nothing_new or _wanted(made)):
        note("nothing was sent")
        sys.exit(1)
    with progress() as watch:
        done = publish(made, watch)
    if json_path:
        from dataclasses import asdict

        write_json(asdict(done), json_path)
    if json_path != "-":
        click.echo(upload.sentence(done))


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _wanted(made: "Draft") -> bool:
    """Show what would be done, and ask whether it is to be."""
    from rich.console import Console

    from tokbench.reports import upload

    Console(stderr=True, highlight=False).print(upload.render(made.upload))
    return click.confirm("Send it?", err=True)
