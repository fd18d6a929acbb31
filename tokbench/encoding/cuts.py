"""Where a tokenizer cuts a corpus, document by document or through chunks."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tokbench.encoding.inside import COLUMNS, Inside, Remembered, Splits
from tokbench.values import Cuts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tokbench.chunks.numbering import Numbered, Numbering
    from tokbench.encoding.subjects import Subject


class CutsOfDocuments:
    """Collects `Cuts` batch by batch, each document as a whole.

    Args:
        subject: the tokenizer.
        spans: those of the texts, shared by all tokenizers.
    """

    def __init__(self, subject: "Subject", spans: Remembered) -> None:
        self.inside = Inside(subject)
        self.spans = spans
        self._made: list[NDArray[np.int64]] = []
        self._splits: Counter[tuple[int, int]] = Counter()

    def look(self, texts: list[str]) -> "NDArray[np.int64]":
        """A row for each of COLUMNS, a column for each text; numbers in them count from now on."""
        made, splits = self.inside.look(texts, self.spans.of(texts))
        self._splits.update(counted(splits, np.ones(len(texts), np.int64)))
        return made.astype(np.int64)

    def keep(self, made: "NDArray[np.int64]") -> None:
        """Let this be what is known of the next documents."""
        self._made.append(made)

    def cuts(self, more: "Counter[tuple[int, int]] | None" = None) -> Cuts:
        """All that was kept, and `more` numbers."""
        every = np.concatenate([np.zeros((len(COLUMNS), 0), np.int64), *self._made], axis=1)
        columns = dict(zip(COLUMNS, map(np.ascontiguousarray, every), strict=True))
        splits = self._splits + (more or Counter())
        return Cuts(**columns, number_splits=tuple(sorted(splits.items())))


class CutsOfChunks:
    """What the same is for chunks of SPACES, each looked at once.

    Args:
        inside: looks at texts.
        spans: those of the texts, shared by all tokenizers.
        numbering: of SPACES.
    """

    def __init__(self, inside: Inside, spans: Remembered, numbering: "Numbering") -> None:
        from tokbench.encoding.tables import Column, Rows  # noqa: PLC0415 - kernels

        self._inside = inside
        self._spans = spans
        self._numbering = numbering
        self._rows = Rows(self._make)
        self._columns = [Column(np.int32) for _ in COLUMNS]
        self._splits: list[Splits] = []
        self._weights = np.zeros(0, np.int64)

    def look(self, chunks: "Numbered") -> "tuple[NDArray[np.int64], NDArray[np.int32]]":
        """A row for each of COLUMNS, a column for each document; and the rows of its chunks."""
        from tokbench.encoding.chunk_kernels import add_up  # noqa: PLC0415 - kernels

        rows = self._rows.of(chunks.numbers)
        made = np.zeros((len(COLUMNS), len(chunks.bounds) - 1), np.int64)
        for sums, column in zip(made, self._columns, strict=True):
            add_up(rows, chunks.bounds, column.array, sums)
        return made, rows

    def count(self, rows: "NDArray[np.int32]") -> None:
        """Let the numbers in these chunks count, each as often as it stands here."""
        counts = np.bincount(rows, minlength=len(self._rows))
        counts[: len(self._weights)] += self._weights
        self._weights = counts

    def splits(self) -> "Counter[tuple[int, int]]":
        """How often numbers were cut in each way, in all that was counted."""
        weights = np.pad(self._weights, (0, len(self._rows) - len(self._weights)))
        found: Counter[tuple[int, int]] = Counter()
        for splits in self._splits:
            found.update(counted(splits, weights))
        return found

    def _make(self, numbers: "NDArray[np.int64]") -> None:
        texts = self._numbering.texts(numbers)
        made, splits = self._inside.look(texts, self._spans.of(texts))
        first = len(self._rows)
        self._splits.append(Splits(splits.texts + first, splits.digits, splits.places))
        for column, values in zip(self._columns, made, strict=True):
            column.append(values)


def counted(splits: Splits, weights: "NDArray[np.int64]") -> "Counter[tuple[int, int]]":
    """How often numbers are cut in each way, if each text occurs as often as it weighs."""
    found: Counter[tuple[int, int]] = Counter()
    if len(splits.texts):
        pairs = np.column_stack([splits.digits, splits.places])
        ways, which = np.unique(pairs, axis=0, return_inverse=True)
        counts = np.bincount(which.ravel(), weights[splits.texts]).astype(np.int64)
        for way, count in zip(ways.tolist(), counts.tolist(), strict=True):
            if count:
                found[way[0], way[1]] += count
    return found


def merged(
    documents: int, parts: "Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]"
) -> "NDArray[np.int64]":
    """One table from several, each with the numbers of its documents among all."""
    whole = np.zeros((len(COLUMNS), documents), np.int64)
    for which, part in parts:
        whole[:, which] = part
    return whole
