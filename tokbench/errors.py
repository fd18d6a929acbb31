"""What users see when something is wrong.

Every mistake that a user can mend is a `TokbenchError`: one sentence that says where, what and
what instead. The command line prints it and exits with 1; nothing else catches it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Location:
    """A place in a file that a user wrote; line and column count from 1.

    >>> str(Location("recipe.yaml", 12, 7)), str(Location("recipe.yaml"))
    ('recipe.yaml:12:7', 'recipe.yaml')
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a recipe or a tokenizer.

    `rule` is a row of the catalogue, or "format"; `example` shows the harm where text can.

    >>> str(Finding("L08", "error", Location("a.yaml", 3, 1), "bytes are lost"))
    'a.yaml:3:1: L08 error: bytes are lost'
    """

    rule: str
    severity: Severity
    where: Location
    message: str
    example: str = ""

    def __str__(self) -> str:
        label = "" if self.rule == "format" else f"{self.rule} {self.severity}: "
        return f"{self.where}: {label}{self.message}"


class TokbenchError(Exception):
    """A mistake that the user can mend: one sentence, exit 1, no traceback."""


class RecipeError(TokbenchError):
    """A recipe that cannot be used; carries every finding, not only the first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))

    def __reduce__(self) -> tuple[type["RecipeError"], tuple[tuple[Finding, ...]]]:
        return (RecipeError, (self.findings,))


class CorpusError(TokbenchError):
    """A corpus that cannot be read, or holds nothing to read."""


class CountsError(TokbenchError):
    """Counts that are damaged, or that cannot be joined with others."""


class TrainingError(TokbenchError):
    """A training that cannot give the tokenizer that was asked for."""


class BudgetError(TokbenchError):
    """An amount of memory that cannot be read, or that the work needs more than."""


class WrappingError(TokbenchError):
    """A tokenizer whose saved folder does not load as what was trained."""


class StoreError(TokbenchError):
    """A result that cannot be written, or is not ours to replace."""


class SubjectError(TokbenchError):
    """Something to measure that cannot be found or loaded."""


class PublishingError(TokbenchError):
    """A run that cannot be published as it is, or a Hub that does not take it."""


class UnknownNameError(TokbenchError):
    """A name that is not registered; the message offers the nearest one."""


def sentence(error: BaseException) -> str:
    """What to tell a user of an error that is no fault of the program's.

    >>> sentence(MemoryError()), sentence(FileNotFoundError(2, "No such file", "a.txt"))
    ('out of memory: use less text or a smaller vocabulary', 'a.txt: No such file')
    """
    if isinstance(error, MemoryError):
        return "out of memory: use less text or a smaller vocabulary"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return str(error)


CONTROLS = {
    **dict.fromkeys((*range(0x7F, 0xA0), *range(0x200E, 0x2010)), "\ufffd"),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"),
    **{code: chr(0x2400 + code) for code in range(0x20)},
}
"""Controls of the terminal and of writing direction, and what is shown for them."""


def printable(text: str) -> str:
    r"""The text with no power over the terminal; line ends stay.

    >>> printable("a\x1b[31m\nb") == "a␛[31m\nb"
    True
    """
    return "\n".join(line.translate(CONTROLS) for line in text.split("\n"))


def nearest(name: str, known: Sequence[str], limit: int = 40) -> str:
    """The end of an "unknown ..." sentence: the nearest name, else what is known.

    >>> nearest("fertilty", ["fertility", "tokens"])
    "did you mean 'fertility'? known: fertility, tokens"
    >>> nearest("zzz", ["fertility", "tokens"])
    'known: fertility, tokens'
    """
    folded = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), list(folded), n=1)
    hint = f"did you mean {folded[close[0]]!r}? " if close else ""
    rest = ", ..." if len(known) > limit else ""
    return f"{hint}known: {', '.join(known[:limit])}{rest}"
