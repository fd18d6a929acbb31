"""What a training takes: seconds, without what is not training, and memory."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Clock:
    """Seconds, with pauses; it may start at what an interrupted training took before.

    Work that a GPU or TPU has still to do when a pause begins belongs to the time before it.
    """

    def __init__(self, device: Any = None) -> None:
        self._device = device
        self._before = 0.0
        self._since: float | None = None

    def start(self, before: float = 0.0) -> None:
        """Go on from so many seconds."""
        self._before, self._since = before, time.perf_counter()

    def stop(self) -> float:
        """Stop, and give the seconds so far."""
        _wait(self._device)
        self._before, self._since = self.seconds, None
        return self._before

    @property
    def seconds(self) -> float:
        """The seconds so far."""
        since = self._since
        return self._before + (0.0 if since is None else time.perf_counter() - since)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what the block takes."""
        going = self._since is not None
        if going:
            self.stop()
        yield
        if going:
            self.start(self._before)


def _wait(device: Any) -> None:
    if device is not None and device.type == "cuda":
        import torch  # noqa: PLC0415 - it takes seconds, and only child processes need it

        torch.cuda.synchronize(device)
    if device is not None and device.type == "xla":
        import torch_xla  # noqa: PLC0415 - only where it is installed
        from torch_xla.core import xla_model  # noqa: PLC0415 - as above

        torch_xla.sync()
        xla_model.wait_device_ops()


@dataclass(frozen=True)
class Compiled:
    """What was compiled for an XLA device.

    >>> Compiled(5, 2.5) - Compiled(3, 2.0)
    Compiled(programs=2, seconds=0.5)
    """

    programs: int = 0
    seconds: float = 0.0

    def __sub__(self, before: "Compiled") -> "Compiled":
        return Compiled(self.programs - before.programs, self.seconds - before.seconds)


def compiled(device: Any) -> Compiled:
    """What this process compiled so far; nothing where no device needs it."""
    if device.type != "xla":
        return Compiled()
    from torch_xla.debug import metrics  # noqa: PLC0415 - only where it is installed

    found = metrics.metric_data("CompileTime")
    return Compiled(found[0], found[1] / 1e9) if found else Compiled()


def forget_peak(device: Any) -> None:
    """Let `peak` count from now on, where the system knows how."""
    if device.type == "cuda":
        import torch  # noqa: PLC0415 - as above

        torch.cuda.reset_peak_memory_stats(device)
    else:
        with suppress(OSError):  # 5 resets the peak of the resident set; proc(5), clear_refs
            Path("/proc/self/clear_refs").write_text("5")


def peak(device: Any) -> int:
    """Bytes: what torch allocated on a GPU or TPU at most, else the process's largest resident set.

    Since `forget_peak` where that can be forgotten, else (TPU, macOS) since the process began.
    """
    if device.type == "cuda":
        import torch  # noqa: PLC0415 - as above

        return int(torch.cuda.max_memory_allocated(device))
    if device.type == "xla":
        from torch_xla.core import xla_model  # noqa: PLC0415 - only where it is installed

        with suppress(RuntimeError, KeyError):  # the CPU as an XLA device does not count
            return int(xla_model.get_memory_info(device)["peak_bytes_used"])
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        line = next(line for line in lines if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
