"""A corpus in memory, in as many batches as a test wants."""

from dataclasses import dataclass, field

import pyarrow as pa

from tokbench.values import ignore


@dataclass
class Documents:
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
