"""`tokbench check`."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options

if TYPE_CHECKING:
    from tokbench.errors import Finding
    from tokbench.rules import Checked, Sample


@click.command("check")
@click.argument("names", metavar="RECIPE|TOKENIZER...", nargs=-1, required=True)
@click.option("--on", metavar="FILE", help="Check on this text, not on the recipe's own corpus.")
@options.column
@click.option("--no-text", is_flag=True, help="Read no text; rules that look at it are left out.")
@click.option("--fix", is_flag=True, help="Write the repairs that have only one right answer.")
@options.overrides
@options.runs
@options.json_out
def command(
    names: tuple[str, ...],
    on: str | None,
    text: str | None,
    no_text: bool,
    fix: bool,
    overrides: tuple[str, ...],
    runs: Path,
    json_path: str | None,
) -> None:
    """Say what is wrong with recipes, or with finished tokenizers from anywhere.

    A recipe is a YAML file; each mistake is told with file, line and column. The first documents
    of the corpus are read, 1 MB at most. A comment in the line, or above it, silences a rule there:
    # tokbench: allow L39 because case means nothing in our data. `tokbench rule L39` explains one.

    A tokenizer is a folder, a tokenizer.json, the name of a run, or anything else that `compare`
    takes; it is loaded, encodes and decodes, and AutoTokenizer loads the folder in a process of its
    own. What is no tokenizer.json is converted to one first.

    \b
    tokbench check recipes/*.yaml
    tokbench check my-tokenizer
    tokbench check my.yaml --fix
    tokbench check my.yaml --set trainer.vocab_size=8000 --json -
    """
    from tokbench.cli.findings import tell
    from tokbench.errors import RecipeError

    refused = {
        f"--json {json_path} would overwrite what is checked": json_path in names,
        "--fix writes to the file, where --set is not: leave one out": fix and overrides,
        "--text names a column of --on, which is not given": text and not on,
        "--on names a text and --no-text wants none: leave one out": on and no_text,
        "--fix and --set are for recipes": (fix or overrides) and not all(map(_is_recipe, names)),
    }
    for why in (why for why, so in refused.items() if so):
        raise click.UsageError(why)
    sample = _chosen(on, text, no_text)
    quiet = json_path == "-"
    findings: list[Finding] = []
    allowed: list[dict[str, Any]] = []
    fixed: list[Finding] = []
    fixable = 0
    for path in names:
        if not _is_recipe(path):
            told, reasons = _look(path, runs, sample)
            findings += told
            allowed += [
                {"rule": rule, "file": path, "line": None, "reason": reason}
                for rule, reason in reasons.items()
            ]
            _tell(path, told, 1, quiet=quiet)
            continue
        try:
            if fix:
                fixed += _fix(Path(path), sample, quiet=quiet)
            found, many = _checked(path, overrides, sample)
        except RecipeError as error:
            findings += error.findings
            tell(error.findings, err=quiet)
            continue
        findings += found.findings
        fixable += len(found.fixes)
        allowed += [
            {"rule": one.rule, "file": one.where.file, "line": one.line, "reason": one.reason}
            for one in found.allowed
        ]
        _tell(path, found.findings, many, quiet=quiet)
    if json_path:
        _write(json_path, findings, allowed, fixed)
    _count(findings, names, len(allowed), fixable, fix=fix, err=quiet)
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)


def _is_recipe(name: str) -> bool:
    """Whether a name is of a recipe: a YAML file, there or not, or another that is no tokenizer."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return True
    known = path.suffix in (".json", ".model", ".tiktoken") or path.name == "vocab.txt"
    return path.is_file() and not known


def _look(
    name: str, runs: Path, sample: "Sample | None"
) -> "tuple[tuple[Finding, ...], dict[str, str]]":
    """What the rules say of a tokenizer, and the reasons why some are allowed."""
    from tokbench.rules import NO_SAMPLE, TokenizerSubject, check_tokenizer
    from tokbench.workbench import checkable

    with checkable(name, runs) as (folder, converted):
        subject = TokenizerSubject.read(folder, sample or NO_SAMPLE)
        told = check_tokenizer(subject)
        if converted:  # of its folder only the tokenizer is the user's
            told = tuple(
                replace(one, where=replace(one.where, file=name))
                for one in told
                if Path(one.where.file).name != "tokenizer_config.json"
            )
        return told, subject.allowed


def _tell(name: str, findings: "tuple[Finding, ...]", many: int, *, quiet: bool) -> None:
    from tokbench.cli.findings import tell

    if findings:
        tell(findings, err=quiet)
    else:
        said = f", all {many} variants" if many > 1 else ""
        click.echo(f"{name}: fine{said}", err=quiet)


def _chosen(on: str | None, column: str | None, no_text: bool) -> "Sample | None":
    if no_text:
        from tokbench.rules import NO_SAMPLE

        return NO_SAMPLE
    if not on:
        return None
    from tokbench.rules import sample_of
    from tokbench.workbench import named_corpus

    return sample_of(named_corpus([on], column))


def _checked(
    path: str, overrides: tuple[str, ...], sample: "Sample | None"
) -> "tuple[Checked, int]":
    """What the rules say of a file, and for how many recipes it stands."""
    from tokbench.recipe import load_all
    from tokbench.rules import check_all

    recipes = load_all(path, overrides)
    return check_all(recipes, sample), len(recipes)


def _fix(path: Path, sample: "Sample | None", *, quiet: bool) -> "list[Finding]":
    """Mend a file in place and show what changed."""
    from difflib import unified_diff

    from tokbench.recipe import load_all
    from tokbench.rules import mend
    from tokbench.store import write_bytes

    load_all(path)  # a file that cannot be read says so in its own words
    data = path.read_bytes()
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    before = data.decode("utf-8-sig")
    mended = mend(before, path, sample)
    if not mended.done:
        return []
    write_bytes(path.resolve(), mark + mended.text.encode())
    for one in mended.done:
        click.secho(f"{one.where}: {one.rule} fixed", fg="green", err=quiet)
    changes = unified_diff(before.splitlines(), mended.text.splitlines(), n=0, lineterm="")
    for line in list(changes)[2:]:
        if not line.startswith("@@"):
            colour = "red" if line.startswith("-") else "green"
            click.secho(f"    {line[0]} {line[1:]}", fg=colour, err=quiet)
    return list(mended.done)


def _write(
    path: str, findings: "list[Finding]", allowed: list[dict[str, Any]], fixed: "list[Finding]"
) -> None:
    from tokbench.cli.findings import plain
    from tokbench.cli.output import write_json

    told: dict[str, Any] = {"findings": [plain(one) for one in findings], "allowed": allowed}
    if fixed:
        told["fixed"] = [plain(one) for one in fixed]
    write_json(told, path)


def _count(
    findings: "list[Finding]",
    names: tuple[str, ...],
    allowed: int,
    fixable: int,
    *,
    fix: bool,
    err: bool,
) -> None:
    from tokbench.cli.findings import counted

    recipes = sum(map(_is_recipe, names))
    counts = {"recipe": recipes, "tokenizer": len(names) - recipes}
    where = [f"{count} {noun}{'s' * (count != 1)}" for noun, count in counts.items() if count]
    line = f"{counted(findings)} in {' and '.join(where)}"
    if allowed:
        line += f"; {allowed} allowed"
    if fixable and fix:
        line += f"; {fixable} not mended: an alias or a base says it, mend it there"
    elif fixable:
        line += f"; --fix mends {fixable}"
    click.echo(line, err=err)
