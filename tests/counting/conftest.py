"""A corpus in memory, in as many batches as a test wants."""

import json
from dataclasses import dataclass, field

import pyarrow as pa
import pytest
from tokenizers import trainers

from tokbench.values import ignore


@dataclass
class Memory:
    """Documents as a corpus; `reads` says how often it was opened."""

    documents: list[str]
    at_once: int = 1000
    name: str = "memory"
    sources: tuple[str, ...] = ("here",)
    held_out: float = 0.0
    reads: list[str] = field(default_factory=list)

    def batches(self, split="train", watch=ignore):  # noqa: ARG002
        self.reads.append(split)
        for first in range(0, len(self.documents), self.at_once):
            texts = self.documents[first : first + self.at_once]
            yield pa.record_batch(
                {
                    "text": pa.array(texts, pa.large_string()),
                    "source": pa.array([0] * len(texts), pa.int32()),
                }
            )

    def identity(self):
        return self.name

    @property
    def size(self):
        return sum(map(len, self.documents))

    def parts(self):
        return (self,)


@pytest.fixture
def corpus():
    return Memory


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
