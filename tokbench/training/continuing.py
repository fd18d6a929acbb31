"""Merges that go on where an existing vocabulary stops.

The words are rows of existing tokens rather than of characters; the merge kernel asks only for
symbols, so it is the same. No merge makes the text of a token that is there: what old merges did
not make stays apart, so every new pair holds a new token, and two old tokens that must not be
joined (`apart`) never are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokbench.values import Watch, ignore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tokbench.training.alphabet import Symbols


@dataclass(frozen=True)
class Continued:
    """What was learned beyond a vocabulary.

    Attributes:
        tokens: the new ones, in the order in which they were made.
        merges: the new pairs, in the order in which they apply.
        refused: how many pairs that were frequent enough had to stay apart.
    """

    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]
    refused: int


def continue_bpe(
    rows: "NDArray[np.int32]",
    lengths: "NDArray[np.int64]",
    counts: "NDArray[np.int64]",
    tokens: Sequence[str],
    *,
    add: int,
    min_frequency: int = 2,
    prefix: str = "",
    walls: Iterable[int] = (),
    apart: Iterable[tuple[int, int]] = (),
    watch: Watch = ignore,
) -> Continued:
    """Learn more tokens from words that are cut into known ones.

    Args:
        rows: the tokens of all words one behind another, as places in `tokens`.
        lengths: how many each word has.
        counts: how often each word occurs.
        tokens: the text of each known token, and any other text that no merge may make.
        add: how many new ones there may be.
        min_frequency: the least count of a pair that is merged.
        prefix: what the right side of a merge loses (`##`).
        walls: places in `tokens` that no merge may touch, as an unknown token.
        apart: pairs of places that no merge may join.
        watch: told how many merges are made.

    >>> import numpy as np
    >>> rows = np.array([0, 1, 2, 0, 1], np.int32)
    >>> made = continue_bpe(rows, np.array([3, 2]), np.array([2, 5]), ["lo", "w", "er"], add=1)
    >>> made.tokens, made.merges
    (('low',), (('lo', 'w'),))
    """
    import numpy as np  # noqa: PLC0415 - with what follows

    from tokbench.training import merging, room  # noqa: PLC0415 - they import Numba

    symbols = _symbols(rows, lengths, counts, tokens, walls)
    forbidden = np.array([left << 32 | right for left, right in apart], np.int64)
    pairs, _ = room.all_pairs(symbols)
    held = np.isin(pairs["pair"], forbidden) & (pairs["count"] >= min_frequency)
    texts, made = merging.learn(
        symbols,
        vocab_size=len(tokens) + add,
        min_frequency=min_frequency,
        max_token_length=None,
        prefix=prefix,
        affixed=True,  # one text may be made in two ways
        watch=watch,
        taken=len(tokens),
        forbidden=forbidden,
    )
    found = [(texts[one["left"]], texts[one["right"]]) for one in made]
    merges = tuple(reversed(dict.fromkeys(reversed(found))))  # where a pair stands twice
    return Continued(tuple(texts[len(tokens) :]), merges, int(held.sum()))


def _symbols(
    rows: "NDArray[np.int32]",
    lengths: "NDArray[np.int64]",
    counts: "NDArray[np.int64]",
    tokens: Sequence[str],
    walls: Iterable[int],
) -> "Symbols":
    """The words as the kernel sees them: slots, with a sentinel for every wall too."""
    import numpy as np  # noqa: PLC0415 - with what follows

    from tokbench.training.alphabet import Symbols  # noqa: PLC0415 - imports Numba
    from tokbench.training.slots import LARGE, SENTINEL, SLOT  # noqa: PLC0415 - the same

    word = np.repeat(np.arange(len(lengths)), lengths)
    large = np.flatnonzero(counts >= LARGE)
    marks = counts.copy()
    marks[large] = LARGE + np.arange(len(large))
    slots = np.empty(len(rows) + len(lengths) + 1, SLOT)
    slots["token"], slots["mark"] = SENTINEL, 0
    blocked = np.isin(rows, np.array(list(walls), np.int32))
    places = (np.arange(len(rows)) + word + 1)[~blocked]
    slots["token"][places] = rows[~blocked]
    slots["mark"][places] = marks[word[~blocked]]
    used = np.unique(rows[~blocked]).tolist()
    return Symbols(list(tokens), slots, np.append(counts[large], 0), used)
