"""The substrings that Unigram training starts from, weighted by how often each occurs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_END = 0
_LEAST = 2


class _Level(NamedTuple):
    """The distinct substrings of one length: how often, and where one begins in the text."""

    counts: NDArray[np.int64]
    starts: NDArray[np.int64]
    length: int


def seeds(
    words: Sequence[str], counts: NDArray[np.int64], most: int, longest: int
) -> list[tuple[str, int]]:
    """The substrings of two characters or more that cover most text: count times length.

    A substring that the same character always follows is left out: the longer one says as much.
    (`UnigramTrainer` and SentencePiece choose by the same measure; the library counts each distinct
    word once, however frequent it is, and this counts it as often as it occurs.)

    Args:
        words: distinct, none empty, without U+0000.
        counts: how often each occurs.
        most: how many to give.
        longest: in characters.

    Returns:
        The substrings and how often each occurs, at least twice, the best first.

    >>> seeds(["low", "lower", "new"], np.array([5, 2, 1]), most=3, longest=16)
    [('low', 7), ('ow', 7), ('lower', 2)]
    """
    joined = "\0".join(words) + "\0"
    alphabet, text = np.unique(
        np.frombuffer(joined.encode("utf-32-le"), np.uint32), return_inverse=True
    )
    text = text.astype(np.int64)
    borders = np.flatnonzero(text == _END)
    weights = np.repeat(np.asarray(counts, np.int64), np.diff(borders, prepend=-1))
    starts = np.flatnonzero(text != _END)
    groups = text[starts]  # the substring that begins at a start, as a number of its own
    levels: list[_Level] = []
    enough = 0  # what a substring must cover to be among the best so far
    for length in range(2, longest + 1):
        following = text[starts + length - 1]
        inside = following != _END
        starts, groups, following = starts[inside], groups[inside], following[inside]
        if not len(starts):
            break
        keys, first, groups = np.unique(
            groups * len(alphabet) + following, return_index=True, return_inverse=True
        )
        occurs = np.zeros(len(keys), np.int64)
        np.add.at(occurs, groups, weights[starts])
        if levels:
            levels[-1] = _unpredicted(levels[-1], keys // len(alphabet), occurs)
            enough = _threshold(levels, most)
        levels.append(_Level(occurs, starts[first], length))
        alive = ((occurs >= _LEAST) & (occurs * longest >= enough))[groups]
        starts, groups = starts[alive], groups[alive]
    return _best(levels, joined, most)


def _unpredicted(
    level: _Level, shorter: NDArray[np.int64], longer_counts: NDArray[np.int64]
) -> _Level:
    """Those that not one and the same character always follows; others keep a count of 0."""
    most_followed = np.zeros(len(level.counts), np.int64)
    np.maximum.at(most_followed, shorter, longer_counts)
    return level._replace(counts=np.where(level.counts > most_followed, level.counts, 0))


def _threshold(levels: list[_Level], most: int) -> int:
    covered = np.concatenate([level.counts * level.length for level in levels])
    if len(covered) <= most:
        return 0
    return int(np.partition(covered, len(covered) - most)[len(covered) - most])


def _best(levels: list[_Level], joined: str, most: int) -> list[tuple[str, int]]:
    if not levels:
        return []
    counts = np.concatenate([level.counts for level in levels])
    starts = np.concatenate([level.starts for level in levels])
    lengths = np.concatenate([np.full(len(level.counts), level.length) for level in levels])
    frequent = np.flatnonzero(counts >= _LEAST)
    ranked = frequent[np.argsort(-(counts * lengths)[frequent], kind="stable")][:most]
    columns = (starts[ranked].tolist(), lengths[ranked].tolist(), counts[ranked].tolist())
    return [(joined[at : at + length], n) for at, length, n in zip(*columns, strict=True)]
