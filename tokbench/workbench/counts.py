"""From a recipe to the counts of its corpus in the cache: here, on a cluster, or shard by shard."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from tokenizers import Tokenizer

from tokbench import corpus as corpora
from tokbench import counting, kernels, pipeline, store
from tokbench.chunks.classes import load as load_classes
from tokbench.corpus import sharding
from tokbench.counting import keep
from tokbench.counting.shards import on_ray, part
from tokbench.counting.shards.counting import Shard, job_of
from tokbench.counting.spilling import Bounds
from tokbench.errors import CountsError, StoreError
from tokbench.memory import room
from tokbench.recipe import Recipe
from tokbench.values import Counted, Progress, Split, Watch, ignore
from tokbench.workbench.joined import Whole, keep_counts

Engine = Literal["local", "ray"]
SPLIT: Split = "train"
HASHED = 2_000_000_000
"""Bytes of a corpus whose files are read to see whether it was counted before."""
TARGET = 256_000_000
"""Bytes on disk of a shard on a cluster: some seconds of work."""
LEAST_SHARDS = 16
PER_PIECE = 4
"""So many shards at most for each file: whoever has a part of one reads it from its beginning."""
PER_CORE = 2
"""Shards, and parts by hash, for each core of a cluster, at least."""
PARTITIONS = 8, 256
"""The least and the most parts by hash, powers of two."""
PER_PARTITION = 1_000_000_000
"""Bytes on disk for each part by hash."""


def count(
    recipe: Recipe,
    *,
    engine: Engine = "local",
    address: str | None = None,
    work: Path | None = None,
    memory: int | None = None,
    watch: Watch = ignore,
) -> Counted:
    """Count a recipe's corpus, so that training reads no documents.

    Args:
        recipe: whose corpus and pre-tokenizer.
        engine: "local": this process, to the end, distinct words; "ray": a cluster, to the distinct
            chunks of each source, which all recipes with a pre-tokenizer of this kind can use.
        address: of the cluster: "auto", or its head's; None: one is started on this machine.
        work: a folder that all machines of the cluster see; None: in the cache.
        memory: bytes that this process, or each task on the cluster, may take.
        watch: told how far it has come.

    Raises:
        CorpusError: the corpus cannot be read, or not in shards.
        CountsError: what the cluster needs is missing, or workers were lost again and again.
        StoreError: the cache, or the folder to work in, cannot be written.
    """
    tell_of_kernels(watch)
    return (
        _here(recipe, memory, watch)
        if engine == "local"
        else _on_ray(recipe, address, work, memory, watch)
    )


def _here(recipe: Recipe, memory: int | None, watch: Watch) -> Counted:
    began = time.perf_counter()
    corpus, blank = opened(recipe)
    corpus.prepare(watch)
    longest = recipe.trainer.max_word_chars
    before = counting.kept(corpus, blank, max_word_chars=longest) == "words"
    words = counting.count(corpus, blank, max_word_chars=longest, memory=memory, watch=watch)
    exact = counting.cut_set_of(blank)
    places = [counting.words_place(corpus, blank, SPLIT, longest)]
    if exact:
        parts = corpus.parts()
        places += [counting.chunks_place(one.identity(), exact.name, SPLIT) for one in parts]
    return Counted(
        name=recipe.name,
        what="all documents counted",
        documents=words.documents,
        bytes=words.bytes,
        strings=len(words.words),
        of="words",
        places=tuple(str(place) for place in places if place.is_file()),
        seconds=time.perf_counter() - began,
        before=before,
        notes=(words.why,) if words.why else (),
    )


def _on_ray(
    recipe: Recipe, address: str | None, work: Path | None, memory: int | None, watch: Watch
) -> Counted:
    began = time.perf_counter()
    corpus, blank = opened(recipe)
    cuts = cut_set(recipe, blank)
    outline = sharding.outline(
        corpus, 1
    )  # what cannot be divided is told before a cluster is asked
    if (found := _counted_before(recipe, corpus, cuts)) is not None:
        return found
    room(memory)
    watch(Progress("connecting", 0, None, "workers"))
    with on_ray.cluster(address) as ray, _work(work, outline, cuts) as folder:
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        of, partitions = _division(corpus, folder, cores)
        job = job_of(recipe.name, corpus, sharding.outline(corpus, of), cuts, of, SPLIT)
        task = on_ray.Task(folder, job, partitions, memory, version("tokbench"))
        paths, sums = on_ray.count(ray, corpus, task, watch)
        moved = sum(path.stat().st_size for path in (*paths, *sums))
        whole = Whole.of(paths)
        made = keep_counts(whole, lambda number: whole.in_sums(sums, number), watch)
        on_ray.remove(folder)
    return replace(
        made,
        what=f"{of} shards counted on {cores} {'core' if cores == 1 else 'cores'}",
        moved=moved,
        seconds=time.perf_counter() - began,
    )


def count_shard(
    recipe: Recipe,
    number: int,
    of: int,
    out: Path,
    *,
    memory: int | None = None,
    watch: Watch = ignore,
) -> Counted:
    """Count one shard of a recipe's corpus into a file; no other shard need be known for it.

    Args:
        recipe: whose corpus and pre-tokenizer.
        number: of the shard, from 1.
        of: how many shards there are.
        out: the file, which ends in .parquet, or the folder for it.
        memory: bytes that the process may take.
        watch: told how far it has come.

    Raises:
        CorpusError: the corpus cannot be read, or not in shards.
        CountsError: the pre-tokenizer needs whole documents.
        StoreError: the file cannot be written.
    """
    tell_of_kernels(watch)
    began = time.perf_counter()
    corpus, blank = opened(recipe)
    cuts = cut_set(recipe, blank)
    job = job_of(recipe.name, corpus, sharding.outline(corpus, of), cuts, of, SPLIT)
    path = out if out.suffix == ".parquet" else out / part.name(number, of)
    with bounds(memory) as within:
        documents, size = Shard(corpus, job, number, 1, within, watch=watch).write(path)
    return Counted(
        name=recipe.name,
        what=f"shard {number} of {of} counted",
        documents=documents,
        bytes=size,
        strings=part.rows(path),
        of=f"chunks ({cuts})",
        places=(str(path),),
        seconds=time.perf_counter() - began,
        parts=1,
        moved=path.stat().st_size,
    )


def opened(recipe: Recipe) -> tuple[corpora.OpenCorpus, Tokenizer]:
    """A recipe's corpus, found from any folder, and its tokenizer without a vocabulary."""
    base = recipe.base.absolute()
    return corpora.open(recipe.corpus, base), pipeline.assemble(recipe.pipeline)


def cut_set(recipe: Recipe, blank: Tokenizer) -> str:
    """The name of the cut set that is exact for a recipe.

    Raises:
        CountsError: there is none.
    """
    found = counting.cut_set_of(blank)
    if found is None:
        raise CountsError(
            f"{recipe.path}: no cut is known to be exact for its normalizer and pre_tokenizer, so "
            "whole documents are counted, which one process does: `tokbench count` without "
            "--engine and --shard"
        )
    return found.name


def tell_of_kernels(watch: Watch) -> None:
    """Say that kernels are compiled, where they are."""
    if not kernels.compiled_before():
        watch(Progress("compiling", 0, None, "kernels"))


@contextmanager
def bounds(memory: int | None) -> Iterator[Bounds]:
    """What counting may take; what finds no room goes to a folder that ends with the block."""
    with store.scratch(store.cache_dir() / "counts" / "spilled") as scratch:
        yield Bounds(room(memory), scratch)


def _counted_before(recipe: Recipe, corpus: corpora.OpenCorpus, cuts: str) -> Counted | None:
    """What the cache has of a corpus, where finding out takes little; None: not all of it."""
    if corpus.size > HASHED:
        return None
    began = time.perf_counter()
    places = [counting.chunks_place(one.identity(), cuts, SPLIT) for one in corpus.parts()]
    found = [keep.load_parts(place) for place in places]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    return Counted(
        name=recipe.name,
        what="all documents counted",
        documents=sum(one.whole.documents for one in known),
        bytes=sum(one.whole.bytes for one in known),
        strings=sum(len(counts) for one in known for _, _, counts in one.read()),
        of=f"chunks ({cuts})",
        places=tuple(map(str, places)),
        seconds=time.perf_counter() - began,
        before=True,
    )


@contextmanager
def _work(given: Path | None, outline: str, cuts: str) -> Iterator[Path]:
    """The folder for what lies between counting and adding up; an interrupted count finds its own.

    Where another process is at it, or the folder cannot be locked, it is one of this process alone.
    """
    base = (given or store.cache_dir() / "counts").absolute()
    name = store.signature(outline, cuts, SPLIT, load_classes().identity)
    folder = base / f"unfinished-shards-{name}"
    with store.owned(folder) as mine:
        if mine:
            try:
                yield folder
            finally:
                on_ray.remove_unused(folder)
            return
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise store.unwritable(base, error) from error
    with store.scratch(base / f"shards-{name}") as scratch:
        own = scratch()
        if own.parent != base:
            raise StoreError(f"{base}: cannot be written; let --work name a folder that can be")
        yield own


def _division(corpus: corpora.OpenCorpus, folder: Path, cores: int) -> tuple[int, int]:
    """Into how many shards, and parts by hash; as it was begun, where it was."""
    place = folder / "division.json"
    with suppress(StoreError, KeyError, TypeError, ValueError):
        found = store.read_json(place)
        return int(found["shards"]), int(found["partitions"])
    wanted = max(-(-corpus.size // TARGET), PER_CORE * cores, LEAST_SHARDS)
    of = max(1, min(wanted, PER_PIECE * sharding.pieces(corpus)))
    least, most = PARTITIONS
    parts = max(least, PER_CORE * cores, corpus.size // PER_PARTITION)
    partitions = min(most, 1 << (parts - 1).bit_length())
    store.write_json(place, {"shards": of, "partitions": partitions})
    return of, partitions
