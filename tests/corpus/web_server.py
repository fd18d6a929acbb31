"""A web server on this machine that behaves as badly as it is told to."""

import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Behaviour:
    """How a file is served.

    Attributes:
        data: the file.
        etag: its tag, made from the data by default; nothing for none.
        modified: its date, or nothing.
        ranges: whether parts are sent.
        sized: whether Content-Length is sent; the end is told by chunks otherwise.
        cuts: after how many bytes of the body each GET in turn is reset; None for not at all.
        abrupt: whether a cut is a reset, which may take with it what was sent before.
        stall: seconds to wait in the place of a reset.
        refusals: statuses that requests are answered with, in turn, before any is served.
        retry_after: what they say.
        promised: a Content-Length that is not true.
        moved: where the file is instead.
        headers: more to send.
        password: what must be said.
        no_head: HEAD is not answered.
        then: called with the number of each GET before it is served.
    """

    data: bytes
    etag: str | None = None
    modified: str = ""
    ranges: bool = True
    sized: bool = True
    cuts: list[int | None] = field(default_factory=list)
    abrupt: bool = True
    stall: float = 0.0
    refusals: list[int] = field(default_factory=list)
    retry_after: str = ""
    promised: int | None = None
    moved: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    password: str = ""
    no_head: bool = False
    then: Callable[[int], None] | None = None

    @property
    def tag(self) -> str:
        if self.etag is None:
            return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'
        return self.etag


@dataclass
class Server:
    """What is served, and what was asked for."""

    root: str
    files: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def serve(self, name: str, data: bytes, **how: Any) -> str:
        """The address of a file."""
        self.files[name] = Behaviour(data, **how)
        return f"{self.root}/{name}"

    def gets(self) -> list[str]:
        """The ranges of all GETs so far."""
        return [range_ for method, _, range_ in self.asked if method == "GET"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    known: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        name = self.path.partition("?")[0].lstrip("/")
        asked = self.headers.get("Range", "")
        self.known.asked.append((self.command, name, asked))
        how = self.known.files.get(name)
        if how is None:
            self._short(404)
        elif how.password and self.headers.get("Authorization", "") != how.password:
            self._short(401)
        elif how.refusals:
            self._short(how.refusals.pop(0), {"Retry-After": how.retry_after})
        elif how.no_head and not body:
            self._short(405)
        elif how.moved:
            self._short(302, {"Location": how.moved})
        else:
            if body and how.then:
                how.then(len(self.known.gets()))
            self._file(how, asked, body=body)

    def _file(self, how: Behaviour, asked: str, *, body: bool) -> None:
        data, status, headers = how.data, 200, dict(how.headers)
        unchanged = self.headers.get("If-Range", "") in ("", how.tag, how.modified)
        if asked and how.ranges and unchanged:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            stop = min(int(last) + 1, len(data)) if last else len(data)
            if int(first) >= len(data):
                self._short(416, {"Content-Range": f"bytes */{len(data)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{stop - 1}/{len(data)}"
            data, status = data[int(first) : stop], 206
        headers |= {"ETag": how.tag, "Last-Modified": how.modified}
        if how.sized:
            promised = how.promised if status == 200 else None
            headers["Content-Length"] = str(len(data) if promised is None else promised)
        else:
            headers["Transfer-Encoding"] = "chunked"
        # Before anything is sent: the next GET may come before this one is done.
        cut = how.cuts.pop(0) if body and how.cuts else None
        self._head(status, headers)
        if body:
            self._body(data, how, len(data) if cut is None else min(cut, len(data)), cut)

    def _body(self, data: bytes, how: Behaviour, length: int, cut: int | None) -> None:
        step = max(1, length // 3)
        for start in range(0, length, step):
            part = data[start : min(start + step, length)]
            self.wfile.write(part if how.sized else b"%x\r\n%s\r\n" % (len(part), part))
        if how.promised is not None:
            self.close_connection = True
        elif cut is not None and how.stall:
            self.wfile.flush()
            time.sleep(how.stall)
            self.close_connection = True
        elif cut is not None:
            self.wfile.flush()
            if how.abrupt:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif not how.sized:
            self.wfile.write(b"0\r\n\r\n")

    def _short(self, status: int, headers: dict[str, str] | None = None) -> None:
        self._head(status, {**(headers or {}), "Content-Length": "0"})

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the midst is what the tests are about."""


@contextmanager
def serving() -> Iterator[Server]:
    """A server until the end of the block."""
    handler = type("Handler", (_Handler,), {})
    with _Quiet(("127.0.0.1", 0), handler) as listening:
        handler.known = Server(f"http://127.0.0.1:{listening.server_address[1]}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield handler.known
        finally:
            listening.shutdown()
            thread.join()
