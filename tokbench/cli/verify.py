"""`tokbench verify`."""

from pathlib import Path

import click

from tokbench.cli import options
from tokbench.cli.progress import progress


@click.command("verify")
@click.argument("repo", metavar="[USER/NAME[@REVISION]]", required=False)
@click.option(
    "--on",
    multiple=True,
    metavar="FILE",
    help="The text that a published tokenizer was trained and measured on: files, the folder that "
    "the paths of its recipe start from, or the name of a source.",
)
@click.option(
    "--gpt2",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The tokenizer.json of GPT-2, for what is known of its vocabulary.",
)
@click.option(
    "--cl100k",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file cl100k_base.tiktoken, likewise.",
)
@options.json_out
def command(
    repo: str | None,
    on: tuple[str, ...],
    gpt2: Path | None,
    cl100k: Path | None,
    json_path: str | None,
) -> None:
    """Recompute published values and print each beside ours; exit 1 if one differs.

    Without a name, values from the literature, which tell whether the metrics are right. With the
    name of a tokenizer that tokbench published, the numbers of its card.

    \b
    tokbench verify
    tokbench verify --gpt2 gpt2/tokenizer.json
    tokbench verify someone/demo --on python_docs
    tokbench verify someone/korean@v1 --on corpus.txt
    """
    from tokbench.cli.output import note, show, write_json
    from tokbench.errors import SubjectError
    from tokbench.reports import verification
    from tokbench.workbench import verify

    if bool(repo) != bool(on):
        raise click.UsageError("a published tokenizer and --on, the text, go together")
    if repo and (gpt2 or cl100k):
        raise click.UsageError("--gpt2 and --cl100k are for values from the literature")
    if repo:
        from tokbench.workbench.pulling import verify_published

        with progress() as watch:
            again = verify_published(repo, on, watch)
        found, missing = again.numbers, again.missing
    else:
        found, missing = verify(gpt2, cl100k), ()
    if json_path:
        write_json(verification.as_json(found), json_path)
    if json_path != "-":
        show(verification.render(found))
    for one in missing:
        note(f"not measured again: {one}")
    differing = [one.name for one in found if one.agrees is False]
    if differing:
        raise SubjectError(f"not what was published: {'; '.join(differing)}")
