"""The processes that train one model together, as `torchrun` and `accelerate launch` start them.

Both set RANK and WORLD_SIZE; every process runs the whole command, and the first alone writes and
prints. One process is the usual case and needs none of that.

>>> import os; os.environ.pop("WORLD_SIZE", None) and None
>>> first(), number()
(True, 1)
"""

import os
from typing import TypeVar

from tokbench.child import run_in_child
from tokbench.memory import cores

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


def at_once() -> int:
    """How many models may be trained at once: one on a GPU or TPU, else one on each core."""
    if number() > 1:
        return 1
    return cores() if run_in_child(_device) == "cpu" else 1


def _device() -> str:
    from transformers import TrainingArguments  # noqa: PLC0415 - only child processes need it

    return str(TrainingArguments(output_dir="unused", report_to="none").device.type)


def gathered(value: T) -> list[T]:
    """What each process has, in the order of their ranks; every process must call this."""
    if number() == 1:
        return [value]
    from torch import distributed  # noqa: PLC0415 - only where there are several processes

    every: list[T] = [value] * number()
    distributed.all_gather_object(every, value)
    return every
