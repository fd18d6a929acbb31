"""What every format does, and how documents become rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tokbench.registry import Registry

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Writer(Protocol):
    """Writes rows of ids into a folder.

    Args:
        folder: to write into; it exists.
        dtype: of the ids, uint16 or uint32.
        state: what `checkpoint` gave, in a folder that may hold more than was there then; None for
            an empty one.
    """

    def __init__(self, folder: Path, dtype: "np.dtype[Any]", state: Any = None) -> None: ...

    def write(self, flat: "NDArray[Any]", lengths: "NDArray[np.int64]") -> None:
        """Put these rows behind the others: their ids one behind another, and how many each has."""

    def checkpoint(self) -> Any:
        """Make all that was written safe on disk; a JSON-able value to go on from."""

    def close(self) -> None:
        """Make all that was written safe on disk, and complete."""


FORMATS = Registry[type[Writer]]("format", __package__)


def writer(name: str, folder: Path, vocabulary: int, state: Any = None) -> Writer:
    """The writer of a format, for ids below `vocabulary`."""
    return FORMATS[name](folder, id_type(vocabulary), state)


def id_type(vocabulary: int) -> "np.dtype[Any]":
    """The smaller of the two types that hold all ids, little-endian.

    >>> id_type(65_536).str, id_type(65_537).str
    ('<u2', '<u4')
    """
    return np.dtype("<u2" if vocabulary <= 1 << 16 else "<u4")


class Rows:
    """Turns documents into rows: one each, or all of one length, cut from one long stream.

    Args:
        length: of a row; None for a row a document.
        rest: ids that an earlier pass had left over.

    >>> rows = Rows(3)
    >>> rows.of(np.arange(5), np.array([2, 3]))
    (array([0, 1, 2]), array([3]))
    >>> rows.rest.tolist()
    [3, 4]
    """

    def __init__(self, length: int | None, rest: "list[int] | None" = None) -> None:
        self._length = length
        self.rest = np.array(rest or [], np.int32)

    def of(
        self, flat: "NDArray[Any]", lengths: "NDArray[np.int64]"
    ) -> "tuple[NDArray[Any], NDArray[np.int64]]":
        """The rows that are complete with these documents, and their lengths."""
        if self._length is None:
            return flat, lengths
        stream = np.concatenate([self.rest, flat]) if len(self.rest) else flat
        rows = len(stream) // self._length
        self.rest = stream[rows * self._length :].copy()
        return stream[: rows * self._length], np.full(rows, self._length, np.int64)

    def last(self) -> "tuple[NDArray[Any], NDArray[np.int64]]":
        """What is left over, as a shorter row; none where nothing is."""
        rest, self.rest = self.rest, np.empty(0, np.int32)
        return rest, np.array([len(rest)] if len(rest) else [], np.int64)
