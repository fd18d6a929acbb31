"""Where compiled kernels are kept.

That folder belongs to the user, not to the installation (which may be read-only) and not to the
data cache (which may be deleted to save room). One that cannot be read or written costs time, never
a result.
"""

import functools
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import xxhash

SUFFIX = ".kernel"
OURS_ALONE = 0o040700
"""The mode of a folder that nobody else may enter."""
_DIGEST = 16
"""Bytes at the end of a file."""


@functools.cache
def cache_folder() -> Path | None:
    """Where compiled kernels go: the first of these that can be written, None if none can.

    `TOKBENCH_KERNELS`; `tokbench-kernels` in the user's cache folder; a folder of the user's own
    where temporary files go.
    """
    for choose in (_named_folder, _users_folder, _temporary_folder):
        with suppress(OSError, RuntimeError):  # RuntimeError: a user without a home
            if folder := choose():
                folder.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=folder).close()
                return folder
    return None


def compiled_before() -> bool:
    """Whether an earlier process left compiled kernels; without, the first use takes a while."""
    folder = cache_folder()
    return folder is not None and any(folder.glob(f"*{SUFFIX}"))


def read(name: str) -> bytes | None:
    """What was kept under a name; None if nothing was, or it is damaged."""
    if (folder := cache_folder()) is None:
        return None
    try:
        data = (folder / f"{name}{SUFFIX}").read_bytes()
    except OSError:
        return None
    kept, digest = data[:-_DIGEST], data[-_DIGEST:]
    return kept if _digest(name, kept) == digest else None


def write(name: str, data: bytes) -> None:
    """Keep these bytes, whole or not at all; a full disk is not worth a word."""
    if (folder := cache_folder()) is None:
        return
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(data + _digest(name, data))
        temporary.replace(folder / f"{name}{SUFFIX}")
    except OSError:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _digest(name: str, data: bytes) -> bytes:
    """The name is in it: code under another's name is not run."""
    return xxhash.xxh3_128_digest(name.encode() + data)


def _named_folder() -> Path | None:
    own = os.environ.get("TOKBENCH_KERNELS")
    return Path(own) if own else None


def _users_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tokbench-kernels"


def _temporary_folder() -> Path:
    """A folder below /tmp that nobody else can have put code into, since it will be run."""
    if not hasattr(os, "getuid"):
        return Path(tempfile.gettempdir()) / "tokbench-kernels"
    folder = Path(tempfile.gettempdir()) / f"tokbench-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode != OURS_ALONE:
        return Path(tempfile.mkdtemp(prefix="tokbench-kernels-"))
    return folder
