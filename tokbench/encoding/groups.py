"""Of which group each document is: what a corpus says beside the text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.errors import CorpusError
from tokbench.values import Corpus, Grouped, Grouping, Split, Watch

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE = "source"
NOT_SAID = "(none)"


def documents_with(
    corpus: Corpus, by: Sequence[str], split: Split, watch: Watch
) -> "Iterator[pa.RecordBatch]":
    """The batches of a split, with the groups of the corpus or the columns that these name.

    Raises:
        CorpusError: a source has no such column.
    """
    wanted = [name for name in by if name != SOURCE]
    if not wanted or not isinstance(corpus, Grouped):
        return corpus.batches(split, watch)
    columns = [name for name in wanted if name not in corpus.groups]
    return corpus.batches(split, watch, columns, groups=len(columns) < len(wanted))


class Groups:
    """Collects the values of some columns batch by batch.

    Args:
        names: of string columns, or `source`.
        corpus: whose documents they are.
    """

    def __init__(self, names: Sequence[str], corpus: Corpus) -> None:
        self._corpus = corpus
        self._labels: dict[str, list[str]] = {name: [] for name in names}

    def add(self, batch: "pa.RecordBatch") -> None:
        """Take in a batch of documents.

        Raises:
            CorpusError: it has no such column.
        """
        for name, labels in self._labels.items():
            if name not in batch.schema.names or name == "text":
                raise CorpusError(self._missing(name, batch))
            column: Any = batch.column(name)
            values = column.to_pylist()
            if name == SOURCE:
                labels += [self._corpus.sources[number] for number in values]
            else:
                labels += [NOT_SAID if value is None else str(value) for value in values]

    def _missing(self, name: str, batch: "pa.RecordBatch") -> str:
        known = [one for one in batch.schema.names if one != "text"]
        return (
            f"{', '.join(self._corpus.sources)}: has no {name!r} to group documents by: "
            f"it has {', '.join(known) or 'only the text'}"
        )

    @property
    def groupings(self) -> dict[str, Grouping]:
        """All that was added."""
        made = {}
        for name, labels in self._labels.items():
            known, index = np.unique(np.array(labels, object), return_inverse=True)
            made[name] = Grouping(tuple(known.tolist()), index.astype(np.int64))
        return made
