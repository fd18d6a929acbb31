"""A source with the steps that its documents go through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokbench.corpus.rows import Stream
from tokbench.corpus.step import Tally, applied, counted, needed

if TYPE_CHECKING:
    from tokbench.corpus.source import OpenSource
    from tokbench.corpus.step import StepSpec


@dataclass
class Account:
    """What became of documents in one read.

    Attributes:
        read: what there was before any step.
        steps: what each step did, in order.
    """

    read: Tally = field(default_factory=lambda: Tally("read"))
    steps: list[Tally] = field(default_factory=list)


@dataclass(frozen=True)
class Cleaned:
    """A source and the steps that each of its documents goes through by itself.

    Attributes:
        source: what is read.
        steps: the source's own, then those of the corpus up to the first joint one.
    """

    source: "OpenSource"
    steps: "tuple[StepSpec, ...]" = ()

    @property
    def name(self) -> str:
        """What users call the source."""
        return self.source.name

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes."""
        return self.source.size

    def read(
        self, columns: Sequence[str] = (), *, first: int = 0, account: Account | None = None
    ) -> Stream:
        """The rows behind all steps; none is without a text.

        Args:
            columns: what is wanted of each row there beside the text.
            first: the number of the piece to begin with.
            account: filled while reading.

        Raises:
            CorpusError: a row cannot be read, or a step cannot take it.
        """
        nulls = any(step.takes_nulls for step in self.steps)
        rows = self.source.read(needed(self.steps, columns), nulls=nulls, first=first)
        return self.cleaned(rows, account, columns)

    def cleaned(
        self, rows: Stream, account: Account | None = None, columns: Sequence[str] = ()
    ) -> Stream:
        """What the steps make of rows of the source, with these columns."""
        account = account or Account()
        account.steps += [Tally(step.type) for step in self.steps]
        return applied(counted(rows, account.read), self.steps, account.steps, columns)

    def identity(self) -> Any:
        """JSON-able; changes whenever `read` could give other documents."""
        read = self.source.identity()
        return [read, [step.identity() for step in self.steps]] if self.steps else read
