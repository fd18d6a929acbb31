"""The four machine operations that kernels use and Python has no word for.

What they do is written here in Python; what kernels run is a few lines of LLVM each
(`intrinsics.py`): an unaligned load of eight bytes, the classes of 64 bytes at once as bit masks
(on x86-64 with AVX2 two compares and two `movemask` a class), the place of the lowest set bit, and
a prefetch. Measured on 48 MB of English: without prefetching the table of chunks takes 21 ns a
chunk instead of 13. Masks find cuts at 1.1 GB/s; the plainest loop over bytes, which knew ASCII
only and half of the rules, reached 0.8, so they are here as much for being read as set algebra.

Nothing checks bounds: the callers do.
"""

from collections.abc import Callable
from typing import Any

BLOCK = 64
"""How many bytes one mask describes: bit k stands for the byte at the block's start + k."""


def load64(array: Any, index: Any) -> Any:
    """The eight bytes of a byte array from `index` on, little-endian, as a uint64."""
    return int.from_bytes(bytes(array[index : index + 8]), "little")


def lowest_bit(mask: Any) -> Any:
    """The place of the lowest set bit of a uint64 that is not zero."""
    return (int(mask) & -int(mask)).bit_length() - 1


def prefetch(array: Any, index: Any) -> None:
    """Ask for the cache line of `array[index]`; changes nothing but time."""


def byte_masks(array: Any, index: Any) -> Any:
    """Of the 64 bytes from `index` on, which are what.

    Returns:
        Seven uint64 masks: U+0020; ASCII white space that is white space for everybody (U+0020,
        tab, line feed, carriage return); ASCII letters; ASCII digits; visible ASCII;
        the apostrophe; and bytes that are not ASCII.
    """
    block = bytes(array[index : index + BLOCK])

    def mask(holds: Callable[[int], bool]) -> int:
        return sum(1 << place for place, byte in enumerate(block) if holds(byte))

    return (
        mask(lambda byte: byte == ord(" ")),
        mask(lambda byte: byte in b" \t\n\r"),
        mask(lambda byte: bytes([byte]).isalpha()),
        mask(lambda byte: bytes([byte]).isdigit()),
        mask(lambda byte: ord(" ") < byte <= ord("~")),
        mask(lambda byte: byte == ord("'")),
        mask(lambda byte: not bytes([byte]).isascii()),
    )
