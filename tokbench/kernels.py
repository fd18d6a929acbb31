"""Compiled kernels: one decorator, and where their machine code is cached.

numba is imported when the first kernel is decorated, so a module that imports this one alone stays
cheap; modules that hold kernels are imported by the functions that run them.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def jit(**options: Any) -> Callable[[F], F]:
    """`numba.njit` with its cache in a folder that can be written.

    Args:
        options: what `numba.njit` takes, such as `nogil=True`.
    """
    os.environ.setdefault("NUMBA_CACHE_DIR", str(_folder()))
    import numba  # noqa: PLC0415 - 0.3 s that only counting and training should pay

    numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
    return cast("Callable[[F], F]", numba.njit(cache=True, **options))


def _folder() -> Path:
    """The user's cache folder, else one in the temporary folder."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "tokbench-kernels"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return Path(tempfile.gettempdir()) / "tokbench-kernels"
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir()) / folder.name
