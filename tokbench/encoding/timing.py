"""How fast tokenizers encode the same text: interleaved rounds, medians, work proven equal."""

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import TypeVar

from tokenizers import Tokenizer

from tokbench.encoding.subjects import Subject
from tokbench.errors import SubjectError
from tokbench.values import Corpus, Speed, Split, texts

T = TypeVar("T")

_ROUNDS = 3
_LOADS = 3
_BYTES = 1_000_000


def timing_text(corpus: Corpus, split: Split) -> list[str]:
    """The first documents of a split, up to a megabyte."""
    found: list[str] = []
    size = 0
    for batch in corpus.batches(split):
        for text in texts(batch):
            found.append(text)
            size += len(text.encode())
            if size >= _BYTES:
                return found
    return found


def time_all(subjects: Sequence[Subject], documents: Sequence[str]) -> list[Speed]:
    """Time every tokenizer on the same texts, after one round to warm up.

    Rounds go through all tokenizers in turn, so a machine that slows down slows all of them. Both
    ways of encoding must give the same ids.

    Raises:
        SubjectError: one text at a time and all in one call give different ids.
    """
    size = sum(len(text.encode()) for text in documents)
    single: list[list[float]] = [[] for _ in subjects]
    batch: list[list[float]] = [[] for _ in subjects]
    batch_of = list(documents)
    for counted in range(_ROUNDS + 1):
        for position, one in enumerate(subjects):
            alone, seconds_alone = _timed(partial(_one_by_one, one.tokenizer, batch_of))
            whole, seconds_whole = _timed(partial(_at_once, one.tokenizer, batch_of))
            if alone != whole:
                raise SubjectError(
                    f"{one.name}: encoding texts one by one and in one call gives different ids; "
                    "is dropout or sampling saved with it?"
                )
            if counted:
                single[position].append(seconds_alone)
                batch[position].append(seconds_whole)
    return [
        Speed(
            bytes=size,
            single=median(alone),
            batch=median(whole),
            load=median(_timed(partial(Tokenizer.from_str, one.state))[1] for _ in range(_LOADS)),
            single_rounds=tuple(alone),
            batch_rounds=tuple(whole),
        )
        for one, alone, whole in zip(subjects, single, batch, strict=True)
    ]


def _one_by_one(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]


def _at_once(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [one.ids for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        result = work()
        return result, time.perf_counter() - start
    finally:
        gc.enable()
