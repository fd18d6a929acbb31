"""From a spec to a stream: `open` looks at the sources, `OpenCorpus` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokbench.corpus.cleaned import Account, Cleaned
from tokbench.corpus.rows import Rows, Stream, texts_of
from tokbench.corpus.step import Tally, applied, needed
from tokbench.fingerprint import Fingerprint
from tokbench.store import signature
from tokbench.values import Progress, Split, Watch, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tokbench.corpus.spec import CorpusSpec
    from tokbench.corpus.step import StepSpec


@dataclass
class Ledger:
    """What became of all documents in one read.

    Attributes:
        sources: an account for each source.
        together: what each joint step of the corpus did, and those behind it.
    """

    sources: list[Account] = field(default_factory=list)
    together: list[Tally] = field(default_factory=list)


@dataclass(frozen=True)
class OpenCorpus:
    """A `values.Corpus`: the documents of all sources, streamed afresh by every `batches`.

    Attributes:
        spec: what the recipe said.
        opened: the sources in the order of the spec, with their steps.
        together: the steps that the documents of all sources go through one after the other.
    """

    spec: "CorpusSpec"
    opened: "tuple[Cleaned, ...]"
    together: "tuple[StepSpec, ...]" = ()

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

    @property
    def origins(self) -> "list[dict[str, Any]]":
        """Of each source what it says of where it comes from beside its spec, as `origin`."""
        return [dict(getattr(source.source, "origin", {})) for source in self.opened]

    def parts(self) -> "tuple[OpenCorpus, ...]":
        """Each source as a corpus of its own, in order; all as one where steps are joint."""
        if self.together:
            return (self,)
        return tuple(OpenCorpus(self.spec, (source,)) for source in self.opened)

    def batches(
        self,
        split: Split = "train",
        watch: Watch = ignore,
        columns: Sequence[str] = (),
        ledger: Ledger | None = None,
    ) -> "Iterator[pa.RecordBatch]":
        """The documents of one split in the order of the sources, some megabytes a batch.

        Args:
            split: which documents.
            watch: told after each batch, and at the end of each source, how many bytes on disk
                were consumed and how many documents of the split came out of them.
            columns: what is wanted of each row beside the columns `text` and `source`.
            ledger: filled while reading with what there was and what each step did, both splits
                together.

        Raises:
            CorpusError: a file cannot be read, or holds something that is not text.
        """
        from tokbench.corpus import documents  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        if split == "held_out" and self.held_out == 0:
            return
        total, count = self.size, 0
        for rows in self._rows(columns, ledger or Ledger()):
            kept = documents.keep(rows.batch, split, self.held_out)
            count += len(kept)
            if len(kept):
                yield kept
            watch(Progress("reading", rows.done, total, "bytes", documents=count))
        watch(Progress("reading", total, total, "bytes", documents=count))

    def _rows(self, columns: Sequence[str], ledger: Ledger) -> Stream:
        """The rows behind all steps, with the number of their source."""
        from tokbench.corpus import documents  # noqa: PLC0415 - as above

        wanted = [name for name in needed(self.together, columns) if name != "source"]
        ledger.sources += [Account() for _ in self.opened]
        ledger.together += [Tally(step.type) for step in self.together]
        rows = self._joined(wanted, ledger)
        if not self.together:
            return rows
        return documents.gather(applied(rows, self.together, ledger.together))

    def _joined(self, columns: Sequence[str], ledger: Ledger) -> Stream:
        from tokbench.corpus import documents  # noqa: PLC0415 - as above

        before = 0
        for index, source in enumerate(self.opened):
            cleaned = source.read(columns, account=ledger.sources[index])
            for rows in documents.gather(cleaned):
                yield Rows(documents.of_source(rows.batch, index), before + rows.done, rows.piece)
            before += source.size

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
            print_.update(texts_of(batch))
        return print_

    def identity(self) -> str:
        """Changes whenever reading could give other documents; moving the files changes nothing.

        Made from the contents of the files and the options that matter; nothing is parsed.
        """
        said = {
            "held_out": self.held_out,
            "sources": [source.identity() for source in self.opened],
        }
        if self.together:
            said["together"] = [step.identity() for step in self.together]
        return signature(said)


def open(spec: "CorpusSpec", base: Path) -> OpenCorpus:  # noqa: A001 - called as corpus.open
    """Look at every source of `spec` without reading it.

    Args:
        spec: what the recipe says.
        base: the folder that relative paths are relative to.

    Raises:
        CorpusError: something is missing, or cannot be read as asked.
    """
    alone = tuple(takewhile(lambda step: not step.joint, spec.steps))
    opened = tuple(Cleaned(each.open(base), (*each.steps, *alone)) for each in spec.sources)
    return OpenCorpus(spec, opened, spec.steps[len(alone) :])
