"""From batches of a table, wherever they come from, to rows: the text composed, columns taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tokbench.corpus.formats.columnar import leaves
from tokbench.corpus.formats.columns import check_utf8, is_null, no_field
from tokbench.corpus.problems import refused
from tokbench.corpus.rows import rows_of
from tokbench.corpus.texts import TextFields
from tokbench.errors import nearest
from tokbench.fingerprint import utf8


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each row of a table.

    Attributes:
        fields: what its text is made of.
        columns: what else, by column or dotted path.
        nulls: whether a row without a text is given, with null.
    """

    fields: TextFields
    columns: Sequence[str] = ()
    nulls: bool = False

    def roots(self, schema: pa.Schema, shown: str) -> list[str]:
        """The columns of a table that hold all that is wanted, in the table's order.

        Raises:
            CorpusError: something wanted is not there.

        >>> schema = pa.schema([("id", pa.int64()), ("data", pa.struct([("body", pa.string())]))])
        >>> Wanted(TextFields(text="data.body")).roots(schema, "a.parquet")
        ['data']
        """
        keys = {path[0] for path in self._paths(schema, shown).values()}
        return [name for name in schema.names if name in keys]

    def rows(self, table: pa.Table, shown: str, first_row: int = 1) -> Iterator[pa.RecordBatch]:
        """The rows of a table.

        Args:
            table: has the columns of `roots`; others do not matter.
            shown: the file or dataset, for messages.
            first_row: the number of the table's first row in it, from 1.

        Raises:
            CorpusError: something wanted is not there, or the text of a row is null, not text or
                no UTF-8.
        """
        paths = self._paths(table.schema, shown)
        for batch in table.to_batches():
            found = {name: _values(batch, path) for name, path in paths.items()}
            parts = [found[name] for name in self.fields.columns()]
            named = pa.RecordBatch.from_arrays(parts, names=list(self.fields.columns()))
            texts = self.fields.compose(named, shown, first_row)
            self._check(texts, shown, first_row)
            yield rows_of(texts, [(name, found[name]) for name in self.columns])
            first_row += len(batch)

    def _paths(self, schema: pa.Schema, shown: str) -> dict[str, list[str]]:
        texts = self.fields.columns()
        paths = {name: _path(schema, name) for name in dict.fromkeys((*texts, *self.columns))}
        for name, path in paths.items():
            known = list(leaves(list(schema)))
            if not path and name in texts and self.fields.messages is None:
                raise no_field(shown, name, known)
            if not path:
                raise refused(shown, f"no field {name!r}; {nearest(name, known)}")
        return paths

    def _check(self, texts: pa.LargeStringArray, shown: str, first_row: int) -> None:
        field = self.fields.columns()[0]
        if texts.null_count and not self.nulls:
            row = next(number for number, value in enumerate(texts) if not value.is_valid)
            raise is_null(shown, field, first_row + row)
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid as error:
            for row, text in enumerate(utf8(texts), first_row):
                check_utf8(bytes(text), shown, field, row)
            raise refused(shown, f"is damaged ({error}); save it again") from error


def _path(schema: pa.Schema, name: str) -> list[str]:
    """The keys that lead to a field, none where it is not there: a column has precedence."""
    if name in schema.names:
        return [name]
    keys = name.split(".")
    kind: pa.DataType = pa.struct(list(schema))
    for key in keys:
        if not isinstance(kind, pa.StructType) or kind.get_field_index(key) < 0:
            return []
        kind = kind.field(key).type
    return keys


def _values(batch: pa.RecordBatch, path: list[str]) -> "pa.Array[Any]":
    column = batch.column(path[0])
    if not path[1:]:
        return column
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only nested fields need

    return pc.struct_field(column, path[1:])
