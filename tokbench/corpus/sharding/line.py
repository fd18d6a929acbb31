"""Which documents belong to which shard: arithmetic, the same on every machine.

All pieces of all sources (files, members of a zip, shards of a dataset) lie on one line, each as
long as its bytes on disk, and a shard is a stretch of it. So a shard reads few files, and most
files are read by one shard. Of a file that is cut, each shard takes the rows whose number, spread
over 2^64 by the golden ratio, falls into its part: fair for ten rows as for ten million.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

RULE = 1
"""Another number where documents fall into other shards than before."""
ALL = 1 << 64
GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: multiples of it are spread evenly, however many there are."""
_NEAR = 8
"""A border goes to the end of a piece that is nearer than this part of a shard."""

Window = tuple[int, int]
"""Which rows of a piece: those whose number, spread over 2^64, lies in this range."""


class Stretch(NamedTuple):
    """What a shard has of one source.

    Attributes:
        source: the number of the source.
        first: the number of the first piece.
        windows: which rows of that piece and of those behind it.
    """

    source: int
    first: int
    windows: tuple[Window, ...]


def stretches(
    sizes: Sequence[Sequence[int]], whole: Sequence[bool], number: int, of: int
) -> list[Stretch]:
    """What a shard has of each source, of those of which it has something.

    Args:
        sizes: of each source the bytes of its pieces, none 0.
        whole: of each source whether it must not be divided.
        number: of the shard, from 0.
        of: how many shards there are.

    >>> stretches([[10, 10], [20]], [False, False], 1, 4)
    [Stretch(source=0, first=1, windows=((0, 18446744073709551616),))]
    >>> stretches([[2]], [False], 1, 2)
    [Stretch(source=0, first=0, windows=((9223372036854775808, 18446744073709551616),))]
    >>> [stretches([[2]], [True], number, 4) == [] for number in range(4)]
    [True, False, True, True]
    """
    low, high = (_border(sizes, whole, one, of) for one in (number, number + 1))
    found: list[Stretch] = []
    place = 0
    for source, pieces in enumerate(sizes):
        first = 0
        windows: list[Window] = []
        for piece, size in enumerate(pieces):
            window = _window(place * of, size * of, low, high)
            if window[0] < window[1]:
                first = first if windows else piece
                windows.append(window)
            place += size
        if windows:
            found.append(Stretch(source, first, tuple(windows)))
    return found


def _window(begin: int, length: int, low: int, high: int) -> Window:
    """Which part of a piece that begins at `begin` lies between two borders."""
    inside = [min(max(border - begin, 0), length) for border in (low, high)]
    return inside[0] * ALL // length, inside[1] * ALL // length


def _border(sizes: Sequence[Sequence[int]], whole: Sequence[bool], number: int, of: int) -> int:
    """Where a shard begins, multiplied by `of`: exact, or at the end of a piece that is near."""
    edges, kept = [0], []
    for pieces, undivided in zip(sizes, whole, strict=True):
        lengths = [sum(pieces)] if undivided else pieces
        edges += [edges[-1] + each for each in accumulate(lengths)]
        kept += [undivided] * len(lengths)
    length = edges[-1]
    border = number * length
    after = bisect_right(edges, number * length // of)
    if after == len(edges):
        return border
    begin, end = edges[after - 1] * of, edges[after] * of
    nearest = begin if border - begin < end - border else end
    near = abs(border - nearest) * _NEAR <= length
    return nearest if near or kept[after - 1] else border
