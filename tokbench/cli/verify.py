"""`tokbench verify`."""

from pathlib import Path

import click

from tokbench.cli import options


@click.command("verify")
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
def command(gpt2: Path | None, cl100k: Path | None, json_path: str | None) -> None:
    """Recompute published values and print each beside ours; exit 1 if one differs.

    \b
    tokbench verify
    tokbench verify --gpt2 gpt2/tokenizer.json
    """
    from tokbench.cli.output import show, write_json
    from tokbench.errors import SubjectError
    from tokbench.reports import verification
    from tokbench.workbench import verify

    found = verify(gpt2, cl100k)
    if json_path:
        write_json(verification.as_json(found), json_path)
    if json_path != "-":
        show(verification.render(found))
    differing = [one.name for one in found if one.agrees is False]
    if differing:
        raise SubjectError(f"not what was published: {'; '.join(differing)}")
