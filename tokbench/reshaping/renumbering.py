"""Fewer tokens, their ids dense, everything that names an id following."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tokbench.reshaping.state import Json, held, ids


@dataclass(frozen=True)
class Pruned:
    """A tokenizer with fewer tokens.

    Attributes:
        state: its tokenizer.json.
        old_ids: by new id, the old one: `table[old_ids]` is the new embedding table.
    """

    state: dict[str, Any]
    old_ids: tuple[int, ...]


def renumbered(state: Json, kept: Collection[str]) -> Pruned:
    """A tokenizer without the tokens that are not kept; the others keep their order.

    Args:
        state: the tokenizer.json.
        kept: tokens, closed as `needing.needed` gives them.

    >>> model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "bc": 3}, "merges": [["b", "c"]]}
    >>> made = renumbered({"model": model, "added_tokens": []}, {"b", "c", "bc"})
    >>> made.state["model"]["vocab"], made.old_ids
    ({'b': 0, 'c': 1, 'bc': 2}, (1, 2, 3))
    """
    numbers = ids(state)
    order = sorted(kept, key=numbers.__getitem__)
    new = {token: at for at, token in enumerate(order)}
    made = held(state)
    model = made["model"]
    if isinstance(model["vocab"], list):
        scores = dict(reversed([(token, score) for token, score in model["vocab"]]))
        if model.get("unk_id") is not None:
            model["unk_id"] = new[model["vocab"][model["unk_id"]][0]]
        model["vocab"] = [[token, scores[token]] for token in order if token in scores]
    else:
        model["vocab"] = new
    if "merges" in model:
        skipped = len(model.get("continuing_subword_prefix") or "")
        model["merges"] = [
            [left, right]
            for left, right in model["merges"]
            if left in new and right in new and left + right[skipped:] in new
        ]
    made["added_tokens"] = [{**one, "id": new[one["content"]]} for one in state["added_tokens"]]
    made["post_processor"] = _with_ids(state.get("post_processor"), new)
    made["padding"] = made["truncation"] = None
    return Pruned(made, tuple(numbers[token] for token in order))


def _with_ids(part: Any, new: dict[str, int]) -> Any:
    """A post-processor whose tokens have their new ids."""
    if part is None:
        return None
    if part["type"] == "Sequence":
        return {**part, "processors": [_with_ids(one, new) for one in part["processors"]]}
    if part["type"] == "TemplateProcessing":
        special = {
            name: {**one, "ids": [new[token] for token in one["tokens"]]}
            for name, one in part["special_tokens"].items()
        }
        return {**part, "special_tokens": special}
    pairs = {role: [part[role][0], new[part[role][0]]] for role in ("sep", "cls") if role in part}
    return {**part, **pairs}
