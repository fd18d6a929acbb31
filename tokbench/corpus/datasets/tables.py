"""Tables that are no files: which columns to ask for, and what is wanted of their rows."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from tokbench.corpus.formats.columnar import Columns
from tokbench.corpus.formats.columns import Wanted

Roots = Callable[[pa.Schema, str], list[str]]
"""Chooses among the columns of a table, given its schema and what to call it in messages."""


def roots(wanted: Wanted) -> Roots:
    """The columns that hold all that is wanted, in the order of the table.

    Raises:
        CorpusError: something wanted is not there.

    >>> from tokbench.corpus.texts import TextFields
    >>> schema = pa.schema([("id", pa.int64()), ("data", pa.struct([("body", pa.string())]))])
    >>> roots(Wanted(TextFields(text="data.body")))(schema, "a.parquet")
    ['data']
    """

    def chosen(schema: pa.Schema, shown: str) -> list[str]:
        keys = {path[0] for path in Columns(schema, shown, wanted).keys}
        return [name for name in schema.names if name in keys]

    return chosen


def rows(
    table: pa.Table, wanted: Wanted, shown: str, first_row: int = 1
) -> Iterator[pa.RecordBatch]:
    """What is wanted of each row of a table.

    Args:
        table: has the columns of `roots`; others do not matter.
        wanted: the text and other columns.
        shown: the file or dataset, for messages.
        first_row: the number of the table's first row in it, from 1.

    Raises:
        CorpusError: something wanted is not there, or is not what it is wanted for.
    """
    columns = Columns(table.schema, shown, wanted)
    for batch in table.to_batches():
        yield columns.rows(batch, first_row)
        first_row += len(batch)
