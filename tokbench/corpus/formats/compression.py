"""The bytes of a file, unpacked while they are read; a file cut short is an error."""

import bz2
import codecs
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Protocol, cast

import pyarrow as pa

from tokbench.corpus.formats.transcoding import UTF8, Transcoded
from tokbench.corpus.pieces import ENCODED, MOST, Piece, bomb
from tokbench.corpus.places.local import LocalFile
from tokbench.corpus.problems import refused, unreadable
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CHUNK = 1 << 18
_SPOOLED = 64 << 20
"""So many bytes are unpacked to memory for those who read in any order; more go to disk."""
_NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "Zstandard"}
_MAGIC = {
    ".gz": (b"\x1f\x8b",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
    ".zst": (b"\x28\xb5\x2f\xfd", *(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))),
}
_PACKED = [
    (".gz", b"\x1f\x8b"),
    (".zst", b"\x28\xb5\x2f\xfd"),
    (".xz", b"\xfd7zXZ\x00"),
    *((".bz2", b"BZh%d1AY&SY" % level) for level in range(1, 10)),
]
"""How packed data begins, for certain; three letters of bzip2's could be a word."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 16


class Readable(Protocol):
    """Something with a `read` that gives as many bytes as asked for, fewer only at the end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; nothing at the end."""


class Unpacked(io.RawIOBase):
    """The unpacked bytes of a piece.

    Attributes:
        done: how many bytes on disk were consumed so far.
    """

    def __init__(self, source: Readable, done: Callable[[], int]) -> None:
        super().__init__()
        self._source = source
        self.done = done

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, fewer only at the end; all that is left where it is negative."""
        if size < 0:
            return b"".join(iter(lambda: self._source.read(_CHUNK), b""))
        return self._source.read(size)

    def readinto(self, buffer: "Buffer", /) -> int:
        """As `read`, into a buffer; what `io`'s wrappers call."""
        view = memoryview(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        """Yes; `io` and Arrow ask."""
        return True


@contextmanager
def opened(piece: Piece) -> Iterator[Unpacked]:
    """A stream of the piece's bytes, text as UTF-8.

    What goes wrong in the block becomes a `CorpusError`.
    """
    with _blamed(piece), _unchanged(piece), ExitStack() as stack:
        stream = _stream(piece, stack)
        if piece.asked.encoding == UTF8:
            head = stream.read(_HEAD)
            _refuse_other(head, piece)
            stream = Unpacked(_From(head, stream), stream.done)
        if piece.format in ENCODED and piece.asked.encoding != UTF8:
            text = Transcoded(stream, piece.asked.encoding, piece.shown)
            stream = Unpacked(text, stream.done)
        yield stream


@contextmanager
def random_access(piece: Piece) -> Iterator[pa.NativeFile]:
    """The piece's bytes, to be read in any order by Arrow.

    A file on this machine is opened (Parquet) or mapped to memory (Arrow), one elsewhere is read
    where it lies, and what is packed is unpacked first, to disk if it is large.
    """
    with _unchanged(piece), ExitStack() as stack:
        with _blamed(piece):
            file = _for_arrow(piece, stack)
        yield file


def _for_arrow(piece: Piece, stack: ExitStack) -> pa.NativeFile:
    if piece.codec or piece.member:
        spool = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 - the stack closes it
        stack.enter_context(spool)
        with ExitStack() as reading:
            shutil.copyfileobj(_stream(piece, reading), spool, _CHUNK)
        spool.seek(0)
        return stack.enter_context(pa.PythonFile(cast("io.IOBase", spool), mode="r"))
    if isinstance(piece.place, LocalFile):
        path = str(piece.place.path)
        if piece.format == "arrow":
            return stack.enter_context(pa.memory_map(path))
        return stack.enter_context(pa.OSFile(path, "rb"))
    remote = stack.enter_context(piece.place.seekable())
    return stack.enter_context(pa.PythonFile(cast("io.IOBase", remote), mode="r"))


@contextmanager
def _unchanged(piece: Piece) -> Iterator[None]:
    """Raise if a file on this machine is not what it was when the piece was made.

    Other places see to that themselves.
    """
    local = isinstance(piece.place, LocalFile)
    if local:
        _check_version(piece)
    yield
    if local:
        _check_version(piece)


def _check_version(piece: Piece) -> None:
    if piece.place.version != piece.version:
        what = "changed since it was looked at; start again, so that all is of one version"
        raise refused(piece.shown, what)


@contextmanager
def _blamed(piece: Piece) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise refused(piece.shown, f"is damaged ({error}); copy it again") from error
    except NotImplementedError as error:
        raise refused(piece.shown, f"cannot be unpacked ({error}); unpack it first") from error
    except OSError as error:
        raise _of_the_system(piece, error) from error


def _stream(piece: Piece, stack: ExitStack) -> Unpacked:
    info = piece.member
    place = piece.place
    file = stack.enter_context(place.seekable() if info else place.stream())
    raw, done = cast("IO[bytes]", file), cast("io.BufferedReader", file).raw.tell
    packed = done
    if info:
        member = stack.enter_context(_Zip(cast("IO[bytes]", file)).open(info))
        raw = member

        def done() -> int:
            return piece.size * member.tell() // max(info.file_size, 1)

        def packed() -> int:
            return info.compress_size * member.tell() // max(info.file_size, 1)

    if not piece.codec:
        return Unpacked(_Bounded(raw, piece, packed) if info else raw, done)
    head = raw.peek(8)[:8]  # type: ignore[attr-defined] # both kinds of file can peek
    if not head:
        raise refused(piece.shown, f"is cut short: no {_NAMES[piece.codec]} data; copy it again")
    if not head.startswith(_MAGIC[piece.codec]):
        what = f"is not {_NAMES[piece.codec]}, whatever its name says"
        raise refused(piece.shown, f"{what}; give it the extension of what it is")
    unpacked: Readable
    if piece.codec == ".zst":
        source = pa.PythonFile(cast("io.IOBase", raw), mode="r")
        unpacked = stack.enter_context(pa.CompressedInputStream(source, "zstd"))
    else:
        unpacked = _Members(raw, piece)
    return Unpacked(_Bounded(unpacked, piece, packed), done)


def _refuse_other(head: bytes, piece: Piece) -> None:
    """Refuse what begins as packed data does, or as text in UTF-16: no text in UTF-8 does."""
    for codec, begins in _PACKED:
        if head.startswith(begins):
            what = f"is {_NAMES[codec]}, whatever its name says"
            advice = f"rename it, so that it ends in {codec}"
            if piece.codec:
                what, advice = f"is {_NAMES[codec]} once more, in the other", "unpack it once"
            raise refused(piece.shown, f"{what}; {advice}")
    if piece.format in ENCODED:
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                what = f"is {encoding.upper()}, not UTF-8"
                raise refused(piece.shown, f"{what}; say so with `encoding: {encoding}`")


class _From:
    """A stream whose first bytes were read before."""

    def __init__(self, head: bytes, source: Readable) -> None:
        self._head, self._source = head, source

    def read(self, size: int, /) -> bytes:
        if not self._head:
            return self._source.read(size)
        head, self._head = self._head[:size], self._head[size:]
        return head + self._source.read(size - len(head)) if size > len(head) else head


class _Zip(zipfile.ZipFile):
    """A zip whose directory was read before: to read it for each member would take a day."""

    def _RealGetContents(self) -> None:  # noqa: N802 - zipfile's own name, the same since 2.x
        self.start_dir = 0


class _Bounded:
    """Refuses to unpack very much from very little."""

    def __init__(self, source: Readable, piece: Piece, packed: Callable[[], int]) -> None:
        self._source, self._piece, self._packed = source, piece, packed
        self._unpacked = 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self._unpacked += len(data)
        if self._unpacked > MOST:
            limit, packed = self._piece.asked.max_expansion, self._packed()
            if self._unpacked > limit * max(packed, 1):
                raise bomb(self._piece.shown, self._unpacked, packed, limit)
        return data


def _of_the_system(piece: Piece, error: OSError) -> CorpusError:
    if error.errno is not None:
        return unreadable(piece.shown, error)
    # Arrow and bz2 say what is wrong with the data in an OSError without a number.
    if "runcated" in str(error):
        return _cut_short(piece)
    reason = str(error).splitlines()[0]
    return refused(piece.shown, f"is damaged ({reason}); copy it again")


def _cut_short(piece: Piece) -> CorpusError:
    what = f"is cut short: the {_NAMES[piece.codec]} data ends too early"
    return refused(piece.shown, f"{what}; copy it again")


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gunzip:
    """zlib's decompressor with the interface of those of bz2 and lzma."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    ".gz": _Gunzip,
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
}


class _Members:
    """All members of a gz, bz2 or xz file as one stream.

    The standard library's files silently drop what follows a member and does not look like one;
    here that is an error, because it is most often a damaged second member. Zeros are padding.
    """

    def __init__(self, raw: Readable, piece: Piece) -> None:
        self._raw = raw
        self._piece = piece
        self._new = _DECOMPRESSORS[piece.codec]
        self._current = self._new()
        self._pending = b""

    def read(self, size: int) -> bytes:
        parts = []
        while size > 0:
            if self._current.eof and not self._next_member():
                break
            data = b""
            if self._current.needs_input:
                data = self._pending or self._raw.read(_CHUNK)
                self._pending = b""
                if not data:
                    raise _cut_short(self._piece)
            part = self._current.decompress(data, size)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _next_member(self) -> bool:
        rest = self._current.unused_data.lstrip(b"\0")
        while not rest:
            block = self._raw.read(_CHUNK)
            if not block:
                return False
            rest = block.lstrip(b"\0")
        self._current, self._pending = self._new(), rest
        return True
