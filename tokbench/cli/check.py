"""`tokbench check`."""

import sys

import click

from tokbench.cli import options


@click.command("check")
@click.argument("recipes", nargs=-1, required=True)
@options.overrides
@options.json_out
def command(recipes: tuple[str, ...], overrides: tuple[str, ...], json_path: str | None) -> None:
    """Say what is wrong with recipes, each mistake with file, line and column.

    \b
    tokbench check recipes/*.yaml
    tokbench check my.yaml --set trainer.vocab_size=8000 --json -
    """
    from tokbench.errors import Finding, RecipeError
    from tokbench.recipe import load_all

    if json_path in recipes:
        raise click.UsageError(f"--json {json_path} would overwrite the recipe")
    findings: list[Finding] = []
    for path in recipes:
        try:
            found = load_all(path, overrides)
        except RecipeError as error:
            findings += error.findings
        else:
            said = f", all {len(found)} variants" if len(found) > 1 else ""
            click.echo(f"{path}: fine{said}", err=json_path == "-")
    for finding in findings:
        click.secho(f"{finding.where}: {finding.severity}: {finding.message}", fg="red", err=True)
    if json_path:
        from tokbench.cli.output import write_json

        write_json({"findings": [_plain(finding) for finding in findings]}, json_path)
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)


def _plain(finding: object) -> dict[str, object]:
    from tokbench.errors import Finding

    if not isinstance(finding, Finding):
        raise TypeError(finding)
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": finding.where.file,
        "line": finding.where.line,
        "column": finding.where.column,
        "message": finding.message,
    }
