"""The processes that train one model together, as `torchrun` and `accelerate launch` start them.

Both set RANK and WORLD_SIZE; every process runs the whole command, and the first alone writes and
prints. One process is the usual case and needs none of that.

>>> import os; os.environ.pop("WORLD_SIZE", None) and None
>>> first(), number()
(True, 1)
"""

import os
from typing import TypeVar

T = TypeVar("T")


def rank() -> int:
    """Which process this is, from 0."""
    return int(os.environ.get("RANK", "0")) if number() > 1 else 0


def number() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first() -> bool:
    """Whether this is the process that writes and prints."""
    return rank() == 0


def gathered(value: T) -> list[T]:
    """What each process has, in the order of their ranks; every process must call this."""
    if number() == 1:
        return [value]
    from torch import distributed  # noqa: PLC0415 - only where there are several processes

    every: list[T] = [value] * number()
    distributed.all_gather_object(every, value)
    return every
