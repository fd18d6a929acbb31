"""How far a long stage has come."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a stage has come; `total` is None where it cannot be known.

    `done` and `total` count in `unit` ("bytes" of the files as they lie on disk, "merges", ...);
    `source` names what is read now.
    """

    stage: str
    done: int
    total: int | None
    unit: str
    documents: int = 0
    source: str = ""


Watch = Callable[[Progress], None]
"""Called by a long stage from time to time; must return quickly."""


def ignore(_: Progress) -> None:
    """The watcher that looks away."""
