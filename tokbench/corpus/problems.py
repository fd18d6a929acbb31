"""How a failure of a file becomes one sentence: `path[: row N]: what; what instead`."""

import os
from collections.abc import Sequence

from tokbench.errors import CorpusError


def refused(shown: str, what: str, row: int | None = None) -> CorpusError:
    """The error to raise about a file.

    >>> refused("a.jsonl", "field 'text' is null; fill it in or remove the row", row=17)
    CorpusError("a.jsonl: row 17: field 'text' is null; fill it in or remove the row")
    """
    place = shown if row is None else f"{shown}: row {row}"
    return CorpusError(f"{place}: {what}")


RECODE = "convert the file to UTF-8, or name its encoding with `encoding:`"
"""What to do about text that is not UTF-8, where the format does not say how it is written."""


def unreadable(shown: str, error: OSError) -> CorpusError:
    """The error for what the operating system refused."""
    # Arrow puts more into strerror than the reason.
    reason = os.strerror(error.errno) if error.errno else str(error)
    return refused(shown, f"cannot be read: {reason}; check the path and its permissions")


def refuse_columns(shown: str, columns: Sequence[str]) -> None:
    """Raise a `CorpusError` if anything but the text is asked of a source that has only that."""
    if columns:
        what = f"has documents and no columns, so no {columns[0]!r}"
        raise refused(shown, f"{what}; leave out the step or the group that asks for it")
