"""Kinds of options that several steps have."""

from typing import Annotated, Any

import regex
from pydantic import AfterValidator, BeforeValidator, Field

from tokbench.errors import BudgetError
from tokbench.memory import bytes_of


def _compiles(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except regex.error as error:
        raise ValueError(
            f"the regular expression does not compile: {error}; the syntax is that of Python's "
            "library regex"
        ) from error
    return pattern


def _bytes(value: Any) -> Any:
    try:
        return bytes_of(value) if isinstance(value, str) else value
    except BudgetError as error:
        raise ValueError(str(error)) from error


def _single(value: Any) -> Any:
    # Said here, or each type of the union would have a sentence of its own.
    if not isinstance(value, str | int | float):
        kind = {dict: "a map", type(None): "null"}.get(type(value), "a list")
        raise ValueError(f"expected a string, a number, true or false, got {kind}")  # noqa: TRY004 - pydantic wants it
    return value


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]
"""A regular expression that compiles."""

Bytes = Annotated[int, Field(ge=1), BeforeValidator(_bytes, json_schema_input_type=int | str)]
"""A number of bytes, or a size with a unit: `100MB`."""

Column = Annotated[str, Field(min_length=1)]
"""The name of a column, or a dotted path to a nested field."""

Value = Annotated[
    str | int | float | bool,
    BeforeValidator(_single, json_schema_input_type=str | int | float | bool),
]
"""What can stand in a column."""
