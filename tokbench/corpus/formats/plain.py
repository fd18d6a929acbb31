r"""Plain text: one document a line, a paragraph or a file.

A line ends at `\n` or `\r\n` and nothing else: a lone `\r`, U+0085 or U+2028 is part of the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import numpy as np
import pyarrow as pa

from tokbench.corpus.documents import array_from, array_of
from tokbench.corpus.formats.blocks import BLOCK, blocks, line_end
from tokbench.corpus.formats.columns import check_utf8
from tokbench.corpus.formats.compression import Readable
from tokbench.errors import CorpusError

SampleBy = Literal["line", "paragraph", "document"]

_EMPTY_LINES = re.compile(rb"\n(?:\r?\n)+")
_FIRST_EMPTY_LINES = re.compile(rb"(?:\r?\n)+")


def read(
    stream: Readable, shown: str, sample_by: SampleBy, size: int = BLOCK
) -> Iterator[pa.LargeStringArray]:
    r"""The documents of a text file.

    Args:
        stream: the bytes of the file.
        shown: the file, for messages.
        sample_by: "line": without its end; an empty line is an empty document. "paragraph": a run
            of lines that are not empty, with the line ends inside as they are, without the last.
            "document": every byte of the file.
        size: how many bytes to read at once.

    Raises:
        CorpusError: a document is not valid UTF-8.

    >>> import io
    >>> [texts.to_pylist() for texts in read(io.BytesIO(b"a\r\n\nb\rc"), "a.txt", "line")]
    [['a', ''], ['b\rc']]
    """
    found: Iterable[tuple[bytes, bool]]
    split: Callable[[bytes, bool], pa.LargeStringArray]
    if sample_by == "document":
        found = ((b"".join(iter(lambda: stream.read(size), b"")), True),)
        split = _document
    elif sample_by == "paragraph":
        found, split = blocks(stream, _paragraph_end, size), _paragraphs
    else:
        found, split = blocks(stream, line_end, size), _lines
    row = 1
    for block, last in found:
        texts = split(block, last)
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid as error:
            raise _not_utf8(block, shown, row) from error
        if len(texts):
            yield texts
        row += block.count(b"\n")


def _not_utf8(block: bytes, shown: str, first_row: int) -> CorpusError:
    for row, line in enumerate(block.split(b"\n"), first_row):
        check_utf8(line, shown, None, row)
    raise AssertionError("Arrow and Python disagree on UTF-8")


def _document(block: bytes, _last: bool) -> pa.LargeStringArray:  # noqa: FBT001 - as blocks
    return array_of([block])


def _lines(block: bytes, last: bool) -> pa.LargeStringArray:  # noqa: FBT001 - as blocks gives them
    if last:
        return array_of([block] if block else [])
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    # The text without its line ends: the end of line i has moved left by the i ends before it.
    offsets = np.zeros(len(ends) + 1, np.int64)
    np.subtract(ends, np.arange(len(ends)), out=offsets[1:])
    return array_from(offsets, block.replace(b"\n", b""))


def _paragraph_end(block: bytes) -> int:
    plain, windows = block.rfind(b"\n\n"), block.rfind(b"\n\r\n")
    return max(plain + 2 if plain >= 0 else 0, windows + 3 if windows >= 0 else 0)


def _paragraphs(block: bytes, last: bool) -> pa.LargeStringArray:  # noqa: FBT001 - as blocks
    start = _FIRST_EMPTY_LINES.match(block)
    *found, rest = _EMPTY_LINES.split(block[start.end() :] if start else block)
    # What comes before an empty line ended in \r\n if a \r is left of it.
    found = [text.removesuffix(b"\r") for text in found]
    if last and rest:
        found.append(rest[: -len(end)] if (end := _line_end(rest)) else rest)
    return array_of(found)


def _line_end(text: bytes) -> bytes:
    return b"\r\n" if text.endswith(b"\r\n") else b"\n" if text.endswith(b"\n") else b""
