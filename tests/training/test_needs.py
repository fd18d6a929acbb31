"""What training takes is said before it runs out."""

import numpy as np
import pyarrow as pa
import pytest

from tokbench import memory
from tokbench.errors import BudgetError
from tokbench.training import Demands, from_counts, needs
from tokbench.training.spec import BpeTrainer, UnigramTrainer, WordLevelTrainer, WordPieceTrainer
from tokbench.values import WordCounts

TRAINERS = [BpeTrainer, WordPieceTrainer, UnigramTrainer, WordLevelTrainer]


def many(number):
    words = [f"é{word:x}" for word in range(number)]
    return WordCounts(pa.array(words, pa.large_string()), np.ones(number, np.int64), 1, 1)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_what_does_not_fit_is_refused(trainer, monkeypatch):
    words, spec = many(20_000), trainer(vocab_size=100)
    monkeypatch.setattr(memory, "RESERVED", 0)
    with pytest.raises(BudgetError) as caught:
        from_counts(spec, Demands(), words, memory=1_000_000)
    said = str(caught.value)
    assert said.startswith(f"{spec.for_model} training of 20,000 distinct words (95,632 ")
    assert "more than --memory 1 MB: give --memory 0." in said
    monkeypatch.setattr(memory, "available", lambda: 1_000_000)
    with pytest.raises(BudgetError, match=r"and 1 MB are free: use less text"):
        needs.ensure(spec, words, None)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_what_fits_is_trained(trainer):
    spec = trainer(vocab_size=40)
    assert from_counts(spec, Demands(), many(200), memory=memory.LEAST).tokens
    needs.ensure(spec, many(0), memory.LEAST)
