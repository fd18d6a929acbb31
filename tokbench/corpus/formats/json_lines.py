"""JSON lines: one object a line."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import repeat
from typing import Any

import pyarrow as pa
import pyarrow.json as pajson

from tokbench.corpus.formats.blocks import BLOCK, blocks, line_end
from tokbench.corpus.formats.columns import Wanted, check_utf8
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.formats.json_values import JsonRows
from tokbench.corpus.problems import refused
from tokbench.corpus.texts import as_text
from tokbench.errors import CorpusError

_BOM = b"\xef\xbb\xbf"
_ARROW: dict[type | None, Callable[[], pa.DataType]] = {
    str: pa.large_string, bool: pa.bool_, int: pa.int64, float: pa.float64
}  # fmt: skip
_MOST = 1e15
"""From here on, numbers with a fraction are written with an exponent."""


def read(
    stream: Readable, shown: str, wanted: Wanted, hint: str = "", size: int = BLOCK
) -> Iterator[pa.RecordBatch]:
    r"""The rows of a file with an object a line; lines of white space are skipped.

    Args:
        stream: the bytes of the file.
        shown: the file, for messages.
        wanted: keys, with dots for nested keys.
        hint: what else could be meant by a file that is not as expected.
        size: how many bytes to read at once.

    Raises:
        CorpusError: a line is not JSON, or what makes the text of a row is missing, null or not
            text.

    >>> import io
    >>> from tokbench.corpus.texts import TextFields
    >>> lines = io.BytesIO(b'{"data": {"text": "a"}}\n\n{"data": {"text": "b"}}\n')
    >>> wanted = Wanted(TextFields(text="data.text"))
    >>> [batch.to_pydict() for batch in read(lines, "a.jsonl", wanted)]
    [{'text': ['a', 'b']}]
    """
    lines = _Lines(shown, wanted, hint)
    row = 1
    for block, _ in blocks(stream, line_end, size):
        rows = block.removeprefix(_BOM) if row == 1 else block
        if rows.strip():
            yield lines.rows(rows, row)
        row += block.count(b"\n")
    lines.values.finish()


class _Lines:
    """The rows of one file, block by block.

    Attributes:
        values: what is known of the fields so far.
    """

    def __init__(self, shown: str, wanted: Wanted, hint: str) -> None:
        self.values = JsonRows(shown, wanted, hint)
        self._shown = shown
        self._wanted = wanted
        self._hint = hint
        # Two fields of which one lies in the other cannot both stand in one schema.
        self._apart = not any(
            one.startswith(f"{other}.") for one in wanted.fields for other in wanted.fields
        )
        self._looked = False

    def rows(self, block: bytes, first_row: int) -> pa.RecordBatch:
        """What is wanted of the rows of a block."""
        if not self._looked and (self._wanted.columns or self._wanted.nulls):
            with suppress(ValueError, RecursionError):
                self.values.look(json.loads(block.lstrip().partition(b"\n")[0]))
        self._looked = True
        columns = self._fast(block)
        if columns is None:
            return self._careful(block, first_row)
        return self._wanted.rows(columns, self._shown, first_row)

    def _fast(self, block: bytes) -> "list[pa.Array[Any]] | None":
        """The columns as Arrow's parser sees them, None where anything is unusual."""
        # A block that begins with null crashes Arrow's parser (apache/arrow#47409).
        if not self._apart or not block.lstrip().startswith(b"{"):
            return None
        kinds = {name: self.values.kinds.get(name, str) for name in self._wanted.fields}
        if not _ARROW.keys() >= set(kinds.values()):
            return None
        try:
            table = pajson.read_json(
                io.BytesIO(block),
                read_options=pajson.ReadOptions(use_threads=False, block_size=len(block) + 1),
                parse_options=pajson.ParseOptions(
                    explicit_schema=_schema(kinds), unexpected_field_behavior="ignore"
                ),
            )
            columns = [_column(table, name) for name in self._wanted.fields]
            if not all(map(self._is_plain, columns, self._wanted.fields, repeat(block))):
                return None
        except pa.ArrowException:
            return None
        # Arrow also takes two objects on one line, or one on two.
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        filled = len(table) == lines or len(table) == sum(
            map(bool, map(bytes.strip, block.split(b"\n")))
        )
        if not filled:
            return None
        for name, column in zip(self._wanted.fields, columns, strict=True):
            if column.null_count < len(column):
                self.values.note(name, kinds[name] or str)
        return [as_text(column, self._shown, "") for column in columns]

    def _is_plain(self, column: "pa.Array[Any]", name: str, block: bytes) -> bool:
        """Whether a column surely is what Python's parser would make of it."""
        column.validate(full=True)
        if column.null_count and not self._wanted.nulls and name in self._wanted.text.columns():
            return False
        if column.null_count == len(column) and self.values.is_new(name):
            # Null in every row, or missing? Only a row that says null can tell.
            key = json.dumps(name.rpartition(".")[2]).encode()
            return not re.search(re.escape(key) + rb"\s*:", block)
        if pa.types.is_float64(column.type):
            import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only this needs

            # Whole numbers beyond may be integers, which keep all their digits.
            small = pc.less(pc.abs(column), pa.scalar(_MOST, pa.float64()))
            return bool(pc.all(small).as_py() in (True, None))
        return True

    def _careful(self, block: bytes, first_row: int) -> pa.RecordBatch:
        """The same by Python's parser, which is slower and knows where something is wrong."""
        for row, line in enumerate(block.split(b"\n"), first_row):
            if not line.strip():
                continue
            try:
                # Only what is wanted must be valid UTF-8; what stands beside it is not judged.
                value = json.loads(line.decode("utf-8", "surrogateescape"))
            except (ValueError, RecursionError) as error:
                reason = f"({_reason(error)}); mend the row{self._hint}"
                what = f"is not a JSON object on one line {reason}"
                raise refused(self._shown, what, row) from error
            try:
                self.values.add(value, row)
            except CorpusError:
                field = self._wanted.fields[0]
                check_utf8(line, self._shown, field, row)
                raise
        return self.values.take()


def _schema(kinds: dict[str, type | None]) -> pa.Schema:
    """Each field under its name, and where that has dots, in its structs too."""
    tree: dict[str, Any] = {}
    for name, kind in kinds.items():
        *outer, last = name.split(".")
        inside = tree
        for key in outer:
            inside = inside.setdefault(key, {})
        inside[last] = tree[name] = _ARROW[kind]()
    return pa.schema(_struct(tree))


def _struct(tree: dict[str, Any]) -> pa.StructType:
    return pa.struct(
        [(key, _struct(kind) if isinstance(kind, dict) else kind) for key, kind in tree.items()]
    )


def _column(table: pa.Table, field: str) -> "pa.Array[Any]":
    """The values by the literal key where there is one, else by the nested keys."""
    values = table.column(field)
    first, *inner = field.split(".")
    if inner:
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only this needs

        values = pc.coalesce(values, pc.struct_field(table.column(first), inner))
    return values.combine_chunks()


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
