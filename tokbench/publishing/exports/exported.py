"""What an export is, and how it is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from tokbench.errors import PublishingError

Encoder = Callable[[str], Sequence[int]]
"""Ids of a text, special tokens neither added nor found in it."""


@dataclass(frozen=True)
class Exported:
    """Files of another library.

    Attributes:
        files: their bytes by their place in the repository, the main one first.
        differs: on which texts it is known to give other ids, a sentence each.
    """

    files: Mapping[str, bytes]
    differs: tuple[str, ...] = ()


def refuse(format_: str, why: str) -> NoReturn:
    """Say why a tokenizer cannot be written in a format."""
    raise PublishingError(f"cannot be written for {format_}: {why}")


def parts(state: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The components of a part of a tokenizer.json, sequences taken apart.

    >>> parts({"normalizer": None}, "normalizer")
    []
    """
    found = state[key]
    if found is None:
        return []
    if found["type"] != "Sequence":
        return [found]
    inside = next(one for name, one in found.items() if name != "type")
    return [leaf for one in inside for leaf in parts({key: one}, key)]
