"""Which rows a split gets, and how often: by hashes of each document, source by source."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from tokbench.corpus.documents import array_of, copied, keep, numbers, present
from tokbench.corpus.mixing.doses import BITS, BUCKETS, WHOLE, Dose, key
from tokbench.corpus.mixing.split_kernel import hash_documents
from tokbench.corpus.rows import texts_of, with_texts
from tokbench.fingerprint import characters_as_bytes, offsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.values import Split

SHORT = 4096
"""Bytes from which on a document is cut. Of n shorter ones that are the same, `part` x n come."""
_BACK = 400
"""How many bytes before the place a line end or space is looked for, to cut a document there."""


Edges = dict[tuple[int, int], int]
"""How many short documents with this source and hash were at the edge of a dose so far."""


class Terms(NamedTuple):
    """On which terms the documents of a source come.

    Attributes:
        held_out: the share that training never sees.
        dose: how often training gets the others.
    """

    held_out: float = 0.0
    dose: Dose = WHOLE


def chosen(
    rows: pa.RecordBatch,
    split: "Split",
    terms: Sequence[Terms],
    seed: int,
    edges: Edges | None = None,
) -> Iterator[pa.RecordBatch]:
    """The rows of a split, in several batches where some come more than once.

    What is held out comes once at most: where training gets less than all of a source, it is
    thinned in the same way.

    Args:
        rows: with the column `source`, an index into `terms`.
        split: which documents.
        terms: of each source.
        seed: of the choice of documents that come less or more often than once.
        edges: what the rows before these have left here.
    """
    if not len(rows):
        return
    sources = numbers(rows.column("source"))
    here = present(sources)
    first = terms[here[0]]
    if all(terms[one] == first for one in here) and first.dose == WHOLE and first.held_out < 1:
        if len(kept := keep(rows, split, first.held_out)):
            yield kept
        return
    here_terms, places = [terms[one] for one in here], _places(sources, here)
    times, edge = _times(rows, split, here_terms, seed, places)
    parts = {one: terms[one].dose.part for one in here}
    cut = _at_the_edge(rows, edge, times, parts, {} if edges is None else edges)
    for round_ in range(int(times.max(initial=0))):
        yield copied(rows, times > round_)
    for number, part in cut:
        text = texts_of(rows)[number].as_buffer().to_pybytes()
        if shortened := start_of(text, part):
            yield with_texts(rows.slice(number, 1), array_of([shortened]))


def _times(
    rows: pa.RecordBatch,
    split: "Split",
    terms: Sequence[Terms],
    seed: int,
    places: "NDArray[np.intp]",
) -> "tuple[NDArray[np.int64], list[int]]":
    """How often each row comes, and which come in part beside that."""
    texts = texts_of(rows)
    held = np.array([one.held_out >= 1 for one in terms])[places]
    limits = [math.ceil(min(one.held_out, 1 - 2**-53) * 2**64) for one in terms]
    held |= hashes_of(texts, 0) < np.array(limits, np.uint64)[places]
    copies = np.array([one.dose.copies for one in terms])[places]
    buckets = np.array([one.dose.bucket for one in terms])[places]
    parts = np.array([one.dose.part for one in terms])[places]
    found = buckets_of(texts, seed)
    edge = (found == buckets) & (parts > 0)
    times = np.where(held, np.minimum(copies + (found < buckets) + edge, 1), copies)
    times += ~held & (found < buckets)
    if split != "all":
        times[held != (split == "held_out")] = 0
    return times, np.flatnonzero(edge & ~held).tolist() if split != "held_out" else []


def _at_the_edge(
    rows: pa.RecordBatch,
    edge: list[int],
    times: "NDArray[np.int64]",
    parts: dict[int, float],
    edges: Edges,
) -> list[tuple[int, float]]:
    """Let short documents come once more where it is their turn; the long ones, to be cut."""
    if not edge:
        return []
    bounds, sources = offsets(texts_of(rows)), numbers(rows.column("source"))
    hashes = hashes_of(texts_of(rows), 0)
    cut = []
    for number in edge:
        source = int(sources[number])
        part = parts[source]
        if bounds[number + 1] - bounds[number] >= SHORT:
            cut.append((number, part))
            continue
        same = (source, int(hashes[number]))
        count = edges[same] = edges.get(same, 0) + 1
        times[number] += int(part * count) - int(part * (count - 1))
    return cut


def hashes_of(texts: pa.LargeStringArray, seed: int) -> "NDArray[np.uint64]":
    """XXH64 of each document's UTF-8."""
    hashes = np.empty(len(texts), np.uint64)
    hash_documents(characters_as_bytes(texts), offsets(texts), np.uint64(seed), hashes)
    return hashes


def buckets_of(texts: pa.LargeStringArray, seed: int) -> "NDArray[np.int64]":
    """The bucket of each document: the first bits of its keyed hash."""
    found: NDArray[np.int64] = (hashes_of(texts, key(seed)) >> np.uint64(64 - BITS)).view(np.int64)
    return found


def measured(
    rows: pa.RecordBatch, held_out: Sequence[float], seed: int
) -> "Iterator[tuple[int, NDArray[np.int64]]]":
    """For each source in a batch the bytes of its training documents in each bucket."""
    terms = [Terms(share) for share in held_out]
    for train in chosen(rows, "train", terms, seed):
        sources, texts = numbers(train.column("source")), texts_of(train)
        found, lengths = buckets_of(texts, seed), np.diff(offsets(texts))
        for source in present(sources):
            here = sources == source
            counts = np.bincount(found[here], lengths[here], BUCKETS)  # exact below 2^53
            yield source, counts.astype(np.int64)


def start_of(text: bytes, part: float) -> bytes:
    """The beginning of a document, about so much of it, cut at a line, a space or a character.

    >>> start_of("one two three four".encode(), 0.5), start_of("각각각".encode(), 0.5).decode()
    (b'one two ', '각')
    """
    end = int(len(text) * part)
    back = max(0, end - _BACK)
    for mark in (b"\n", b" "):
        if (place := text.rfind(mark, back, end)) >= 0:
            return text[: place + 1]
    return text[:end].decode(errors="ignore").encode()


def _places(sources: "NDArray[np.int32]", here: list[int]) -> "NDArray[np.intp]":
    return np.searchsorted(np.array(here), sources)
