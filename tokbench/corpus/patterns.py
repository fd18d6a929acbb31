"""Regular expressions in recipes, as the library `regex` has them."""

from typing import Annotated

import regex
from pydantic import AfterValidator, Field


def _compiles(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except regex.error as error:
        raise ValueError(
            f"the regular expression does not compile: {error}; the syntax is that of Python's "
            "library regex"
        ) from error
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]
"""A regular expression that compiles."""
