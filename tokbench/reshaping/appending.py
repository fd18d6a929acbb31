"""More tokens behind those that are there."""

from collections.abc import Sequence
from typing import Any

from tokbench.reshaping.state import Json, held, ids


def next_id(state: Json) -> int:
    """The first id behind all others."""
    return 1 + max(ids(state).values(), default=-1)


def appended(
    state: Json,
    tokens: Sequence[str],
    merges: Sequence[tuple[str, str]] = (),
    scores: Sequence[float] = (),
) -> dict[str, Any]:
    """A tokenizer with more tokens, their ids behind all that are there.

    New merges stand behind the old ones. Of BPE that means: a pre-token is merged by the old ones
    as far as they go before a new one applies, so text changes only where the two sides of a new
    merge stand beside each other in what the old tokenizer makes of it. That needs each new pair
    to hold a new token or two that no old merge joins, and no new merge to make an old text.

    A Unigram chooses among all paths through a word, so text changes only where a new piece occurs
    in it. No score may be below the lowest that is there: that of unknown text depends on it. Added
    tokens that stand behind its vocabulary become pieces of that lowest score, see `behind`.

    Args:
        state: the tokenizer.json.
        tokens: new ones, none of them in the vocabulary.
        merges: of a BPE, new ones in their order.
        scores: of a Unigram, the log-probability of each new token.

    >>> model = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}
    >>> added = [{"content": "<x>", "id": 2}]
    >>> made = appended({"model": model, "added_tokens": added}, ["ab"], [("a", "b")])
    >>> made["model"]["vocab"], made["model"]["merges"]
    ({'a': 0, 'b': 1, '<x>': 2, 'ab': 3}, [['a', 'b']])
    """
    made = held(state)
    model = made["model"]
    first = next_id(state)
    if model["type"] == "Unigram":
        lowest = min((score for _, score in model["vocab"]), default=0.0)
        pieces = [[token, lowest] for token in behind(state)]
        pieces += [[token, score] for token, score in zip(tokens, scores, strict=True)]
        model["vocab"] = [*model["vocab"], *pieces]
        return made
    model["vocab"] = model["vocab"] | {token: first + at for at, token in enumerate(tokens)}
    if model["type"] == "BPE":
        model["merges"] = [*model["merges"], *map(list, merges)]
    return made


def behind(state: Json) -> list[str]:
    """The added tokens behind the vocabulary of a Unigram, in the order of their ids.

    With more pieces they keep their ids only as pieces themselves. Where such a text reaches the
    model, which an added token cut out of it does not, it may be taken for one piece then.

    >>> added = [{"content": "<x>", "id": 1}]
    >>> behind({"model": {"type": "Unigram", "vocab": [["a", -1.0]]}, "added_tokens": added})
    ['<x>']
    """
    vocabulary = state["model"]["vocab"]
    if not isinstance(vocabulary, list):
        return []
    added = sorted((one["id"], one["content"]) for one in state["added_tokens"])
    return [token for number, token in added if number >= len(vocabulary)]
