"""What training takes of memory, known before it starts."""

import math
from typing import TYPE_CHECKING

import numpy as np

from tokbench import memory
from tokbench.errors import BudgetError
from tokbench.training.spec import TrainerSpec
from tokbench.values import WordCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SLOT = {"BPE": 30, "WordPiece": 30, "WordLevel": 2, "Unigram": 110}
"""Bytes for each character of the distinct words and for each word, measured on English, Japanese
and source code: slots, places, counts and candidates of BPE, the suffix array of SentencePiece."""
_SECONDS = {"BPE": 9e-8, "WordPiece": 9e-8, "WordLevel": 2e-8, "Unigram": 1.7e-6}
"""Seconds for each, measured on a 2-core x86-64 machine."""
_START = 0.2
_WORD = {"WordLevel": 100}
"""Bytes more for each word, which is a Python string there."""
_CONTINUING = 0x80
_AT_ONCE = 1 << 24


def needed(model: str, words: float, characters: float) -> float:
    """The bytes that training takes beside the words themselves.

    Args:
        model: "BPE", "WordPiece", "WordLevel" or "Unigram".
        words: how many distinct words there are.
        characters: how many they have in all.
    """
    return _SLOT[model] * (words + characters) + _WORD.get(model, 0) * words


def seconds(model: str, words: float, characters: float) -> float:
    """About how long training takes, kernels compiled; arguments as for `needed`."""
    return _START + _SECONDS[model] * (words + characters)


def ensure(spec: TrainerSpec, words: WordCounts, budget: int | None) -> None:
    """Say that memory will not suffice before it runs out.

    Args:
        spec: the trainer.
        words: what it is to learn from.
        budget: bytes for the whole process; None: what is free.

    Raises:
        BudgetError: training needs more.
    """
    held = int(words.words.nbytes + words.counts.nbytes)
    characters = _characters(words)
    wanted = needed(spec.for_model, len(words.counts), characters)
    there = memory.available() if budget is None else budget - memory.RESERVED - held
    if wanted <= there:
        return
    whole = wanted + held + memory.RESERVED
    what = f"{spec.for_model} training of {len(words.counts):,} distinct words ({characters:,} "
    if budget is None:
        raise BudgetError(
            f"{what}characters) takes some {memory.shown(whole)}, and {memory.shown(there)} are "
            "free: use less text, or a pre_tokenizer that splits more"
        )
    enough = f"{math.ceil(whole / 1e8) / 10:g}GB"
    raise BudgetError(
        f"{what}characters) takes some {memory.shown(whole)}, more than --memory "
        f"{memory.shown(budget)}: give --memory {enough}, or use a pre_tokenizer that splits more"
    )


def _characters(words: WordCounts) -> int:
    """The characters of all distinct words: every byte that continues none."""
    data = words.words.buffers()[2]
    if not len(words.words) or data is None:
        return 0
    text: NDArray[np.uint8] = np.frombuffer(memoryview(data), np.uint8)
    blocks = (text[first : first + _AT_ONCE] for first in range(0, len(text), _AT_ONCE))
    return sum(int(np.count_nonzero((block & 0xC0) != _CONTINUING)) for block in blocks)
