"""Which tokens a tokenizer writes for a text in the midst of another.

A text is read behind a letter, or behind a letter and a space, so that what stands at the begin of
a document does not matter; a letter behind it says that its word goes on. The letter is one that
no token joins with the text: several are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

_LETTERS = ("q", "z", "x", "j", "k", "가")


@dataclass(frozen=True)
class Place:
    """Where a text stands.

    Attributes:
        spaced: behind a space, not behind a letter.
        goes_on: before a letter, not at the end.
    """

    spaced: bool
    goes_on: bool = False


PLACES = (
    Place(spaced=False),
    Place(spaced=True),
    Place(spaced=False, goes_on=True),
    Place(spaced=True, goes_on=True),
)
"""All of them, in the order in which they are tried: without a space first, since what a tokenizer
writes behind letters and spaces alike (`,`) mostly stands behind letters."""


def read(
    tokenizer: Tokenizer, texts: Sequence[str], places: Sequence[Place]
) -> list[list[int] | None]:
    """The ids that stand for each text in its place.

    None where the tokenizer joins the text with every letter that is tried, as it does with words
    that it does not know.

    Args:
        tokenizer: which neither pads nor cuts.
        texts: what to read.
        places: of each.
    """
    found: dict[int, list[int]] = {}
    left = list(range(len(texts)))
    for letter in _LETTERS:
        framed = []
        for number in left:
            before = f"{letter} " if places[number].spaced else letter
            framed.append(f"{before}{texts[number]}{letter if places[number].goes_on else ''}")
        for number, frame, encoding in zip(left, framed, _encoded(tokenizer, framed), strict=True):
            end = len(frame) - len(letter) * places[number].goes_on
            if (ids := _between(encoding, len(letter), end)) is not None:
                found[number] = ids
        left = [number for number in left if number not in found]
    return [found.get(number) for number in range(len(texts))]


def alone(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The ids that stand for each text where nothing else is."""
    return [encoding.ids for encoding in _encoded(tokenizer, list(texts))]


def _encoded(tokenizer: Tokenizer, texts: list[str]) -> list[Encoding]:
    return tokenizer.encode_batch(texts, add_special_tokens=False) if texts else []


def _between(encoding: Encoding, start: int, end: int) -> list[int] | None:
    """The ids of the characters from `start` to `end`; None where a token reaches across."""
    ids = []
    for number, (first, last) in zip(encoding.ids, encoding.offsets, strict=True):
        if first < start < last or first < end < last:
            return None
        if start <= first and (last <= end or first < end):
            ids.append(number)
    return ids
