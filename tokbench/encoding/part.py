"""What a tokenizer made of some documents, before it is added to all others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN_DIFFERENCES = 3
_AROUND = 20
_COLUMNS = {
    "tokens": np.int64,
    "unk_tokens": np.int64,
    "unk_characters": np.int64,
    "exact": np.bool_,
    "normalized": np.bool_,
    "letters_lost": np.int64,
}


@dataclass(frozen=True)
class Part:
    """Columns with a value for each of some documents, as in `values.Encoded` and its round trip.

    Attributes:
        columns: by name; those of unknown tokens are zeros where there is no unknown token.
        differences: of the first documents that did not come back, the number and what differs.
    """

    columns: "dict[str, NDArray[Any]]"
    differences: tuple[tuple[int, tuple[str, str]], ...] = ()

    @classmethod
    def empty(cls, documents: int) -> "Part":
        """Zeros for so many documents."""
        return cls({name: np.zeros(documents, dtype) for name, dtype in _COLUMNS.items()})

    def small(self) -> "Part":
        """The same in half the room: no document has 2^31 tokens or letters."""
        columns = {
            name: column.astype(np.int32) if column.dtype == np.int64 else column
            for name, column in self.columns.items()
        }
        return Part(columns, self.differences)

    def same(self, other: "Part") -> bool:
        """Whether the numbers are equal."""
        return all(np.array_equal(self.columns[name], other.columns[name]) for name in _COLUMNS)


def merged(documents: int, parts: "list[tuple[NDArray[np.int64], Part]]") -> Part:
    """One part from several, each with the numbers of its documents among all."""
    whole = Part.empty(documents)
    differences = []
    for which, part in parts:
        for name, column in whole.columns.items():
            column[which] = part.columns[name]
        differences += [(int(which[number]), shown) for number, shown in part.differences]
    return Part(whole.columns, tuple(sorted(differences)[:SHOWN_DIFFERENCES]))


def appended(parts: list[Part]) -> Part:
    """One part from those of documents one behind another."""
    columns: dict[str, NDArray[Any]] = {
        name: np.concatenate(
            [np.empty(0, dtype), *(part.columns[name] for part in parts)], dtype=dtype
        )
        for name, dtype in _COLUMNS.items()
    }
    differences = [one for part in parts for one in part.differences]
    return Part(columns, tuple(differences[:SHOWN_DIFFERENCES]))


def first_difference(text: str, back: str) -> tuple[str, str]:
    """The text around the first difference, and what came back there.

    >>> first_difference("naïve cafe", "naive cafe")
    ('naïve cafe', 'naive cafe')
    """
    pairs = enumerate(zip(text, back, strict=False))
    shorter = min(len(text), len(back))
    at = next((i for i, (one, other) in pairs if one != other), shorter)
    around = slice(max(0, at - _AROUND), at + _AROUND)
    return text[around], back[around]
