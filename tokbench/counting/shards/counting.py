"""Counting a shard: documents in, a part out; what every engine and batch job calls."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokbench.chunks import CUT_SETS
from tokbench.chunks.classes import load as load_classes
from tokbench.counting.chunk_pass import SAMPLE, cut, facts
from tokbench.counting.shards import part
from tokbench.counting.shards.part import Job, Told
from tokbench.counting.spilling import Bounds, divided
from tokbench.errors import CountsError
from tokbench.values import Divisible, Progress, Slice, Split, Watch, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokbench.counting.spilling import Strings
    from tokbench.values import ChunkCounts

_SAMPLE = 2
"""Documents of a source that a shard keeps, however many shards there are."""


def job_of(
    recipe: str, corpus: Divisible, outline: str, cut_set: str, of: int, split: Split = "train"
) -> Job:
    """What all parts of a count have in common.

    Args:
        recipe: its name, for people.
        corpus: what is counted.
        outline: of the corpus and its division.
        cut_set: the name of one that is exact for the recipe.
        of: how many shards there are.
        split: which documents.
    """
    identity = load_classes().identity
    return Job(recipe, outline, of, cut_set, split, identity, tuple(corpus.sources))


@dataclass
class Shard:
    """A shard that is counted.

    Attributes:
        corpus: the whole.
        job: what it is a part of.
        number: of the shard, from 1.
        partitions: into how many parts by hash its strings are divided, a power of two.
        bounds: what may be held in memory.
        threads: how many count.
        watch: told how far it has come.
    """

    corpus: Divisible
    job: Job
    number: int
    partitions: int
    bounds: Bounds
    threads: int | None = None
    watch: Watch = ignore

    def write(self, path: Path) -> tuple[int, int]:
        """Count it into a file; how many documents there were, and their bytes.

        Raises:
            CorpusError: the corpus cannot be read.
            CountsError: this machine would cut documents otherwise.
            StoreError: the file cannot be written, or what finds no room in memory.
        """
        if load_classes().identity != self.job.classes:
            raise CountsError(
                "another Python or another version of tokenizers runs here than where counting "
                "began, and would cut documents otherwise; install the same on all machines"
            )
        self._told: list[Told] = []
        self._slices = self.corpus.shard(self.number, self.job.of)
        part.write(path, self.job, (self.number,), self._blocks(), lambda: self._told)
        return sum(one.documents for one in self._told), sum(one.bytes for one in self._told)

    def _blocks(self) -> "Iterator[tuple[int, int, Strings]]":
        total, before, documents = sum(one.size for one in self._slices), 0, 0
        for one in self._slices:

            def told(progress: Progress, before: int = before, documents: int = documents) -> None:
                done, seen = before + progress.done, documents + progress.documents
                self.watch(replace(progress, done=done, total=total, documents=seen))

            cut_set, split = CUT_SETS[self.job.cut_set], self.job.split
            cutters = cut(one, cut_set, self.bounds, split, told, self.threads)
            whole = facts(cutters)
            tables = [each.table for each in cutters]
            for partition, strings in divided(tables, self.bounds.room, self.partitions):
                yield one.number, partition, strings
            self._told.append(_told(one, whole, self.job.of))
            before, documents = before + one.size, documents + whole.documents


def _told(one: Slice, whole: "ChunkCounts", of: int) -> Told:
    sample = whole.sample[: max(_SAMPLE, 2 * SAMPLE // of)]
    return Told(
        one.number, whole.documents, whole.bytes, whole.characters, whole.fingerprint, sample,
        one.about(),
    )  # fmt: skip
