"""Files on web servers read in any order: by ranges, in blocks that are kept for a while."""

import atexit
import io
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from tokbench.corpus.places.web import NoRangesError, WebFile, WebStream, client
from tokbench.corpus.problems import refused

if TYPE_CHECKING:
    import httpx2 as httpx
    from typing_extensions import Buffer

_BLOCK = 1 << 20
_KEPT = 16
_AHEAD = 8
"""At most so many blocks are asked for at once by whoever reads one after the other."""
_COPY = 1 << 20
_COPIES = 2


@contextmanager
def seekable(file: WebFile) -> Iterator[io.BufferedIOBase]:
    """The bytes of a file in any order; a copy of it on this machine where there are no ranges."""
    with client() as asks:
        if file.headers.size and _has_ranges(file, asks):
            with WebRanges(file, asks) as raw, io.BufferedReader(raw, 1 << 16) as found:
                yield found
            return
    with _copied(file) as copy:
        yield copy


def _has_ranges(file: WebFile, asks: "httpx.Client") -> bool:
    try:
        with WebStream(file, asks, 0, 1) as stream:
            return len(stream.read(1) or b"") == 1
    except NoRangesError:
        return False


class WebRanges(io.RawIOBase):
    """A file on a web server; the last 16 MB asked for are kept."""

    def __init__(self, file: WebFile, asks: "httpx.Client") -> None:
        super().__init__()
        self._file, self._asks = file, asks
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._behind, self._ahead = -1, 1

    def readable(self) -> bool:
        """Yes; `io` asks."""
        return True

    def seekable(self) -> bool:
        """Yes; `io` asks."""
        return True

    def tell(self) -> int:
        """The place in the file."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go somewhere else."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size}[whence]
        if base + offset < 0:
            raise ValueError(f"a place before the file: {base + offset}")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "Buffer", /) -> int:
        """Some of the bytes from here on; none at the end."""
        view = memoryview(buffer)
        stop = min(self._at + len(view), self._file.size)
        if stop <= self._at:
            return 0
        if stop - self._at > _AHEAD * _BLOCK:
            part = self._fetch(self._at, stop)
        else:
            number, skip = divmod(self._at, _BLOCK)
            part = self._block(number)[skip : skip + stop - self._at]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            self._ahead = min(2 * self._ahead, _AHEAD) if number == self._behind else 1
            start = number * _BLOCK
            data = self._fetch(start, min(start + self._ahead * _BLOCK, self._file.size))
            for step in range(-(-len(data) // _BLOCK)):
                self._blocks[number + step] = data[step * _BLOCK : (step + 1) * _BLOCK]
            self._behind = number + self._ahead
            while len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _fetch(self, start: int, stop: int) -> bytes:
        try:
            with (
                WebStream(self._file, self._asks, start, stop) as raw,
                io.BufferedReader(raw) as stream,
            ):
                return stream.read(stop - start)
        except NoRangesError as error:
            what = "is no longer sent in parts, as it was at first; try again later"
            raise refused(self._file.shown, what) from error


@contextmanager
def _copied(file: WebFile) -> Iterator[io.BufferedIOBase]:
    """A copy of the file; of a file with a version it is kept for the next who opens it."""
    if not file.version:
        with tempfile.TemporaryFile() as sink:
            _copy(file, sink)
            sink.seek(0)
            yield io.BufferedReader(sink.raw)
        return
    with _opened_copy(file) as copy:
        yield copy


def _opened_copy(file: WebFile) -> io.BufferedReader:
    with _lock:  # another thread could remove the copy before it is open
        key = (file.address, file.version)
        name = _copies.pop(key, "")
        if not name:
            with tempfile.NamedTemporaryFile(prefix="tokbench-", delete=False) as sink:
                name = _copies[key] = sink.name
                _copy(file, sink)
        _copies[key] = name
        while len(_copies) > _COPIES:
            _remove(_copies.popitem(last=False)[1])
        return open(name, "rb")  # noqa: PTH123 - a plain name; the caller closes it


def _copy(file: WebFile, sink: IO[bytes]) -> None:
    with file.stream() as stream:
        shutil.copyfileobj(stream, sink, _COPY)


def _remove(name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name)  # noqa: PTH108 - a plain name


_copies: OrderedDict[tuple[str, str], str] = OrderedDict()
_lock = threading.Lock()


@atexit.register
def forget() -> None:
    """Remove all copies."""
    while _copies:
        _remove(_copies.popitem()[1])
