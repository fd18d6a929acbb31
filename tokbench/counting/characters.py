"""Kernel: how many characters strings have."""

from tokbench.kernels import Array, Integer, jit


@jit
def count_characters(text: Array, offsets: Array, counts: Array) -> Integer:
    """How many code points UTF-8 strings have, each as often as it counts."""
    total = 0
    for entry in range(counts.shape[0]):
        for place in range(offsets[entry], offsets[entry + 1]):
            if text[place] & 0xC0 != 0x80:  # noqa: PLR2004 - every byte but a continuing one
                total += counts[entry]
    return total
