"""What a source of documents is, and the registry that knows them all.

A source is one file in `sources/`: a spec (what the recipe says) whose `open` gives an
`OpenSource` (what can be read). Third parties add theirs under the entry point group
`tokbench.corpus.sources`.
"""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import AfterValidator, ConfigDict, Field

from tokbench.corpus.cleaning.options import Bytes
from tokbench.corpus.cleaning.step import Steps
from tokbench.corpus.groups import Groups, checked
from tokbench.corpus.rows import Stream
from tokbench.registry import Registry
from tokbench.spec import Spec


class OpenSource(Protocol):
    """A source that was looked at and can be read any number of times, in any process.

    One that has `piece_sizes`, the bytes of each of its pieces, is divided between them where a
    corpus is counted in shards; of others every shard reads all rows and takes its own.
    """

    @property
    def name(self) -> str:
        """What users call it, in messages and tables."""

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes, compressed as they lie on disk."""

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """Rows in order, a few megabytes a batch at most unless one document is larger.

        Args:
            columns: what else is wanted of each row, by column or dotted path.
            nulls: whether rows without a text are given, with null; an error otherwise.
            first: the number of the piece to begin with; the bytes before it count as consumed.

        Raises:
            CorpusError: a row cannot be read, or has no such column.
        """

    def identity(self) -> Any:
        """JSON-able; changes whenever `read` could give other documents."""


class SourceSpec(Spec):
    """What a recipe says about one source; `type` is the name under which it is registered."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str

    steps: Steps = ()
    """What is done to the documents of this source, in order, before the corpus's own steps."""

    held_out: float | None = Field(default=None, ge=0, le=1)
    """The share of its documents that training never sees, in place of the corpus's: 0 none of
    them, 1 all, as for a split that was made for validation."""

    weight: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Its part of the training text, in bytes and relative to the weights of all other sources."""

    at_most: Bytes | None = None
    """The most text that training gets of it, behind all steps: `50MB`, or a number of bytes."""

    groups: Annotated[Groups, AfterValidator(checked)] = Field(default_factory=dict)
    """What reports tell its documents apart by: `{language: ko, domain: "{category}"}`, a value for
    all of them, or a column in braces."""

    license: Annotated[str, Field(min_length=1)] | None = None
    """The licence of its texts, as `cc-by-sa-4.0`, or `own` for text of your own: what is published
    may be no looser."""

    BESIDE: ClassVar[frozenset[str]] = frozenset(
        {"steps", "held_out", "weight", "at_most", "groups", "license"}
    )
    """Fields that say nothing about how the source is read: no part of its identity."""

    @property
    def called(self) -> str | None:
        """The name that the recipe gives the source, if any: one that no other has."""
        return None

    @abstractmethod
    def open(self, base: Path) -> OpenSource:
        """Look at what is there without reading it.

        Args:
            base: the folder that relative paths are relative to.

        Raises:
            CorpusError: something is missing or cannot be read as asked.
        """


PYTHON = "psf-2.0"
"""The licence of Python, its library and its documentation."""

SOURCES = Registry[type[SourceSpec]]("source", "tokbench.corpus.sources")
"""All sources by the name that recipes use."""
