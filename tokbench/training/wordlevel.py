"""WordLevel from word counts: the most frequent words, as `WordLevelTrainer` orders them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tokbench.values import Trained, WordCounts


def train_wordlevel(
    words: WordCounts,
    *,
    vocab_size: int,
    min_frequency: int = 0,
    special_tokens: Sequence[str] = (),
) -> Trained:
    """Take the special tokens, then words by falling count, equally frequent ones in order.

    A word that reads like a special token is that token. (The library gives it a second id, so that
    its vocabulary has a gap.)

    Args:
        words: the distinct pre-tokens and how often each occurs.
        vocab_size: how many tokens there may be; cuts off special tokens too.
        min_frequency: the least count of a word.
        special_tokens: get the first ids.

    >>> import pyarrow as pa
    >>> words = pa.array(["cat", "a", "the", "dog"], pa.large_string())
    >>> counts = WordCounts(words, np.array([2, 7, 9, 2]), documents=1, bytes=60)
    >>> train_wordlevel(counts, vocab_size=4, special_tokens=["[UNK]"]).tokens
    ('[UNK]', 'the', 'a', 'cat')
    """
    special = tuple(dict.fromkeys(special_tokens))
    room = max(0, vocab_size - len(special))
    counts = np.asarray(words.counts, np.int64)
    frequent = np.flatnonzero(counts >= min_frequency)
    wanted = room + len(special)  # some of the words may be special tokens
    if 0 < wanted < len(frequent):
        least = np.partition(counts[frequent], len(frequent) - wanted)[len(frequent) - wanted]
        frequent = frequent[counts[frequent] >= least]
    everything: list[Any] = words.words.to_pylist()  # `take` would import pandas
    texts = [everything[i] for i in frequent.tolist()]
    ranked = sorted(zip((-counts[frequent]).tolist(), texts, strict=True))
    reserved = set(special)
    chosen = [text for _, text in ranked if text not in reserved]
    return Trained(
        model="WordLevel",
        tokens=(*special, *chosen[:room])[:vocab_size],
        documents=words.documents,
        fingerprint=words.fingerprint,
    )
