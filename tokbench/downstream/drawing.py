"""The scores of models on test examples that are drawn anew, the same draws for all of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.downstream.inputs import TaskInput
from tokbench.downstream.kinds import KINDS
from tokbench.downstream.scores import resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOGETHER = 64
"""Resamples that are drawn at once."""
GROUPS = 4096
"""Above so many test examples, groups of them are drawn, as of documents (`metrics.resampling`)."""


def samples(
    task: TaskInput, resamples: int
) -> "dict[tuple[int, str], dict[int, NDArray[np.float64]]]":
    """By tokenizer and metric, for every seed, the score in every resample of the test examples.

    The draws are the same for all, so that differences are paired. Above `GROUPS` examples they are
    gathered by chance in so many groups of one size, and groups are drawn: the spread of a score
    is the same on average.
    """
    n = task.sizes[2]
    groups = min(n, GROUPS)
    group = np.arange(n) % groups
    if n > groups:
        group = group[np.argsort(np.random.PCG64(0).random_raw(n))]
    kind = KINDS[task.kind]
    models = {
        (place, one.seed): kind.drawable(task.gold, np.asarray(one.predictions), group, groups)
        for place, outcome in enumerate(task.outcomes)
        for one in (outcome.seeds if outcome else ())
    }
    parts: dict[tuple[int, str], dict[int, list[Any]]] = {}
    for weights in draws(groups, resamples):
        for (place, seed), model in models.items():
            drawn = model.weighted(weights)
            for name in task.metrics:
                made = np.nan_to_num(resampled(name, model.gold, model.answers, drawn))
                parts.setdefault((place, name), {}).setdefault(seed, []).append(made)
    return {
        key: {seed: np.concatenate(some) for seed, some in by_seed.items()}
        for key, by_seed in parts.items()
    }


def draws(n: int, resamples: int, seed: int = 0) -> Iterator["NDArray[np.int64]"]:
    """How often each of `n` examples is drawn in each resample, with replacement, in blocks.

    The raw stream of PCG64, which NumPy promises to keep: a seed gives the same draws everywhere.

    Yields:
        Counts with a row for each resample; every row adds up to `n`.

    >>> [block.sum(axis=1).tolist() for block in draws(4, 3)]
    [[4, 4, 4]]
    """
    stream = np.random.PCG64(seed)
    for first in range(0, resamples, _TOGETHER):
        rows = min(_TOGETHER, resamples - first)
        # the upper half of a raw number, scaled: off by less than n / 2^32
        places = (stream.random_raw(rows * n) >> np.uint64(32)) * np.uint64(n)
        places = (places >> np.uint64(32)).astype(np.int64)
        places += np.repeat(np.arange(rows) * n, n)
        yield np.bincount(places, minlength=rows * n).reshape(rows, n)
