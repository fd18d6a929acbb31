"""What a multiset of documents is known by, whatever their order or file format."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import xxhash

if TYPE_CHECKING:
    import pyarrow as pa


def offsets(texts: "pa.LargeStringArray") -> "np.typing.NDArray[np.int64]":
    """Where each document begins in the array's text buffer, and where the last one ends."""
    buffer = texts.buffers()[1]
    if buffer is None or not len(texts):
        return np.zeros(1, np.int64)
    view = memoryview(buffer)
    return np.frombuffer(view, np.int64, count=len(texts) + 1, offset=8 * texts.offset)


def utf8(texts: "pa.LargeStringArray") -> Iterator[memoryview]:
    r"""Each document's bytes where they lie, without a Python str.

    >>> import pyarrow as pa
    >>> [bytes(text) for text in utf8(pa.array(["a", "", "é"], pa.large_string())[1:])]
    [b'', b'\xc3\xa9']
    """
    buffer = texts.buffers()[2]
    text = memoryview(b"" if buffer is None else buffer)
    return (text[start:end] for start, end in pairwise(offsets(texts).tolist()))


class Fingerprint:
    """The sum of the documents' XXH3-128 digests modulo 2^128, their number and their bytes.

    A sum does not depend on the order, and still tells a document read twice from one read once.
    It is no proof against forgery.

    >>> import pyarrow as pa
    >>> one, other = Fingerprint(), Fingerprint()
    >>> one.update(pa.array(["a", "b"], pa.large_string()))
    >>> other.update(pa.array(["b"], pa.large_string()))
    >>> other.update(pa.array(["a"], pa.large_string()))
    >>> str(one) == str(other), one.documents, one.bytes
    (True, 2, 2)
    """

    def __init__(self) -> None:
        self.documents = 0
        self.bytes = 0
        self._sum = 0

    def update(self, texts: "pa.LargeStringArray") -> None:
        """Add documents; to be called once for every array of a stream."""
        digests = b"".join(map(xxhash.xxh3_128_digest, utf8(texts)))
        # Sums of 32-bit lanes do not overflow 64 bits; put together they are the exact sum.
        lanes = np.frombuffer(digests, ">u4").reshape(-1, 4).sum(axis=0, dtype=np.uint64)
        for lane, shift in zip(lanes.tolist(), (96, 64, 32, 0), strict=True):
            self._sum = (self._sum + (lane << shift)) % 2**128
        bounds = offsets(texts)
        self.documents += len(texts)
        self.bytes += int(bounds[-1] - bounds[0])

    def __str__(self) -> str:
        """Thirty-two hexadecimal digits."""
        return f"{self._sum:032x}"
