"""A corpus, what it is made of, and what its steps did."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from tokbench.values.progress import Watch, ignore

if TYPE_CHECKING:
    import pyarrow as pa


Split = Literal["train", "held_out", "all"]


class Corpus(Protocol):
    """A re-readable stream of documents: every call to `batches` opens it afresh.

    A batch has the columns `text` (large_string, never null, valid UTF-8) and `source` (int32, an
    index into `sources`). The corpus can be pickled and read in another process.
    """

    @property
    def sources(self) -> Sequence[str]:
        """A name for each source, as users see it."""

    @property
    def held_out(self) -> float:
        """The share of documents that training never sees: the largest of all sources."""

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes, as they lie on disk."""

    def parts(self) -> "Sequence[Corpus]":
        """Each source as a corpus of its own, in order; together they are this one."""

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """The documents of one split, in the order of the sources."""

    def identity(self) -> str:
        """Changes whenever reading could give other documents; made without parsing them."""


class Composed(Corpus, Protocol):
    """A corpus that knows what it is made of."""

    def parts(self) -> "Sequence[Composed]":
        """As of any corpus."""

    def prepare(self, watch: Watch = ignore) -> None:
        """Measure what must be known of the sources before they can be read for training."""

    def composition(self) -> "Composition":
        """What each source is, and gave when all of it was read for training."""


@runtime_checkable
class Grouped(Protocol):
    """A corpus that knows more of its documents than their text."""

    @property
    def groups(self) -> Sequence[str]:
        """The names of the groups that its sources carry."""

    def batches(
        self,
        split: Split = "train",
        watch: Watch = ignore,
        columns: Sequence[str] = (),
        *,
        groups: bool = False,
    ) -> "Iterator[pa.RecordBatch]":
        """As every corpus's, with columns of its rows and, where asked for, one for each group."""


@runtime_checkable
class Resumable(Protocol):
    """A corpus that can be read from a place on, as another pass, killed since, left it."""

    def resumed(
        self, split: Split, place: Any, watch: Watch = ignore
    ) -> "Iterator[tuple[pa.RecordBatch, Callable[[], Any] | None]]":
        """The batches behind a place (None: all), each with what gives the place behind it."""


class Slice(Corpus, Protocol):
    """The documents of one source that belong to a shard of a corpus."""

    @property
    def number(self) -> int:
        """Of the source."""

    def about(self) -> dict[str, Any]:
        """What was read, JSON-able: with that of all other slices, what the whole source is."""


class Divisible(Corpus, Protocol):
    """A corpus that can be read in shards, each by itself; together they are all of it."""

    def shard(self, number: int, of: int) -> Sequence[Slice]:
        """What a shard, counted from 1, has of each source."""


def texts(batch: "pa.RecordBatch") -> list[str]:
    """The documents of a corpus's batch as strings."""
    column: Any = batch.column("text")
    found: list[str] = column.to_pylist()
    return found


@dataclass(frozen=True)
class StepDone:
    """What a step of cleaning did to the documents of a whole read, both splits together.

    Attributes:
        step: its name.
        documents_in: how many it was given, and `documents_out`: how many it gave.
        bytes_in: their UTF-8 bytes, and `bytes_out` likewise.
        changed: how many documents it gave that are not as they were.
        added: how many documents it made of others.
        reasons: how many documents it dropped, by why.
        examples: the first that it dropped or changed: before, and after (None where dropped).
        notes: what else there is to say.
    """

    step: str
    documents_in: int
    documents_out: int
    bytes_in: int
    bytes_out: int
    changed: int
    added: int
    reasons: dict[str, int]
    examples: tuple[tuple[str, str | None], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    """What a source is, and what training got of it.

    Attributes:
        name: as users see it.
        identity: changes with the documents before any step.
        size: bytes as they lie on disk.
        held_out: the share that training never sees.
        groups: what reports tell its documents apart by.
        wanted: the share of the training text that it was to have, None where nobody said.
        read: documents before any step; None, as all that follows, where that is not known.
        documents: how many training got, each repetition counted.
        bytes: their UTF-8 bytes.
        share: of the whole training text.
        times: how often its own training text came: 1 once, 0.5 half of it.
        steps: what each step did to it.
        notes: what was left out before it became documents.
    """

    name: str
    identity: str
    size: int
    held_out: float
    groups: dict[str, str]
    wanted: float | None = None
    read: int | None = None
    documents: int | None = None
    bytes: int | None = None
    share: float | None = None
    times: float | None = None
    steps: tuple[StepDone, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composition:
    """What a training text is made of.

    Attributes:
        sources: in the order of the recipe.
        together: what the steps did that look at the documents of all sources.
        limited_by: the name of the source that bounds the whole, where shares are kept exactly and
            more of the others was there.
        total: how many bytes it was to have, None where nobody said.
    """

    sources: tuple[Given, ...]
    together: tuple[StepDone, ...] = ()
    limited_by: str = ""
    total: int | None = None
