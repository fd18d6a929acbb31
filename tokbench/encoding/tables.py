"""Tables that grow while a corpus is read: a row for each distinct chunk, made when it is met."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.encoding.chunk_kernels import look_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROOM = 1 << 12


class Column:
    """Numbers that are appended to, in one array.

    >>> column = Column(np.int64)
    >>> column.append(np.array([1, 2])); column.append(np.array([3]))
    >>> column.array.tolist()
    [1, 2, 3]
    """

    def __init__(self, dtype: Any, first: Sequence[int] = ()) -> None:
        self._room = np.empty(_ROOM, dtype)
        self._used = 0
        self.append(np.array(first, dtype))

    def append(self, more: "NDArray[Any]") -> None:
        """Put these behind the others."""
        used = self._used + len(more)
        if used > len(self._room):
            larger = np.empty(2 * used, self._room.dtype)
            larger[: self._used] = self._room[: self._used]
            self._room = larger
        self._room[self._used : used] = more
        self._used = used

    @property
    def array(self) -> "NDArray[Any]":
        """All of them; changes with the next `append`."""
        return self._room[: self._used]


class Rows:
    """Gives keys rows in the order in which they are met.

    Args:
        make: makes the rows of keys that have none yet, in their order.
    """

    def __init__(self, make: "Callable[[NDArray[np.int64]], None]") -> None:
        self._make = make
        self._row_of = np.full(_ROOM, -1, np.int32)
        self._known = 0

    def __len__(self) -> int:
        return self._known

    def of(self, keys: "NDArray[np.int64] | NDArray[np.int32]") -> "NDArray[np.int32]":
        """The row of each key, made where there is none."""
        if not len(keys):
            return np.empty(0, np.int32)
        if (size := int(keys.max()) + 1) > len(self._row_of):
            larger = np.full(2 * size, -1, np.int32)
            larger[: len(self._row_of)] = self._row_of
            self._row_of = larger
        rows = np.empty(len(keys), np.int32)
        if look_up(keys, self._row_of, rows):
            missing = np.zeros(size, np.bool_)
            missing[keys[rows < 0]] = True
            fresh = np.flatnonzero(missing)
            self._make(fresh)
            self._row_of[fresh] = np.arange(self._known, self._known + len(fresh), dtype=np.int32)
            self._known += len(fresh)
            look_up(keys, self._row_of, rows)
        return rows


class Strings:
    """Texts one behind another in a buffer of UTF-8."""

    def __init__(self) -> None:
        self._text = Column(np.uint8)
        self._bounds = Column(np.int64, [0])

    def append(self, texts: Sequence[str]) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        """Put these behind the others.

        Returns:
            Their bytes, read-only, and where each begins and the last one ends.
        """
        encoded = [text.encode() for text in texts]
        bounds = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=bounds[1:])
        return self._keep(np.frombuffer(b"".join(encoded), np.uint8), bounds)

    def append_both(
        self,
        text: "NDArray[np.uint8]",
        bounds: "NDArray[np.int64]",
        there: "NDArray[np.bool_]",
        others: Sequence[str],
    ) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        """Put texts behind the others of which some lie in a buffer.

        Args:
            text: UTF-8 bytes.
            bounds: where each text begins in it and the last one ends.
            there: which of them are there; those that are not are empty.
            others: the texts of those, in order.

        Returns:
            As `append`.
        """
        if not others:
            return self._keep(text, bounds)
        encoded = [one.encode() for one in others]
        lengths = np.diff(bounds)
        lengths[~there] = np.fromiter(map(len, encoded), np.int64, len(encoded))
        both = np.empty(int(lengths.sum()), np.uint8)
        ours = np.repeat(there, lengths)
        both[ours], both[~ours] = text, np.frombuffer(b"".join(encoded), np.uint8)
        return self._keep(both, np.concatenate([[0], np.cumsum(lengths)]))

    def _keep(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
        self._bounds.append(self.bounds[-1] + bounds[1:])
        self._text.append(text)
        text.flags.writeable = False
        return text, bounds

    @property
    def text(self) -> "NDArray[np.uint8]":
        """All their bytes, read-only."""
        return self._text.array

    @property
    def bounds(self) -> "NDArray[np.int64]":
        """Where each begins and the last one ends."""
        return self._bounds.array

    def __getitem__(self, row: int) -> bytes:
        return self.text[self.bounds[row] : self.bounds[row + 1]].tobytes()
