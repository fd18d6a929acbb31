"""What a multiset of documents is known by, whatever their order or file format."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tokbench.kernels import Array, Integer, jit
from tokbench.kernels.machine import load64

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MIX_1, MIX_2, MIX_3, MIX_4 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0xD6E8FEB86659FD93),
    np.uint64(0xA0761D6478BD642F),
)
NONE, HALF = np.uint64(0), np.uint64(32)


def offsets(texts: "pa.LargeStringArray") -> "NDArray[np.int64]":
    """Where each document begins in the array's text buffer, and where the last one ends."""
    buffer = texts.buffers()[1]
    if buffer is None or not len(texts):
        return np.zeros(1, np.int64)
    view = memoryview(buffer)
    return np.frombuffer(view, np.int64, count=len(texts) + 1, offset=8 * texts.offset)


def characters_as_bytes(texts: "pa.LargeStringArray") -> "NDArray[np.uint8]":
    """The buffer that the array's text lies in, as UTF-8."""
    buffer = texts.buffers()[2]
    return np.frombuffer(b"" if buffer is None else memoryview(buffer), np.uint8)


def utf8(texts: "pa.LargeStringArray") -> Iterator[memoryview]:
    r"""Each document's bytes where they lie, without a Python str.

    >>> import pyarrow as pa
    >>> [bytes(text) for text in utf8(pa.array(["a", "", "é"], pa.large_string())[1:])]
    [b'', b'\xc3\xa9']
    """
    text = memoryview(characters_as_bytes(texts).data)
    return (text[start:end] for start, end in pairwise(offsets(texts).tolist()))


class Fingerprint:
    """The sum of a 128-bit hash of each document, their number and their bytes.

    A sum does not depend on the order, and still tells a document read twice from one read once.
    It tells corpora apart that differ by accident or by editing; it is no proof against somebody
    who looks for a collision.

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
        self._sums = np.zeros(2, np.uint64)

    @classmethod
    def of(cls, digits: str, documents: int, size: int) -> "Fingerprint":
        """The one that such a string stands for, to go on with.

        >>> str(Fingerprint.of("0123456789abcdef" * 2, 3, 40))
        '0123456789abcdef0123456789abcdef'
        """
        made = cls()
        made.documents, made.bytes = documents, size
        made._sums[:] = int(digits[:16], 16), int(digits[16:], 16)
        return made

    def update(self, texts: "pa.LargeStringArray") -> None:
        """Add documents; to be called once for every array of a stream."""
        self.add(characters_as_bytes(texts), offsets(texts))

    def add(self, text: "NDArray[np.uint8]", starts: "NDArray[np.int64]") -> None:
        """Add the documents of `text` that begin at `starts`, the last of which is where they end.

        The interpreter's lock is not held meanwhile.
        """
        add_documents(text, starts, self._sums)
        self.documents += len(starts) - 1
        self.bytes += int(starts[-1] - starts[0])

    def __str__(self) -> str:
        """Thirty-two hexadecimal digits."""
        return "".join(f"{value:016x}" for value in self._sums.tolist())


def together(fingerprints: Iterable[str]) -> str:
    """The fingerprint of all their documents: each half is a sum of its own, modulo 2^64.

    Nothing, where one is not known.

    >>> together(["0" * 15 + "1" + "f" * 16, "0" * 15 + "2" + "0" * 15 + "1"])
    '00000000000000030000000000000000'
    >>> together(["f" * 32, ""])
    ''
    """
    one = two = 0
    for fingerprint in fingerprints:
        if not fingerprint:
            return ""
        one += int(fingerprint[:16], 16)
        two += int(fingerprint[16:], 16)
    return f"{one % (1 << 64):016x}{two % (1 << 64):016x}"


@jit
def add_documents(text: Array, starts: Array, sums: Array) -> None:
    """Add the hashes of the documents of `text` that begin at `starts` to `sums` (two uint64)."""
    for document in range(starts.shape[0] - 1):
        one, two = document_hash(text, starts[document], starts[document + 1])
        sums[0] += one
        sums[1] += two


@jit
def document_hash(text: Array, place: Integer, end: Integer) -> tuple[Integer, Integer]:
    """The two halves of the hash of `text[place:end]`, uint64."""
    one = MIX_3 ^ np.uint64(end - place)
    two = MIX_4
    while place < end:
        if place + 8 <= end:
            word = load64(text, place)
        else:
            word = NONE
            for offset in range(end - place):
                word |= np.uint64(text[place + offset]) << np.uint64(8 * offset)
        one = (one ^ word) * MIX_1
        one ^= one >> HALF
        two = (two + word) * MIX_2
        two ^= two >> HALF
        place += 8
    return (one ^ (two >> HALF)) * MIX_3, (two ^ (one >> HALF)) * MIX_4
