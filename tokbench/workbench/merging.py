"""`merge-counts`: parts that were counted anywhere become the counts of a corpus in the cache."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokbench import counting
from tokbench.corpus import OpenCorpus, sharding
from tokbench.counting.parts import ChunkParts
from tokbench.counting.shards import foreign, joining, part
from tokbench.counting.shards.part import Told
from tokbench.counting.spilling import Bounds
from tokbench.errors import CountsError, nearest
from tokbench.recipe import Recipe
from tokbench.values import Counted, Watch, ignore
from tokbench.workbench.counts import SPLIT, bounds, cut_set, opened, tell_of_kernels
from tokbench.workbench.joined import Whole, keep_counts, saved

if TYPE_CHECKING:
    from tokbench.counting.spilling import Strings


def merge_counts(
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    memory: int | None = None,
    watch: Watch = ignore,
) -> Counted:
    """Add up all shards of a corpus, and keep the counts where training looks for them.

    Args:
        paths: what `count_shard` wrote, files or folders of them.
        out: a file to write instead, a part that holds all shards, for another machine.
        memory: bytes that the process may take.
        watch: told how far it has come.

    Raises:
        CountsError: a part does not belong to the others, is there twice, is missing or damaged.
        StoreError: the result cannot be written.
    """
    tell_of_kernels(watch)
    began = time.perf_counter()
    files = _files(paths)
    whole = Whole.of(files)
    joining.check(whole.parts)
    with bounds(memory) as within:

        def added(source: int) -> ChunkParts:
            return joining.added(whole.parts, source, within)

        made = _write(whole, within, out) if out else keep_counts(whole, added, watch)
    return replace(
        made,
        what=f"{_noun(len(files))} added up",
        moved=sum(path.stat().st_size for path in files),
        seconds=time.perf_counter() - began,
    )


def merge_foreign(
    recipe: Recipe,
    paths: Sequence[Path],
    documents: int,
    size: int,
    *,
    source: str | None = None,
    memory: int | None = None,
    watch: Watch = ignore,
) -> Counted:
    """The same of counts that another tool made of all training documents of a source.

    Args:
        recipe: whose corpus was counted.
        paths: Parquet files with columns `text` and `count`, or folders of them.
        documents: how many documents were counted, empty ones included.
        size: their UTF-8 bytes.
        source: the name of the source that they are of, where the recipe has several.
        memory: bytes that the process may take.
        watch: told how far it has come.

    Raises:
        CountsError: a file is not what it should be, is there twice, or is missing.
        CorpusError: the corpus cannot be read, or its sources cannot be counted one by one.
        StoreError: the result cannot be written.
    """
    tell_of_kernels(watch)
    began = time.perf_counter()
    corpus, blank = opened(recipe)
    cuts = cut_set(recipe, blank)
    sharding.outline(corpus, 1)
    files = _files(paths)
    for path in files:
        if part.load(path) is not None:
            raise CountsError(
                f"{path}: says itself what it was counted of; join such parts by themselves, "
                "without --recipe"
            )
    one = corpus.alone(_number_of(corpus, source))
    with bounds(memory) as within:
        chunks = foreign.added(
            files, one, cuts, within, documents=documents, size=size, split=SPLIT
        )
        place = counting.chunks_place(one.identity(), cuts, SPLIT)
        strings = saved(place, chunks, one.sources[0])
    return Counted(
        name=recipe.name,
        what=f"{_noun(len(files))} of another tool added up",
        documents=documents,
        bytes=size,
        strings=strings,
        of=f"chunks ({cuts})",
        places=(str(place),),
        seconds=time.perf_counter() - began,
        parts=len(files),
        moved=sum(path.stat().st_size for path in files),
        notes=("that these are counts of this recipe's documents is taken on trust",),
    )


def _noun(parts: int) -> str:
    return f"{parts} {'part' if parts == 1 else 'parts'}"


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files that are named, and those in folders that are.

    Raises:
        CountsError: there is none.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not inside:
            raise CountsError(f"{path}: holds no .parquet; name parts, or a folder of them")
        found += inside
    return found


def _number_of(corpus: OpenCorpus, name: str | None) -> int:
    """The number of a source.

    Raises:
        CountsError: there is none of that name, or none is named and there are several.
    """
    names = list(corpus.sources)
    if name is None:
        if len(names) > 1:
            raise CountsError(
                f"the recipe has {len(names)} sources; say with --source which of them these are "
                f"counts of, {nearest('', names)}"
            )
        return 0
    if name not in names:
        raise CountsError(f"the recipe has no source {name!r}; {nearest(name, names)}")
    return names.index(name)


def _write(whole: Whole, within: Bounds, out: Path) -> Counted:
    """Write a part that holds all shards."""
    job = whole.job
    told: list[Told] = []

    def blocks() -> "Iterator[tuple[int, int, Strings]]":
        for source, about in sorted(whole.abouts.items()):
            chunks = joining.added(whole.parts, source, within)
            yield from ((source, 0, strings) for strings in chunks.read())
            one = chunks.whole
            told.append(
                Told(
                    source, one.documents, one.bytes, one.characters, one.fingerprint,
                    one.sample, about,
                )
            )  # fmt: skip

    part.write(out, job, tuple(range(1, job.of + 1)), blocks(), lambda: told)
    return Counted(
        name=job.recipe,
        what="",
        documents=sum(one.documents for one in told),
        bytes=sum(one.bytes for one in told),
        strings=part.rows(out),
        of=f"chunks ({job.cut_set})",
        places=(str(out),),
        seconds=0.0,
        parts=len(whole.parts),
    )
