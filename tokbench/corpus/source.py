"""What a source of documents is, and the registry that knows them all.

A source is one file in `sources/`: a spec (what the recipe says) whose `open` gives an
`OpenSource` (what can be read). Third parties add theirs under the entry point group
`tokbench.corpus.sources`.
"""

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ConfigDict

from tokbench.registry import Registry
from tokbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class OpenSource(Protocol):
    """A source that was looked at and can be read any number of times, in any process."""

    @property
    def name(self) -> str:
        """What users call it, in messages and tables."""

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes, compressed as they lie on disk."""

    def read(self) -> "Iterator[tuple[pa.LargeStringArray, int]]":
        """Documents in order, each array with the bytes of `size` consumed so far.

        The arrays hold no null and only valid UTF-8, and a few megabytes at most unless one
        document is larger.
        """

    def identity(self) -> Any:
        """JSON-able; changes whenever `read` could give other documents."""


class SourceSpec(Spec):
    """What a recipe says about one source; `type` is the name under which it is registered."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str

    @abstractmethod
    def open(self, base: Path) -> OpenSource:
        """Look at what is there without reading it.

        Args:
            base: the folder that relative paths are relative to.

        Raises:
            CorpusError: something is missing or cannot be read as asked.
        """


SOURCES = Registry[type[SourceSpec]]("source", "tokbench.corpus.sources")
"""All sources by the name that recipes use."""
