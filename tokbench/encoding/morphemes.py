"""Where tokens cut words, against where morphemes do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tokbench.encoding.subjects import Subject
from tokbench.encoding.whole import refused
from tokbench.values import Morphology

if TYPE_CHECKING:
    from tokenizers import Encoding

_BEFORE = "a "
"""Words are encoded behind this, as they stand in text."""
_FARTHEST = 0.5
_BATCH = 10_000


@dataclass(frozen=True)
class Gold:
    """Words with the places where their morphemes begin, the first left out.

    Attributes:
        words: the words, none twice.
        boundaries: of each, ascending.
        aligned: how many of them spell their morphemes otherwise.
        refused: how many words were left out for that.
    """

    words: tuple[str, ...]
    boundaries: tuple[tuple[int, ...], ...]
    aligned: int = 0
    refused: int = 0

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> "Gold":
        """From words and their segments, with ` @@` or spaces between them.

        >>> Gold.of([("gathered", "gather @@ed"), ("taping", "tape @@ing"), ("went", "go @@ed")])
        Gold(words=('gathered', 'taping'), boundaries=((6,), (3,)), aligned=1, refused=1)
        """
        found: dict[str, tuple[int, ...]] = {}
        aligned = left_out = 0
        for word, segments in rows:
            if word in found:
                continue
            morphemes = segments.replace(" @@", " ").split()
            places = boundaries(word, morphemes)
            if places is None:
                left_out += 1
                continue
            found[word] = places
            aligned += "".join(morphemes) != word
        return cls(tuple(found), tuple(found.values()), aligned, left_out)


def boundaries(word: str, morphemes: Sequence[str]) -> tuple[int, ...] | None:
    """Where the morphemes begin in a word, the first left out.

    Morphemes that are not spelled as in the word are aligned with it, letter by letter, by as few
    insertions, deletions and changes as possible.

    Returns:
        None where a boundary has more than one place, or none inside the word, or half of the
        letters differ.

    >>> boundaries("gathered", ["gather", "ed"])
    (6,)
    >>> boundaries("renversant", ["renverser", "ant"])
    (7,)
    >>> boundaries("feet", ["foot", "s"]) is None
    True
    """
    spelled = "".join(morphemes)
    ends = np.cumsum([len(one) for one in morphemes])[:-1].tolist()
    if spelled == word:
        return tuple(ends)
    before, behind = _distances(word, spelled), _distances(word[::-1], spelled[::-1])[::-1, ::-1]
    least = int(before[-1, -1])
    if least > _FARTHEST * len(word):
        return None
    places = [np.flatnonzero(before[:, end] + behind[:, end] == least).tolist() for end in ends]
    if any(len(one) != 1 for one in places):
        return None
    found = [one[0] for one in places]
    inside = all(0 < one < len(word) for one in found)
    return tuple(found) if inside and found == sorted(set(found)) else None


def _distances(word: str, other: str) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    """Levenshtein distances of all beginnings of the one to all beginnings of the other."""
    table = np.zeros((len(word) + 1, len(other) + 1), np.int64)
    table[:, 0] = np.arange(len(word) + 1)
    table[0] = np.arange(len(other) + 1)
    for row, mine in enumerate(word, 1):
        for column, theirs in enumerate(other, 1):
            table[row, column] = min(
                table[row - 1, column] + 1,
                table[row, column - 1] + 1,
                table[row - 1, column - 1] + (mine != theirs),
            )
    return table


def morphology(subject: Subject, gold: Gold) -> Morphology:
    """What a tokenizer's cuts have in common with a gold segmentation.

    Raises:
        SubjectError: the tokenizer cannot encode a word.
    """
    counts = np.zeros((3, len(gold.words)), np.int64)
    shift = len(_BEFORE)
    for first in range(0, len(gold.words), _BATCH):
        words = gold.words[first : first + _BATCH]
        with refused(subject.name, "encode"):
            encodings = subject.tokenizer.encode_batch(
                [_BEFORE + word for word in words], add_special_tokens=False
            )
        for number, (word, encoding) in enumerate(zip(words, encodings, strict=True), first):
            places = {place - shift for place in token_boundaries(encoding)}
            inside = {place for place in places if 0 < place < len(word)}
            expected = gold.boundaries[number]
            counts[:, number] = len(inside & set(expected)), len(inside), len(expected)
    return Morphology(counts[0], counts[1], counts[2], gold.aligned, gold.refused)


def token_boundaries(encoding: "Encoding") -> list[int]:
    """The places where a token begins that no token before it reaches beyond."""
    found, reached = [], 0
    for start, end in encoding.offsets:
        if start >= reached and start:
            found.append(start)
        reached = max(reached, end)
    return found
