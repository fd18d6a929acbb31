"""What reports tell documents apart by: a value for a whole source, or one of its columns."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tokbench.corpus.rows import with_column

if TYPE_CHECKING:
    import pyarrow as pa

Groups = dict[str, str]
"""For each name a value, or a column in braces."""

_NAME = re.compile(r"[^\W\d][\w-]*")
_COLUMN = re.compile(r"\{([^{}]+)\}")
_TAKEN = ("text", "source")


def checked(groups: Groups) -> Groups:
    """The same groups.

    Raises:
        ValueError: a name or a value is none.
    """
    for name, value in groups.items():
        if not _NAME.fullmatch(name) or name in _TAKEN:
            raise ValueError(f"{name!r} cannot name a group; use letters, digits and dashes")
        if not value or ("{" in value and not _COLUMN.fullmatch(value)):
            raise ValueError(
                f"{value!r} is no value of a group: write a word, or one column as '{{column}}'"
            )
    return groups


def column_of(value: str) -> str | None:
    """The column that a group's value names; None for a value that stands for itself.

    >>> column_of("{category}"), column_of("ko")
    ('category', None)
    """
    found = _COLUMN.fullmatch(value)
    return found[1] if found else None


def columns_of(groups: Mapping[str, str]) -> list[str]:
    """The columns that the groups of a source are made of."""
    return [column for value in groups.values() if (column := column_of(value))]


def grouped(
    rows: "pa.RecordBatch", groups: Mapping[str, str], names: tuple[str, ...], keep: tuple[str, ...]
) -> "pa.RecordBatch":
    """The same rows with a string column for each of `names`, null where nothing is known.

    Args:
        rows: with the columns that `groups` name.
        groups: of the source that they come from.
        names: of the groups of all sources.
        keep: the other columns to keep, behind the text.
    """
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only groups need

    made: dict[str, pa.Array[Any]] = {}
    for name in names:
        value = groups.get(name)
        column = column_of(value) if value else None
        if value is None:
            made[name] = pa.nulls(len(rows), pa.string())
        elif column is None:
            made[name] = cast("pa.Array[Any]", pa.repeat(pa.scalar(value, pa.string()), len(rows)))
        else:
            made[name] = pc.cast(rows.column(column), pa.string())
    rows = rows.select(["text", *keep])
    for name, values in made.items():
        rows = with_column(rows, name, values)
    return rows
