"""The text in one parsed JSON row."""

from typing import Any

from tokbench.corpus.formats.columns import is_null, no_field, not_text
from tokbench.corpus.problems import refused

_KINDS = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}


def text_of(value: Any, shown: str, field: str, row: int, hint: str = "") -> bytes:
    """The text of a row, in UTF-8.

    Args:
        value: the row.
        shown: the file, for messages.
        field: the key of the text; with dots, a key with these dots or else nested keys.
        row: the number of the row in the file, from 1.
        hint: what else could mend a missing field.

    Raises:
        CorpusError: the row is no object, or its field is missing, null or not text.
    """
    if not isinstance(value, dict):
        what = f"is {kind_of(value)}, not an object"
        raise refused(shown, f'{what}; write {{"{field}": ...}}', row)
    found = _nested(value, field) if value.get(field) is None else value[field]
    if found is _MISSING:
        if field not in value:
            raise no_field(shown, field, list(_leaves(value)), row, hint)
        found = None
    if found is None:
        raise is_null(shown, field, row)
    if not isinstance(found, str):
        raise not_text(shown, field, kind_of(found), row)
    try:
        return found.encode()
    except UnicodeEncodeError as error:
        what = f"field {field!r} holds a lone surrogate (character {error.start + 1})"
        raise refused(shown, f"{what}; mend or remove the row", row) from error


def kind_of(value: Any) -> str:
    """What JSON calls a value, with its article.

    >>> kind_of([]), kind_of("")
    ('a list', 'a string')
    """
    return "null" if value is None else _KINDS.get(type(value), "a string")


_MISSING = object()


def _nested(value: Any, field: str) -> Any:
    for key in field.split("."):
        if value is None:
            return None
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value


def _leaves(value: dict[str, Any], prefix: str = "") -> Any:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, f"{prefix}{key}.")
        else:
            yield prefix + key
