"""What is left to chance: numbers from a seed and the documents themselves.

They depend on no buffer and on no other document, and different purposes have different ones; so a
sample says nothing about what is held out.
"""

from typing import TYPE_CHECKING

import numpy as np
import xxhash

from tokbench.corpus.mixing.split_kernel import hash_documents, key_rows
from tokbench.fingerprint import characters_as_bytes, offsets

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def of_rows(
    texts: "pa.LargeStringArray", purpose: str, seed: int, row: int
) -> "NDArray[np.uint64]":
    """A number for each document, other for the same text in another row.

    Args:
        texts: the documents.
        purpose: what the numbers are for.
        seed: other numbers for another one.
        row: the number of the first document in the stream.
    """
    keys = np.empty(len(texts), np.uint64)
    text, starts = characters_as_bytes(texts), offsets(texts)
    key_rows(text, starts, _mixed(purpose, seed), np.uint64(row), keys)
    return keys


def of_texts(texts: "pa.LargeStringArray", purpose: str, seed: int) -> "NDArray[np.uint64]":
    """A number for each document, the same for the same text."""
    keys = np.empty(len(texts), np.uint64)
    text, starts = characters_as_bytes(texts), offsets(texts)
    hash_documents(text, starts, _mixed(purpose, seed), keys)
    return keys


def _mixed(purpose: str, seed: int) -> np.uint64:
    return np.uint64(xxhash.xxh64_intdigest(f"{purpose} {seed}".encode()))
