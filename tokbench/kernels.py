"""Where compiled kernels are kept, and the one decorator that compiles them.

A kernel is a Python function that Numba compiles on its first call, which takes seconds; later
processes load it from a cache in milliseconds. That cache belongs to the user, not to the
installation (which may be read-only) and not to the data cache (which may be deleted to save room).
A cache that cannot be read or written costs time, never a result.

Importing this module imports no Numba; importing a module that holds kernels does.

Keep a kernel and everything it calls in one file: Numba compiles anew when the file of a kernel
changes, and never looks at the files of what it calls.
"""

import functools
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
Integer = Any
"""In a kernel: 64 bits wide, whether it came from Python or from an array."""
Array = Any
"""In a kernel: a numpy array, its elements' type said in words."""
OURS_ALONE = 0o040700
"""The mode of a folder that nobody else may enter."""


def jit(function: Kernel) -> Kernel:
    """Compile `function` on its first call, without holding the interpreter's lock.

    Kernels work on arrays that they are given and cannot make any: without Numba's counting of
    references, which slows inner loops down by half, that is how it must be (and Numba refuses to
    compile what would allocate).

    Every new combination of argument types compiles again and is kept apart, so callers pass the
    same types always; see `sealed` for arrays that may or may not be writable.
    """
    import numba  # noqa: PLC0415 - 0.2 s that only those who run a kernel should wait for

    dispatcher = numba.njit(nogil=True, _nrt=False)(function)
    if (folder := cache_folder()) is not None:
        with suppress(RuntimeError):  # Numba could make no folder for this file there
            dispatcher._cache = _cache(function, folder)  # noqa: SLF001 - what cache=True assigns
    return dispatcher  # type: ignore[no-any-return]


def sealed(array: Any) -> Any:
    """The same numpy array, read-only: to Numba, arrays that may be written are another type."""
    view = array.view()
    view.flags.writeable = False
    return view


@functools.cache
def cache_folder() -> Path | None:
    """Where compiled kernels go: the first of these that can be written, None if none can.

    `NUMBA_CACHE_DIR`; `tokbench-kernels` in the user's cache folder; a folder of the user's own
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
    return folder is not None and any(folder.rglob("*.nbi"))


def _named_folder() -> Path | None:
    own = os.environ.get("NUMBA_CACHE_DIR")
    return Path(own) if own else None


def _users_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tokbench-kernels"


def _temporary_folder() -> Path:
    """A folder below /tmp that nobody else can have put code into, since it will be run."""
    if not hasattr(os, "getuid"):
        folder = Path(tempfile.gettempdir()) / "tokbench-kernels"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"tokbench-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode != OURS_ALONE:
        return Path(tempfile.mkdtemp(prefix="tokbench-kernels-"))
    return folder


def _cache(function: Callable[..., Any], folder: Path) -> Any:
    """Numba's cache of one function in this folder, without its way of failing.

    What is run is what was saved for this very kernel: Numba neither notices a byte that changed
    nor that a process was killed, or another came between, after it had announced new code in the
    index and before it had written it.
    """
    from numba import config  # noqa: PLC0415
    from numba.core import caching  # noqa: PLC0415

    class Here(caching.CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = (caching.UserProvidedCacheLocator,)  # and never beside the source

    class File(caching.IndexDataCacheFile):  # type: ignore[misc]
        def save(self, key: Any, data: Any) -> None:
            super().save(key, (self._source_stamp, key, data))

        def load(self, key: Any) -> Any:
            stamp, same, data = super().load(key) or (None, None, None)
            return data if (stamp, same) == (self._source_stamp, key) else None

        def _dump(self, obj: Any) -> bytes:
            data: bytes = super()._dump(obj)
            return data + hashlib.sha256(data).digest()  # pickle's readers stop before it

        def _load_data(self, name: str) -> Any:
            data = Path(self._data_path(name)).read_bytes()
            size = len(data) - hashlib.sha256().digest_size
            if size < 0 or hashlib.sha256(data[:size]).digest() != data[size:]:
                raise OSError(f"{name} is damaged")
            return pickle.loads(data[:size])

    class Cache(caching.FunctionCache):  # type: ignore[misc]
        _impl_class = Here
        _cache_file: Any

        def __init__(self, function: Callable[..., Any]) -> None:
            super().__init__(function)
            there = self._cache_file
            self._cache_file = File(
                there._cache_path,  # noqa: SLF001 - Numba offers no other way to its three parts
                there._index_name.removesuffix(".nbi"),  # noqa: SLF001
                there._source_stamp,  # noqa: SLF001
            )

        def load_overload(self, *args: Any) -> Any:
            try:
                return super().load_overload(*args)
            except Exception:  # noqa: BLE001 - an index that was cut short can raise anything
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, *args: Any) -> None:
            with suppress(Exception):  # a full disk, a damaged index: compile again next time
                super().save_overload(*args)

    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        return Cache(function)
    finally:
        config.CACHE_DIR = before
