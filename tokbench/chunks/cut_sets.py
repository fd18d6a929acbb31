"""The named cut sets: where a document may be cut, whatever stands further off.

A cut set is data; `tokbench.chunks.scan` holds the kernel that makes its cuts and `cuts` below the
same in plain Python, for the tests and for reading.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokbench.chunks.classes import (
    LETTERS,
    MARK,
    NUMBER,
    PUNCTUATION,
    VISIBLE,
    WHITE,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ATTACHED = 10
"""The kind of a mark that follows a letter, or a mark that follows such a mark."""
SPACE = 11
"""The kind of U+0020, which is WHITE as well."""


@dataclass(frozen=True)
class CutSet:
    """Where documents may be cut.

    Attributes:
        name: what caches and users call it.
        pairs: pairs of kinds between which every document is cut.
        before_last_space: a U+0020 that follows white space is cut off before, if the character
            after it is of one of these kinds.
        spaced: documents are cut as if a U+0020 stood before each that is not empty.
    """

    name: str
    pairs: frozenset[tuple[int, int]]
    before_last_space: frozenset[int] = frozenset()
    spaced: bool = False


_BEFORE_SPACES = frozenset((kind, SPACE) for kind in (*VISIBLE, ATTACHED))

SPACES = CutSet("spaces", _BEFORE_SPACES)
"""Before every U+0020 that follows something visible: exact for whatever splits at U+0020."""

WORDS = CutSet(
    "words",
    _BEFORE_SPACES
    | {(kind, to) for kind in (*LETTERS, NUMBER) for to in (WHITE, PUNCTUATION)}
    | {(PUNCTUATION, NUMBER)},
    VISIBLE - {NUMBER},
)
"""Also between words, numbers and punctuation, where GPT-2's pattern and its kin, BERT's
pre-tokenizer, and WhitespaceSplit with Punctuation agree. It halves the distinct chunks."""

SPACED = CutSet("spaced", _BEFORE_SPACES, spaced=True)
"""SPACES with a U+0020 before each document: for SentencePiece's way, which begins a text as if a
space stood there, so that all chunks are treated alike."""

CUT_SETS = {cut_set.name: cut_set for cut_set in (SPACES, WORDS)}
"""Those for pre-tokenizers."""


def cuts(text: str, cut_set: CutSet, stable: "NDArray[np.uint8]") -> list[int]:
    """The places in one document before which it is cut, by the definition and slowly.

    >>> from tokbench.chunks.classes import load
    >>> text = "Don't  (ever) say 42."
    >>> places = cuts(text, WORDS, load().stable)
    >>> [text[a:b] for a, b in zip([0, *places], [*places, len(text)])]
    ["Don't", ' ', ' (ever', ')', ' say', ' 42', '.']
    """
    kinds: list[int] = []
    for character in text:
        kind = int(stable[ord(character)])
        if kind == MARK and kinds and kinds[-1] in (*LETTERS, ATTACHED):
            kind = ATTACHED
        kinds.append(kind)
    places = []
    for place in range(1, len(text)):
        left, right = kinds[place - 1], kinds[place]
        space = text[place] == " "
        after = kinds[place + 1] if place + 1 < len(text) else None
        if (
            (left, right) in cut_set.pairs
            or (space and (left, SPACE) in cut_set.pairs)
            or (space and left == WHITE and after in cut_set.before_last_space)
        ):
            places.append(place)
    return places
