"""A source with the steps that its documents go through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokbench.corpus.cleaning.step import Tally, applied, counted, needed, placed
from tokbench.corpus.groups import columns_of
from tokbench.corpus.rows import Stream
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    from tokbench.corpus.cleaning.step import StepSpec
    from tokbench.corpus.source import OpenSource


@dataclass
class Account:
    """What became of documents in one read.

    Attributes:
        read: what there was before any step.
        steps: what each step did, in order.
        given: what came of it in the split that was asked for, each repetition counted.
    """

    read: Tally = field(default_factory=lambda: Tally("read"))
    steps: list[Tally] = field(default_factory=list)
    given: Tally = field(default_factory=lambda: Tally("given"))

    def copy(self) -> "Account":
        """The same as it stands now."""
        steps = [_copy(tally) for tally in self.steps]
        return Account(_copy(self.read), steps, _copy(self.given))


def _copy(tally: Tally) -> Tally:
    return replace(tally, reasons=dict(tally.reasons), examples=list(tally.examples))


@dataclass(frozen=True)
class Cleaned:
    """A source and the steps that each of its documents goes through by itself.

    Attributes:
        source: what is read.
        name: what users call it; no other source of the corpus is called so.
        steps: the source's own, then those of the corpus up to the first joint one.
        held_out: the share of its documents that training never sees.
        weight: its part of the training text relative to others, if the recipe says one.
        at_most: the most bytes that training gets.
        groups: what reports tell its documents apart by.
    """

    source: "OpenSource"
    name: str
    steps: "tuple[StepSpec, ...]" = ()
    held_out: float = 0.0
    weight: float | None = None
    at_most: int | None = None
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes."""
        return self.source.size

    @property
    def joint(self) -> bool:
        """Whether a step of its own looks at several of its documents."""
        return any(step.joint for step in self.steps)

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
        # Those of the groups are always read, so that one that is not there is told at once.
        asked = needed(self.steps, (*columns, *columns_of(self.groups)))
        rows = self.source.read(asked, nulls=nulls, first=first)
        return self.cleaned(rows, account, columns)

    def cleaned(
        self, rows: Stream, account: Account | None = None, columns: Sequence[str] = ()
    ) -> Stream:
        """What the steps make of rows of the source, with these columns."""
        account = account or Account()
        if not account.steps:
            account.steps[:] = [Tally(step.type) for step in self.steps]
        rows = counted(rows, account.read)
        return applied(rows, self.steps, account.steps, columns, self.name)

    def identity(self) -> Any:
        """JSON-able; changes whenever `read` could give other documents; made once."""
        return self.said(self._identified)

    def said(self, read: Any) -> Any:
        """The same of a source of which this is known."""
        return [read, [self._of(step) for step in self.steps]] if self.steps else read

    def _of(self, step: "StepSpec") -> Any:
        try:
            return step.identity()
        except CorpusError as error:
            raise placed(error, step, self.name) from error.__cause__

    def source_identity(self) -> Any:
        """The same without the steps."""
        return self._identified

    @property
    def is_identified(self) -> bool:
        """Whether `identity` was asked for."""
        return "_identified" in vars(self)

    @cached_property
    def _identified(self) -> Any:
        return self.source.identity()
