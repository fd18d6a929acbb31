"""Which tokens must stay for others to be made as before."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from tokbench.reshaping.state import Json, ids
from tokbench.spelling import BYTES, Spelling

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


def needed(state: Json, used: Iterable[str], size: int = 0) -> set[str]:
    """The tokens that a smaller vocabulary must have for the same text to give the same tokens.

    BPE: both sides of every merge that makes a token which stays, and of theirs. What merges a
    text's pre-token to its tokens is then all there, in the same order, and nothing else is, so the
    merges that apply are the same, one after another. WordPiece: the longest piece at each place
    is among those used, and what is left out was not longer. Unigram: the best path through a word
    is still there, and no other has become better; the piece of the lowest score stays, for the
    score of unknown text depends on it. Besides, special and added tokens, all bytes, and the
    single characters that the tokens which stay consist of, for words that the text did not have.

    Args:
        state: the tokenizer.json.
        used: what stays in any case, in the vocabulary all.
        size: how many tokens there shall be: more stay where fewer do, those with the lowest ids.
    """
    model = state["model"]
    numbers = ids(state)
    found = {one["content"] for one in state["added_tokens"]} | set(used)
    found |= {token for token in numbers if _BYTE.fullmatch(token)}
    found |= set(_of_model(model))
    if Spelling(state).bytes:
        found |= BYTES.keys() & numbers.keys()
    makers = _makers(model)
    made = _closed(found, frozenset(), makers, numbers, model)
    for token in sorted(numbers, key=numbers.__getitem__):
        if len(made) >= size:
            break
        more = _closed({token}, made, makers, numbers, model)
        if len(made) + len(more) <= size:
            made |= more
    return made


def _of_model(model: Json) -> Iterator[str]:
    """Tokens that the model itself names."""
    if model["type"] != "Unigram":
        if model.get("unk_token"):
            yield model["unk_token"]
        return
    if model.get("unk_id") is not None:
        yield model["vocab"][model["unk_id"]][0]
    if model["vocab"]:
        yield min(model["vocab"], key=lambda one: one[1])[0]


def _makers(model: Json) -> dict[str, list[tuple[str, str]]]:
    """By what they make, the merges."""
    made: dict[str, list[tuple[str, str]]] = {}
    skipped = len(model.get("continuing_subword_prefix") or "")
    for left, right in model.get("merges", ()):
        made.setdefault(left + right[skipped:], []).append((left, right))
    return made


def _closed(
    some: Iterable[str],
    there: AbstractSet[str],
    makers: Mapping[str, Sequence[tuple[str, str]]],
    known: Mapping[str, int],
    model: Json,
) -> set[str]:
    """Tokens, and what they need, that are not there yet."""
    made: set[str] = set()
    waiting = [*some]
    while waiting:
        token = waiting.pop()
        if token in made or token in there or token not in known:
            continue
        made.add(token)
        if model["type"] == "BPE":
            for pair in makers.get(token, ()):
                waiting += pair
        elif model["type"] in ("WordPiece", "Unigram"):
            waiting += _characters(token, model)
    return made


def _characters(token: str, model: Json) -> Iterator[str]:
    """The single characters of a piece, as pieces."""
    prefix: Any = model.get("continuing_subword_prefix") or ""
    for character in token.removeprefix(prefix):
        yield character
        yield prefix + character
