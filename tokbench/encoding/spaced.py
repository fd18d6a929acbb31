"""Tokenizers that work as SentencePiece does: no pre-tokenizer, and a text begins behind a space.

Such a tokenizer puts U+2581 before a text and for each U+0020, and gives the whole text to its
model. If no token holds U+2581 behind another character, and U+2581 is a token, no token reaches
across the U+2581 behind a visible character. A document with U+0020 put before it then is the sum
of its chunks, all of them treated alike by `Way.state`. `docs/cuts.md` has the proofs.
"""

import base64
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import regex
from tokenizers import Regex
from tokenizers.normalizers import Replace

from tokbench.chunks.classes import CODE_POINTS, MARK, VISIBLE, WHITE, load
from tokbench.chunks.structure import flattened
from tokbench.encoding.loading import charsmap
from tokbench.errors import SubjectError

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
_FORMS: Mapping[str, Literal["NFD", "NFKD"]] = {"NFC": "NFD", "NFKC": "NFKD"}
"""Normal forms that compose, and those that do the same without that."""
_DECOMPOSED = 0x30000
"""No character from here on decomposes."""
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
    if not _keep_the_first(parts[1:]):
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


def _keep_the_first(parts: list[Json]) -> bool:
    """Whether no step takes away the first character of a text that began with a plain one.

    `Precompiled` books what it takes away on the character before, and forgets it where there is
    none: all places behind are off by it. All characters that may stand first are followed.

    Args:
        parts: the normalizers, all but the first; what is not as `charsmap` makes it is refused.
    """
    kinds = load().stable
    firsts = set(map(chr, np.flatnonzero(np.isin(kinds, [*VISIBLE, WHITE])).tolist()))
    for part in parts:
        if part["type"] in _FORMS:
            form = _FORMS[part["type"]]
            begins = {unicodedata.normalize(form, one)[0] for one in firsts}
            if any(map(unicodedata.combining, begins)):
                return False
            firsts |= begins | {one for one, begin in _composed() if begin in begins}
            continue
        found = _rules(part)
        if not found:
            return False
        if part["type"] == "Replace":
            firsts |= {made[:1] for made in found.values()}
        else:
            firsts |= {found.get(one, one)[:1] for one in firsts}
        if "" in firsts:
            return False
    return True


def _rules(part: Json) -> Mapping[str, str]:
    """What a normalizer replaces, and by what; empty if it is not as `charsmap` makes it.

    Those are texts without a space by such texts, and single characters but U+0020; nothing in them
    draws the character behind it to itself: a U+0020 behind a cut would change the grapheme.
    """
    found: dict[str, str] = {}
    if part["type"] == "Replace" and "String" in part["pattern"]:
        found = {part["pattern"]["String"]: part["content"]}
        if any(one in text for text in (*found, *found.values()) for one in (" ", SPACE)):
            return {}
    elif part["type"] == "Precompiled":
        try:
            found = charsmap.rules(base64.b64decode(part["precompiled_charsmap"]), "")
        except SubjectError:
            return {}
        if any(len(key) > 1 or key == " " for key in found):
            return {}
    return {} if "" in found or any(map(_DRAWING.search, (*found, *found.values()))) else found


@lru_cache(maxsize=1)
def _composed() -> list[tuple[str, str]]:
    """The characters that something may compose to, and what each begins with in NFD."""
    pairs = ((one, unicodedata.normalize("NFD", one)) for one in map(chr, range(_DECOMPOSED)))
    return [(one, made[0]) for one, made in pairs if made != one]


def _is_parted(pattern: Json) -> bool:
    """Whether a pattern is as `charsmap` writes it, and U+0020 is nothing special to it."""
    found = _PARTED.fullmatch(pattern.get("Regex", ""))
    if found is None or len(set(found.groups())) > 1:
        return False
    if not found[1].startswith("[" + charsmap.drawn()):
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
