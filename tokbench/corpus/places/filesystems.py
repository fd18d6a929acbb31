"""Files on any file system that fsspec knows by a URL: `s3://`, `gs://`, `hf://`, `memory://`."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

import fsspec
import xxhash
from fsspec.registry import known_implementations

from tokbench.corpus.places.credentials import redacted, scrubbed
from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError, TokbenchError, nearest

_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "blob_id", "oid", "sha256")
_DATES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
"""What file systems call the things that tell versions apart."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on a file system of fsspec, as it was when it was looked at.

    Attributes:
        address: its URL, credentials and all; not to be shown.
        size: its bytes; 0 where the file system does not say.
        version: by its tag, else by date and size, else nothing.
    """

    address: str = field(repr=False)
    size: int
    version: str

    packing = ""

    @property
    def shown(self) -> str:
        """The address without credentials."""
        return redacted(self.address)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return PurePosixPath(self.address.partition("::")[0].partition("?")[0]).name

    @contextmanager
    def stream(self) -> "Iterator[io.BufferedReader[Any]]":
        """From the first byte to the last; it must be the same version before and after."""
        with self._opened() as stream:
            yield stream
        self._check()

    @contextmanager
    def seekable(self) -> Iterator[io.BufferedIOBase]:
        """What the file system opens can be read in any order."""
        with self._opened() as stream:
            yield stream

    def identity(self) -> Any:
        """Address and version; of a file without a version, the XXH3 of its bytes, all read."""
        if self.version:
            return [self.shown, self.version]
        digest = xxhash.xxh3_128()
        with self.stream() as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return [self.shown, f"xxh3 {digest.hexdigest()}"]

    @contextmanager
    def _opened(self) -> "Iterator[io.BufferedReader[Any]]":
        self._check()
        with blamed(self.address):
            system, path = _found(self.address)
            file = _Reading(system.open(path, "rb"), self.address)
        with io.BufferedReader(file, 1 << 16) as stream:
            yield stream

    def _check(self) -> None:
        now = look(self.address)
        if (now.size, now.version) != (self.size, self.version):
            how = f"{self.version or self.size} then, {now.version or now.size} now"
            what = f"changed since it was looked at ({how}); start again"
            raise refused(self.shown, f"{what}, so that all is of one version")


class _Reading(io.RawIOBase):
    """What a file system opened; its errors become sentences."""

    def __init__(self, file: Any, address: str) -> None:
        super().__init__()
        self._file, self._address = file, address

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def tell(self) -> int:
        return int(self._file.tell())

    def seek(self, offset: int, whence: int = 0, /) -> int:
        with blamed(self._address):
            return int(self._file.seek(offset, whence))

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        with blamed(self._address):
            data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def look(address: str) -> RemoteFile:
    """Ask the file system about a file.

    Raises:
        CorpusError: it is not there, or what its protocol needs is not installed.
    """
    with blamed(address):
        system, path = _found(address)
        system.invalidate_cache()
        info = system.info(path)
        size = int(info.get("size") or 0)
    tag = next((info[key] for key in _TAGS if info.get(key)), None)
    date = next((info[key] for key in _DATES if info.get(key)), None)
    said = f"etag {tag}" if tag else f"modified {date}, {size} bytes" if date else ""
    return RemoteFile(address, size, said)


def matches(pattern: str) -> tuple[list[str], bool]:
    """The addresses of the files that a URL means, sorted, and whether it is a folder.

    Args:
        pattern: a file, a folder (all files below it), or a glob.

    Raises:
        CorpusError: it is not there, or what its protocol needs is not installed.
    """
    with blamed(pattern):
        system, path = _found(pattern)
        system.invalidate_cache()
        if "*" in path or "[" in path:
            return [_url(system, each, pattern) for each in sorted(system.glob(path))
                    if system.isfile(each)], False  # fmt: skip
        if system.isdir(path):
            return [_url(system, each, pattern) for each in sorted(system.find(path))], True
        return [pattern], False


def _url(system: Any, path: str, pattern: str) -> str:
    """The address of a file that was listed, by the protocol and the chain of the pattern."""
    _, *chain = pattern.split("::")
    first = pattern.partition("::")[0]
    scheme, _, rest = first.partition("://")
    user = rest.partition("/")[0].rpartition("@")[0]
    bare = str(system._strip_protocol(path))  # noqa: SLF001 - fsspec's own, without a public name
    made = f"{scheme}://{user}@{bare}" if user else f"{scheme}://{bare.lstrip('/')}"
    return "::".join([made, *chain])


def _found(address: str) -> tuple[Any, str]:
    system, path = fsspec.core.url_to_fs(address)
    return system, cast("str", path)


@contextmanager
def blamed(address: str) -> Iterator[None]:
    """Make a sentence of whatever a file system raises."""
    try:
        yield
    except TokbenchError:
        raise
    except FileNotFoundError as error:
        raise _refused(address, "no such file; check the address") from error
    except PermissionError as error:
        what = "may not be read; check your rights and credentials"
        raise _refused(address, f"{what} ({_reason(error)})") from error
    except ImportError as error:
        raise _refused(address, _missing(address, error)) from error
    except Exception as error:
        # Each file system has errors of its own, of every class there is.
        if "Protocol not known" in str(error):
            raise _refused(address, _unknown(address)) from error
        what = f"cannot be read ({_reason(error)}); check the address and your credentials"
        raise _refused(address, what) from error


def _missing(address: str, error: ImportError) -> str:
    protocol = _protocol(address)
    known = known_implementations.get(protocol, {})
    package = str(known.get("class", "")).partition(".")[0]
    cause: BaseException | None = error
    while package in ("fsspec", "") and cause is not None:
        package = (getattr(cause, "name", None) or "").partition(".")[0] or package
        cause = cause.__cause__ or cause.__context__
    return f"{protocol}:// needs a package that is not installed; run `pip install {package}`"


def _unknown(address: str) -> str:
    protocol = _protocol(address)
    known = sorted({"http", "https", *fsspec.available_protocols()})
    return f"there is no protocol {protocol!r}; {nearest(protocol, known, limit=8)}"


def _protocol(address: str) -> str:
    """The protocol that comes first.

    >>> _protocol("simplecache::s3://a/b"), _protocol("gs://a/b")
    ('simplecache', 'gs')
    """
    return address.partition("://")[0].partition("::")[0]


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def _refused(address: str, what: str) -> CorpusError:
    return refused(redacted(address), scrubbed(what, address))
