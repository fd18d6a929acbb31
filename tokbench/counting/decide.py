"""From a corpus and a tokenizer to word counts: by chunks where that is exact, else whole."""

import dataclasses
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tokbench import store
from tokbench.chunks.classes import load as load_classes
from tokbench.chunks.structure import plan
from tokbench.counting import keep, left_out
from tokbench.counting.checkpoints import bounded_by, checkpoints
from tokbench.counting.chunk_pass import SAMPLE, count_parts, cut_documents, merge_counts
from tokbench.counting.parts import ChunkParts
from tokbench.counting.spilling import Bounds
from tokbench.counting.whole import count_words_whole
from tokbench.counting.words import Pipeline, count_words, count_words_of
from tokbench.errors import StoreError
from tokbench.memory import give_back, room
from tokbench.values import (
    ChunkCounts,
    Corpus,
    Kept,
    Progress,
    Resumable,
    Split,
    Watch,
    WordCounts,
    ignore,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from tokbench.chunks.cut_sets import CutSet

PER_HELD = 4
"""Chunks from one source stay in memory where their words find room for three times as much."""
PER_MERGED = 12
"""Those of several are merged there where so many times their bytes find room, as tables do."""


def count(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    *,
    split: Split = "train",
    cache: Path | None = None,
    max_word_chars: int | None = 16384,
    memory: int | None = None,
    watch: Watch = ignore,
) -> WordCounts:
    """How often each pre-token occurs in a corpus, exactly, reading it at most once.

    The structure of the normalizer and pre-tokenizer says whether distinct chunks will do; then a
    sample of the corpus is counted both ways, and whole documents are counted if that ever differs.
    Chunks are kept by source and cut set, words by corpus, normalizer and pre-tokenizer. Counting
    chunks goes on where it was interrupted; counting whole documents begins anew.

    Args:
        corpus: what to count.
        tokenizer: whose normalizer and pre-tokenizer to apply. Its added tokens play no part: a
            recipe's special tokens are not cut out of the text that it trains on.
        split: which documents.
        cache: the folder to keep counts in; None: `counts` below the cache folder.
        max_word_chars: words of more characters are left out of the counts and reported, with
            the document where it is known; None: none are.
        memory: bytes that the process may take; tables that need more go to disk, below the cache,
            and the result is the same. None: half of what is free.
        watch: told how far reading has come.

    Returns:
        The words; `exact_by` says what was counted and `why` says why if that may surprise.

    Raises:
        StoreError: the cache is there but cannot be written, as on a full disk.
        CorpusError: the corpus cannot be read.
        BudgetError: the distinct words find no room in memory.
    """
    folder = cache or store.cache_dir() / "counts"
    place = words_place(corpus, tokenizer, split, max_word_chars, folder)
    if (found := keep.load(place, WordCounts)) is not None:
        return found
    with store.scratch(folder / "spilled") as scratch:
        bounds = Bounds(room(memory), scratch)
        words = _counted(corpus, tokenizer, split, folder, max_word_chars, bounds, watch)
    give_back()
    with store.optional():
        keep.save(place, words)
    return words


def kept(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    *,
    split: Split = "train",
    cache: Path | None = None,
    max_word_chars: int | None = 16384,
) -> Kept:
    """What `count` with the same arguments would find in the cache; nothing is counted.

    The files of the corpus are read once for its identity, as `count` does.

    Returns:
        "words" where it would count nothing, "chunks" where it would read no documents.
    """
    folder = cache or store.cache_dir() / "counts"
    if not folder.is_dir():
        return "nothing"
    pipeline = Pipeline.of(tokenizer)
    if words_place(corpus, tokenizer, split, max_word_chars, folder).is_file():
        return "words"
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    if found is None:
        return "nothing"
    places = (_chunks_place(folder, part, found.cut_set, split) for part in corpus.parts())
    return "chunks" if all(place.is_file() for place in places) else "nothing"


def words_place(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    split: Split,
    max_word_chars: int | None,
    folder: Path | None = None,
) -> Path:
    """The file that words are kept in."""
    pipeline = Pipeline.of(tokenizer)
    folder = folder or store.cache_dir() / "counts"
    identity = [corpus.identity(), split, load_classes().identity, keep.FORMAT]
    settings = [pipeline.normalizer_json, pipeline.pre_tokenizer_json, max_word_chars]
    return folder / f"words-{store.signature(identity, settings, version('tokenizers'))}.arrow"


def _chunks_place(folder: Path, part: Corpus, cut_set: "CutSet", split: Split) -> Path:
    """The file that the chunks of a source are kept in."""
    return chunks_place(part.identity(), cut_set.name, split, folder)


def chunks_place(identity: str, cut_set: str, split: Split, folder: Path | None = None) -> Path:
    """The file that the chunks of a source with this identity are kept in."""
    folder = folder or store.cache_dir() / "counts"
    said = [identity, split, load_classes().identity, keep.FORMAT]
    return folder / f"chunks-{cut_set}-{store.signature(said)}.arrow"


def cut_set_of(tokenizer: "Tokenizer") -> "CutSet | None":
    """The cut set that is exact for a normalizer and pre-tokenizer; None: whole documents only."""
    pipeline = Pipeline.of(tokenizer)
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    return found.cut_set if found else None


def _counted(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    split: Split,
    folder: Path,
    max_word_chars: int | None,
    bounds: Bounds,
    watch: Watch,
) -> WordCounts:
    pipeline = Pipeline.of(tokenizer)
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    why = "no cut is known to be exact for this normalizer and pre-tokenizer"
    if found is not None:
        chunks, left = _chunks(corpus, found.cut_set, split, folder, bounds, watch)
        sample = tuple(text for each in chunks for text in each.whole.sample)
        if agrees(found.cut_set, tokenizer, sample[:: -(-len(sample) // SAMPLE) or 1]):
            words = count_words_of(
                chunks, tokenizer, left, max_word_chars=max_word_chars, watch=watch
            )
            located = left_out.by_chunks(words.left_out, chunks, pipeline, corpus, split)
            return dataclasses.replace(words, left_out=located)
        why = (
            f"chunks of the cut set {found.cut_set.name!r} gave other words than whole documents "
            "on a sample of this corpus: please report this"
        )
    words = count_words_whole(
        corpus, tokenizer, split=split, max_word_chars=max_word_chars, why=why, watch=watch,
        bounds=bounds,
    )  # fmt: skip
    located = left_out.by_documents(words.left_out, pipeline, corpus, split)
    return dataclasses.replace(words, left_out=located)


def _chunks(
    corpus: Corpus,
    cut_set: "CutSet",
    split: Split,
    folder: Path,
    bounds: Bounds,
    watch: Watch,
) -> tuple[list[ChunkParts], Bounds]:
    """The chunks of each source, those in the cache or counted now, and what room they leave.

    Where all of them are in memory they are merged into one.
    """
    found: list[ChunkParts] = []
    before, documents, left = 0, 0, bounds
    for part in corpus.parts():

        def told(progress: Progress, before: int = before, documents: int = documents) -> None:
            done, seen = before + progress.done, documents + progress.documents
            watch(dataclasses.replace(progress, done=done, total=corpus.size, documents=seen))

        place = _chunks_place(folder, part, cut_set, split)
        chunks = _kept(place, left)
        if chunks is None:
            unfinished = folder / f"unfinished-{place.stem}"
            resumable = isinstance(part, Resumable)
            with checkpoints(unfinished) if resumable else nullcontext() as saved:
                within = dataclasses.replace(left, folder=bounded_by(saved, left.folder))
                counted = count_parts(part, cut_set, within, split=split, watch=told, saved=saved)
                chunks = _keep(place, counted, left)
                if saved:
                    saved.done()
        found.append(chunks)
        give_back()
        left = dataclasses.replace(left, room=left.room - _held(chunks))
        before, documents = before + part.size, documents + chunks.whole.documents
    values = [each.value for each in found if each.value is not None]
    if 1 < len(values) == len(found) and PER_MERGED * sum(map(_held, found)) < bounds.room:
        found = [ChunkParts.of(merge_counts(values))]
        left = dataclasses.replace(bounds, room=bounds.room - _held(found[0]))
    return found, left


def _kept(place: Path, bounds: Bounds) -> ChunkParts | None:
    """The chunks that the cache has, in memory if they take little of the room."""
    try:
        small = place.stat().st_size * PER_HELD < bounds.room
    except OSError:
        return None
    if not small:
        return keep.load_parts(place)
    value = keep.load(place, ChunkCounts)
    return None if value is None else ChunkParts.of(value)


def _keep(place: Path, chunks: ChunkParts, bounds: Bounds) -> ChunkParts:
    """The same, kept in the cache; in memory still if they take little of the room."""
    if chunks.value is not None and _held(chunks) * PER_HELD < bounds.room:
        with store.optional():
            keep.save(place, chunks.value)
        return chunks
    try:
        keep.save_parts(place, chunks)
    except StoreError as error:
        if not store.not_ours(error):
            raise
        place = bounds.folder() / place.name
        keep.save_parts(place, chunks)
    kept = keep.load_parts(place)
    if kept is None:
        raise StoreError(f"{place}: was not read as it was written; is the disk sound?")
    return kept


def _held(chunks: ChunkParts) -> int:
    """The bytes of chunks that are in memory."""
    if chunks.value is None:
        return 0
    return int(chunks.value.chunks.nbytes + chunks.value.counts.nbytes)


def agrees(cut_set: "CutSet", tokenizer: "Tokenizer", documents: tuple[str, ...]) -> bool:
    """Whether chunks give the words that the library finds in these documents, taken whole."""
    pipeline = Pipeline.of(tokenizer)
    whole: dict[str, int] = {}
    for document in documents:
        for word in pipeline.words(document):
            whole[word] = whole.get(word, 0) + 1
    words = count_words(cut_documents(documents, cut_set), tokenizer, max_word_chars=None)
    return dict(zip(words.words.to_pylist(), words.counts.tolist(), strict=True)) == whole
