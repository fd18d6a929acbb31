"""What the recipe's own normalizer and pre-tokenizer make of each character by itself.

The rules of `tokbench.counting.pieces` hold for text of known kinds. Here each distinct character
of a corpus, a few thousand at most, is put between two `a` and given to the recipe's normalizer,
and the result is looked up or given to its pre-tokenizer. What a normalizer that is allowed here
makes of a text is what it makes of the characters one by one, unless marks or Hangul jamo are in
it: those compose and change places, so no chunk with one goes by rule, if there is a normalizer.
"""

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks.classes import (
    CASELESS,
    CODE_POINTS,
    OTHER,
    PUNCTUATION,
    WHITE,
    load,
)
from tokbench.counting.pieces import ALONE, KIND
from tokbench.kernels import jit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tokenizers.normalizers import Normalizer
    from tokenizers.pre_tokenizers import PreTokenizer

    from tokbench.chunks.structure import Scanner

_JAMO = (range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800))
DROPPING = ("bert", "white", "whitespace")
"""The rules for pre-tokenizers that throw white space away."""
LONG_S = 0x17F
"""`(?i:'s)` matches it: the only character beyond ASCII that a contraction can hold."""


def folds(
    scanner: "Scanner",
    normalizer: "Normalizer | None",
    pre_tokenizer: "PreTokenizer",
    text: "NDArray[np.uint8]",
) -> "NDArray[np.int32]":
    """For each code point in `text`, kind << 21 | what it becomes; -1 where no rule covers it."""
    seen = np.zeros(CODE_POINTS, np.bool_)
    _mark_seen(text, seen)
    codes = np.flatnonzero(seen).tolist()
    fold = np.full(CODE_POINTS, -1, np.int32)
    kind_of = _kinds(scanner, pre_tokenizer)
    for code in codes:
        became, kind = _normalized(scanner, normalizer, chr(code), kind_of)
        if became and kind != OTHER and not (normalizer and (_joins(chr(code)) or _joins(became))):
            fold[code] = kind << KIND | ord(became)
    if scanner.pattern in ("cl100k", "qwen2", "o200k"):
        fold[LONG_S] = -1
    if scanner.replacement:
        fold[ord(scanner.replacement)] = -1
    return fold


def _normalized(
    scanner: "Scanner",
    normalizer: "Normalizer | None",
    character: str,
    kind_of: "Callable[[str], int]",
) -> tuple[str, int]:
    """The one character that it becomes, and its kind; ("", OTHER) if it becomes anything else."""
    if normalizer is None:
        return character, kind_of(character)
    around = normalizer.normalize_str(f"a{character}a")
    inside = around[1:-1]
    if len(inside) == 1 and around[0] == around[-1] == "a":
        return inside, kind_of(inside)
    if len(inside) == 3 and inside[0] == inside[2] == " " and scanner.pattern in DROPPING:
        return inside[1], ALONE  # what BERT's normalizer puts spaces around
    return "", OTHER


def _joins(character: str) -> bool:
    """Whether it may compose or change places with a neighbour; so may what is not known yet."""
    category = unicodedata.category(character)
    return category[0] == "M" or category == "Cn" or any(ord(character) in jamo for jamo in _JAMO)


def _kinds(scanner: "Scanner", pre_tokenizer: "PreTokenizer") -> "Callable[[str], int]":
    raw = load().raw
    if scanner.pattern == "metaspace":
        return lambda _: CASELESS
    if scanner.pattern not in DROPPING:
        return lambda character: int(raw[ord(character)])

    def by_asking(character: str) -> int:
        pieces = [piece for piece, _ in pre_tokenizer.pre_tokenize_str(f"a{character}a")]
        if len(pieces) == 1:
            return CASELESS
        if pieces == ["a", "a"]:
            return WHITE
        return PUNCTUATION if scanner.pattern == "whitespace" else ALONE

    return by_asking


@jit
def _mark_seen(text: Any, seen: Any) -> Any:
    """Set `seen` for every code point of UTF-8 text."""
    place = 0
    while place < text.shape[0]:
        lead: Any = np.int64(text[place])
        length = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
        code = lead if length == 1 else lead & (0x7F >> length)
        for offset in range(1, length):
            code = code << 6 | (np.int64(text[place + offset]) & 0x3F)
        seen[code] = True
        place += length
