"""Parts of a count, put together and kept where training looks for counts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokbench import counting
from tokbench.corpus import sharding
from tokbench.counting import keep
from tokbench.counting.parts import ChunkParts
from tokbench.counting.shards import joining, part
from tokbench.counting.shards.part import Job, Part
from tokbench.errors import CorpusError, CountsError
from tokbench.values import ChunkCounts, Counted, Progress, Watch, ignore

if TYPE_CHECKING:
    from tokbench.counting.spilling import Strings


@dataclass
class Whole:
    """All parts of a count: what is in them, and what they know together.

    Attributes:
        parts: without what they know of the corpus, which may be much.
        abouts: that, for each source by its number.
    """

    parts: list[Part] = field(default_factory=list)
    abouts: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Sequence[Path]) -> "Whole":
        """The parts in some files.

        Raises:
            CountsError: a file is damaged, or not a part; or a file of the corpus changed.
        """
        whole = cls()
        for path in paths:
            one = part.load(path)
            if one is None:
                raise CountsError(
                    f"{path}: does not say what it was counted of; of what another tool counted, "
                    "say it with --recipe, --documents and --bytes"
                )
            whole._add(one)
        return whole

    def _add(self, one: Part) -> None:
        if self.parts and one.job.outline != self.parts[0].job.outline:
            self.parts.append(one)  # it will be refused
            return
        for told in one.told:
            before = self.abouts.get(told.number)
            try:
                self.abouts[told.number] = (
                    sharding.together(before, told.about) if before else told.about
                )
            except CorpusError as error:
                raise CountsError(f"{one.path}: {error}; count that part again") from error
        self.parts.append(replace(one, told=tuple(replace(told, about={}) for told in one.told)))

    @property
    def job(self) -> Job:
        """What the parts are of."""
        return self.parts[0].job

    def facts(self, source: int) -> ChunkCounts:
        """What is known of the documents of a source, without its counts."""
        told = [told for one in self.parts for told in one.told if told.number == source]
        return joining.facts(told, self.job.cut_set)

    def in_sums(self, paths: Sequence[Path], source: int) -> ChunkParts:
        """The counts of a source that were added up in several files, without common strings."""

        def read() -> "Iterator[Strings]":
            for path in paths:
                if (found := part.load(path)) is not None:
                    yield from found.read(source)

        return ChunkParts(self.facts(source), read)


def keep_counts(
    whole: Whole, counts: Callable[[int], ChunkParts], watch: Watch = ignore
) -> Counted:
    """Keep the counts of each source where training looks for them, and its account.

    Args:
        whole: what is known of them.
        counts: gives those of a source by its number.
        watch: told how many sources are done.

    Raises:
        CountsError: they are not those of the text that was counted.
        StoreError: the cache cannot be written.
    """
    job, places, strings = whole.job, [], 0
    numbers = sorted(whole.abouts)
    for done, number in enumerate(numbers):
        watch(Progress("keeping", done, len(numbers), "sources"))
        about = whole.abouts[number]
        place = counting.chunks_place(sharding.identity(about), job.cut_set, job.split)
        strings += saved(place, counts(number), job.sources[number])
        sharding.keep(about, job.split)
        places.append(str(place))
    facts = [whole.facts(number) for number in numbers]
    return Counted(
        name=job.recipe,
        what="",
        documents=sum(one.documents for one in facts),
        bytes=sum(one.bytes for one in facts),
        strings=strings,
        of=f"chunks ({job.cut_set})",
        places=tuple(places),
        seconds=0.0,
        parts=len(whole.parts),
    )


def saved(place: Path, counts: ChunkParts, name: str) -> int:
    """Write counts into the cache, looking whether all are there; how many strings there were.

    Raises:
        CountsError: they are not those of so much text; nothing is kept.
        StoreError: the cache cannot be written.
    """
    strings = size = 0

    def read() -> "Iterator[Strings]":
        nonlocal strings, size
        for some in counts.read():
            strings, size = strings + len(some[2]), size + joining.bytes_of(some)
            yield some
        if size != counts.whole.bytes:
            raise CountsError(
                f"{name}: the counts are those of {size:,} bytes of text, and it has "
                f"{counts.whole.bytes:,}; count it again"
            )

    keep.save_parts(place, ChunkParts(counts.whole, read))
    return strings
