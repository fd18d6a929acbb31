"""The merges that a ranked vocabulary implies.

tiktoken and SentencePiece's BPE keep no merges: they merge whichever neighbours spell the best
ranked token. `tokenizers` merges only listed pairs. The two give the same where each token is
*proper*: merging its own symbols, by ranks better than its own, ends in exactly two parts. Then
those parts are the only pair that ever becomes the token, in any text:

Let all pairs of better rank than `r` be merged, and let a pair spell the token of rank `r`. No
merge so far crossed the two ends of its span, so inside the span the same was merged as in the
token by itself: its two parts. Nor does that merge make a pair of better rank: the token that this
would spell has been merged from its own span before, since it is proper.

A token that is not proper is never merged at all, if no two ranked parts spell it of which one
ranks behind it. Where they do, the order of merges could not be written as a list.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

Text = TypeVar("Text", str, bytes)


@dataclass(frozen=True)
class Merges(Generic[Text]):
    """What a ranked vocabulary implies.

    Attributes:
        pairs: in the order in which they apply.
        unmerged: tokens that no merge gives.
        inexpressible: the first token for which no list of merges does the same, None if none is.
    """

    pairs: list[tuple[Text, Text]]
    unmerged: list[Text]
    inexpressible: Text | None = None


def merges(ranks: Mapping[Text, int], behind: Iterable[Text] = ()) -> Merges[Text]:
    """The merges of a vocabulary by ranks, each rank given once.

    Args:
        ranks: the rank of each token, those of one symbol included.
        behind: tokens that rank behind all others, of which the caller makes the merges.

    >>> merges({"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "cb": 5, "bcb": 6}).pairs
    [('a', 'b'), ('ab', 'c'), ('c', 'b'), ('b', 'cb')]
    >>> found = merges({"a": 0, "b": 1, "c": 2, "ab": 3, "bcc": 4})
    >>> found.unmerged, found.inexpressible
    (['bcc'], None)
    """
    pairs: list[tuple[Text, Text]] = []
    unmerged = []
    last = max(ranks.values(), default=0) + 1
    everything = {**ranks, **dict.fromkeys(behind, last)}
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) == 1:
            continue
        parts = _merged(token, rank, ranks)
        if len(parts) == 2 and parts[0] in ranks and parts[1] in ranks:  # noqa: PLR2004 - a pair
            pairs.append((parts[0], parts[1]))
            continue
        unmerged.append(token)
        splits = ((token[:at], token[at:]) for at in range(1, len(token)))
        pair = len(parts) == 2  # noqa: PLR2004 - a pair that the vocabulary holds in part
        if pair or any(
            max(everything.get(left, -1), everything.get(right, -1)) > rank
            for left, right in splits
            if _is_part(left, everything) and _is_part(right, everything)
        ):
            return Merges(pairs, unmerged, token)
    return Merges(pairs, unmerged)


def runs(lengths: Collection[int]) -> list[tuple[int, int]] | None:
    """The merges of tokens that are runs of one symbol and all rank the same.

    Where ranks are the same, the leftmost pair is merged first: a run grows from its left end until
    no token is longer. A list does the same if a pair with a longer left part comes first, which is
    tried on all runs up to four times the longest token.

    Args:
        lengths: of the tokens, in symbols, all above 1.

    Returns:
        Pairs of lengths in the order in which they apply, None where no such list does the same.

    >>> runs([2, 3, 5])
    [(3, 2), (2, 1), (1, 1)]
    """
    whole = {1, *lengths}
    pairs = [(left, both - left) for both in lengths for left in whole if both - left in whole]
    order = {pair: place for place, pair in enumerate(sorted(pairs, reverse=True))}
    reached: set[tuple[int, int]] = set()
    for size in range(2, 4 * max(lengths) + 1):
        by_left = by_list = [1] * size
        while place := _leftmost(by_left, order):
            by_left = _joined(by_left, place - 1)
        while place := _best(by_list, order):
            reached.add((by_list[place - 1], by_list[place]))
            by_list = _joined(by_list, place - 1)
        if by_left != by_list:
            return None
    return [pair for pair in order if pair in reached]


def _joined(parts: list[int], at: int) -> list[int]:
    return [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]


def _leftmost(parts: list[int], order: Mapping[tuple[int, int], int]) -> int:
    """The place, from 1, of the first pair that merges; 0 if none does."""
    pairs = pairwise(parts)
    return next((place for place, pair in enumerate(pairs, 1) if pair in order), 0)


def _best(parts: list[int], order: Mapping[tuple[int, int], int]) -> int:
    """The same of the first pair in the list."""
    pairs = enumerate(pairwise(parts), 1)
    found = [(order[pair], place) for place, pair in pairs if pair in order]
    return min(found)[1] if found else 0


def _is_part(part: Text, ranks: Mapping[Text, int]) -> bool:
    return len(part) == 1 or part in ranks


def _merged(token: Text, limit: int, ranks: Mapping[Text, int]) -> list[Text]:
    """What merging a token's symbols comes to, by ranks better than its own."""
    parts = [token[at : at + 1] for at in range(len(token))]
    while len(parts) > 2:  # noqa: PLR2004 - two parts spell the token
        best, place = limit, -1
        for at in range(len(parts) - 1):
            rank = ranks.get(parts[at] + parts[at + 1], limit)
            if rank < best:
                best, place = rank, at
        if place < 0:
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts
