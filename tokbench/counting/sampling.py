"""How the distinct chunks and words of a corpus grow, seen on a sample in two halves."""

import itertools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tokbench.chunks.arrow import raw_strings
from tokbench.chunks.structure import plan
from tokbench.counting.characters import count_characters
from tokbench.counting.chunk_pass import Cutter, value_of
from tokbench.counting.spilling import size as size_of
from tokbench.counting.whole import PER_WORD, count_words_whole
from tokbench.counting.words import Pipeline, count_words
from tokbench.memory import cores
from tokbench.values import Growth, Sampled, Watch, ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from tokbench.values import ChunkCounts, Split, WordCounts

    Batches = Iterable[tuple[pa.RecordBatch, tuple[int, int, float]]]

_LONG, _START = 100, 40
_FREQUENT = 100_000
"""The pairs of so many words are counted, for a tenth of a second."""
WHOLE_SECONDS, WHOLE_BYTES = 0.5, 4 << 20
"""Less is sampled where whole documents must be counted."""


def sample(
    batches: "Batches",
    size: int,
    tokenizer: "Tokenizer",
    *,
    seconds: float = 1.5,
    most: int = 256 << 20,
) -> Sampled:
    """Count documents for so long, in two halves, and both together.

    Args:
        batches: documents from all over a corpus; with each batch the number of its file, the
            file's bytes on disk, and the share of them that was consumed.
        size: the bytes on disk of all files.
        tokenizer: whose normalizer and pre-tokenizer to apply.
        seconds: how long to read and count chunks.
        most: how many bytes of text to take.
    """
    pipeline = Pipeline.of(tokenizer)
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    if found is None:
        return _of_documents(batches, size, tokenizer)
    ends = time.perf_counter() + seconds
    cutters = Cutter(found.cut_set), Cutter(found.cut_set)
    files = _Files(size)
    reading = cutting = 0.0
    before = time.perf_counter()
    for batch, place in batches:
        text, offsets = raw_strings(batch.column("text"))
        files.add(len(offsets) - 1, int(offsets[-1] - offsets[0]), *place)
        reading, before = reading + time.perf_counter() - before, time.perf_counter()
        middle = len(offsets) // 2
        for cutter, some in zip(cutters, (offsets[: middle + 1], offsets[middle:]), strict=True):
            if len(some) > 1:
                cutter.add(text, some)
        cutting, before = cutting + time.perf_counter() - before, time.perf_counter()
        if before > ends or sum(cutter.print_.bytes for cutter in cutters) > most:
            break
    else:
        files.all_read = True
    halves = [value_of([cutter]) for cutter in cutters]
    cutters[0].table.table.absorb(cutters[1].table.table)
    whole = value_of(cutters)
    words = [count_words(each, tokenizer, max_word_chars=None) for each in halves]
    before = time.perf_counter()
    words.append(count_words(whole, tokenizer, max_word_chars=None))
    spent = time.perf_counter() - before
    return Sampled(
        *files.whole(whole.documents, whole.bytes), _growth(words), _growth([*halves, whole]),
        reading=reading, counting=cutting, pre_tokenizing=spent,
        longest=longest(words[-1]), pair=most_frequent_pair(words[-1]),
    )  # fmt: skip


class _Files:
    """How many documents and bytes each file will have, from what was seen of it."""

    def __init__(self, size: int) -> None:
        self.all_read = False
        self._size = size
        self._seen: dict[int, tuple[int, int]] = {}
        self._consumed: dict[int, tuple[int, float]] = {}

    def add(self, documents: int, text: int, number: int, size: int, share: float) -> None:
        """Note a batch."""
        before = self._seen.get(number, (0, 0))
        self._seen[number] = before[0] + documents, before[1] + text
        self._consumed[number] = size, share

    def whole(self, documents: int, text: int) -> tuple[float, float, float, float]:
        """The share that was read; documents and bytes of the corpus; how much longer that is."""
        if self.all_read or not text:
            return 1.0, documents, text, 1.0
        known = sum(size for size, _ in self._consumed.values())
        read = sum(size * share for size, share in self._consumed.values())
        shares = {number: max(share, 1e-9) for number, (_, share) in self._consumed.items()}
        rest = max(
            1.0, self._size / max(known, 1)
        )  # files that were not opened are taken to be alike
        more = rest * sum(seen[0] / shares[number] for number, seen in self._seen.items())
        longer = rest * sum(seen[1] / shares[number] for number, seen in self._seen.items())
        return min(1.0, read / max(self._size, 1)), more, longer, max(1.0, longer / text)


@dataclass(frozen=True)
class _Held:
    """Documents in memory, as far as counting asks for a corpus."""

    held: "list[pa.RecordBatch]"

    def batches(self, split: "Split", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """All of them."""
        del split, watch
        return iter(self.held)


def _of_documents(batches: "Batches", size: int, tokenizer: "Tokenizer") -> Sampled:
    before = time.perf_counter()
    ends = before + WHOLE_SECONDS
    held: list[pa.RecordBatch] = []
    files, taken = _Files(size), 0
    for batch, place in batches:
        text = batch.column("text").nbytes
        files.add(len(batch), text, *place)
        held += [batch.slice(0, len(batch) // 2), batch.slice(len(batch) // 2)]
        taken += text
        if time.perf_counter() > ends or taken > WHOLE_BYTES:
            break
    else:
        files.all_read = True
    reading, before = time.perf_counter() - before, time.perf_counter()
    words = [
        count_words_whole(_Held(some), tokenizer, max_word_chars=None)  # type: ignore[arg-type] # nothing else is asked of it
        for some in (held[::2], held[1::2], held)
    ]
    spent = (time.perf_counter() - before) / 2
    return Sampled(
        *files.whole(words[-1].documents, words[-1].bytes), _growth(words), None,
        reading=reading, counting=spent, pre_tokenizing=0.0,
        longest=longest(words[-1]), pair=most_frequent_pair(words[-1]),
    )  # fmt: skip


def longest(words: "WordCounts") -> tuple[str, int]:
    """How the longest word begins, and how many characters it has.

    The longest in bytes is taken for it, but for others that are nearly as long.
    """
    data, offsets = raw_strings(words.words)
    sizes = np.diff(offsets)
    if not len(sizes):
        return "", 0
    nearly = np.argsort(-sizes, kind="stable")[:_LONG]
    found = [data[offsets[n] : offsets[n + 1]].tobytes().decode() for n in nearly.tolist()]
    word = max(found, key=len)
    return word[:_START], len(word)


def most_frequent_pair(words: "WordCounts") -> int:
    """How often the most frequent pair of neighbouring characters occurs in the frequent words.

    BPE begins with these pairs; no pair that merges make is more frequent.
    """
    counts: NDArray[np.int64] = words.counts
    frequent = np.argsort(-counts, kind="stable")[:_FREQUENT]
    data, offsets = raw_strings(words.words)
    some = [data[offsets[n] : offsets[n + 1]].tobytes().decode() for n in frequent.tolist()]
    lengths = np.array([len(word) for word in some], np.int64)
    codes = np.frombuffer("".join(some).encode("utf-32-le"), np.uint32).astype(np.int64)
    if len(codes) < 2:  # noqa: PLR2004 - a pair
        return 0
    pairs = codes[:-1] << 21 | codes[1:]
    weights = np.repeat(counts[frequent], lengths)[:-1]
    inside = np.ones(len(pairs), np.bool_)
    inside[np.cumsum(lengths)[:-1] - 1] = False
    _, which = np.unique(pairs[inside], return_inverse=True)
    if not len(which):
        return 0
    return int(np.bincount(which, weights[inside].astype(np.float64)).max())


def _growth(found: "list[ChunkCounts] | list[WordCounts]") -> Growth:
    """From the two halves and both together."""
    pieces, text, characters = [], [], []
    for each in found:
        strings = each.words if hasattr(each, "words") else each.chunks
        data, offsets = raw_strings(strings)
        once = np.ones(len(offsets) - 1, np.int64)
        pieces.append(len(once))
        text.append(int(offsets[-1] - offsets[0]))
        characters.append(int(count_characters(data, offsets, once)))
    half = (pieces[0] + pieces[1]) / 2
    exponent = math.log2(max(1.0, min(2.0, pieces[2] / half))) if half else 0.0
    return Growth(pieces[2], text[2], characters[2], exponent)


def tables(seen: Sampled) -> int:
    """The bytes of all tables for the corpus that was sampled, were there room for them."""
    times = seen.times
    words = seen.words.at(times)
    needed = size_of(int(words.pieces), int(words.text))
    if seen.chunks is None:
        return int(needed + PER_WORD * words.pieces)
    threads = cores()
    all_, one = seen.chunks.at(times), seen.chunks.at(times / threads)
    together = size_of(int(all_.pieces), int(all_.text))
    merging = together + (threads - 1) * size_of(int(one.pieces), int(one.text))
    return int(max(merging, needed + 16 * all_.pieces + all_.text))


def spilled(seen: Sampled, room: int) -> int:
    """The bytes on disk of tables that find no room; 0 if all do."""
    growth, times = seen.chunks or seen.words, seen.times
    if tables(seen) <= room:
        return 0
    threads = cores()
    share = room / threads
    pieces = (2.0**step for step in itertools.count(10, 0.25))
    each = growth.text / max(growth.pieces, 1)
    full = next(number for number in pieces if size_of(int(number), int(number * each)) > share)
    # a table is full after so many times the sample
    after = (full / max(growth.pieces, 1)) ** (1 / max(growth.exponent, 0.05))
    written = max(threads, times / after) * min(full, growth.at(times / threads).pieces)
    return int(written * (16 + each))
