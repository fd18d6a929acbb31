"""Sentences that stand a word a line: lines told apart, and rows made of columns of lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from tokbench.corpus.documents import array_of, integers
from tokbench.corpus.formats.blocks import BLOCK, blocks, line_end
from tokbench.corpus.formats.columns import Wanted, check_utf8
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.rows import TEXT

_BOM = "\ufeff"


def lines(stream: Readable, shown: str, size: int = BLOCK) -> Iterator[tuple[int, str]]:
    r"""The lines of a file and their numbers, from 1; without `\n` or `\r\n`, else untouched.

    Raises:
        CorpusError: a line is not UTF-8.
    """
    number = 0
    for block, last in blocks(stream, line_end, size):
        found = block.split(b"\n")
        if not last or not found[-1]:
            found.pop()
        for line in found:
            number += 1
            try:
                text = line.decode()
            except UnicodeDecodeError:
                check_utf8(line, shown, None, number)
                raise
            yield number, (text.removeprefix(_BOM) if number == 1 else text).removesuffix("\r")


class Sentences:
    """Sentences gathered until they are given as rows.

    Args:
        shown: the file, for messages.
        wanted: `text` or columns of lists.
        known: what there is beside `text`.

    Raises:
        CorpusError: something else is wanted.
    """

    def __init__(self, shown: str, wanted: Wanted, known: Sequence[str]) -> None:
        for name in wanted.fields:
            if name not in (TEXT, *known):
                raise wanted.missing(shown, name, [TEXT, *known])
        self._shown = shown
        self._wanted = wanted
        self._rows: list[int] = []
        self._found: dict[str, list[Any]] = {name: [] for name in wanted.fields}
        self._held = 0

    def add(self, row: int, text: str, columns: Mapping[str, Sequence[str]]) -> None:
        """Gather a sentence that begins in this line."""
        self._rows.append(row)
        for name, found in self._found.items():
            found.append(text if name == TEXT else columns[name])
        self._held += 8 + 4 * len(text)

    @property
    def is_full(self) -> bool:
        """Whether so much is held that it should be taken."""
        return self._held > BLOCK

    def take(self) -> Iterator[pa.RecordBatch]:
        """The sentences gathered so far, if there are any; then begin anew."""
        if self._rows:
            columns = [
                _texts(found) if name == TEXT else _lists(found)
                for name, found in self._found.items()
            ]
            yield self._wanted.rows(columns, self._shown, self._rows[0], self._rows)
        self._rows, self._held = [], 0
        self._found = {name: [] for name in self._found}


def _texts(texts: Sequence[str]) -> "pa.Array[Any]":
    return array_of([text.encode() for text in texts])


def _lists(found: Sequence[Sequence[str]]) -> "pa.Array[Any]":
    ends = np.zeros(len(found) + 1, np.int32)
    np.cumsum([len(one) for one in found], out=ends[1:])
    values = _texts([word for one in found for word in one])
    return pa.ListArray.from_arrays(cast("pa.Int32Array", integers(ends)), values)
