"""More tokens behind those that are there."""

from collections.abc import Sequence
from typing import Any

from tokbench.reshaping.state import Json, held, ids


def next_id(state: Json) -> int:
    """The first id behind all others."""
    return 1 + max(ids(state).values(), default=-1)


def appended(
    state: Json, tokens: Sequence[str], merges: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """A tokenizer with more tokens, their ids behind all that are there.

    New merges stand behind the old ones. Of BPE that means: a pre-token is merged by the old ones
    as far as they go before a new one applies, so text changes only where the two sides of a new
    merge stand beside each other in what the old tokenizer makes of it. That needs each new pair
    to hold a new token or two that no old merge joins, and no new merge to make an old text.

    Args:
        state: the tokenizer.json of a BPE or WordPiece.
        tokens: new ones, none of them in the vocabulary.
        merges: of a BPE, new ones in their order.

    >>> model = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}
    >>> added = [{"content": "<x>", "id": 2}]
    >>> made = appended({"model": model, "added_tokens": added}, ["ab"], [("a", "b")])
    >>> made["model"]["vocab"], made["model"]["merges"]
    ({'a': 0, 'b': 1, '<x>': 2, 'ab': 3}, [['a', 'b']])
    """
    made = held(state)
    model = made["model"]
    first = next_id(state)
    model["vocab"] = model["vocab"] | {token: first + at for at, token in enumerate(tokens)}
    if model["type"] == "BPE":
        model["merges"] = [*model["merges"], *map(list, merges)]
    return made
