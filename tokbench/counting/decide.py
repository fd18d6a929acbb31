"""From a corpus and a tokenizer to word counts: by chunks where that is exact, else whole."""

import dataclasses
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tokbench import store
from tokbench.chunks.classes import load as load_classes
from tokbench.chunks.structure import plan
from tokbench.counting import keep, left_out
from tokbench.counting.chunk_pass import count_chunks, cut_documents, merge_counts
from tokbench.counting.whole import count_words_whole
from tokbench.counting.words import Pipeline, count_words
from tokbench.values import (
    ChunkCounts,
    Corpus,
    Progress,
    Split,
    Watch,
    WordCounts,
    ignore,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from tokbench.chunks.cut_sets import CutSet


def count(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    *,
    split: Split = "train",
    cache: Path | None = None,
    max_word_chars: int | None = 16384,
    watch: Watch = ignore,
) -> WordCounts:
    """How often each pre-token occurs in a corpus, exactly, reading it at most once.

    The structure of the normalizer and pre-tokenizer says whether distinct chunks will do; then a
    sample of the corpus is counted both ways, and whole documents are counted if that ever differs.
    Chunks are kept by source and cut set, words by corpus, normalizer and pre-tokenizer.

    Args:
        corpus: what to count.
        tokenizer: whose normalizer and pre-tokenizer to apply. Its added tokens play no part: a
            recipe's special tokens are not cut out of the text that it trains on.
        split: which documents.
        cache: the folder to keep counts in; None: `counts` below the cache folder.
        max_word_chars: words of more characters are left out of the counts and reported, with
            the document where it is known; None: none are.
        watch: told how far reading has come.

    Returns:
        The words; `exact_by` says what was counted and `why` says why if that may surprise.

    Raises:
        StoreError: the cache is there but cannot be written, as on a full disk.
        CorpusError: the corpus cannot be read.
    """
    folder = cache or store.cache_dir() / "counts"
    pipeline = Pipeline.of(tokenizer)
    identity = [corpus.identity(), split, load_classes().identity, keep.FORMAT]
    settings = [pipeline.normalizer_json, pipeline.pre_tokenizer_json, max_word_chars]
    place = folder / f"words-{store.signature(identity, settings, version('tokenizers'))}.arrow"
    if (kept := keep.load(place, WordCounts)) is not None:
        return kept
    words = _counted(corpus, tokenizer, pipeline, split, folder, max_word_chars, watch)
    with store.optional():
        keep.save(place, words)
    return words


def _counted(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    pipeline: Pipeline,
    split: Split,
    folder: Path,
    max_word_chars: int | None,
    watch: Watch,
) -> WordCounts:
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    why = "no cut is known to be exact for this normalizer and pre-tokenizer"
    if found is not None:
        chunks = _chunks(corpus, found.cut_set, split, folder, watch)
        if agrees(found.cut_set, tokenizer, chunks.sample):
            words = count_words(chunks, tokenizer, max_word_chars=max_word_chars, watch=watch)
            located = left_out.by_chunks(words.left_out, chunks, pipeline, corpus, split)
            return dataclasses.replace(words, left_out=located)
        why = (
            f"chunks of the cut set {found.cut_set.name!r} gave other words than whole documents "
            "on a sample of this corpus: please report this"
        )
    words = count_words_whole(
        corpus, tokenizer, split=split, max_word_chars=max_word_chars, why=why, watch=watch
    )
    located = left_out.by_documents(words.left_out, pipeline, corpus, split)
    return dataclasses.replace(words, left_out=located)


def _chunks(
    corpus: Corpus,
    cut_set: "CutSet",
    split: Split,
    folder: Path,
    watch: Watch,
) -> ChunkCounts:
    """The chunks of a corpus: of each source those in the cache, or counted now and kept there."""
    found, before, documents = [], 0, 0
    for part in corpus.parts():

        def told(progress: Progress, before: int = before, documents: int = documents) -> None:
            done, seen = before + progress.done, documents + progress.documents
            watch(dataclasses.replace(progress, done=done, total=corpus.size, documents=seen))

        identity = [part.identity(), split, load_classes().identity, keep.FORMAT]
        place = folder / f"chunks-{cut_set.name}-{store.signature(identity)}.arrow"
        chunks = keep.load(place, ChunkCounts)
        if chunks is None:
            chunks = count_chunks(part, cut_set, split=split, watch=told)
            with store.optional():
                keep.save(place, chunks)
        found.append(chunks)
        before, documents = before + part.size, documents + chunks.documents
    return merge_counts(found) if len(found) > 1 else found[0]


def agrees(cut_set: "CutSet", tokenizer: "Tokenizer", documents: tuple[str, ...]) -> bool:
    """Whether chunks give the words that the library finds in these documents, taken whole."""
    pipeline = Pipeline.of(tokenizer)
    whole: dict[str, int] = {}
    for document in documents:
        for word in pipeline.words(document):
            whole[word] = whole.get(word, 0) + 1
    words = count_words(cut_documents(documents, cut_set), tokenizer, max_word_chars=None)
    return dict(zip(words.words.to_pylist(), words.counts.tolist(), strict=True)) == whole
