"""What models without a tokenizer reach on a task: what a score is to be read against.

"majority" answers the same to everything: the most frequent class, the most frequent label of all
words, the mean of all numbers. "bag of words" is a linear model (`linear`). The kind of a task says
which there are (`Kind.rivals`).
"""

import warnings
from typing import TYPE_CHECKING

import numpy as np

from tokbench.child import ChildError, run_in_child
from tokbench.downstream import kinds
from tokbench.downstream.extra import require
from tokbench.downstream.scores import scored
from tokbench.errors import TokbenchError
from tokbench.values import TaskData

if TYPE_CHECKING:
    import pyarrow as pa


def rivals(data: TaskData) -> dict[str, dict[str, float]]:
    """The scores of each on the test split, by metric.

    They work in a child process, and give the same every time. From larger training splits than
    they need, examples are drawn. nan where a score is not defined, as a correlation with numbers
    that are all alike.

    Raises:
        TokbenchError: scikit-learn is not installed, or cannot do with these examples.
    """
    require("sklearn", "scipy")
    try:
        return run_in_child(reached, data)
    except ChildError as error:
        raise TokbenchError(
            f"what simple models reach is not known, as they failed: {error.last}"
        ) from error


def reached(data: TaskData) -> dict[str, dict[str, float]]:
    """What `rivals` gives, computed in this process."""
    train = _drawn(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that iterations ended before all digits stood still
        return {
            name: scored(data, data.test, answer(data, train))
            for name, answer in kinds.of(data).rivals.items()
        }


def _drawn(data: TaskData) -> "pa.Table":
    """The training examples, or as many of them as are enough."""
    train = data.train
    most = kinds.of(data).enough(train)
    if len(train) <= most:
        return train
    chosen = np.random.default_rng(0).choice(len(train), most, replace=False)
    return train.take(np.sort(chosen))
