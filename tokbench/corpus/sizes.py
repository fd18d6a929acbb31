"""Numbers of bytes in recipes, as people write them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from tokbench.errors import BudgetError
from tokbench.memory import bytes_of


def _bytes(value: Any) -> Any:
    try:
        return bytes_of(value) if isinstance(value, str) else value
    except BudgetError as error:
        raise ValueError(str(error)) from error


Bytes = Annotated[
    int, Field(ge=1), BeforeValidator(_bytes, json_schema_input_type=int | str)
]  # fmt: skip
"""A number of bytes, or a size with a unit: `100MB`."""
