"""Tokenizers that work as SentencePiece does: no pre-tokenizer, and a text begins behind a space.

Such a tokenizer puts U+2581 before a text and for each U+0020, and gives the whole text to its
model. If no token holds U+2581 behind another character, and U+2581 is a token, no token reaches
across the U+2581 behind a visible character. A document with U+0020 put before it then is the sum
of its chunks, all of them treated alike by `Way.state`. `docs/cuts.md` has the proofs.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import regex
from tokenizers import Regex
from tokenizers.normalizers import Replace

from tokbench.chunks.classes import CODE_POINTS, MARK, VISIBLE, WHITE, load
from tokbench.chunks.structure import flattened
from tokbench.encoding.loading import charsmap

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = Mapping[str, Any]

SPACE = "\u2581"
_PREPEND = {"type": "Prepend", "prepend": SPACE}
WRITTEN = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
_COLLAPSED = [
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
    {"type": "Replace", "pattern": {"Regex": r"\A "}, "content": ""},
    WRITTEN,
    _PREPEND,
    {"type": "Replace", "pattern": {"Regex": rf"{SPACE}+\z"}, "content": ""},
]
_STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
_TOKEN_BY_TOKEN = ("Replace", "ByteFallback")
_FORMS = ("NFC", "NFKC", "Precompiled")
_CODES = re.compile(r"\\x\{([0-9a-f]+)\}(?:-\\x\{([0-9a-f]+)\})?")
_PARTED = re.compile(
    r"\(\?=\(\?m:\.\)(\[[^\]]*\])\)\(\?:\\G\|\(\?!(\[[^\]]*\])\)\)"
    r"\(\?>(?:[^.]*\|)?\(\?m:\.\)\)\\K\(\?=(\[[^\]]*\])\)"
)
_DRAWING = regex.compile(r"\p{GCB=Prepend}")
"""What is of one grapheme with the character behind it."""


@dataclass(frozen=True)
class Way:
    """How such a tokenizer treats chunks of SPACED.

    Attributes:
        state: JSON of a tokenizer that gives the tokens of a chunk, and joins their texts.
        unigram: its model adds up scores over a whole document, so that rounding may decide.
    """

    state: str
    unigram: bool


def way(state: Json) -> Way | None:
    """How a tokenizer goes through chunks of SPACED; None if that is not known to be exact.

    Args:
        state: the tokenizer's JSON.
    """
    normalizers = flattened(state["normalizer"], "normalizers")
    decoders = flattened(state["decoder"], "decoders")
    if state["pre_tokenizer"] is not None or normalizers is None or decoders is None:
        return None
    if not _decodes(decoders) or not _keeps_apart(state["model"]):
        return None
    if normalizers == [_PREPEND, WRITTEN]:
        normalizers = [WRITTEN]
    elif normalizers[-len(_COLLAPSED) :] != _COLLAPSED or not _rules_keep_apart(
        json.dumps(normalizers[: -len(_COLLAPSED)])
    ):
        return None
    made = dict(
        state,
        added_tokens=[],  # no document with one comes here, but one may begin with U+0020
        normalizer={"type": "Sequence", "normalizers": normalizers},
        decoder={"type": "Sequence", "decoders": decoders[:-1]},
    )
    return Way(json.dumps(made), state["model"]["type"] == "Unigram")


def _decodes(decoders: list[Json]) -> bool:
    """Whether U+2581 becomes a space, tokens are joined, and the first space goes."""
    replaced = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
    middle = decoders[1:-2]
    return (
        decoders[:1] == [replaced]
        and [one["type"] for one in decoders[-2:]] == ["Fuse", "Strip"]
        and decoders[-1] == _STRIP
        and [one["type"] for one in middle] in ([], ["ByteFallback"])
    )


def _keeps_apart(model: Json) -> bool:
    """Whether no token reaches across U+2581 behind another character, whatever the text."""
    if model["type"] == "BPE":
        odd = ("continuing_subword_prefix", "end_of_word_suffix", "ignore_merges")
        if any(model.get(one) for one in odd):
            return False
        tokens = list(model["vocab"])
    elif model["type"] == "Unigram":
        tokens = [token for token, _ in model["vocab"]]
        scores = [score for _, score in model["vocab"]]
        if model["unk_id"] is None or model.get("byte_fallback"):
            return False
        if not all(map(math.isfinite, scores)) or min(scores) > 0:
            return False
        if len(set(tokens)) < len(tokens) or "" in tokens:
            return False
    else:
        return False
    return SPACE in tokens and not any(SPACE in token.lstrip(SPACE) for token in tokens)


@lru_cache(maxsize=16)
def _rules_keep_apart(rules: str) -> bool:
    """Whether normalizing does nothing across U+0020 behind a visible character.

    Args:
        rules: JSON of the normalizers as `loading.charsmap` makes them, before spaces are counted.
    """
    parts = json.loads(rules)
    if not parts or parts[0]["type"] != "Replace" or not _is_parted(parts[0]["pattern"]):
        return not parts
    for part in parts[1:]:
        if part["type"] == "Replace" and "String" in part["pattern"]:
            if " " in part["pattern"]["String"]:
                return False
        elif part["type"] not in _FORMS:
            return False
    kinds = load().stable
    visible = np.flatnonzero(np.isin(kinds, list(VISIBLE))).tolist()
    marks = np.flatnonzero(kinds == MARK).tolist()
    every = [*map(chr, visible), *(f"a{chr(code)}" for code in marks)]
    normalizer = charsmap.build(parts)
    images = [normalizer.normalize_str(one) for one in every]
    joined = " ".join(every)
    white = map(chr, np.flatnonzero(kinds == WHITE).tolist())
    return (
        all(map(normalizer.normalize_str, white))
        and all(one and " " not in one and SPACE not in one for one in images)
        and normalizer.normalize_str(joined) == " ".join(images)
        and normalizer.normalize_str(" ") == " "
    )


def _is_parted(pattern: Json) -> bool:
    """Whether a pattern is as `charsmap` writes it, and U+0020 is nothing special to it."""
    found = _PARTED.fullmatch(pattern.get("Regex", ""))
    if found is None or len(set(found.groups())) > 1:
        return False
    spans = (
        (int(first, 16), int(last or first, 16)) for first, last in _CODES.findall(found.string)
    )
    return not any(first <= ord(" ") <= last for first, last in spans)


@lru_cache(maxsize=16)
def undrawn(normalizers: str) -> "NDArray[np.bool_] | None":
    """By code point, whether it is drawn to no character before it: rules see it alone.

    Args:
        normalizers: JSON of those of a `Way`.

    Returns:
        None if they are no such normalizers.
    """
    parts = json.loads(normalizers)
    found = np.ones(CODE_POINTS, np.bool_)
    if parts == [WRITTEN]:
        return found
    if parts[-len(_COLLAPSED) :] != _COLLAPSED:
        return None
    parts = parts[: -len(_COLLAPSED)]
    if not parts:
        return found
    parted = _PARTED.fullmatch(parts[0]["pattern"].get("Regex", ""))
    if parted is None:
        return None
    every = "".join(map(chr, np.flatnonzero(np.isin(load().stable, list(VISIBLE))).tolist()))
    every = _DRAWING.sub("", every)
    left = Replace(Regex(parted[1]), "").normalize_str(every)
    found[:] = False
    found[[ord(one) for one in left]] = True
    for part in parts[1:]:  # whole rules, which begin with a character that may be undrawn
        if part["type"] == "Replace":
            found[ord(part["pattern"]["String"][0])] = False
    return found
