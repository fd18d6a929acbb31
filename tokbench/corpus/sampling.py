"""Documents from all over a corpus, without reading it from its beginning to its end.

Every file is read as far as every other, so that whoever stops early has the same share of each.
Lines of files that are not compressed come from places all over the file. Other files cannot be
entered in the middle: of them the beginning stands for the rest.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from tokbench.corpus.cleaning.step import StepSpec, needed
from tokbench.corpus.documents import gather, of_source
from tokbench.corpus.formats import reading
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Unpacked, opened
from tokbench.corpus.formats.transcoding import UTF8
from tokbench.corpus.mixing.choosing import Terms, chosen
from tokbench.corpus.places.local import LocalFile
from tokbench.corpus.rows import Rows, Stream
from tokbench.corpus.sources.files import FilesSource

if TYPE_CHECKING:
    import pyarrow as pa

    from tokbench.corpus.cleaned import Cleaned
    from tokbench.corpus.opening import OpenCorpus
    from tokbench.corpus.pieces import Piece
    from tokbench.corpus.sources.files import FilesSpec
    from tokbench.values import Split

_FILES = 64
"""So many files are read side by side; of more, one after another in an order by chance."""
_WINDOWS, _WIDTH = 256, 1 << 18
"""Places of a file, a power of two, and how many bytes are read at each."""
_UNKNOWN = 1 << 28
"""What a source is taken to have that does not say its size: it is read beside the others."""
_BITS = _WINDOWS.bit_length() - 1


@dataclass(eq=False)
class _Reader:
    """Something that is read bit by bit: its bytes on disk, and how many of them were consumed."""

    size: int
    rows: Stream
    held_out: float = 0.0
    done: int = 0
    more: bool = True

    @property
    def share(self) -> float:
        """How much of it was consumed."""
        return self.done / (self.size or _UNKNOWN)

    @property
    def place(self) -> tuple[int, float]:
        """Its size and the share of it; of one that does not say its size, what was read is all."""
        return (self.size, self.share) if self.size else (self.done, 1.0)


def spread(
    corpus: "OpenCorpus", split: "Split"
) -> "Iterator[tuple[pa.RecordBatch, tuple[int, int, float]]]":
    """Documents of a split, a share of each file at a time.

    Yields:
        A batch; with it the number of the file that it comes from (or of the source, if that has
        many), the file's bytes on disk, and the share of them that was consumed.

    Raises:
        CorpusError: a file cannot be read; a row that it names may be counted from elsewhere.
    """
    readers = [reader for each in corpus.opened for reader in _readers(each)]
    while open_ := [reader for reader in readers if reader.more]:
        reader = min(open_, key=lambda each: each.share)
        rows = next(reader.rows, None)
        if rows is None:
            reader.more, reader.done = False, reader.size or reader.done
            continue
        reader.done = rows.done
        terms = [Terms(reader.held_out)]
        batch = of_source(rows.batch, 0)
        kept = next(chosen(batch, split, terms, corpus.spec.seed), batch[:0])
        yield kept, (readers.index(reader), *reader.place)


def _readers(each: "Cleaned") -> Iterator[_Reader]:
    source = each.source
    if not isinstance(source, FilesSource):
        yield _Reader(source.size, gather(each.read()), each.held_out)
    elif len(source.pieces) <= _FILES:
        for piece in source.pieces:
            rows = each.cleaned(_read(piece, source.spec, each.steps))
            yield _Reader(piece.size, gather(rows), each.held_out)
    else:
        order = sorted(source.pieces, key=lambda each: zlib.crc32(each.shown.encode()))
        shuffled = replace(each, source=replace(source, pieces=tuple(order)))
        yield _Reader(source.size, gather(shuffled.read()), each.held_out)


def _read(piece: "Piece", spec: "FilesSpec", steps: "Sequence[StepSpec]") -> Stream:
    columns, nulls = needed(steps), any(step.takes_nulls for step in steps)
    lines = piece.format == "jsonl" or (piece.format == "txt" and spec.sample_by == "line")
    place = piece.place
    # Some of the rows cannot tell whether a column is in none of them.
    whole = piece.codec or piece.member or piece.asked.encoding != UTF8 or columns
    if (
        not lines
        or whole
        or piece.size < _WINDOWS * _WIDTH // 16
        or not isinstance(place, LocalFile)
    ):
        yield from (Rows(*read) for read in reading.read(piece, spec, columns, nulls=nulls))
        return
    with opened(piece), place.path.open("rb") as file:
        windows = _Windows(file, piece.size)
        stream = Unpacked(windows, lambda: windows.done)
        wanted = Wanted(spec, columns, nulls)
        for batch in reading.streamed(stream, piece, spec, wanted, json_list=False):
            yield Rows(batch, windows.done)


class _Windows:
    """The lines that begin in short stretches all over a file, each once.

    Attributes:
        done: how many bytes of the file are covered.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.done = 0
        self._file = file
        self._size = size
        self._rounds = max(1, -(-size // (_WINDOWS * _WIDTH)))
        self._windows = iter(range(_WINDOWS * self._rounds))
        self._held = b""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, fewer only at the end."""
        blocks, length = [self._held], len(self._held)
        while length < size and (window := next(self._windows, None)) is not None:
            blocks.append(self._lines(window))
            length += len(blocks[-1])
        data = b"".join(blocks)
        self._held = data[size:]
        return data[:size]

    def _lines(self, number: int) -> bytes:
        """The lines that begin in a window; neighbours in order lie far apart in the file."""
        round_, number = divmod(number, _WINDOWS)
        place = int(f"{number:0{_BITS}b}"[::-1], 2)
        begin, end = (
            (place * self._rounds + step) * self._size // (_WINDOWS * self._rounds)
            for step in (round_, round_ + 1)
        )
        self.done += end - begin
        self._file.seek(max(begin - 1, 0))
        if begin:
            self._file.readline()
        first = self._file.tell()
        if first >= end:
            return b""
        lines = self._file.read(end - first)
        if not lines.endswith(b"\n"):  # the last one goes on behind the window
            lines += self._file.readline()
        return lines if lines.endswith(b"\n") else lines + b"\n"
