"""The rules as a page of documentation, made from the registry."""

from collections.abc import Iterator

from tokbench.rules.registry import rules_of
from tokbench.rules.settled import SETTLED

_STATES = {
    "impossible": "Impossible in format 1",
    "in training": "Told by training",
    "later": "Waiting",
}
_WHY = {"impossible": "what makes it so", "in training": "where", "later": "for"}


def page() -> str:
    """The page in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from (
        "# Rules",
        "",
        "Made from the code by `tokbench/rules/table.py`; a test keeps it so. `tokbench rule L03`",
        "explains a rule and shows the harm.",
        "",
        "## Rules of `tokbench check RECIPE`",
        "",
        "| rule | severity | what is wrong | family |",
        "| --- | --- | --- | --- |",
    )
    for one in rules_of("recipe"):
        yield f"| {one.id} | {one.severity} | {one.title} | {one.family} |"
    yield from (
        "",
        "## Rules of `tokbench check FOLDER`",
        "",
        "A finished tokenizer from anywhere is loaded and judged by what it does. A warning is",
        "what may be meant: a tokenizer that lower-cases, say.",
        "",
        "| rule | severity | what is wrong | family |",
        "| --- | --- | --- | --- |",
    )
    for one in rules_of("tokenizer"):
        yield f"| {one.id} | {one.severity} | {one.title} | {one.family} |"
    for state, title in _STATES.items():
        yield from ("", f"## {title}", "", f"| row | what | {_WHY[state]} |", "| --- | --- | --- |")
        for name, row in sorted(SETTLED.items()):
            if row.state == state:
                yield f"| {name} | {row.title} | {row.why} |"
