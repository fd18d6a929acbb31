"""What tests of counting share."""

import json

import pytest
from in_memory import Documents
from tokenizers import trainers


@pytest.fixture
def corpus():
    return Documents


@pytest.fixture
def library_words():
    """The library's own counting: what its trainers would train on."""

    def count(tokenizer, documents):
        trainer = trainers.WordLevelTrainer(vocab_size=1, show_progress=False)
        tokenizer.train_from_iterator(documents, trainer)
        words = json.loads(trainer.__getstate__())["WordLevelTrainer"]["words"]
        words.pop("", None)
        return words

    return count


@pytest.fixture
def as_dict():
    def convert(counts):
        strings = counts.words if hasattr(counts, "words") else counts.chunks
        return dict(zip(strings.to_pylist(), counts.counts.tolist(), strict=True))

    return convert
