"""Files on web servers, read over http and https; whatever breaks is tried again, with patience.

The bytes are as they lie on the server (no packing on the way), so that its Content-Length and its
ranges mean them. After a cut the rest is asked for with `Range` and `If-Range`; where a server has
no ranges, or nothing to tell versions apart by, the file is read again, and what was given already
is skipped and compared.
"""

import functools
import io
import math
import ssl
from collections.abc import Iterator  # noqa: TC003 - what it annotates is inspected
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import xxhash

from tokbench.corpus.places import patience
from tokbench.corpus.places.credentials import redacted, scrubbed
from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError

try:  # whichever huggingface_hub depends on
    import httpx2 as httpx
except ImportError:
    import httpx  # type: ignore[no-redef,import-not-found]

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PACKINGS = {"gzip": ".gz", "x-gzip": ".gz", "zstd": ".zst"}
_BRIEF = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
"""Refusals that end by themselves, beside those of 500 and above."""
_ADVICE = {
    HTTPStatus.UNAUTHORIZED: "wants credentials; name them in the address, or save the file here",
    HTTPStatus.FORBIDDEN: "does not let you read this; check your rights, or whether a signed "
    "address has expired",
    HTTPStatus.NOT_FOUND: "has no such file; check the address",
    HTTPStatus.GONE: "no longer has this file; check the address",
}
_SKIP = 1 << 18
_UNWILLING = HTTPStatus.NOT_IMPLEMENTED


@dataclass(frozen=True)
class Headers:
    """What a server says of a file beside its bytes.

    Attributes:
        etag: its tag, weak or strong, or nothing.
        modified: when it was changed last, or nothing.
        size: its bytes, or None.
        packing: the codec that it is sent in, or nothing.
    """

    etag: str = ""
    modified: str = ""
    size: int | None = None
    packing: str = ""

    @property
    def strong(self) -> str:
        """What `If-Range` can be given, or nothing: a tag, or else the date."""
        return self.modified if not self.etag or self.etag.startswith("W/") else self.etag

    @property
    def version(self) -> str:
        """A strong tag, or the date and the size, or nothing."""
        if self.etag and not self.etag.startswith("W/"):
            return f"etag {self.etag}"
        if self.modified and self.size is not None:
            return f"modified {self.modified}, {self.size} bytes"
        return ""

    def change(self, now: "Headers") -> str:
        """How the file differs from what it was, nothing if it does not."""
        pairs = (
            ("etag", self.etag, now.etag),
            ("modified", self.modified, now.modified if not (self.etag and now.etag) else ""),
            ("bytes", self.size, now.size),
        )
        for what, before, after in pairs:
            if before not in ("", None) and after not in ("", None) and before != after:
                return f"{what} {before} then, {after} now"
        return ""


@dataclass(frozen=True)
class WebFile:
    """A file on a web server, as it was when it was looked at.

    Attributes:
        address: its URL, credentials and all; not to be shown.
        headers: what the server said of it.
    """

    address: str = field(repr=False)
    headers: Headers

    @property
    def shown(self) -> str:
        """The address without credentials."""
        return redacted(self.address)

    @property
    def name(self) -> str:
        """The last part of the path of the address."""
        return name_in(self.address)

    @property
    def size(self) -> int:
        """What the server said, or 0."""
        return self.headers.size or 0

    @property
    def packing(self) -> str:
        """What the server packs it in."""
        return self.headers.packing

    @property
    def version(self) -> str:
        """By its strong tag, else by date and size, else nothing."""
        return self.headers.version

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
    def stream(self) -> "Iterator[io.BufferedReader[Any]]":
        """From the first byte to the last."""
        with client() as asks, WebStream(self, asks) as raw, io.BufferedReader(raw) as stream:
            yield stream

    def seekable(self) -> AbstractContextManager[io.BufferedIOBase]:
        """By ranges, or a copy on this machine where the server has none."""
        from tokbench.corpus.places import web_ranges  # noqa: PLC0415 - it imports this module

        return web_ranges.seekable(self)


def look(address: str) -> WebFile:
    """Ask what a server says of a file.

    Raises:
        CorpusError: it cannot be had.
    """
    try:
        with client() as asks:
            return WebFile(address, _headers(asks, address))
    except httpx.InvalidURL as error:
        raise _refused(address, f"is no address ({error}); check it") from error


def name_in(address: str) -> str:
    """The name of the file in an address.

    >>> name_in("https://a.org/data/%ED%95%9C.jsonl.gz?token=x")
    '한.jsonl.gz'
    """
    return PurePosixPath(unquote(urlsplit(address).path)).name


class NoRangesError(Exception):
    """The server answered with the whole file when asked for a part."""


class _Fault(Exception):  # noqa: N818 - it is no error before it is one too many
    """Something that may be over when asked again."""

    def __init__(self, what: str, asked: float = 0.0) -> None:
        super().__init__(what)
        self.asked = asked


class WebStream(io.RawIOBase):
    """The bytes of a file on a web server, or a stretch of them, asked for again after each fault.

    Args:
        file: the file.
        asks: the client; it stays open.
        start: the first byte.
        stop: the one behind the last; None for all there are.
    """

    def __init__(
        self, file: WebFile, asks: "httpx.Client", start: int = 0, stop: int | None = None
    ) -> None:
        super().__init__()
        self._file, self._asks = file, asks
        self._start, self._at, self._stop = start, start, stop
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._held = memoryview(b"")
        self._skip = 0
        self._ended = False
        self._faults, self._good = 0, start
        self._given, self._again = xxhash.xxh3_128(), xxhash.xxh3_128()

    def readable(self) -> bool:
        """Yes; `io` asks."""
        return True

    def tell(self) -> int:
        """How many bytes were consumed."""
        return self._at

    def close(self) -> None:
        """Let the connection go."""
        self._drop()
        super().close()

    def readinto(self, buffer: "Buffer", /) -> int:
        """Some of the next bytes; none at the end."""
        while not self._held and not self._ended:
            try:
                self._next()
            except _Fault as fault:
                self._wait(fault)
            except httpx.HTTPError as error:
                self._wait(_Fault(_said(error)))
        view = memoryview(buffer)
        part = self._held[: len(view)]
        view[: len(part)] = part
        self._held = self._held[len(part) :]
        self._at += len(part)
        self._given.update(part)
        return len(part)

    def _next(self) -> None:
        """Hold the next chunk, or see that there is none."""
        if self._response is None:
            self._connect()
        chunk = next(self._chunks, None)
        while chunk is not None and self._skip:
            self._again.update(chunk[: self._skip])
            rest = chunk[self._skip :]
            self._skip -= len(chunk) - len(rest)
            if not self._skip and self._again.digest() != self._given.digest():
                raise self._changed("other bytes where it was read before")
            chunk = rest or next(self._chunks, None)
        if chunk is not None:
            self._held = memoryview(chunk)
        elif not self._ended:
            size = self._file.headers.size if self._stop is None else self._stop
            if self._skip or (size is not None and self._at < size):
                raise _Fault("the file ends too early")
            self._ended = True

    def _connect(self) -> None:
        said = self._file.headers
        headers = {}
        part = self._stop is not None
        if part or (self._at and said.strong):
            headers["Range"] = f"bytes={self._at}-{self._stop - 1 if self._stop else ''}"
            if said.strong:
                headers["If-Range"] = said.strong
        response = _send(self._asks, "GET", self._file.address, headers)
        self._response = response
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and headers:
            self._beyond(response)
            return
        _check(self._file.address, response)
        now = _read_headers(self._file.address, response)
        if change := said.change(now):
            raise self._changed(change)
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            if part:
                raise NoRangesError
            self._skip, self._again = self._at, xxhash.xxh3_128()
        elif _first(response) != self._at:
            raise _Fault("it sends another part than the one asked for")
        self._chunks = response.iter_raw()

    def _beyond(self, response: "httpx.Response") -> None:
        """The server has nothing from here on: right only where the file ends."""
        total = _total(response)
        if self._at != (total if self._file.headers.size is None else self._file.headers.size):
            raise self._changed(f"at least {self._at + 1} bytes then, {total or 'fewer'} now")
        self._ended = True

    def _drop(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response, self._chunks = None, iter(())

    def _wait(self, fault: _Fault) -> None:
        self._drop()
        kept = patience.PATIENCE
        if self._at - self._good >= kept.progress:
            self._faults = 0
        self._faults, self._good = self._faults + 1, self._at
        _wait(self._file.address, fault, self._faults, self._at)

    def _changed(self, how: str) -> CorpusError:
        what = f"changed since it was looked at ({how}); start again, so that all is of one version"
        return _refused(self._file.address, what)


def client() -> "httpx.Client":
    """A client that follows redirects and asks for the bytes as they are."""
    kept = patience.PATIENCE
    return httpx.Client(
        follow_redirects=True,
        headers={"Accept-Encoding": "identity", "User-Agent": "tokbench"},
        timeout=httpx.Timeout(kept.read, connect=kept.connect),
        verify=_trusted(),
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust; reading the certificates takes 60 ms."""
    return httpx.create_ssl_context()


def _headers(asks: "httpx.Client", address: str) -> Headers:
    faults = 0
    while True:
        try:
            return _asked(asks, address)
        except (_Fault, httpx.HTTPError) as error:
            fault = error if isinstance(error, _Fault) else _Fault(_said(error))
            faults += 1
            _wait(address, fault, faults, 0)


def _asked(asks: "httpx.Client", address: str) -> Headers:
    """What HEAD says; where it is not answered, or tells no size, what a GET of one byte says."""
    response = _send(asks, "HEAD", address, {})
    response.close()
    if response.is_success:
        said = _read_headers(address, response)
        if said.size is not None:
            return said
    with closing(_send(asks, "GET", address, {"Range": "bytes=0-0"})) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return Headers(size=0)
        _check(address, response)
        return _read_headers(address, response)


def _send(
    asks: "httpx.Client", method: str, address: str, headers: dict[str, str]
) -> "httpx.Response":
    try:
        request = asks.build_request(method, address, headers=headers)
        response = asks.send(request, stream=True)
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.ConnectError) as error:
        if isinstance(error, httpx.ConnectError) and "CERTIFICATE" not in str(error):
            raise
        what = f"cannot be reached ({_said(error)}); check the address"
        raise _refused(address, what) from error
    status = response.status_code
    if status in _BRIEF or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != _UNWILLING):
        response.close()
        asked = _seconds(response.headers.get("Retry-After", ""))
        raise _Fault(f"the server answers {_answer(status)}", asked)
    return response


def _check(address: str, response: "httpx.Response") -> None:
    """Raise unless the server sends the file."""
    status = response.status_code
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        advice = _ADVICE.get(HTTPStatus(status)) if status in set(HTTPStatus) else None
        what = f"the server {advice}" if advice else "cannot be read; check the address"
        raise _refused(address, f"{what} ({_answer(status)})")


def _read_headers(address: str, response: "httpx.Response") -> Headers:
    said = response.headers
    packing = said.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "", *_PACKINGS):
        what = f"is sent packed with {packing!r}, which is not read; save it here first"
        raise _refused(address, what)
    partial = response.status_code == HTTPStatus.PARTIAL_CONTENT
    length = said.get("Content-Length", "")
    size = _total(response) if partial else int(length) if length.isdecimal() else None
    return Headers(
        said.get("ETag", ""), said.get("Last-Modified", ""), size, _PACKINGS.get(packing, "")
    )


def _total(response: "httpx.Response") -> int | None:
    total = str(response.headers.get("Content-Range", "")).rpartition("/")[2]
    return int(total) if total.isdecimal() else None


def _first(response: "httpx.Response") -> int | None:
    said = str(response.headers.get("Content-Range", "")).partition(" ")[2].partition("-")[0]
    return int(said) if said.isdecimal() else None


def _seconds(said: str) -> float:
    """The seconds of a Retry-After, which may be a date.

    >>> _seconds("3"), _seconds("soon"), _seconds("Fri, 31 Dec 1999 23:59:59 GMT")
    (3.0, 0.0, 0.0)
    """
    if said.isdecimal():
        return float(said)
    try:
        then = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _answer(status: int) -> str:
    """A status with its meaning.

    >>> _answer(404), _answer(599)
    ('404 Not Found', '599')
    """
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


def _said(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "the server stalls"
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def _wait(address: str, fault: _Fault, faults: int, at: int) -> None:
    """Wait after so many faults in a row; raise if they are too many, or it would take too long."""
    kept = patience.PATIENCE
    what = f"cannot be read after {at:,} bytes: {fault}" if at else f"cannot be read: {fault}"
    if faults >= kept.attempts:
        raise _refused(address, f"{what}, {faults} times in a row; try again later") from fault
    if fault.asked > kept.obeyed:
        asked = f"and asks to wait {math.ceil(fault.asked):,} s"
        more = f"more than the {kept.obeyed:,.0f} s that are waited"
        raise _refused(address, f"{what} {asked}, {more}; try again then") from fault
    why = f"{urlsplit(address).hostname or 'the server'}: {fault}"
    kept.wait(faults, fault.asked, scrubbed(why, address))


def _refused(address: str, what: str) -> CorpusError:
    return refused(redacted(address), scrubbed(what, address))
