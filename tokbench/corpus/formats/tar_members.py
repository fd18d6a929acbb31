"""The members of a tar, packed or not, in one pass from its beginning to its end."""

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, cast

from tokbench.corpus.formats.compression import Unpacked, opened
from tokbench.corpus.left_out import LeftOut
from tokbench.corpus.pieces import LINKS, Piece, is_read, kind, nothing_read
from tokbench.corpus.problems import refused

_ONCE = ("txt", "jsonl")
"""Formats whose readers open a file once and read it from its beginning to its end."""
_SPOOLED = 64 << 20
_BLOCK = 1 << 18
_LONGEST_NAME = 1 << 20
_NAMES = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE,
          tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)  # fmt: skip


def members(piece: Piece, notes: list[str]) -> Iterator[tuple[Piece, Callable[[], int]]]:
    """Each member that is read as a piece, which can be read until the next is asked for.

    Args:
        piece: the tar.
        notes: given, at the end, a sentence for each kind of member that was left out.

    Yields:
        The member, and what says how many bytes on disk of the tar were consumed so far.

    Raises:
        CorpusError: the tar is damaged or cut short, or nothing in it is read.
    """
    with opened(piece) as stream:
        left = LeftOut(piece.shown)
        found = 0
        try:
            with tarfile.open(
                fileobj=stream, mode="r|", bufsize=_BLOCK, tarinfo=_Header
            ) as archive:
                while (header := archive.next()) is not None:
                    archive.members = []  # type: ignore[attr-defined] # it keeps all that it met
                    if _is_chosen(header, piece, left):
                        found += 1
                        yield from _member(archive, header, piece, stream)
                _check_end(archive, piece.shown)
        except tarfile.ReadError as error:
            what = f"is damaged or cut short ({error}); copy it again"
            raise refused(piece.shown, what) from error
        if not found:
            raise nothing_read(piece.shown, piece.asked, left)
        notes += left.notes()


def _is_chosen(header: tarfile.TarInfo, piece: Piece, left: LeftOut) -> bool:
    name = header.name
    if header.isdir():
        return False
    if header.issym() or header.islnk():
        left.add(LINKS, name)
    elif not header.isreg() or header.sparse is not None:
        left.add("devices and files with holes", name)
    else:
        return is_read(name, f"{piece.shown}/{name}", piece.asked, left)
    return False


def _member(
    archive: tarfile.TarFile, header: tarfile.TarInfo, piece: Piece, stream: Unpacked
) -> Iterator[tuple[Piece, Callable[[], int]]]:
    file = archive.extractfile(header)
    shown = f"{piece.shown}/{header.name}"
    format_, codec = kind(header.name, piece.asked)
    with ExitStack() as stack:
        source = cast("IO[bytes]", file)
        if format_ not in _ONCE:
            spool = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOLED))
            shutil.copyfileobj(source, spool, _BLOCK)
            spool.seek(0)
            source = cast("IO[bytes]", spool)
        place = TarMember(shown, header.name, header.size, source, stream.done)
        yield (
            Piece(place, shown, format_, codec, header.size, piece.version, asked=piece.asked),
            stream.done,
        )


def _check_end(archive: tarfile.TarFile, shown: str) -> None:
    rest = cast("IO[bytes]", archive.fileobj)
    while block := rest.read(_BLOCK):
        if block.strip(b"\0"):
            raise refused(shown, "goes on behind its end, as two joined tars do; unpack them")


class _Header(tarfile.TarInfo):
    """A header that ends an archive only where the archive says so.

    tarfile takes a damaged header, or none at all, for the end.
    """

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> "_Header":
        return cast("_Header", _strictly(super().fromtarfile, tarfile))

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in _NAMES and header.size > _LONGEST_NAME:
            raise tarfile.ReadError(f"a name of {header.size:,} bytes")
        return header


def _strictly(read: Callable[[tarfile.TarFile], Any], archive: tarfile.TarFile) -> Any:
    try:
        return read(archive)
    except tarfile.HeaderError as error:
        if type(error).__name__ == "EOFHeaderError":
            raise
        raise tarfile.ReadError(str(error)) from error


class TarMember:
    """A member of a tar, while it is its turn."""

    packing = version = ""

    def __init__(
        self, shown: str, name: str, size: int, file: IO[bytes], done: Callable[[], int]
    ) -> None:
        self.shown, self.name, self.size = shown, name, size
        self._file, self._done = file, done
        self._used = False

    @contextmanager
    def stream(self) -> "Iterator[io.BufferedReader[Any]]":
        """From the first byte to the last; once, unless it was copied."""
        if self._used:
            self._file.seek(0)
        self._used = True
        with io.BufferedReader(_Lent(self._file, self._done), 1 << 16) as stream:
            yield stream

    @contextmanager
    def seekable(self) -> Iterator[io.BufferedIOBase]:
        """As `stream`."""
        self._file.seek(0)
        with io.BufferedReader(_Lent(self._file, self._file.tell), 1 << 16) as stream:
            yield stream

    def identity(self) -> Any:
        """It is known by its tar."""
        raise NotImplementedError("ask the tar")


class _Lent(io.RawIOBase):
    """A file that stays open when whoever it was lent to is done."""

    def __init__(self, file: IO[bytes], done: Callable[[], int]) -> None:
        super().__init__()
        self._file, self._done = file, done

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._done == self._file.tell

    def tell(self) -> int:
        return self._done()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)
