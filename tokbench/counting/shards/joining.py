"""Adding up parts: by hash within memory, and never those that do not belong together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tokbench.chunks.classes import load as load_classes
from tokbench.counting.chunk_pass import SAMPLE, told
from tokbench.counting.parts import ChunkParts
from tokbench.counting.shards import part
from tokbench.counting.shards.part import Job, Part, Told
from tokbench.counting.spilling import Bounded, Bounds, divided, merged
from tokbench.errors import CountsError
from tokbench.fingerprint import together

if TYPE_CHECKING:
    from tokbench.counting.spilling import Strings
    from tokbench.values import ChunkCounts

_SHOWN = 5
"""So many missing shards are named."""
_DIFFERENCES = {
    "cut_set": "for a pre_tokenizer that cuts documents otherwise",
    "split": "of another split",
    "classes": "with another Python or another version of tokenizers",
    "of": "for another number of shards",
    "outline": "of another corpus, or read otherwise",
}
"""What is different about parts that do not belong together."""


def check(parts: Sequence[Part]) -> Job:
    """What the parts are of, if they are all of it, each once.

    Raises:
        CountsError: one does not belong to the others, is there twice, or is missing.
    """
    (job, _), *others = Counter(one.job for one in parts).most_common()
    if job.classes != load_classes().identity:
        raise CountsError(
            f"{parts[0].path}: was counted with another Python or another version of tokenizers "
            "than this one, which would not use it; count it again with the same"
        )
    usual = next(one for one in parts if one.job == job)
    for other, _ in others:
        odd = next(one for one in parts if one.job == other)
        fields = (name for name in _DIFFERENCES if getattr(other, name) != getattr(job, name))
        if name := next(fields, None):
            raise CountsError(
                f"{odd.path}: was counted {_DIFFERENCES[name]} than {usual.path} (recipes "
                f"{other.recipe} and {job.recipe}); leave it out, or count it again"
            )
    _refuse_other_shards(parts, job)
    return job


def _refuse_other_shards(parts: Sequence[Part], job: Job) -> None:
    """Refuse shards that are there twice, or not at all."""
    seen: dict[int, Part] = {}
    for one in parts:
        for shard in one.shards:
            if shard in seen:
                where = f"{one.path}: shard {shard} of {job.of}"
                raise CountsError(
                    f"{where} is in {seen[shard].path} already; leave one of them out"
                )
            seen[shard] = one
    missing = [shard for shard in range(1, job.of + 1) if shard not in seen]
    if missing:
        named = ", ".join(part.name(shard, job.of) for shard in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise CountsError(
            f"{parts[0].path.parent}: of {job.of} shards {len(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing, {named}{more}: count recipe "
            f"{job.recipe} with --shard {missing[0]}/{job.of}"
        )


def facts(told_: Sequence[Told], cut_set: str) -> "ChunkCounts":
    """What is known of all documents that several parts have counted of a source."""
    return told(
        documents=sum(one.documents for one in told_),
        bytes=sum(one.bytes for one in told_),
        characters=sum(one.characters for one in told_),
        cut_set=cut_set,
        fingerprint=together(one.fingerprint for one in told_),
        sample=_spread([one.sample for one in told_]),
    )


def _spread(samples: Sequence[Sequence[str]]) -> list[str]:
    """Documents from all samples, no more than are kept in all, as many of each."""
    each = max(1, SAMPLE // max(len(samples), 1))
    few = samples[:: -(-len(samples) // SAMPLE) or 1]
    return [text for one in few for text in one[:: -(-len(one) // each) or 1]]


def added(parts: Sequence[Part], source: int, bounds: Bounds) -> ChunkParts:
    """The counts of a source in all parts, added up within bounds, to be read once.

    Raises:
        CountsError: a part is damaged.
        StoreError: what finds no room in memory finds none on disk.
    """
    table = Bounded(bounds)
    known = [(one, here) for one in parts for here in one.told if here.number == source]
    for one, here in known:
        size = 0
        for strings in one.read(source):
            size += bytes_of(strings)
            _add(table, strings)
        if size != here.bytes:
            raise CountsError(f"{one.path}: its counts are not those of its text; count it again")
    whole = facts([here for _, here in known], parts[0].job.cut_set)
    return ChunkParts(whole, lambda: held(table))


def held(table: Bounded) -> "Iterator[Strings]":
    """What a table holds, each string once; the table is used up."""
    if not table.files:
        return iter([table.table.texts()])
    return merged([table], table.bounds.room // 2)


def reduce(paths: Sequence[Path], job: Job, partition: int, bounds: Bounds, out: Path) -> None:
    """Add up what all parts have in one part by hash, source by source, into a file.

    Raises:
        CountsError: a part is damaged, or is not there.
        StoreError: the file cannot be written, or what finds no room in memory.
    """
    wanted: list[list[tuple[Path, list[int]]]] = [[] for _ in job.sources]
    for path in paths:
        for source, groups in enumerate(_groups(path, partition, len(job.sources))):
            if groups:
                wanted[source].append((path, groups))

    def blocks() -> "Iterator[tuple[int, int, Strings]]":
        for source, places in enumerate(wanted):
            table = Bounded(bounds)
            for path, groups in places:
                for strings in part.strings_of(path, groups):
                    _add(table, strings)
            for _, strings in divided([table], bounds.room, 1):
                yield source, partition, strings

    part.write(out, job, (), blocks(), tuple)


def _groups(path: Path, partition: int, sources: int) -> list[list[int]]:
    """Of each source the row groups that fall into one part by hash."""
    found = part.load(path)
    if found is None:
        raise CountsError(f"{path}: is not what was written there; remove it and count again")
    groups: list[list[int]] = [[] for _ in range(sources)]
    for number, (source, one) in enumerate(found.groups):
        if one == partition:
            groups[source].append(number)
    return groups


def _add(table: Bounded, strings: "Strings") -> None:
    text, offsets, counts = strings
    table.add(text, int(offsets[0]), offsets[1:], counts)


def bytes_of(strings: "Strings") -> int:
    """The bytes of the documents that these were cut from."""
    return int(np.diff(strings[1]) @ strings[2])
