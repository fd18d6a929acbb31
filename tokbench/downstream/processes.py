"""The processes that train one model together, as `torchrun` and `accelerate launch` start them.

Both set RANK and WORLD_SIZE; every process runs the whole command, and the first alone writes and
prints. One process is the usual case and needs none of that.

>>> import os; os.environ.pop("WORLD_SIZE", None) and None
>>> first(), number()
(True, 1)
"""

import os
from datetime import timedelta
from typing import Any, TypeVar

from tokbench.child import run_in_child
from tokbench.errors import TokbenchError
from tokbench.memory import cores

T = TypeVar("T")
_PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others, as torch has it where they train."""
_LAUNCHED = "TORCHELASTIC_RUN_ID"
_AGENT_STORE = "TORCHELASTIC_USE_AGENT_STORE"
_hosted: list[Any] = []
"""The store of this training, which lives as long as the child process of the first."""


def require() -> None:
    """Refuse a training of several processes that no launcher started.

    Set by hand, the variables name an address that serves one training; the next would wait there
    for processes that are gone.

    Raises:
        TokbenchError: names the variable.
    """
    for name, alone in (("WORLD_SIZE", "1"), ("LOCAL_RANK", None)):
        told = os.environ.get(name, alone)
        if told != alone and _LAUNCHED not in os.environ:
            raise TokbenchError(
                f"{name}={told} says that several processes train together, and neither torchrun "
                f"nor accelerate launch started this one: start it by one of them, or unset {name}"
            )


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


def meet(name: str) -> None:
    """Let the child processes of one training find each other; every process must call this.

    Those of all trainings inherit the one store of `torchrun`, which would tell the second ones
    the addresses of the first ones, long gone. There the first process says where it hosts a store
    of this training's own.

    Args:
        name: of the training, the same in all processes and never used before.
    """
    if number() == 1 or os.environ.get(_AGENT_STORE) != str(True):
        return
    from torch.distributed import TCPStore  # noqa: PLC0415 - only where there are several

    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    known = TCPStore(host, port, is_master=False, timeout=_PATIENCE)
    place = f"tokbench/{name}"
    if first():
        own = TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=_PATIENCE)
        _hosted.append(own)
        known.set(place, str(own.port))
    os.environ["MASTER_PORT"] = known.get(place).decode()


def gathered(value: T) -> list[T]:
    """What each process has, in the order of their ranks; every process must call this."""
    if number() == 1:
        return [value]
    from torch import distributed  # noqa: PLC0415 - only where there are several processes

    every: list[T] = [value] * number()
    distributed.all_gather_object(every, value)
    return every
