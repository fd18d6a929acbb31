"""Where the words that are too long to train on come from."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tokbench.chunks.arrow import raw_strings
from tokbench.values import Corpus, LeftOut, Split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokbench.counting.parts import ChunkParts
    from tokbench.counting.words import Pipeline

CHARACTERS_PER_BYTE = 72
"""At most: one character gives up to 18 (U+FDFA under NFKD), each up to four of ByteLevel's."""


def by_chunks(
    missing: tuple[LeftOut, ...],
    chunks: "Sequence[ChunkParts]",
    pipeline: "Pipeline",
    corpus: Corpus,
    split: Split,
) -> tuple[LeftOut, ...]:
    """The same, each with the first document that holds a chunk that it comes from."""
    if not missing:
        return ()
    least = min(word.characters for word in missing)
    chunk_of: dict[tuple[str, int], str] = {}
    for text, offsets, _ in (strings for each in chunks for strings in each.read()):
        long = np.flatnonzero(np.diff(offsets) * CHARACTERS_PER_BYTE >= least).tolist()
        for number in sorted(long, key=lambda number: offsets[number] - offsets[number + 1]):
            if len(chunk_of) == len(missing):
                break
            chunk = text[offsets[number] : offsets[number + 1]].tobytes().decode()
            for key in _among(missing, pipeline.words(chunk)):
                chunk_of.setdefault(key, chunk)
    places = _first_documents(set(chunk_of.values()), corpus, split)
    found = {key: places.get(text, "") for key, text in chunk_of.items()}
    return _with_places(missing, found)


def by_documents(
    missing: tuple[LeftOut, ...], pipeline: "Pipeline", corpus: Corpus, split: Split
) -> tuple[LeftOut, ...]:
    """The same, each with the first document that holds it, pre-tokenized whole."""
    if not missing:
        return ()
    least = min(word.characters for word in missing)
    found: dict[tuple[str, int], str] = {}
    before = 0
    for batch in corpus.batches(split):
        column = batch.column("text")
        _, offsets = raw_strings(column)
        long = np.flatnonzero(np.diff(offsets) * CHARACTERS_PER_BYTE >= least)
        for number in long.tolist():
            source = corpus.sources[batch.column("source")[number].as_py()]
            for key in _among(missing, pipeline.words(column[number].as_py())):
                found.setdefault(key, f"{source}: {before + number + 1}")
        before += len(column)
        if len(found) == len(missing):
            break
    return _with_places(missing, found)


def _among(missing: tuple[LeftOut, ...], words: list[str]) -> set[tuple[str, int]]:
    """Which of the missing words are among these, by beginning and length."""
    return {
        (one.start, one.characters)
        for word in words
        for one in missing
        if len(word) == one.characters and word.startswith(one.start)
    }


def _with_places(
    missing: tuple[LeftOut, ...], found: dict[tuple[str, int], str]
) -> tuple[LeftOut, ...]:
    return tuple(
        dataclasses.replace(word, document=found.get((word.start, word.characters), ""))
        for word in missing
    )


def _first_documents(texts: set[str], corpus: Corpus, split: Split) -> dict[str, str]:
    """For each text the first document that holds it, as "source: number in the split"."""
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s for what seldom happens

    places: dict[str, str] = {}
    before = 0
    for batch in corpus.batches(split):
        column = batch.column("text")
        for text in texts - places.keys():
            held = pc.match_substring(column, text)
            if (first := pc.index(held, pa.scalar(value=True)).as_py()) >= 0:
                source = corpus.sources[batch.column("source")[first].as_py()]
                places[text] = f"{source}: {before + first + 1}"
        before += len(column)
        if len(places) == len(texts):
            break
    return places
