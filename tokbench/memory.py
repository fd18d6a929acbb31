"""How much memory work may take: sizes as people write them, and what the machine can spare."""

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tokbench.errors import BudgetError

RESERVED = 160_000_000
"""Bytes that the process takes beside its tables: Python, Arrow, kernels, the reader's batches."""
LEAST = 200_000_000
"""The smallest budget."""
_UNKNOWN = 4_000_000_000
"""What a machine is taken to have that does not say."""
_UNITS = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
}  # fmt: skip
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-z]*)\s*")
_CGROUPS = Path("/sys/fs/cgroup")


def cores() -> int:
    """How many threads may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parsed(text: str) -> int:
    """The bytes of a budget.

    Args:
        text: a number with a unit, `2GB` or `1.5GiB`, or of bytes.

    Raises:
        BudgetError: it is no size, or less than tokbench can work with.

    >>> parsed("500MB"), parsed("1.5 GiB"), parsed("250000000")
    (500000000, 1610612736, 250000000)
    """
    size = bytes_of(text)
    if size < LEAST and text.strip().replace(".", "").isdigit():
        number = text.strip()
        raise BudgetError(f"{text} bytes are too little; with a unit: {number}GB, {number}MB")
    room(size)
    return size


def bytes_of(text: str) -> int:
    """The bytes of a size as people write it.

    Raises:
        BudgetError: it is no size.

    >>> bytes_of("10KB"), bytes_of("12")
    (10000, 12)
    """
    found = _SIZE.fullmatch(text)
    if not found:
        raise BudgetError(f"{text!r} is no size; write it as 500MB, 2GB or 1.5GiB")
    number, unit = found.groups()
    if unit.upper() not in _UNITS:
        known = f"{number}{unit[0].upper()}B" if unit[0].upper() in "KMGT" else "500MB"
        raise BudgetError(f"{text!r} has no unit of size; write {known}, or a number of bytes")
    return int(float(number) * _UNITS[unit.upper()])


def taken() -> int:
    """Bytes of memory that this process takes now; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def peak() -> int:
    """The most bytes of memory that this process took so far; 0 where the system does not say.

    `ru_maxrss` would begin with what its parent had taken.
    """
    with suppress(OSError, ValueError, IndexError):
        said = Path("/proc/self/status").read_text("ascii").split("VmHWM:")[1]
        return int(said.split()[0]) * 1024
    return 0


def room(budget: int | None) -> int:
    """Bytes for tables out of a budget for the whole process; None: half of what is free.

    Raises:
        BudgetError: the budget is less than LEAST.
    """
    if budget is not None and budget < LEAST:
        raise BudgetError(
            f"{budget:,} bytes are too little: Python, Arrow and compiled kernels take some "
            f"{shown(RESERVED)} themselves; give at least {shown(LEAST)}"
        )
    return (budget or max(LEAST, available() // 2)) - RESERVED


def available() -> int:
    """Bytes that this process may still take: of the machine, and of its control groups."""
    return min((_machine(), *_limits()), default=_UNKNOWN)


def give_back() -> None:
    """Return freed memory to the system: the C library and Arrow keep it, and it counts as taken.

    After many tables of some megabytes that is a hundred megabytes and more.
    """
    if arrow := sys.modules.get("pyarrow"):
        arrow.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # glibc's own
        ctypes.CDLL(None).malloc_trim(0)


def shown(size: float) -> str:
    """A size for people.

    >>> shown(523_000_000), shown(2.14e9), shown(12_345)
    ('523 MB', '2.1 GB', '12 kB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.{1 if name == 'GB' else 0}f} {name}"
    return f"{size / 1e3:.0f} kB"


def _machine() -> int:
    with suppress(OSError, IndexError, ValueError):
        text = Path("/proc/meminfo").read_text("ascii")
        return int(text.split("MemAvailable:")[1].split()[0]) * 1024
    with suppress(AttributeError, OSError, ValueError):  # macOS does not say what is free
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _UNKNOWN


def _limits() -> Iterator[int]:
    """What each control group that this process is in has left; page cache can be given up."""
    for folder in _groups():
        with suppress(OSError, ValueError, IndexError):
            limit = int((folder / "memory.max").read_text("ascii"))
            used = int((folder / "memory.current").read_text("ascii"))
            cached = int((folder / "memory.stat").read_text("ascii").split("\nfile ")[1].split()[0])
            yield max(0, limit - used + cached)
        with suppress(OSError, ValueError):  # version 1
            limit = int((folder / "memory.limit_in_bytes").read_text("ascii"))
            yield max(0, limit - int((folder / "memory.usage_in_bytes").read_text("ascii")))


def _groups() -> Iterator[Path]:
    """The folders of this process's control groups, and of those that they are in."""
    yield _CGROUPS
    yield _CGROUPS / "memory"
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            root = _CGROUPS / "memory" if kinds else _CGROUPS
            if kinds in ("", "memory"):
                parts = Path(path.strip("/")).parts
                yield from (root.joinpath(*parts[:end]) for end in range(1, len(parts) + 1))
