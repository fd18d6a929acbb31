"""JSON lines: one object a line."""

import io
import json
from collections.abc import Iterator
from typing import cast

import pyarrow as pa
import pyarrow.json as pajson

from tokbench.corpus.documents import array_of
from tokbench.corpus.formats.blocks import BLOCK, blocks, line_end
from tokbench.corpus.formats.columns import check_utf8
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.formats.json_values import text_of
from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError

_BOM = b"\xef\xbb\xbf"


def read(
    stream: Readable, shown: str, field: str, hint: str = "", size: int = BLOCK
) -> Iterator[pa.LargeStringArray]:
    r"""The documents of a file with an object a line; lines of white space are skipped.

    Args:
        stream: the bytes of the file.
        shown: the file, for messages.
        field: the key of the text, dots for nested keys.
        hint: what else could be meant by a file that is not as expected.
        size: how many bytes to read at once.

    Raises:
        CorpusError: a line is not JSON, or its field is missing, null or not text.

    >>> import io
    >>> lines = io.BytesIO(b'{"data": {"text": "a"}}\n\n{"data": {"text": "b"}}\n')
    >>> [texts.to_pylist() for texts in read(lines, "a.jsonl", "data.text")]
    [['a', 'b']]
    """
    schema = _schema(field)
    row = 1
    for block, _ in blocks(stream, line_end, size):
        rows = block.removeprefix(_BOM) if row == 1 else block
        if not rows.strip():
            row += block.count(b"\n")
            continue
        texts = _fast(rows, schema, field)
        yield _careful(rows, shown, field, row, hint) if texts is None else texts
        row += block.count(b"\n")


def _schema(field: str) -> pa.Schema:
    first, *inner = field.split(".")
    kind: pa.DataType = pa.large_string()
    for key in reversed(inner):
        kind = pa.struct([(key, kind)])
    fields = [(first, kind)]
    return pa.schema(fields if not inner else [*fields, (field, pa.large_string())])


def _fast(block: bytes, schema: pa.Schema, field: str) -> pa.LargeStringArray | None:
    """The documents as Arrow's parser sees them, None where anything is unusual."""
    if not block.lstrip().startswith(b"{"):
        return None  # a block that begins with null crashes Arrow's parser (apache/arrow#47409)
    try:
        table = pajson.read_json(
            io.BytesIO(block),
            read_options=pajson.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pajson.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
        texts = _column(table, field)
        if texts.null_count:
            return None
        texts.validate(full=True)
    except pa.ArrowException:
        return None
    # Arrow also takes two objects on one line, or one on two.
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if len(texts) == lines or len(texts) == sum(map(bool, map(bytes.strip, block.split(b"\n")))):
        return texts
    return None


def _column(table: pa.Table, field: str) -> pa.LargeStringArray:
    """The texts by the literal key where there is one, else by the nested keys."""
    texts = table.column(field)
    first, *inner = field.split(".")
    if inner:
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only this needs

        texts = pc.coalesce(texts, pc.struct_field(table.column(first), inner))
    return cast("pa.LargeStringArray", texts.combine_chunks())


def _careful(
    block: bytes, shown: str, field: str, first_row: int, hint: str
) -> pa.LargeStringArray:
    """The same by Python's parser, which is slower and knows the row where something is wrong."""
    texts = []
    for row, line in enumerate(block.split(b"\n"), first_row):
        if not line.strip():
            continue
        try:
            # Only the text must be valid UTF-8; what stands beside it is not ours to judge.
            value = json.loads(line.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError) as error:
            what = f"is not a JSON object on one line ({_reason(error)}); mend the row{hint}"
            raise refused(shown, what, row) from error
        try:
            texts.append(text_of(value, shown, field, row, hint))
        except CorpusError:
            check_utf8(line, shown, field, row)
            raise
    return array_of(texts)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
