"""What the library learns from given words, and the words it counts in a text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer, models, trainers

from tokbench.values import WordCounts

Learned = tuple[list[str], list[tuple[str, str]]]


def word_counts(words: Mapping[str, int]) -> WordCounts:
    return WordCounts(
        pa.array(list(words), pa.large_string()),
        np.array(list(words.values()), np.int64),
        documents=1,
        bytes=sum(len(word.encode()) * count for word, count in words.items()),
    )


def library_bpe(words: Mapping[str, int], **settings: Any) -> Learned:
    """Without a pre_tokenizer each text is one word, so words are fed as often as they count."""
    texts = (word for word, count in words.items() for _ in range(count))
    return library_bpe_from(texts, None, **settings)[:2]


def library_bpe_from(
    texts: Iterable[str], pre_tokenizer: Any, **settings: Any
) -> tuple[list[str], list[tuple[str, str]], dict[str, int]]:
    tokenizer = Tokenizer(models.BPE())
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(show_progress=False, **settings)
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    words = json.loads(trainer.__getstate__())["BpeTrainer"]["words"]
    return in_order(model["vocab"]), [tuple(merge) for merge in model["merges"]], words


def in_order(vocab: dict[str, int]) -> list[str]:
    assert sorted(vocab.values()) == list(range(len(vocab)))
    return sorted(vocab, key=vocab.__getitem__)
