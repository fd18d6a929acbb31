"""From parsed JSON to rows: every value that is wanted, as text."""

import json
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pyarrow as pa

from tokbench.corpus.documents import array_with_nulls
from tokbench.corpus.formats.columns import Wanted, is_absent, is_null, not_text
from tokbench.corpus.problems import refused
from tokbench.fingerprint import utf8

_KINDS = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}


class JsonRows:
    """Rows of JSON, gathered until they are given as columns of text.

    A string is its text; a number, a boolean, a list or an object is as JSON writes it, a whole
    number without a fraction. So a column is text in every file and every block of it, whatever is
    in it.

    Attributes:
        kinds: the type of all values of a field so far, where there was any; None for several.
        held: about how many bytes are gathered.
    """

    def __init__(self, shown: str, wanted: Wanted, hint: str = "") -> None:
        self.kinds: dict[str, type | None] = {}
        self.held = 0
        self._shown = shown
        self._wanted = wanted
        self._hint = hint
        self._alone = wanted.text.text if wanted.text.is_column else None
        self._made_of = frozenset(wanted.text.columns())
        self._seen: set[str] = set()
        self._known: list[str] | None = None
        self._rows: list[int] = []
        self._columns: list[tuple[str, list[str], list[Any]]] = [
            (name, name.split("."), []) for name in wanted.fields
        ]

    def add(self, value: Any, row: int) -> None:
        """Gather what is wanted of a row.

        Args:
            value: the row, parsed.
            row: its number in the file, from 1.

        Raises:
            CorpusError: it is no object, or what its text is made of is missing, null or no text.
        """
        if not isinstance(value, dict):
            what = f"is {kind_of(value)}, not an object"
            raise refused(self._shown, f'{what}; write {{"{self._wanted.fields[0]}": ...}}', row)
        if self._known is None:
            self.look(value)
        held = 8
        for name, keys, column in self._columns:
            found = value.get(name)
            if found is None:
                found = _nested(value, keys)
            if type(found) is str and self.kinds.get(name) is str:  # as most are
                text = self._encoded(found, name, row)
                column.append(text)
                held += len(text)
            elif found is None or found is _MISSING:
                self._lack(value, name, row, missing=found is _MISSING and name not in value)
                column.append(None)
            else:
                column.append(self._text(found, name, row))
                held += 8 if isinstance(column[-1], float) else len(column[-1] or b"")
        self._rows.append(row)
        self.held += held

    def look(self, value: Any) -> None:
        """Keep the names of the fields of the first row, for messages."""
        if self._known is None and isinstance(value, dict):
            self._known = list(_leaves(value))

    def note(self, name: str, kind: type) -> None:
        """A field has values of this type in rows that were not added here."""
        self._seen.add(name)
        self.kinds.setdefault(name, kind)

    def is_new(self, name: str) -> bool:
        """Whether a field was in no row so far."""
        return name not in self._seen

    def take(self) -> pa.RecordBatch:
        """The rows that were gathered, and begin anew.

        Raises:
            CorpusError: the text of a row cannot be composed.
        """
        columns = [
            array_with_nulls(column if self.kinds.get(name) is str else _spelled(column))
            for name, _, column in self._columns
        ]
        rows, self._rows, self.held = self._rows, [], 0
        self._columns = [(name, keys, []) for name, keys, _ in self._columns]
        return self._wanted.rows(columns, self._shown, rows[0] if rows else 1, rows)

    def finish(self) -> None:
        """Refuse a file in which a field that is wanted is in none of the rows."""
        for name in self._wanted.fields:
            if self._known is not None and name not in self._seen:
                raise self._wanted.missing(self._shown, name, self._known, hint=self._hint)

    def _lack(self, value: dict[str, Any], name: str, row: int, *, missing: bool) -> None:
        if not missing:
            self._seen.add(name)
        if self._wanted.nulls or name not in self._made_of:
            return
        if missing and name in self._seen:
            raise is_absent(self._shown, name, row)
        if missing:
            known = list(_leaves(value))
            raise self._wanted.missing(self._shown, name, known, row, self._hint)
        raise is_null(self._shown, name, row)

    def _text(self, found: Any, name: str, row: int) -> bytes | float:
        self._seen.add(name)
        kind = type(found)
        if kind is str:
            text: str = found
        elif name == self._alone:
            raise not_text(self._shown, name, kind_of(found), row)
        elif kind in (list, dict):
            if name in self._made_of and not self._wanted.text.holds_lists:
                what = f"field {name!r} is {kind_of(found)}, neither text nor a number"
                raise refused(self._shown, f"{what}; name another field in `text:`", row)
            text = json.dumps(found, ensure_ascii=False)
        elif kind is not float:
            text = str(found).lower()
        if self.kinds.get(name, _MISSING) is not kind:
            self._learn(name, kind)
        if kind is float:
            return float(found)
        return self._encoded(text, name, row)

    def _encoded(self, text: str, name: str, row: int) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            what = f"field {name!r} holds a lone surrogate (character {error.start + 1})"
            raise refused(self._shown, f"{what}; mend or remove the row", row) from error

    def _learn(self, name: str, kind: type) -> None:
        before = self.kinds.get(name, kind)
        if before is kind:
            self.kinds[name] = kind
        else:
            self.kinds[name] = float if {before, kind} == {int, float} else None


def kind_of(value: Any) -> str:
    """What JSON calls a value, with its article.

    >>> kind_of([]), kind_of("")
    ('a list', 'a string')
    """
    return "null" if value is None else _KINDS.get(type(value), "a string")


_MISSING = object()


def _spelled(column: list[Any]) -> list[bytes | None]:
    """The column with its fractions written as Arrow writes a whole column of them."""
    floats = np.array([value for value in column if isinstance(value, float)], np.float64)
    if not len(floats):
        return column
    # Not pa.array: it imports pandas.
    buffers = [None, pa.py_buffer(floats.data)]
    written = pa.Array.from_buffers(pa.float64(), len(floats), buffers).cast(pa.large_string())
    texts = map(bytes, utf8(cast("pa.LargeStringArray", written)))
    return [next(texts) if isinstance(value, float) else value for value in column]


def _nested(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if value is None:
            return None
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value


def _leaves(value: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, f"{prefix}{key}.")
        else:
            yield prefix + key
