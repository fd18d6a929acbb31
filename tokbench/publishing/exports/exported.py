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


def tied(state: Mapping[str, Any], ours: Sequence[int], theirs: Sequence[int]) -> bool:
    """Whether two cuts of a text by a Unigram score the same, so that either may win.

    SentencePiece adds scores in 32 bits and `tokenizers` in 64, each from left to right.
    """
    if state["model"]["type"] != "Unigram":
        return False
    scores = [score for _, score in state["model"]["vocab"]]
    one, other = (sum(scores[n] for n in ids) for ids in (ours, theirs))
    return bool(abs(one - other) <= _SINGLE * max(abs(one), 1.0))


_SINGLE = 1e-6
"""What 32 bits may lose of a sum of some dozen scores, relative to it."""


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
