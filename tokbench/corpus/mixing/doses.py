"""How much of each source training gets: from sizes and wishes to a dose for each.

A dose says for every document by itself how often training gets it: it depends on the document's
content, the seed and the dose, never on the order of reading. All documents come `copies` times;
those whose keyed hash begins with a number below `bucket` come once more. Of those that begin with
`bucket` itself the first `part` of the text comes, so that the bytes come out as wanted even where
a document is a novel.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tokbench.corpus.mixing.spec import MixSpec

BITS = 16
BUCKETS = 1 << BITS
_FINE = 1000
"""A bucket is taken or left whole where that changes less than one part in so many."""


class Dose(NamedTuple):
    """How often the documents of a source come.

    Attributes:
        copies: how often all of them do.
        bucket: those whose hash begins with less come once more.
        part: how much of those comes once more whose hash begins with this.
    """

    copies: int = 1
    bucket: int = 0
    part: float = 0.0


WHOLE = Dose()


@cache
def key(seed: int) -> int:
    """The seed of the hash by which documents are chosen: another than the one of the split."""
    import xxhash  # noqa: PLC0415 - 5 ms that only mixing needs

    return xxhash.xxh64_intdigest(f"mix {seed}".encode())


@dataclass(frozen=True)
class Wish:
    """What a recipe says about the share of one source.

    Attributes:
        size: bytes that training could get of it, each document once.
        weight: relative to the others, where there are weights.
        at_most: the most bytes that training gets.
        group: the value that it shares its part with, where shares are those of a group.
    """

    size: int
    weight: float | None = None
    at_most: int | None = None
    group: str = ""

    @property
    def natural(self) -> int:
        """The size that counts for its share: no more than it may give."""
        return self.size if self.at_most is None else min(self.size, self.at_most)


def shares(wishes: Sequence[Wish], exponent: float | None) -> list[float]:
    """The share that each source is to have; they sum to 1, or are 0 where there is no text.

    Without weights p is proportional to size ** exponent, as in mBERT (Devlin 2018: 0.7), XLM-R
    (Conneau et al. 2019: 0.3) and mT5 (Xue et al. 2021: 0.3), where Arivazhagan et al. (2019)
    write 1 / T; of the sizes of groups, which their sources share by size.

    >>> two = [Wish(900), Wish(100)]
    >>> [round(share, 2) for share in shares(two, None)], shares(two, 0)
    ([0.9, 0.1], [0.5, 0.5])
    >>> english = [Wish(900, group="en"), Wish(100, group="en")]
    >>> [round(share, 3) for share in shares([*english, Wish(250, group="ko")], 0.5)]
    [0.6, 0.067, 0.333]
    """
    groups: dict[object, int] = defaultdict(int)
    for number, wish in enumerate(wishes):
        groups[wish.group or number] += wish.natural
    parts = []
    for number, wish in enumerate(wishes):
        group = groups[wish.group or number]
        if not wish.natural:
            parts.append(0.0)
        elif wish.weight is not None:
            parts.append(wish.weight)
        else:
            parts.append(group ** (1 if exponent is None else exponent) * wish.natural / group)
    whole = sum(parts)
    return [part / whole if whole else 0.0 for part in parts]


class Portions(NamedTuple):
    """What sources are to give.

    Attributes:
        shares: of the whole, that each is to have; empty where nobody said.
        given: the bytes that each gives.
        limited_by: the number of the one that bounds the whole, where one does.
    """

    shares: list[float]
    given: list[int]
    limited_by: int | None = None


class Mixed(NamedTuple):
    """What the sources of a corpus are to give, and how.

    Attributes:
        shares: of the training text, that each is to have; empty where nobody said.
        doses: how often the documents of each come.
        sizes: the bytes that training could get of each, each document once; 0 where that
            decides nothing.
        given: the bytes that training gets of each, each repetition counted; None as for sizes.
        limited_by: the number of the source that bounds the whole, where one does.
    """

    shares: tuple[float, ...]
    doses: tuple[Dose, ...]
    sizes: tuple[int, ...]
    given: tuple[int | None, ...]
    limited_by: int | None = None


def portions(wishes: Sequence[Wish], mix: "MixSpec | None") -> Portions:
    """The share that each source is to have, and the bytes that it gives.

    Without a mix each gives what it has and may give. Otherwise it gives its share of the total,
    or what it can where that is less; the others give no more for it.
    """
    if mix is None:
        return Portions([], [wish.natural for wish in wishes])
    wanted, limited_by = shares(wishes, mix.exponent), None
    most = []
    for wish in wishes:
        repeated = int(wish.size * mix.max_repeats)
        most.append(repeated if wish.at_most is None else min(repeated, wish.at_most))
    total = mix.total
    if total is None:
        totals = {n: most[n] / share for n, share in enumerate(wanted) if share}
        limited_by = min(totals, key=totals.__getitem__, default=None)
        total = 0 if limited_by is None else int(totals[limited_by])
    given = [min(round(share * total), most_) for share, most_ in zip(wanted, most, strict=True)]
    return Portions(wanted, given, limited_by)


@dataclass(frozen=True)
class Measured:
    """The text of a source that training may get, by the first 16 bits of a keyed hash.

    Attributes:
        bytes: int64, UTF-8 bytes in each of 65,536 buckets.
    """

    bytes: "NDArray[np.int64]"

    @property
    def size(self) -> int:
        """All of it."""
        return int(self.bytes.sum())

    def dose(self, wanted: int) -> Dose:
        """The dose that gives so many bytes.

        >>> import numpy as np
        >>> buckets = np.zeros(BUCKETS, np.int64)
        >>> buckets[[100, 200, 300]] = 1000, 3000, 1000
        >>> measured = Measured(buckets)
        >>> measured.dose(2500), measured.dose(6000), measured.dose(5000)
        (Dose(copies=0, bucket=200, part=0.5), Dose(copies=1, bucket=200, part=0.0), Dose(copies=1, bucket=0, part=0.0))
        """  # noqa: E501 - a value on one line
        import numpy as np  # noqa: PLC0415 - the command line starts without it

        size = self.size
        if not size:
            return WHOLE
        copies, rest = divmod(wanted, size)
        if not rest:
            return Dose(copies)
        ends = np.cumsum(self.bytes)
        bucket = int(np.searchsorted(ends, rest, side="right"))
        before = int(ends[bucket - 1]) if bucket else 0
        left, there = rest - before, int(self.bytes[bucket])
        if left * _FINE < wanted:
            return Dose(copies, bucket)
        if (there - left) * _FINE < wanted:
            bucket += 1
            return Dose(copies, bucket) if ends[bucket - 1] < size else Dose(copies + 1)
        return Dose(copies, bucket, left / there)

    def of(self, dose: Dose) -> int:
        """The bytes that a dose gives, but for where documents are cut."""
        more = int(self.bytes[: dose.bucket].sum())
        cut = int(self.bytes[dose.bucket] * dose.part) if dose.part else 0
        return dose.copies * self.size + more + cut
