"""How findings are told: a line each, the example below it, a count at the end."""

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console
    from rich.text import Text

    from tokbench.errors import Finding
    from tokbench.recipe import Recipe

_COLOURS = {"error": "bold red", "warning": "yellow"}
_INDENT = 4


def tell(findings: "Iterable[Finding]", *, err: bool = False) -> None:
    """Print findings; wrapped with an indent on a terminal, one line each elsewhere.

    Args:
        findings: in the order to tell them.
        err: to stderr.
    """
    from rich.console import Console
    from rich.text import Text

    from tokbench.errors import printable

    console = Console(stderr=err, highlight=False)
    for one in findings:
        rule = "" if one.rule == "format" else f"{one.rule} "
        line = Text(f"{one.where}: ", style="bold")
        line.append(f"{rule}{one.severity}:", style=_COLOURS[one.severity])
        line.append(f" {printable(one.message)}", style="not bold")
        _print(console, line)
        if one.example:
            _print(console, Text(" " * _INDENT + printable(one.example), style="cyan"))


def _print(console: "Console", line: "Text") -> None:
    if not console.is_terminal:
        console.print(line, soft_wrap=True)
        return
    for number, part in enumerate(line.wrap(console, console.width - _INDENT)):
        part.rstrip()
        if number:
            part.pad_left(_INDENT)
        console.print(part)


def check_first(recipes: "Iterable[Recipe]") -> None:
    """Check recipes before any long work: errors end the command, warnings are one dim line."""
    from rich.console import Console
    from rich.text import Text

    from tokbench.rules import RULES, check_all

    wrong: list[Finding] = []
    files: dict[Path, list[Recipe]] = {}
    for recipe in recipes:
        files.setdefault(recipe.path, []).append(recipe)
    for path, variants in files.items():
        checked = check_all(variants)
        if checked.of("error"):
            wrong += checked.findings
        elif checked.findings:
            told = dict.fromkeys(
                f"{one.rule} {RULES[one.rule].title if one.rule in RULES.names() else one.message}"
                for one in checked.findings
            )
            line = f"{path}: {'; '.join(told)} (`tokbench check` says more)"
            Console(stderr=True, highlight=False).print(Text(line, style="dim"), soft_wrap=True)
    if wrong:
        tell(wrong, err=True)
        sys.exit(1)


def counted(findings: "Iterable[Finding]") -> str:
    """How many of each severity.

    >>> counted([])
    'no errors, no warnings'
    """
    count = Counter(one.severity for one in findings)
    return ", ".join(_number(count[what], what) for what in ("error", "warning"))


def _number(count: int, noun: str) -> str:
    """A count in words.

    >>> _number(0, "error"), _number(1, "error"), _number(2, "error")
    ('no errors', '1 error', '2 errors')
    """
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def plain(finding: "Finding") -> dict[str, Any]:
    """A finding for JSON."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": finding.where.file,
        "line": finding.where.line,
        "column": finding.where.column,
        "message": finding.message,
        **({"example": finding.example} if finding.example else {}),
    }
