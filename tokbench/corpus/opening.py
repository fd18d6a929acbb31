"""From a spec to a stream: `open` looks at the sources, `OpenCorpus` reads them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tokbench.fingerprint import Fingerprint
from tokbench.store import signature
from tokbench.values import Progress, Split, Watch, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tokbench.corpus.source import OpenSource
    from tokbench.corpus.spec import CorpusSpec


@dataclass(frozen=True)
class OpenCorpus:
    """A `values.Corpus`: the documents of all sources, streamed afresh by every `batches`.

    Attributes:
        spec: what the recipe said.
        opened: the sources in the order of the spec.
    """

    spec: "CorpusSpec"
    opened: "tuple[OpenSource, ...]"

    @property
    def sources(self) -> tuple[str, ...]:
        """A name for each source, as users see it."""
        return tuple(source.name for source in self.opened)

    @property
    def held_out(self) -> float:
        """The share of documents, by hash, that training never sees."""
        return self.spec.held_out

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes, as they lie on disk."""
        return sum(source.size for source in self.opened)

    def parts(self) -> "tuple[OpenCorpus, ...]":
        """Each source as a corpus of its own, in order."""
        return tuple(OpenCorpus(self.spec, (source,)) for source in self.opened)

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """The documents of one split in the order of the sources, some megabytes a batch.

        Args:
            split: which documents.
            watch: told after each batch, and at the end of each source, how many bytes on disk
                were consumed and how many documents of the split came out of them.

        Raises:
            CorpusError: a file cannot be read, or holds something that is not text.
        """
        from tokbench.corpus import documents  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        if split == "held_out" and self.held_out == 0:
            return
        total, before, count = self.size, 0, 0
        for index, source in enumerate(self.opened):
            for texts, done in documents.gather(source.read()):
                kept = documents.keep(texts, split, self.held_out)
                count += len(kept)
                if len(kept):
                    yield documents.batch(kept, index)
                watch(Progress("reading", before + done, total, "bytes", documents=count))
            before += source.size
            watch(Progress("reading", before, total, "bytes", documents=count))

    def spread(
        self, split: Split = "train"
    ) -> "Iterator[tuple[pa.RecordBatch, tuple[int, int, float]]]":
        """The documents of one split in batches from all over, for whoever stops early.

        Yields:
            A batch; with it the number of the file it comes from, the file's bytes on disk, and the
            share of them that was consumed.

        Raises:
            CorpusError: a file cannot be read.
        """
        from tokbench.corpus import sampling  # noqa: PLC0415 - as above

        return sampling.spread(self, split)

    def fingerprint(self, split: Split = "all", watch: Watch = ignore) -> Fingerprint:
        """What the documents of a split are known by, from a full pass over them."""
        print_ = Fingerprint()
        for batch in self.batches(split, watch):
            print_.update(cast("pa.LargeStringArray", batch.column("text")))
        return print_

    def identity(self) -> str:
        """Changes whenever reading could give other documents; moving the files changes nothing.

        Made from the contents of the files and the options that matter; nothing is parsed.
        """
        return signature(
            {
                "held_out": self.held_out,
                "sources": [source.identity() for source in self.opened],
            }
        )


def open(spec: "CorpusSpec", base: Path) -> OpenCorpus:  # noqa: A001 - called as corpus.open
    """Look at every source of `spec` without reading it.

    Args:
        spec: what the recipe says.
        base: the folder that relative paths are relative to.

    Raises:
        CorpusError: something is missing, or cannot be read as asked.
    """
    return OpenCorpus(spec, tuple(source.open(base) for source in spec.sources))
