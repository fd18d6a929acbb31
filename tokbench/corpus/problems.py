"""How a failure of a file becomes one sentence: `path[: row N]: what; what instead`."""

import os

from tokbench.errors import CorpusError


def refused(shown: str, what: str, row: int | None = None) -> CorpusError:
    """The error to raise about a file.

    >>> refused("a.jsonl", "field 'text' is null; fill it in or remove the row", row=17)
    CorpusError("a.jsonl: row 17: field 'text' is null; fill it in or remove the row")
    """
    place = shown if row is None else f"{shown}: row {row}"
    return CorpusError(f"{place}: {what}")


def unreadable(shown: str, error: OSError) -> CorpusError:
    """The error for what the operating system refused."""
    # Arrow puts more into strerror than the reason.
    reason = os.strerror(error.errno) if error.errno else str(error)
    return refused(shown, f"cannot be read: {reason}; check the path and its permissions")
