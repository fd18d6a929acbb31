"""Where results live: atomic writes, signatures, locks, the cache.

A file or folder appears under its final name only when it is complete, so an interrupted or full
disk leaves either the old result or none. A folder is replaced only if tokbench wrote it. Until
then it lies beside its place as a hidden `.part`, locked by the process that fills it; what a
killed process left there is no longer locked, and the next writer of the same thing removes it.
"""

import errno
import glob
import hashlib
import json
import math
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock

from tokbench.errors import StoreError, WrappingError

_ABANDONED = 3600
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT)
"""What the system answers where nothing was ever to be written."""
MANIFEST = "tokbench.json"
"""The file that marks a folder as written by tokbench."""


def signature(*parts: Any) -> str:
    """Sixteen hexadecimal digits that stand for these JSON-able settings.

    >>> signature({"a": 1, "b": 2}) == signature({"b": 2, "a": 1})
    True
    >>> signature({"a": 1}) == signature({"a": 1.5})
    False
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def cache_dir() -> Path:
    """The data cache: `TOKBENCH_CACHE`, else `tokbench` below the user's cache folder.

    For a user without a home a path where nothing is found and nothing can be written.
    """
    if own := os.environ.get("TOKBENCH_CACHE"):
        return Path(own)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "tokbench"
    try:
        return Path.home() / ".cache" / "tokbench"
    except RuntimeError:
        return Path(os.devnull) / "tokbench"


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that the file is there whole or not at all.

    A device or a pipe is written to as it is.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        with new_file(path) as file:
            file.write(data)
    except OSError as error:
        raise unwritable(path, error) from error


def _mode(path: Path) -> int:
    """The permissions that a file has already, else those of any new file."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0o666 & ~_umask()


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to fill that becomes `path` when the block ends without an error.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        with _part(path, _new_file) as part:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.chmod(_mode(path))
            part.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def scratch(target: Path) -> Iterator[Callable[[], Path]]:
    """For files that are needed only while the block runs: gives their folder, made when asked for.

    It lies beside `target`, or among the system's temporary files where nothing can be written
    there, and is removed in the end; what a killed process left is removed by the next one.

    Raises:
        StoreError: the folder cannot be made.
    """
    with suppress(OSError):
        _remove_abandoned(target)
    places = (target, Path(tempfile.gettempdir()) / f"tokbench-{target.name}")
    made: list[Path] = []
    making = threading.Lock()
    with ExitStack() as stack:

        def folder() -> Path:
            with making:
                for place in places:
                    if made:
                        break
                    try:
                        made.append(stack.enter_context(_part(place, tempfile.mkdtemp)))
                        stack.callback(_remove, made[0])
                    except OSError as error:
                        if error.errno not in _NOT_OURS or place == places[-1]:
                            raise unwritable(place, error) from error
                return made[0]

        yield folder


@contextmanager
def optional() -> Iterator[None]:
    """For writing into a cache: a user who may write nowhere does without, and hears nothing.

    A full disk is another matter, and is raised.
    """
    try:
        yield
    except StoreError as error:
        if not not_ours(error):
            raise


def not_ours(error: StoreError) -> bool:
    """Whether nothing was ever to be written there; a full disk is another matter."""
    return getattr(error.__cause__, "errno", None) in _NOT_OURS


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_bytes(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def finite(value: Any) -> Any:
    """The value with None for what JSON has no word for; `not_numbers` reads it back.

    >>> finite({"loss": float("nan"), "valid": {"mcc": 0.5}, "ids": (1, 2)})
    {'loss': None, 'valid': {'mcc': 0.5}, 'ids': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def not_numbers(value: Any) -> Any:
    """The value with NaN for None.

    >>> not_numbers({"mcc": None, "by_seed": [0.5, None]})
    {'mcc': nan, 'by_seed': [0.5, nan]}
    """
    if isinstance(value, Mapping):
        return {name: not_numbers(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [not_numbers(one) for one in value]
    return math.nan if value is None else value


def read_json(path: Path) -> Any:
    """The JSON value in `path`; a damaged file is a `StoreError` that names it."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StoreError(f"{path}: is damaged ({error}); delete it and run again") from error


@contextmanager
def new_folder(target: Path, record: Path | None = None) -> Iterator[Path]:
    """A folder to fill that becomes `target` when the block ends without an error.

    Args:
        target: a path that does not exist, an empty folder, or a folder that tokbench wrote.
        record: another copy of the folder's manifest, should the one inside be damaged.

    Raises:
        StoreError: `target` holds something that tokbench did not write, or cannot be written.
    """
    refuse_foreign(target, record)
    shown, target = target, target.resolve()
    inside = ""
    try:
        with _part(target, tempfile.mkdtemp) as part:
            inside = str(part)
            yield part
            part.chmod(0o777 & ~_umask())
            refuse_foreign(target, record)
            _put(part, target)
    except OSError as error:
        raise unwritable(shown, error) from error
    except (StoreError, WrappingError) as error:  # of a file inside, by its temporary name
        raise type(error)(str(error).replace(inside, str(shown)) if inside else error) from error


@contextmanager
def continued_folder(target: Path, meant: str) -> Iterator[tuple[Path, Path]]:
    """A folder to fill that becomes `target` in the end, and outlives whoever is killed meanwhile.

    Args:
        target: as for `new_folder`.
        meant: the signature of what it is to hold; what was begun for another is removed.

    Yields:
        The folder, which may hold what an earlier process wrote, and a file beside it where that
        noted how far it came.

    Raises:
        StoreError: as `new_folder`; or another process is filling it now.
    """
    refuse_foreign(target)
    shown, target = target, target.resolve()
    begun = target.parent / f".{target.name}.{meant}.begun"
    try:
        for other in target.parent.glob(f".{glob.escape(target.name)}.*.begun"):
            if other != begun:
                with owned(other) as free:
                    if free:
                        _remove(other)
        with owned(begun) as mine:
            if not mine:
                raise StoreError(f"{shown}: another process is writing it; wait for it to end")
            folder = begun / target.name
            folder.mkdir(exist_ok=True)
            yield folder, begun / "state.json"
            refuse_foreign(target)
            _put(folder, target)
            _remove(begun)
    except OSError as error:
        raise unwritable(shown, error) from error


def refuse_foreign(target: Path, record: Path | None = None) -> None:
    """Raise a `StoreError` unless `target` is absent, an empty folder, or ours to replace."""
    if target.is_dir():
        there = {str(one.relative_to(target)) for one in target.rglob("*") if not one.is_dir()}
        ours = _written(target / MANIFEST) | (_written(record) if record else set())
        if foreign := sorted(there - ours):
            raise StoreError(
                f"{target}: holds {foreign[0]}, which tokbench did not write; it stays as it is: "
                "name another --out, or move that away yourself"
            )
    elif target.exists() or target.is_symlink():
        raise StoreError(f"{target}: is a file; --out names a folder")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder but its manifest, by its name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def _written(record: Path) -> set[str]:
    """The files that a folder's manifest says tokbench wrote, the manifest too; else none."""
    try:
        manifest = json.loads(record.read_bytes())
        return {MANIFEST, *manifest["files"]} if "signature" in manifest else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def _part(target: Path, make: Callable[..., str]) -> Iterator[Path]:
    """Something new beside `target` to become it, locked while the block runs.

    If the block fails it is removed, and so are the folders that were made for it.
    """
    absent = [folder for folder in target.parents if not folder.exists()]
    part = held = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        part, held = _new_part(target, make)
        yield part
    except BaseException:
        if part is not None:
            _remove(part)
        for folder in absent:
            with suppress(OSError):
                folder.rmdir()
        raise
    finally:
        if held is not None:
            os.close(held)


def _new_part(target: Path, make: Callable[..., str]) -> tuple[Path, int | None]:
    """A new file or folder, and the descriptor that locks it, None where there are no locks."""
    while True:
        part = Path(make(dir=target.parent, prefix=f".{target.name}.", suffix=".part"))
        try:
            held = _lock(part)
        except (BlockingIOError, FileNotFoundError):
            continue  # another was quick to find it abandoned
        except OSError:
            return part, None
        if part.exists():
            return part, held
        os.close(held)


def _new_file(*, dir: Path, prefix: str, suffix: str) -> str:  # noqa: A002 - as mkdtemp has it
    descriptor, name = tempfile.mkstemp(suffix, prefix, dir)
    os.close(descriptor)
    return name


def _put(part: Path, target: Path) -> None:
    """Let a folder take the place of another, which stays if that fails."""
    old = part.with_suffix(".old")
    while True:
        with suppress(FileNotFoundError):
            target.rename(old)
        try:
            part.rename(target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                _remove(old)  # another process has just put its own there
                continue
            with suppress(OSError):
                old.rename(target)
            raise
        _remove(old)
        return


def _remove_abandoned(target: Path) -> None:
    """Clean up after processes that were killed while they wrote `target`."""
    left = [
        one.with_suffix(".part")
        for suffix in ("part", "old")
        for one in target.parent.glob(f".{glob.escape(target.name)}.*.{suffix}")
    ]
    for part in left:
        held = None
        try:
            held = _lock(part)
        except BlockingIOError:
            continue
        except FileNotFoundError:
            pass  # it was moved to its place, and the old one not yet removed
        except OSError:  # there are no locks here: an hour old, it is nobody's work
            with suppress(OSError):
                if time.time() - part.stat().st_mtime < _ABANDONED:
                    continue
        old = part.with_suffix(".old")
        with suppress(OSError):  # killed between two renames: the earlier result comes back
            old.rename(target)
        _remove(old)
        _remove(part)
        if held is not None:
            os.close(held)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _lock(path: Path) -> int:
    """Lock a file or folder until the descriptor is closed, by whatever end of the process.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it is gone, or cannot be locked on this system.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, "folders cannot be locked")
    import fcntl  # noqa: PLC0415 - not on every system

    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; wait for another holder to finish."""
    file = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file.acquire()
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield
    finally:
        file.release()


@contextmanager
def owned(folder: Path) -> Iterator[bool]:
    """Have a folder to oneself while the block runs, made if need be.

    Yields:
        False where another process has it, or where it cannot be made or locked.
    """
    held = None
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        held = _lock(folder)
    if held is not None and not folder.exists():  # its owner has just removed it
        os.close(held)
        held = None
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def unwritable(path: Path, error: OSError) -> StoreError:
    """The error for what the system does not let be written."""
    reason = error.strerror or str(error)
    return StoreError(f"{path}: cannot be written: {reason}; nothing was left behind")
