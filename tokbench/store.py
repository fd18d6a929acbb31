"""Where results live: atomic writes, signatures, locks, the cache.

A file or folder appears under its final name only when it is complete, so an interrupted or full
disk leaves either the old result or none. A folder is replaced only if tokbench wrote it.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tokbench.errors import StoreError, WrappingError

_ABANDONED = 3600
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
    """The data cache: `TOKBENCH_CACHE`, else `tokbench` below the user's cache folder."""
    if own := os.environ.get("TOKBENCH_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tokbench"


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that the file is there whole or not at all."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_bytes(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


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
    part = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        part = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part"))
        yield part
        part.chmod(0o777 & ~_umask())
        refuse_foreign(target, record)
        old = part.with_suffix(".old")
        if target.exists():
            target.rename(old)
        part.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise _unwritable(shown, error) from error
    except (StoreError, WrappingError) as error:  # of a file inside, by its temporary name
        raise type(error)(str(error).replace(str(part), str(shown))) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


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


def _remove_abandoned(target: Path) -> None:
    """Delete what a killed process left of an earlier try; an hour old, it is nobody's work."""
    for part in target.parent.glob(f".{target.name}.*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED:
                shutil.rmtree(part, ignore_errors=True)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; wait for another holder to finish."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path):
            yield
    except Timeout as error:  # pragma: no cover - FileLock waits without limit
        raise StoreError(f"{path}: another run holds it") from error
    except OSError as error:
        raise _unwritable(path, error) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> StoreError:
    reason = error.strerror or str(error)
    return StoreError(f"{path}: cannot be written: {reason}; nothing was left behind")
