"""Vocabularies in the cache: of those that differ in size only, the largest that was learned.

What asks for less than was learned before, whatever the recipe's name and wrapper, does not train:
its vocabulary is cut from the larger one.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tokbench import store, training
from tokbench.errors import StoreError
from tokbench.values import Trained


def find(family: str, vocab_size: int) -> Trained | None:
    """A vocabulary of this size, cut to it if need be; None where it must be learned."""
    if (found := _read(family)) is None:
        return None
    trained, asked = found
    if vocab_size == asked:
        return trained
    if vocab_size > asked and len(trained.tokens) >= asked:  # there may be more to learn
        return None
    return training.cut(trained, vocab_size)


def keep(family: str, trained: Trained, asked: int) -> None:
    """Keep what was learned when so many tokens were asked for, unless there is more already.

    Raises:
        StoreError: the cache cannot be written.
    """
    if (found := _read(family)) is not None and found[1] > asked:
        return
    value = {"asked": asked, **asdict(trained)}
    store.write_json(place(family), {"check": store.signature(family, value), "trained": value})


def place(family: str) -> Path:
    """The file that a family's vocabulary is kept in."""
    return store.cache_dir() / "vocabularies" / f"vocabulary-{family}.json"


def _read(family: str) -> tuple[Trained, int] | None:
    """The largest vocabulary and what was asked for; None where there is none or it is damaged."""
    try:
        found = store.read_json(place(family))
        if found["check"] != store.signature(family, found["trained"]):
            return None
        value: dict[str, Any] = found["trained"]
        asked = value.pop("asked")
        trained = Trained(
            **{
                **value,
                "tokens": tuple(value["tokens"]),
                "merges": tuple((left, right) for left, right in value["merges"]),
                "scores": tuple(value["scores"]),
                "merge_counts": tuple(value["merge_counts"]),
                "notes": tuple(value["notes"]),
            }
        )
    except (StoreError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return trained, asked
