"""Long texts in pieces that lose nothing, cut where a reader would."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa
import regex

from tokbench.corpus.cleaning.rows_kept import as_numpy, numbers
from tokbench.corpus.cleaning.step import EXAMPLES
from tokbench.corpus.documents import array_of
from tokbench.corpus.rows import TEXT, rows_of, texts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.corpus.cleaning.step import Tally

_LAST_SPACE = regex.compile(r"(?r)\s")
_GRAPHEME = regex.compile(r"\X")
_BEFORE, _BEHIND = "\u0600", "\u0300"
"""Below these no character joins the next one, or the one before, but for CRLF (UAX 29)."""
_LONGEST = 64
"""Graphemes of more characters than this may be cut."""


def pieces(text: str, most: int) -> Iterator[str]:
    r"""The text in pieces of at most so many characters.

    >>> list(pieces("a line\nand another", 10))
    ['a line\n', 'and ', 'another']
    >>> list(pieces("가나다라마", 2)), list(pieces("e\u0301" * 3, 3)) == ["e\u0301"] * 3
    (['가나', '다라', '마'], True)
    """
    for start, end in pairwise(_bounds(text, most)):
        yield text[start:end]


def first(text: str, most: int) -> str:
    """The first piece."""
    return next(pieces(text, most), "")


def split(
    batch: pa.RecordBatch, longer: pa.BooleanArray, most: int, tally: "Tally"
) -> pa.RecordBatch:
    """The rows with one for each piece of a text that is too long, and all its columns.

    Args:
        batch: the rows.
        longer: which of them are too long; no nulls.
        most: characters of a piece.
        tally: told how many were split, and how many rows that makes.
    """
    texts = texts_of(batch)
    long = cast("list[str]", texts.filter(longer).to_pylist())
    if not long:
        return batch
    cut = [list(pieces(text, most)) for text in long]
    tally.change(len(long), [(a, b[0]) for a, b in zip(long[:EXAMPLES], cut, strict=False)])
    tally.added += sum(map(len, cut)) - len(cut)
    origin, made = _origins(longer, cut)
    parts = array_of([piece.encode() for each in cut for piece in each])
    others = batch.select([name for name in batch.schema.names if name != TEXT])
    # Not the text's own rows: a long one would be copied once for each of its pieces.
    chosen = np.where(made, len(batch) + np.cumsum(made) - 1, origin)
    put = pa.concat_arrays([texts, parts]).take(numbers(chosen))
    columns = [column.take(numbers(origin)) for column in others.columns]
    return rows_of(put, list(zip(others.schema.names, columns, strict=True)))


def _origins(
    longer: pa.BooleanArray, cut: list[list[str]]
) -> "tuple[NDArray[np.int64], NDArray[np.bool_]]":
    """For each row afterwards: of which row it is, and whether it is a piece."""
    made = as_numpy(longer)
    copies = np.ones(len(longer), np.int64)
    copies[made] = [len(each) for each in cut]
    return np.repeat(np.arange(len(longer)), copies), np.repeat(made, copies)


def _bounds(text: str, most: int) -> Iterator[int]:
    start = 0
    yield 0
    while len(text) - start > most:
        start = _end(text, start, start + most)
        yield start
    if start < len(text):
        yield len(text)


def _end(text: str, start: int, limit: int) -> int:
    """Where the piece from `start` ends; not behind `limit`."""
    half = start + (limit - start) // 2
    end = text.rfind("\n", half, limit) + 1
    if not end:
        space = _LAST_SPACE.search(text, start, limit)
        end = space.end() if space else limit
    return _between(text, start, end)


def _between(text: str, start: int, end: int) -> int:
    """The last boundary of graphemes up to `end`, if there is one near."""
    before, behind = text[end - 1], text[end]
    if before < _BEFORE and behind < _BEHIND and before + behind != "\r\n":
        return end
    near = max(start, end - _LONGEST)
    # One character behind the end decides whether it is a boundary.
    bounds = [found.end() for found in _GRAPHEME.finditer(text, near, end + 1)]
    return max((bound for bound in bounds if bound <= end), default=end)
