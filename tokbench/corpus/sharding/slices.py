"""What a shard reads of a source, and what it tells about it.

A shard takes rows before any step. Steps, and the choice of what is held out, see one document at a
time and go on as ever; a source with a step that looks at several of its documents is not divided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus import ledgers
from tokbench.corpus.cleaned import Account, Cleaned
from tokbench.corpus.cleaning.rows_kept import flags
from tokbench.corpus.mixing.doses import WHOLE
from tokbench.corpus.rows import Stream
from tokbench.corpus.sharding.line import ALL, GOLDEN, RULE, Stretch, Window, stretches
from tokbench.corpus.sources.files import FilesSource
from tokbench.errors import CorpusError
from tokbench.store import signature
from tokbench.values import Split, Watch, ignore

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from tokbench.corpus.opening import OpenCorpus
    from tokbench.corpus.source import OpenSource


def outline(corpus: "OpenCorpus", of: int) -> str:
    """The same for all shards of a corpus; other for another corpus, or another division of it.

    The contents of files are not looked at.

    Raises:
        CorpusError: the corpus cannot be read in shards.
    """
    _refuse_what_is_joint(corpus)
    told = [[one.said(_unread(one)), one.held_out, weights(one)] for one in corpus.opened]
    return signature(RULE, of, told)


def slices(corpus: "OpenCorpus", number: int, of: int) -> "tuple[Slice, ...]":
    """What a shard has of each source, of those of which it has something.

    Args:
        corpus: the whole.
        number: of the shard, from 1.
        of: how many shards there are.

    Raises:
        CorpusError: the corpus cannot be read in shards.
    """
    _refuse_what_is_joint(corpus)
    sizes = [weights(one) for one in corpus.opened]
    found = []
    for stretch in stretches(sizes, [one.joint for one in corpus.opened], number - 1, of):
        one = corpus.opened[stretch.source]
        source = ShardedSource(one.source, sizes[stretch.source], stretch)
        alone = replace(corpus, opened=(replace(one, source=source),), dosed=(WHOLE,))
        found.append(Slice(stretch.source, alone, one, source))
    return tuple(found)


def weights(one: Cleaned) -> tuple[int, ...]:
    """The bytes of each piece of a source; of one whose size nobody says, what is usual."""
    sizes: Sequence[int] = getattr(one.source, "piece_sizes", ()) or (one.size,)
    known = [size for size in sizes if size]
    usual = max(1, sum(known) // max(len(known), 1))
    return tuple(size or usual for size in sizes)


def pieces(corpus: "OpenCorpus") -> int:
    """How many pieces a corpus has that need not be divided."""
    return sum(1 if one.joint else len(weights(one)) for one in corpus.opened)


def _refuse_what_is_joint(corpus: "OpenCorpus") -> None:
    """Refuse what no shard can know by itself."""
    if corpus.together:
        step = corpus.together[0].type
        what = f"step {step} looks at the documents of all sources"
        raise CorpusError(f"the corpus cannot be divided into shards: {what}; count it in one go")
    if corpus.spec.mixing or any(one.at_most is not None for one in corpus.opened):
        what = "mix and at_most choose documents by the size of whole sources"
        raise CorpusError(f"the corpus cannot be divided into shards: {what}; count it in one go")


def _unread(one: Cleaned) -> Any:
    """The identity of a source, without the contents of files."""
    source = one.source
    return source.identified(()) if isinstance(source, FilesSource) else one.source_identity()


@dataclass(frozen=True)
class ShardedSource:
    """The rows of a source that belong to a shard: an `OpenSource`.

    Attributes:
        source: the whole one.
        sizes: the bytes of its pieces; what comes behind the last counts with it.
        stretch: what the shard has of it.
    """

    source: "OpenSource"
    sizes: tuple[int, ...]
    stretch: Stretch

    @property
    def name(self) -> str:
        """That of the whole source."""
        return self.source.name

    @property
    def end(self) -> int:
        """The number of the piece behind the last."""
        return self.stretch.first + len(self.stretch.windows)

    @property
    def size(self) -> int:
        """Bytes of the pieces that are read."""
        return sum(self.sizes[self.stretch.first : self.end])

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The rows of the shard, always from its beginning."""
        del first
        begin = here = self.stretch.first
        before, row = sum(self.sizes[:begin]), 0
        for rows in self._no_further().read(columns, nulls=nulls, first=begin):
            piece = min(rows.piece, len(self.sizes) - 1)
            if piece >= self.end:
                return
            if piece != here:
                here, row = piece, 0
            batch = _within(rows.batch, row, self.stretch.windows[piece - begin])
            row += len(rows.batch)
            if len(batch) or rows.notes:
                yield rows._replace(batch=batch, done=max(0, rows.done - before))

    def _no_further(self) -> "OpenSource":
        """The source up to where the shard ends, if one can be made."""
        if isinstance(self.source, FilesSource):
            return replace(self.source, pieces=self.source.pieces[: self.end])
        return self.source

    def digests(self) -> dict[str, Any]:
        """What the files are known by that the shard reads, by their numbers."""
        if not isinstance(self.source, FilesSource):
            return {}
        numbers = {id(file): str(number) for number, file in enumerate(self.source.files)}
        pieces = self.source.pieces[self.stretch.first : self.end]
        places = {numbers[id(piece.place)]: piece.place for piece in pieces}
        return {number: place.identity() for number, place in places.items()}

    def identity(self) -> Any:
        """That of the whole source, and which part of it."""
        return [self.source.identity(), self.sizes, *self.stretch]


def _within(batch: "pa.RecordBatch", row: int, window: Window) -> "pa.RecordBatch":
    """The rows of a window, of a batch whose first row has this number in its piece."""
    low, high = window
    if window == (0, ALL):
        return batch
    numbers: NDArray[np.uint64] = np.arange(row, row + len(batch), dtype=np.uint64)
    spread = numbers * np.uint64(GOLDEN)
    return batch.filter(flags((spread >= np.uint64(low)) & (spread <= np.uint64(high - 1))))


@dataclass
class Slice:
    """The documents of one source that belong to a shard: a `values.Slice`.

    Attributes:
        number: of the source.
        corpus: the source alone, as far as the shard has it.
        whole: the same, all of it.
        source: what is read.
    """

    number: int
    corpus: "OpenCorpus"
    whole: Cleaned
    source: ShardedSource
    _ledger: ledgers.Ledger = field(default_factory=ledgers.Ledger)

    @property
    def sources(self) -> tuple[str, ...]:
        """The name of the source."""
        return self.corpus.sources

    @property
    def held_out(self) -> float:
        """The share of its documents that training never sees."""
        return self.corpus.held_out

    @property
    def size(self) -> int:
        """Bytes that are read."""
        return self.corpus.size

    def parts(self) -> "tuple[Slice, ...]":
        """Itself."""
        return (self,)

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """The documents of one split."""
        self._ledger = ledgers.Ledger()
        return self.corpus.batches(split, watch, ledger=self._ledger)

    def identity(self) -> str:
        """Changes whenever reading could give other documents."""
        return self.corpus.identity()

    def about(self) -> dict[str, Any]:
        """What was read: with that of all other slices, what the whole source is and did.

        Of files it has the digests of those that the shard has read, so that nobody must read all.
        """
        source = self.whole.source
        alone = replace(self.corpus, opened=(self.whole,))
        account = (self._ledger.sources or [Account()])[0]
        return {
            "said": alone.said([_unread(self.whole)]),
            "files": len(source.files) if isinstance(source, FilesSource) else None,
            "digests": self.source.digests(),
            "account": ledgers.plain([account])[0],
        }
