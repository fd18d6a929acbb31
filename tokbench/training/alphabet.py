"""From word counts to the symbols that training starts with: which there are, and where.

The vocabulary before the first merge is, in the order of its ids: the special tokens as given, then
the alphabet by code point, then the symbols that carry a prefix or suffix, sorted. The first two
are in `BpeTrainer`'s order; it gives the third ids in an order that changes from run to run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokbench.errors import TrainingError
from tokbench.training import word_kernel
from tokbench.training.slots import LARGE, MOST_SLOTS, SENTINEL, SLOT
from tokbench.values import WordCounts

MOST_COUNTS = 1 << 62


@dataclass(frozen=True)
class Symbols:
    """What training starts from.

    Attributes:
        tokens: the vocabulary before the first merge, in the order of its ids.
        slots: the words of two symbols and more, as `slots.py` explains.
        large_counts: the counts that are too large for a slot's mark, int64.
        used: the ids that may stand in slots.
    """

    tokens: list[str]
    slots: NDArray[Any]
    large_counts: NDArray[Any]
    used: list[int]


def symbols_of(
    words: WordCounts,
    *,
    special_tokens: Sequence[str] = (),
    limit_alphabet: int | None = None,
    initial_alphabet: Sequence[str] = (),
    prefix: str = "",
    suffix: str = "",
) -> Symbols:
    """The initial vocabulary, and every word as a row of its ids.

    Args:
        words: the distinct words and how often each occurs.
        special_tokens: come first, whatever they look like; one of a single character is that
            character's symbol.
        limit_alphabet: how many characters to keep; the rarest are dropped from all words. Of
            equally rare ones those with the higher code points go (the library picks at random).
        initial_alphabet: characters to keep though they be rare or absent; of a longer string, the
            first one.
        prefix: begins every symbol but a word's first.
        suffix: ends a word's last symbol.

    Raises:
        TrainingError: if there are more symbols, or larger counts, than the kernels can number.
    """
    data, offsets, counts = _buffers(words)
    frequency = np.zeros(word_kernel.CODE_POINTS, np.int64)
    places = np.zeros(word_kernel.CODE_POINTS, np.uint8)
    characters = 0
    if len(counts):
        characters = word_kernel.count_characters(data, offsets, counts, frequency, places)
    if characters + len(counts) >= MOST_SLOTS:
        raise TrainingError(
            f"the distinct words have {characters} characters, more than {MOST_SLOTS}: "
            "choose a pre_tokenizer that splits more, or leave out long words"
        )
    ids = {token: i for i, token in enumerate(dict.fromkeys(special_tokens))}
    forced = [ord(entry[0]) for entry in initial_alphabet if entry]
    for code_point in _alphabet(frequency, places, forced, limit_alphabet):
        ids.setdefault(chr(code_point), len(ids))
    symbol_of, used = _symbol_table(ids, places, prefix, suffix)
    slots = np.empty(characters + len(counts) + 1, SLOT)
    slots[0] = (SENTINEL, 0)
    large_counts = np.zeros(int(np.count_nonzero(counts >= LARGE)) + 1, np.int64)
    size = 1
    if len(counts):
        size = word_kernel.lay_out(data, offsets, counts, symbol_of, slots, large_counts)
    return Symbols(list(ids), slots[:size], large_counts, used)


def _buffers(words: WordCounts) -> tuple[Any, Any, Any]:
    """The words' bytes, where each begins, and their counts; checked, since kernels trust them."""
    words.words.validate(full=True)
    counts = np.ascontiguousarray(words.counts, np.int64)
    if words.words.null_count or len(counts) != len(words.words):
        raise ValueError("words must not be null, and each needs a count")
    if len(counts) == 0:
        return None, None, counts
    if counts.min() < 0:
        raise ValueError("counts must not be negative")
    where: Any
    data: Any
    _, where, data = words.words.buffers()
    start = words.words.offset
    offsets = np.frombuffer(where, np.int64)[start : start + len(counts) + 1]
    total = float(np.diff(offsets).astype(np.float64) @ counts.astype(np.float64))
    if total >= MOST_COUNTS:
        raise TrainingError(f"counts of {total:.1e} characters in all are too large to add up")
    text = np.frombuffer(data if data and data.size else b"\0", np.uint8)
    return text, offsets, counts


def _alphabet(
    frequency: NDArray[Any], places: NDArray[Any], forced: Sequence[int], limit: int | None
) -> list[int]:
    """The code points to keep, sorted: those seen and those forced, the most frequent `limit`."""
    frequency[forced] = np.iinfo(np.int64).max
    known = places > 0
    known[forced] = True
    kept = np.flatnonzero(known)
    if limit is not None and len(kept) > limit:
        kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:limit]])
    return kept.tolist()


def _symbol_table(
    ids: dict[str, int], places: NDArray[Any], prefix: str, suffix: str
) -> tuple[NDArray[Any], list[int]]:
    """The symbol of each seen character (row 0), or of each at each of its four places; and which.

    Symbols that no id stands for yet are added to `ids`, sorted.
    """
    affixed = bool(prefix or suffix)
    used = set()
    seen = np.flatnonzero(places).tolist()
    table = np.full((4 if affixed else 1, seen[-1] + 1 if seen else 0), -1, np.int32)
    texts = []
    for code_point in seen:
        character = chr(code_point)
        if character not in ids:
            continue
        for place in range(4 if affixed else 1):
            if not affixed or places[code_point] >> place & 1:
                text = (prefix if place & word_kernel.INSIDE else "") + character
                text += suffix if place & word_kernel.LAST else ""
                texts.append((text, place, code_point))
    for text, place, code_point in sorted(texts):
        table[place, code_point] = ids.setdefault(text, len(ids))
        used.add(ids[text])
    return table, sorted(used)
