"""What a tokenizer.json says of its tokens."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def ids(state: Json) -> dict[str, int]:
    """Every token and its id, added ones included.

    >>> added = [{"content": "<x>", "id": 7}]
    >>> ids({"model": {"type": "BPE", "vocab": {"a": 0}}, "added_tokens": added})
    {'a': 0, '<x>': 7}
    """
    vocabulary = state["model"]["vocab"]
    if isinstance(vocabulary, list):
        found = {token: number for number, (token, _) in enumerate(vocabulary)}
    else:
        found = dict(vocabulary)
    return found | {one["content"]: one["id"] for one in state["added_tokens"]}


def held(state: Json) -> dict[str, Any]:
    """A copy whose vocabulary holds the added tokens too.

    `tokenizers` gives an added token that its model does not know the next free id when it loads,
    whatever stands in the file: with more or fewer tokens before it, that were another one. The
    vocabulary of a Unigram is a list and stays: an added token in it would be a piece of words.
    """
    model = dict(state["model"])
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        added = {one["content"]: one["id"] for one in state["added_tokens"]}
        model["vocab"] = {**vocabulary, **added}
    return {**state, "model": model}
