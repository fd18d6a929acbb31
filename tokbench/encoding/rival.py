"""A tokenizer.json as `tiktoken` has it, where it can: the library that people time others by.

tiktoken knows one way of merging: the lowest rank first, and a rank is an id. Whether that gives
the same ids shows only on text, so whoever uses this compares them.
"""

from collections.abc import Mapping
from typing import Any

from tokbench.chunks.patterns import GPT2
from tokbench.encoding.loading.tiktoken import ALPHABET

_BYTES = {char: byte for byte, char in ALPHABET.items()}


def pattern_and_ranks(state: Mapping[str, Any]) -> tuple[str, dict[bytes, int]] | str:
    """What `tiktoken.Encoding` is made of, or why it cannot be made.

    Args:
        state: a tokenizer.json.

    >>> pattern_and_ranks({"model": {"type": "Unigram"}})
    'tiktoken has no Unigram'
    """
    model = state["model"]
    if model["type"] != "BPE":
        return f"tiktoken has no {model['type']}"
    if state.get("normalizer"):
        return "tiktoken does not normalize"
    cut_by = _pattern(state.get("pre_tokenizer"))
    if cut_by is None:
        return "tiktoken knows only byte-level BPE behind one regular expression"
    ranks = {
        bytes(_BYTES[char] for char in token): number
        for token, number in model["vocab"].items()
        if token and all(char in _BYTES for char in token)
    }
    if len([token for token in ranks if len(token) == 1]) < len(_BYTES):
        return "tiktoken needs a token for every byte"
    return cut_by, ranks


def _pattern(pre_tokenizer: Any) -> str | None:
    """The regular expression that cuts text for byte-level BPE, None where there is no such."""
    said = pre_tokenizer or {}
    parts = said.get("pretokenizers", ()) if said.get("type") == "Sequence" else [said]
    *before, level = parts or [{}]
    if level.get("type") != "ByteLevel" or level.get("add_prefix_space", True):
        return None
    if not before and level.get("use_regex", True):
        return GPT2
    if len(before) != 1 or level.get("use_regex", True):
        return None
    (split,) = before
    plain = split.get("behavior") == "Isolated" and not split.get("invert")
    regex = split.get("pattern", {}).get("Regex")
    return regex if split.get("type") == "Split" and plain else None
