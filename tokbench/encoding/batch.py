"""A batch of documents as numbers: what all tokenizers share while they look at it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks.arrow import large_strings, raw_strings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tokbench.chunks.numbering import Numbered, Numbering
    from tokbench.encoding.facts import Looked

_TWO, _THREE, _FOUR = 0xC0, 0xE0, 0xF0
"""The least first bytes of characters of so many bytes in UTF-8."""


class Batch:
    """Some documents, and their chunks in each cut set that is needed.

    Args:
        column: the documents, a string array.
        numberings: by the name of the cut set.
    """

    def __init__(self, column: Any, numberings: "Mapping[str, Numbering]") -> None:
        self._column = column
        self.text, offsets = raw_strings(column)
        self.offsets: NDArray[np.int64] = offsets
        self.numbered: dict[str, Numbered] = {}
        for name, numbering in numberings.items():
            self.number(name, numbering)

    def number(self, name: str, numbering: "Numbering") -> None:
        """Number the chunks of one more cut set."""
        self.numbered[name] = numbering.add(self.text, self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def strings(self) -> list[str]:
        """The documents."""
        found: list[str] = self._column.to_pylist()
        return found

    @cached_property
    def looked(self) -> "Looked":
        """For each document its characters, letters, and letters of unsegmented scripts."""
        from tokbench.encoding.facts import look  # noqa: PLC0415 - kernels, for long texts only

        return look(self.text, self.offsets)

    @cached_property
    def begins_plainly(self) -> "NDArray[np.bool_]":
        """For each document whether its first character is visible or white to everybody."""
        from tokbench.chunks.classes import VISIBLE, WHITE, load  # noqa: PLC0415 - kernels

        padded = np.concatenate([self.text, np.zeros(4, np.uint8)])
        first = padded[self.offsets[:-1, None] + np.arange(4)].astype(np.int64)
        lead, rest = first[:, 0], first[:, 1:] & 0x3F
        two = (lead & 0x1F) << 6 | rest[:, 0]
        three = (lead & 0x0F) << 12 | rest[:, 0] << 6 | rest[:, 1]
        four = (lead & 0x07) << 18 | rest[:, 0] << 12 | rest[:, 1] << 6 | rest[:, 2]
        codes = np.select([lead < _TWO, lead < _THREE, lead < _FOUR], [lead, two, three], four)
        found: NDArray[np.bool_] = np.isin(load().stable[codes], [*VISIBLE, WHITE])
        return found & (np.diff(self.offsets) > 0)

    def chosen(self, which: "NDArray[np.int64]") -> list[str]:
        """The documents with these numbers."""
        if len(which) == len(self):
            return self.strings
        return [self[number] for number in which.tolist()]

    def __getitem__(self, number: int) -> str:
        return self.text[self.offsets[number] : self.offsets[number + 1]].tobytes().decode()


def sample_of(
    wanted: "Sequence[tuple[Batch, int]]", numberings: "Mapping[str, Numbering]", *, size: int
) -> Batch:
    """Some pieces of at most `size` bytes from all over some batches, as documents.

    In turn they are the beginning of a document, and a part of one from wherever that is.

    Args:
        wanted: batches, and how many pieces of each.
        numberings: what numbers the chunks of the pieces.
        size: the most bytes of one.
    """
    found = [piece for batch, pieces in wanted for piece in _pieces(batch, pieces, size)]
    offsets = np.zeros(len(found) + 1, np.int64)
    np.cumsum([len(piece) for piece in found], out=offsets[1:])
    text = np.frombuffer(b"".join(found), np.uint8)
    return Batch(large_strings(text, offsets), numberings)


def _pieces(batch: Batch, pieces: int, size: int) -> list[bytes]:
    bounds = set()
    places = np.linspace(batch.offsets[0], batch.offsets[-1], pieces, endpoint=False)
    for turn, place in enumerate(places.astype(np.int64).tolist()):
        number = min(int(np.searchsorted(batch.offsets, place, "right")), len(batch)) - 1
        begin = place if turn % 2 else int(batch.offsets[number])
        bounds.add((begin, min(int(batch.offsets[number + 1]), begin + size)))
    return [
        batch.text[begin:end].tobytes().decode("utf-8", "ignore").encode()
        for begin, end in sorted(bounds)
    ]
