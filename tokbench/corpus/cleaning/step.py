"""What a step of cleaning is, what it is held to account for, and the registry that knows them all.

A step is one file in `steps/`: a spec (what the recipe says) that turns a stream of rows into
another. Third parties add theirs under the entry point group `tokbench.corpus.steps`.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from tokbench.corpus.registered import AnyOf
from tokbench.corpus.rows import TEXT, Stream, texts_of
from tokbench.errors import CorpusError
from tokbench.registry import Registry
from tokbench.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = 3
SHOWN = 200
"""An example is not longer than this, in characters."""


@dataclass
class Tally:
    """What a step did to the documents of one read.

    Attributes:
        step: its name.
        documents_in: how many it was given, and `documents_out`: how many it gave.
        bytes_in: their UTF-8 bytes, and `bytes_out` likewise.
        changed: how many documents it gave that are not as they were.
        added: how many documents it made of others, so that out = in - dropped + added.
        reasons: how many documents it dropped, by why.
        examples: the first three documents that it dropped or changed: before, and after (None
            where dropped); long ones from where they differ.
        notes: what was left out before it became documents, as sentences for users.
    """

    step: str
    documents_in: int = 0
    documents_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    changed: int = 0
    added: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[str, str | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        """How many documents it dropped, whatever the reason."""
        return sum(self.reasons.values())

    def drop(self, reason: str, count: int, examples: Sequence[str] = ()) -> None:
        """Note that so many documents were dropped."""
        if count:
            self.reasons[reason] = self.reasons.get(reason, 0) + count
            self._show((text, None) for text in examples)

    def change(self, count: int, examples: Sequence[tuple[str, str]] = ()) -> None:
        """Note that so many documents were changed."""
        self.changed += count
        self._show(iter(examples))

    @property
    def wants_examples(self) -> bool:
        """Whether fewer than three were seen, so that it is worth looking for one."""
        return len(self.examples) < EXAMPLES

    def _show(self, examples: "Iterator[tuple[str, str | None]]") -> None:
        while self.wants_examples and (example := next(examples, None)):
            self.examples.append(_excerpt(*example))


def _excerpt(before: str, after: str | None) -> tuple[str, str | None]:
    """The beginnings of both, from a little before the first place where they differ."""
    if after is None:
        return before[:SHOWN], None
    shorter = min(len(before), len(after))
    # The first stretch that differs, then the first character in it.
    stretch = next(
        (
            at
            for at in range(0, shorter, SHOWN)
            if before[at : at + SHOWN] != after[at : at + SHOWN]
        ),
        max(shorter - SHOWN, 0),
    )
    ends = min(stretch + SHOWN, shorter)
    same = next((at for at in range(stretch, ends) if before[at] != after[at]), ends)
    start = max(same - SHOWN // 4, 0)
    return before[start : start + SHOWN], after[start : start + SHOWN]


class StepSpec(Spec):
    """What a recipe says about one step; `type` is the name under which it is registered."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str

    takes_nulls: ClassVar[bool] = False
    """Whether rows without a text are dealt with here; all steps before it let them pass."""

    @property
    def joint(self) -> bool:
        """Whether what becomes of a document depends on others.

        Such a step of the corpus sees the documents of all sources, one after the other, and a
        source cannot be counted by itself.
        """
        return False

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The columns that must be there before the step so that `after` are there behind it."""
        return after

    @abstractmethod
    def apply(self, rows: Stream, tally: Tally) -> Stream:
        """The rows behind this step, read once.

        Args:
            rows: the rows before it.
            tally: told what was dropped and changed; what came in and went out is counted outside.

        Raises:
            CorpusError: a column is not what the step takes.
        """

    def identity(self) -> Any:
        """JSON-able; changes whenever the step could do something else."""
        return self.model_dump(mode="json")


class BatchStep(StepSpec):
    """A step that looks at one batch at a time."""

    def apply(self, rows: Stream, tally: Tally) -> Stream:
        """Each batch as `of_batch` gives it."""
        for each in rows:
            yield each._replace(batch=self.of_batch(each.batch, tally))

    @abstractmethod
    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The batch behind this step."""


class TextStep(BatchStep):
    """A step that puts another text in place of each; rows without one stay as they are."""

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The same rows with other texts."""
        from tokbench.corpus.cleaning.rows_kept import retold  # noqa: PLC0415 - pyarrow is slow to import

        return retold(batch, self.of_texts(texts_of(batch)), tally)

    @abstractmethod
    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """As many texts, null where there was none; the array itself if nothing changes."""


class JointStep(StepSpec):
    """A step in which what becomes of a document depends on others."""

    @property
    def joint(self) -> bool:
        """It does."""
        return True


STEPS = Registry[type[StepSpec]]("step", "tokbench.corpus.steps")
"""All steps by the name that recipes use."""

Steps = Annotated[tuple[Annotated[StepSpec, AnyOf(STEPS)], ...], Field(strict=False)]


def needed(steps: Sequence[StepSpec], after: Sequence[str] = ()) -> tuple[str, ...]:
    """The columns that must be read so that all steps find theirs, and `after` are left."""
    columns = frozenset(after)
    for step in reversed(steps):
        columns = step.needs(columns)
    return tuple(sorted(columns))


def applied(
    rows: Stream,
    steps: Sequence[StepSpec],
    tallies: Sequence[Tally],
    after: Sequence[str] | None = None,
    source: str = "",
) -> Stream:
    """The rows behind all steps, each counted before and after.

    Args:
        rows: what there is before them.
        steps: applied in order.
        tallies: one for each step; filled.
        after: the columns to keep beside the text, in order; None for all that there are.
        source: the name of the source whose rows they are; empty for those of several.

    Raises:
        CorpusError: a step cannot take a row; the sentence begins with the source and the step.
    """
    for step, tally in zip(steps, tallies, strict=True):
        rows = counted(_behind(step, rows, tally, source), tally)
    return rows if after is None else _only(rows, list(dict.fromkeys((TEXT, *after))))


def _behind(step: StepSpec, rows: Stream, tally: Tally, source: str) -> Stream:
    before: list[CorpusError] = []
    try:
        yield from step.apply(_counted_in(rows, tally, before), tally)
    except CorpusError as error:
        if error in before:
            raise
        raise placed(error, step, source) from error.__cause__


def placed(error: CorpusError, step: StepSpec, source: str) -> CorpusError:
    """The error of a step with the name of the source and of the step before it.

    >>> from tokbench.corpus.steps.drop_empty import DropEmpty
    >>> placed(CorpusError("no such column"), DropEmpty(), "a.txt")
    CorpusError('a.txt: step drop_empty: no such column')
    """
    said, who = str(error), f"step {step.type}"
    said = said if said.startswith(who) else f"{who}: {said}"
    return CorpusError(f"{source}: {said}" if source else said)


def _only(rows: Stream, names: Sequence[str]) -> Stream:
    for each in rows:
        same = each.batch.schema.names == names
        yield each if same else each._replace(batch=each.batch.select(names))


def counted(rows: Stream, tally: Tally) -> Stream:
    """The same rows, counted as what comes out."""
    for each in rows:
        tally.documents_out += len(each.batch)
        tally.bytes_out += _bytes(each.batch)
        tally.notes += each.notes
        yield each._replace(notes=()) if each.notes else each


def _counted_in(rows: Stream, tally: Tally, failed: list[CorpusError]) -> Stream:
    """The same rows, counted as what comes in; an error on the way is noted in `failed`."""
    try:
        for each in rows:
            tally.documents_in += len(each.batch)
            tally.bytes_in += _bytes(each.batch)
            yield each
    except CorpusError as error:
        failed.append(error)
        raise


def _bytes(batch: "pa.RecordBatch") -> int:
    from tokbench.fingerprint import offsets  # noqa: PLC0415 - numpy is there by now

    bounds = offsets(texts_of(batch))
    return int(bounds[-1] - bounds[0])
