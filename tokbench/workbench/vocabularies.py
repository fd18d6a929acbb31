"""Vocabularies on disk: a run's own, and the largest one learned from the same counts.

A recipe that asks for less than was learned before, whatever its name, does not train: its
vocabulary is cut from the larger one.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tokbench import store, training
from tokbench.errors import StoreError
from tokbench.values import Trained


def keep(path: Path, signature: str, trained: Trained, asked: int) -> None:
    """Write a vocabulary that was learned when so many tokens were asked for.

    Raises:
        StoreError: the file cannot be written.
    """
    value = {"asked": asked, **asdict(trained)}
    store.write_json(
        path, {"signature": signature, "check": store.signature(value), "trained": value}
    )


def kept(path: Path, signature: str) -> tuple[Trained, int] | None:
    """A vocabulary and what was asked for; None where it is another one or the file is damaged."""
    try:
        found = store.read_json(path)
        if found["signature"] != signature or found["check"] != store.signature(found["trained"]):
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


def from_larger(family: str, vocab_size: int) -> Trained | None:
    """A vocabulary cut from a larger one of its family; None where there is none."""
    found = kept(_place(family), family)
    if found is None:
        return None
    trained, asked = found
    if vocab_size > asked and len(trained.tokens) >= asked:  # there may be more to learn
        return None
    return training.cut(trained, vocab_size)


def keep_if_larger(family: str, trained: Trained, asked: int) -> None:
    """Keep a vocabulary for its family unless a larger one is there.

    Raises:
        StoreError: the cache cannot be written.
    """
    found = kept(_place(family), family)
    if found is None or found[1] < asked:
        keep(_place(family), family, trained, asked)


def _place(family: str) -> Path:
    return store.cache_dir() / "vocabularies" / f"{family}.json"
