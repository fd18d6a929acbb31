"""What flows through the corpus stage: batches of rows, the text and what steps look at."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "text"


class Rows(NamedTuple):
    """Some rows of a source.

    Attributes:
        batch: the column `text` (large_string, valid UTF-8; null only where nulls were asked for)
            first, then the columns that were asked for, under the names that were asked for.
        done: how many bytes of the source's size were consumed so far.
        piece: the number of the piece (file, shard) of the source that they come from.
        notes: what was left out since the last rows, as sentences for users.
        seen: how many rows of that piece have come, these included, where rows were gathered.
    """

    batch: "pa.RecordBatch"
    done: int
    piece: int = 0
    notes: tuple[str, ...] = ()
    seen: int = 0

    @property
    def texts(self) -> "pa.LargeStringArray":
        """The documents."""
        return texts_of(self.batch)


Stream = Iterator[Rows]


def texts_of(batch: "pa.RecordBatch") -> "pa.LargeStringArray":
    """The documents of a batch."""
    return cast("pa.LargeStringArray", batch.column(TEXT))


def rows_of(
    texts: "pa.LargeStringArray",
    columns: "Sequence[tuple[str, pa.Array[Any]]]" = (),
) -> "pa.RecordBatch":
    """A batch of these documents and columns."""
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    names = [TEXT, *(name for name, _ in columns)]
    return pa.RecordBatch.from_arrays([texts, *(column for _, column in columns)], names=names)


def with_column(batch: "pa.RecordBatch", name: str, column: "pa.Array[Any]") -> "pa.RecordBatch":
    """The same rows with a column, behind the text, in place of any of that name."""
    others = [(one, batch.column(one)) for one in batch.schema.names if one not in (TEXT, name)]
    return rows_of(texts_of(batch), [(name, column), *others])


def with_texts(batch: "pa.RecordBatch", texts: "pa.LargeStringArray") -> "pa.RecordBatch":
    """The same rows with other documents."""
    others = [(name, batch.column(name)) for name in batch.schema.names if name != TEXT]
    return rows_of(texts, others)
