"""Counting a corpus once, for every recipe.

`count` is what a run calls. numba and pyarrow are imported when one of these is first called for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokbench.counting.chunk_pass import count_chunks, merge_counts
    from tokbench.counting.decide import chunks_place, count, cut_set_of, kept, words_place
    from tokbench.counting.sampling import sample, spilled, tables
    from tokbench.counting.whole import count_words_whole
    from tokbench.counting.words import count_words

_HOMES = {
    "chunks_place": "decide",
    "count": "decide",
    "count_chunks": "chunk_pass",
    "count_words": "words",
    "count_words_whole": "whole",
    "cut_set_of": "decide",
    "kept": "decide",
    "merge_counts": "chunk_pass",
    "sample": "sampling",
    "spilled": "sampling",
    "tables": "sampling",
    "words_place": "decide",
}
__all__ = [
    "chunks_place",
    "count",
    "count_chunks",
    "count_words",
    "count_words_whole",
    "cut_set_of",
    "kept",
    "merge_counts",
    "sample",
    "spilled",
    "tables",
    "words_place",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for."""
    if name in _HOMES:
        return getattr(import_module(f"tokbench.counting.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'tokbench.counting' has no attribute {name!r}")
