"""The chunks of a corpus a part at a time, from memory or from disk."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokbench.chunks.arrow import raw_strings
from tokbench.values import ChunkCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokbench.counting.spilling import Strings


@dataclass(frozen=True)
class ChunkParts:
    """Chunk counts in parts that have no chunk in common.

    Attributes:
        whole: what is known of all parts together, without the chunks.
        read: gives the parts; once only where they come from spilled tables.
        value: all of them, where they are in memory.
    """

    whole: ChunkCounts
    read: "Callable[[], Iterator[Strings]]"
    value: ChunkCounts | None = None

    @classmethod
    def of(cls, counts: ChunkCounts) -> "ChunkParts":
        """Counts in memory as one part."""
        strings = (*raw_strings(counts.chunks), counts.counts)
        whole = replace(counts, chunks=counts.chunks[:0], counts=counts.counts[:0])
        return cls(whole, lambda: iter([strings]), counts)
