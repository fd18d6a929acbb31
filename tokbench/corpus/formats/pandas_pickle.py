"""A DataFrame that pandas pickled. Reading a pickle runs what its maker put into it."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tokbench.corpus.documents import BATCH_BYTES
from tokbench.corpus.formats.columnar import Columns
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Unpacked
from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    from pandas import DataFrame


def read(stream: Unpacked, shown: str, wanted: Wanted) -> Iterator[tuple[pa.RecordBatch, float]]:
    """The rows of a pickled DataFrame, all of which is in memory, and the share that was given.

    Args:
        stream: the bytes of the file.
        shown: its name, for messages.
        wanted: columns, each under its name, or with dots keys of the objects in it.

    Raises:
        CorpusError: pandas is not there, the file is no such pickle, or lacks a column.
    """
    frame = _unpickled(stream, shown)
    table = _table(frame, shown, wanted)
    if not len(table):
        return
    columns = Columns(table.schema, shown, wanted)
    rows = max(1, BATCH_BYTES * len(table) // max(table.nbytes, 1))
    given = 0
    for batch in table.to_batches(rows):
        found = columns.rows(batch, given + 1)
        given += len(batch)
        yield found, given / len(table)


def _unpickled(stream: Unpacked, shown: str) -> "DataFrame":
    try:
        import pandas as pd  # noqa: PLC0415 - an extra, and 0.5 s to import
    except ImportError as error:
        what = "needs pandas, which is not installed; pip install 'tokbench[pandas]'"
        raise refused(shown, what) from error
    try:
        frame = pd.read_pickle(io.BufferedReader(stream), compression=None)
    except CorpusError:
        raise
    except Exception as error:  # what a pickle runs can raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise refused(shown, f"cannot be unpickled ({reason}); save it as parquet") from error
    if not isinstance(frame, pd.DataFrame):
        what = f"holds a {type(frame).__name__}, not a DataFrame; save one with to_pickle"
        raise refused(shown, f"{what}, or the rows as parquet")
    return frame


def _table(frame: "DataFrame", shown: str, wanted: Wanted) -> pa.Table:
    names = [str(name) for name in frame.columns]
    found: dict[str, pa.Array[Any]] = {}
    for name in wanted.fields:
        root = name if name in names else name.partition(".")[0]
        if root not in names:
            raise wanted.missing(shown, name, names)
        if names.count(root) > 1:
            raise refused(shown, f"has {names.count(root)} columns {root!r}; rename all but one")
        if root not in found:
            found[root] = _column(frame.iloc[:, names.index(root)], shown, root)
    return pa.table(found)


def _column(values: Any, shown: str, name: str) -> "pa.Array[Any]":
    try:
        column = pa.Array.from_pandas(values)
    except UnicodeEncodeError as error:
        what = f"field {name!r} holds a lone surrogate in {error.object[:20]!a}"
        raise refused(shown, f"{what}; mend or remove the row") from error
    except (pa.ArrowException, OverflowError) as error:
        reason = " ".join(str(error).split())
        what = f"field {name!r} holds values that no column can hold together ({reason})"
        raise refused(shown, f"{what}; make them one type") from error
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
