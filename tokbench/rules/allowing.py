"""`# tokbench: allow L39 because ...`: findings that the author knows of, and why they may stay."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.tokens import ScalarToken

from tokbench.errors import Finding, Location
from tokbench.recipe import Document

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*tokbench\s*:\s*(?P<said>.*?)\s*$", re.MULTILINE)
_ALLOW = re.compile(
    r"allow\s+(?P<rules>\w+(?:\s*,\s*\w+)*)(?:\s+because\s+(?P<reason>\S.*))?\s*", re.IGNORECASE
)


@dataclass(frozen=True)
class Allowed:
    """A rule that is silenced in one line of a recipe.

    Attributes:
        rule: its id.
        where: of the comment.
        line: the line whose findings it silences.
        reason: why, in the author's words.
    """

    rule: str
    where: Location
    line: int
    reason: str


def allowances(document: Document, known: list[str]) -> tuple[list[Allowed], list[Finding]]:
    """Every rule that comments silence, and what is wrong with the comments themselves.

    Args:
        document: the recipe as it was read.
        known: the ids of all rules.
    """
    allowed: list[Allowed] = []
    wrong: list[Finding] = []
    for file, text in document.texts.items():
        for start, said in _comments(text):
            where = _place(file, text, start)
            match = _ALLOW.fullmatch(said)
            ids = re.split(r"\s*,\s*", match["rules"].upper()) if match else []
            strange = [one for one in ids if one not in known]
            if match is None:
                problem = "is not understood; write `# tokbench: allow L39 because REASON`"
            elif strange:
                problem = f"there is no rule {strange[0]}; `tokbench list rules` names them"
            elif not match["reason"]:
                problem = f"say why: `# tokbench: allow {match['rules']} because REASON`"
            else:
                line = _meant(text, start)
                allowed += [Allowed(one, where, line, match["reason"]) for one in ids]
                continue
            wrong.append(Finding("allow", "error", where, problem))
    return allowed, wrong


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Where each of our comments begins, and what follows the colon; quoted text is none."""
    found = [(match.start(), match["said"]) for match in _COMMENT.finditer(text)]
    if not found:
        return
    quoted = [
        range(token.start_mark.index, token.end_mark.index)
        for token in YAML(typ="safe", pure=True).scan(text)
        if isinstance(token, ScalarToken)
    ]
    for start, said in found:
        if not any(start in span for span in quoted):
            yield start, said


def _place(file: str, text: str, start: int) -> Location:
    return Location(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def _meant(text: str, start: int) -> int:
    """The line of a comment, or the next one that says something if it stands alone."""
    lines = text.split("\n")
    line = text.count("\n", 0, start)
    if lines[line].lstrip().startswith("#"):
        while line < len(lines) - 1 and (
            not lines[line].strip() or lines[line].lstrip().startswith("#")
        ):
            line += 1
    return line + 1
