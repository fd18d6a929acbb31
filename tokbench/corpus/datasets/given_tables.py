"""What Python objects hold, as tables: iterables of documents or batches, data frames, datasets."""

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import xxhash

from tokbench.corpus.datasets.tables import Roots
from tokbench.corpus.documents import BATCH_BYTES, array_with_nulls
from tokbench.corpus.problems import refused
from tokbench.corpus.rows import TEXT
from tokbench.errors import CorpusError
from tokbench.fingerprint import characters_as_bytes, offsets

_AGAIN = "give a list, a datasets.Dataset, or a function that gives a new iterator at every call"
_MOST_ROWS = 4096


def check(given: Any, shown: str) -> None:
    """Raise a `CorpusError` unless the object can be read, and read again."""
    if isinstance(given, str | bytes):
        raise refused(shown, "a string is one document; give a list of documents")
    if isinstance(given, Mapping):
        if (column := next((key for key, one in given.items() if _is_text(one)), None)) is not None:
            what = f"{column!r} is a string where a column is a list"
            raise refused(shown, f"{what}; give {{{column!r}: [text, ...]}}, or a list of rows")
        return
    if callable(given):
        _check_call(given, shown)
        return
    # Not iter(given): that alone uses up some objects.
    if isinstance(given, Iterator):
        raise refused(shown, f"can be read only once, and a corpus is read again; {_AGAIN}")
    if not any(hasattr(given, name) for name in ("__iter__", "__getitem__", "__arrow_c_stream__")):
        raise refused(shown, f"cannot be iterated over; {_AGAIN}")


def _check_call(given: Any, shown: str) -> None:
    """Raise a `CorpusError` if it cannot be called without arguments."""
    try:
        signature = inspect.signature(given)
    except (TypeError, ValueError):  # some functions of C do not say
        return
    try:
        signature.bind()
    except TypeError as error:
        what = f"is called without arguments, and that does not work ({error})"
        raise refused(shown, f"{what}; give a function that takes none") from error


def pieces(given: Any, shown: str) -> list[tuple[str, Any]]:
    """What is read one after the other: the splits of a dictionary of datasets, or all at once.

    Returns:
        The name of each, for messages, and the object.
    """
    if _is_of_datasets(given, "DatasetDict", "IterableDatasetDict"):
        return [(f"{shown} ({split})", dataset) for split, dataset in given.items()]
    return [(shown, given)]


def tables(given: Any, shown: str, roots: Roots | None = None) -> Iterator[tuple[pa.Table, int]]:
    """All rows of an object.

    Args:
        given: what `pieces` gave.
        shown: its name, for messages.
        roots: chooses among the columns, where that saves reading.

    Yields:
        Some rows, and the number of the first, from 1.

    Raises:
        CorpusError: it holds something that is neither documents nor batches of them.
    """
    if _is_of_datasets(given, "Dataset", "IterableDataset"):
        from tokbench.corpus.datasets.hub_tables import Shard, rows_a_batch  # noqa: PLC0415 - takes 1.2 s

        data = getattr(given, "data", None)
        limit = rows_a_batch(data.nbytes, len(data)) if data is not None else rows_a_batch(0, 0)
        yield from Shard(shown, given).tables(roots, limit)
        return
    row = 1
    for table in _tables(given, shown):
        _refuse_twins(table.column_names, shown)
        for part in _cut(table):
            yield part, row
            row += len(part)


def _refuse_twins(names: Sequence[str], shown: str) -> None:
    if len(set(names)) < len(names):
        twin = next(name for name in names if names.count(name) > 1)
        raise refused(shown, f"has several columns called {twin!r}; give each a name of its own")


def _is_of_datasets(given: Any, *names: str) -> bool:
    # Whoever gives one has imported the package; nobody else is made to.
    module = sys.modules.get("datasets")
    return module is not None and isinstance(given, tuple(getattr(module, one) for one in names))


def _tables(given: Any, shown: str) -> Iterator[pa.Table]:
    if callable(given):
        given = given()
        _check_returned(given, shown)
    whole = isinstance(given, Mapping | pa.Array) or hasattr(given, "__arrow_c_stream__")
    if whole or _is_frame(given):
        yield _table(given, shown, 1)
        return
    row = 1
    for batch in _gathered(given):
        table = _table(batch, shown, row)
        yield table
        row += len(table)


def _check_returned(given: Any, shown: str) -> None:
    """Raise a `CorpusError` if what a function gave cannot be read even once."""
    if not isinstance(given, Iterator):
        what = type(given).__name__
        if given is None or isinstance(given, str | bytes) or callable(given):
            advice = "give a function that gives a new iterator of documents at every call"
            raise refused(shown, f"returns {what}, which holds no documents; {advice}")
        check(given, shown)


def _is_frame(given: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(given, pandas.DataFrame)


def _gathered(given: Iterable[Any]) -> Iterator[Any]:
    """Documents, and rows, by the list; batches as they come."""
    held: list[Any] = []
    weight, kind = 0, 0
    for one in given:
        kind, before = 1 if isinstance(one, str | None) else 2 if _is_row(one) else 0, kind
        if held and kind != before:
            yield held
            held, weight = [], 0
        if not kind:
            yield one
            continue
        held.append(one)
        weight += len(one or "") if kind == 1 else sum(map(len, filter(_is_text, one.values())))
        if weight >= BATCH_BYTES or len(held) == _MOST_ROWS:
            yield held
            held, weight = [], 0
    if held:
        yield held


def _is_row(value: Any) -> bool:
    """Whether it is one row: a column is a list, and no string."""
    return isinstance(value, Mapping) and any(map(_is_text, value.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _table(batch: Any, shown: str, row: int) -> pa.Table:
    """A batch: strings, rows, columns, or whatever Arrow takes for a table."""
    listed = isinstance(batch, list | tuple)
    if listed and all(isinstance(text, str | None) for text in batch):
        return pa.Table.from_arrays([_texts(batch, shown, row)], names=[TEXT])
    try:
        if _is_frame(batch):
            _refuse_twins([str(name) for name in batch.columns], shown)
            batch = pa.Table.from_pandas(batch, preserve_index=False)
        if listed and all(map(_is_row, batch)):
            return pa.Table.from_pylist(list(batch))
        if _is_row(batch):
            return pa.Table.from_pylist([batch])
        if isinstance(batch, Mapping):
            return pa.table(dict(batch))
        if isinstance(batch, pa.Array):
            return pa.table({TEXT: batch})
        if hasattr(batch, "__arrow_c_stream__"):
            column = pa.chunked_array(batch)
            is_table = pa.types.is_struct(column.type)
            return pa.table(batch) if is_table else pa.table({TEXT: column})
    except (pa.ArrowException, TypeError, ValueError) as error:
        said = ": ".join(map(str, error.args)).splitlines()[0]
        what = f"holds a batch that is no table ({said})"
        raise refused(shown, f"{what}; give {{column: [value, ...]}}", row) from error
    what = f"gives {_kind(batch)}, neither a document nor a batch of them"
    raise refused(shown, f"{what}; give strings, lists of strings, or tables of columns", row)


def _kind(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return type(value).__name__
    inner = next(one for one in value if not isinstance(one, str | None))
    return f"{type(value).__name__} of {type(inner).__name__}"


def _texts(texts: Sequence[str | None], shown: str, row: int) -> pa.LargeStringArray:
    try:
        return array_with_nulls([None if text is None else text.encode() for text in texts])
    except UnicodeEncodeError:
        raise _surrogate(texts, shown, row) from None


def _surrogate(texts: Sequence[str | None], shown: str, row: int) -> CorpusError:
    for number, text in enumerate(texts, row):
        try:
            (text or "").encode()
        except UnicodeEncodeError as error:
            what = f"holds a lone surrogate (character {error.start + 1})"
            return refused(shown, f"{what}; mend or remove the document", number)
    raise AssertionError("one of them cannot be encoded")


def _cut(table: pa.Table) -> Iterator[pa.Table]:
    limit = min(max(1, BATCH_BYTES * len(table) // max(table.nbytes, 1)), _MOST_ROWS)
    for start in range(0, len(table), limit):
        yield table.slice(start, limit)


class Digest:
    """What the values of a column are known by, in their order, however they are cut into batches.

    Attributes:
        rows: how many there were.
        bytes: of their UTF-8.

    >>> one, other = Digest(), Digest()
    >>> one.update(pa.array(["a", "bc"]))
    >>> other.update(pa.array(["a"]))
    >>> other.update(pa.array(["bc"]))
    >>> str(one) == str(other), one.rows, one.bytes
    (True, 2, 3)
    """

    def __init__(self) -> None:
        self.rows = 0
        self.bytes = 0
        self._lengths = xxhash.xxh3_128()
        self._values = xxhash.xxh3_128()

    def update(self, column: "pa.Array[Any]") -> None:
        """Add values, of any type that Arrow can write as text."""
        values = cast("pa.LargeStringArray", column.cast(pa.large_string()))
        bounds = offsets(values)
        lengths = np.diff(bounds)
        if values.null_count:
            lengths[[row for row, value in enumerate(values) if not value.is_valid]] = -1
        self._lengths.update(lengths.data)
        self._values.update(characters_as_bytes(values)[bounds[0] : bounds[-1]].data)
        self.rows += len(values)
        self.bytes += int(bounds[-1] - bounds[0])

    def __str__(self) -> str:
        """Sixty-four hexadecimal digits."""
        return self._lengths.hexdigest() + self._values.hexdigest()


def flat(schema: pa.Schema) -> list[str]:
    """The columns that steps can look at: text, numbers, truth values, times.

    >>> flat(pa.schema([("id", pa.int64()), ("image", pa.binary())]))
    ['id']
    """
    return [field.name for field in schema if _is_flat(field.type)]


def _is_flat(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_flat(kind.value_type)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return text or pa.types.is_string_view(kind) or pa.types.is_primitive(kind)
