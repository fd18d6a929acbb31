"""Kernels: which documents these were, whatever their order, and how many characters they have.

The fingerprint is a sum, modulo 2^64 and twice with different constants, of a hash of each
document. Addition does not know an order, and the fingerprint of two corpora together is the sum
of theirs. It tells corpora apart that differ by accident or by editing; it is no protection
against somebody who looks for a collision.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.kernels import jit
from tokbench.kernels.machine import load64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MIX_1, MIX_2, MIX_3, MIX_4 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0xD6E8FEB86659FD93),
    np.uint64(0xA0761D6478BD642F),
)
NONE, HALF = np.uint64(0), np.uint64(32)


@jit
def add_documents(text: Any, offsets: Any, sums: Any) -> Any:
    """Add the hashes of the documents of `text` that begin at `offsets` to `sums` (two uint64)."""
    for document in range(offsets.shape[0] - 1):
        place, end = offsets[document], offsets[document + 1]
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
        sums[0] += (one ^ (two >> HALF)) * MIX_3
        sums[1] += (two ^ (one >> HALF)) * MIX_4


@jit
def characters(text: Any, offsets: Any, counts: Any) -> Any:
    """How many code points UTF-8 strings have, each as often as it counts."""
    total = 0
    for entry in range(counts.shape[0]):
        for place in range(offsets[entry], offsets[entry + 1]):
            if text[place] & 0xC0 != 0x80:
                total += counts[entry]
    return total


def written(sums: "NDArray[np.uint64]") -> str:
    """A fingerprint as it travels: 32 hexadecimal digits."""
    return "".join(f"{value:016x}" for value in sums.tolist())


def together(fingerprints: "Iterable[str]") -> str:
    """The fingerprint of all their documents.

    >>> together(["0" * 15 + "1" + "f" * 16, "0" * 15 + "2" + "0" * 15 + "1"])
    '00000000000000030000000000000000'
    """
    one = two = 0
    for fingerprint in fingerprints:
        one += int(fingerprint[:16], 16)
        two += int(fingerprint[16:], 16)
    return f"{one % (1 << 64):016x}{two % (1 << 64):016x}"
