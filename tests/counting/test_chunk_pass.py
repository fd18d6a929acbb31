"""One pass, in any order, in any parts, on any number of threads: the same counts."""

import itertools
import random

import numpy as np
import pyarrow as pa
import pytest
from hostile import texts
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench.chunks import CUT_SETS, SPACES, WORDS
from tokbench.chunks.arrow import read_only
from tokbench.chunks.distinct import PIECES, Distinct
from tokbench.counting import chunk_pass, count_chunks, merge_counts
from tokbench.errors import CorpusError

DOCUMENTS = ["", "a", "", *texts(1, 300), *["the same again"] * 50, ""]


def same(one, two, as_dict):
    return as_dict(one) == as_dict(two) and (
        (one.documents, one.bytes, one.characters, one.fingerprint, one.cut_set)
        == (two.documents, two.bytes, two.characters, two.fingerprint, two.cut_set)
    )


@pytest.mark.parametrize("cut_set", CUT_SETS.values(), ids=CUT_SETS)
def test_order_parts_batches_and_threads_change_nothing(cut_set, corpus, as_dict, monkeypatch):
    expected = count_chunks(corpus(DOCUMENTS), cut_set)
    assert expected.documents == len(DOCUMENTS)
    assert expected.bytes == sum(len(document.encode()) for document in DOCUMENTS)
    assert expected.characters == sum(map(len, DOCUMENTS))
    monkeypatch.setattr(chunk_pass, "UNIT", 100)
    shuffled = random.Random(2).sample(DOCUMENTS, len(DOCUMENTS))
    for documents, size, threads in ((DOCUMENTS, 1, 1), (shuffled, 17, 4), (shuffled, 10_000, 2)):
        counted = count_chunks(corpus(documents, size=size), cut_set, threads=threads)
        assert same(counted, expected, as_dict)
    parts = [count_chunks(corpus(DOCUMENTS[k::3]), cut_set) for k in range(3)]
    assert same(merge_counts(parts), expected, as_dict)
    assert same(merge_counts([merge_counts(parts[1:]), parts[0]]), expected, as_dict)


def test_another_document_is_another_fingerprint(corpus):
    prints = [
        count_chunks(corpus(documents), SPACES).fingerprint
        for documents in (
            ["ab", "c"], ["abc"], ["a", "bc"], ["ab", "c", ""], ["ab", "d"], ["ab", "c", "c"], [],
            ["abcdefgh", "i"], ["abcdefghi"], ["abcdefghi\0"],
        )
    ]  # fmt: skip
    assert len(set(prints)) == len(prints)
    one, two = (count_chunks(corpus(["a b", "c"]), cut_set) for cut_set in (SPACES, WORDS))
    assert one.fingerprint == two.fingerprint


def test_counts_do_not_overflow(corpus, as_dict):
    part = count_chunks(corpus(["the cat", "cat"]), SPACES)
    for _ in range(40):  # 2^40 corpora
        part = merge_counts([part, part])
    assert as_dict(part) == {"the": 1 << 40, " cat": 1 << 40, "cat": 1 << 40}
    assert (part.documents, part.bytes, part.characters) == (2 << 40, 10 << 40, 10 << 40)


def test_only_what_was_cut_alike_can_be_merged(corpus):
    parts = [count_chunks(corpus(["a b"]), cut_set) for cut_set in (SPACES, WORDS)]
    with pytest.raises(
        ValueError, match=r"^chunks cut differently cannot be merged: spaces, words$"
    ):
        merge_counts(parts)


def test_slices_and_short_offsets(as_dict):
    class Sliced:
        sources = ("here",)
        held_out = 0.0

        def batches(self, _split, _watch):
            texts = pa.array(["no", "a b", "", "ccc", "no"])
            yield pa.record_batch({"text": texts}).slice(1, 3)
            yield pa.record_batch({"text": texts.cast(pa.large_string())}).slice(1, 3)

        def identity(self):
            return "sliced"

    counted = count_chunks(Sliced(), SPACES)
    assert as_dict(counted) == {"a": 2, " b": 2, "ccc": 2}
    assert counted.documents == 6


def test_failures_come_out_of_the_threads(corpus):
    class Broken(corpus):
        def batches(self, split="train", watch=None):
            yield from super().batches(split, watch)
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        count_chunks(Broken(["a"] * 100, size=3), SPACES)

    class Nulls(corpus):
        def batches(self, *_):
            yield pa.record_batch({"text": pa.array(["a", None])})

    with pytest.raises(CorpusError, match=r"^a batch of the corpus cannot be counted: .*nulls"):
        count_chunks(Nulls([]), SPACES)


def test_a_failing_counter_stops_the_pass(corpus, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(chunk_pass.Cutter, "add", fail)
    with pytest.raises(MemoryError):
        count_chunks(corpus(["a"] * 1000, size=1), SPACES)


def test_the_sample_comes_from_all_over(corpus):
    documents = [f"{number} " + "é" * 3000 for number in range(2000)]
    sample = count_chunks(corpus(documents, size=50), SPACES).sample
    assert 64 <= len(sample) <= 128
    assert max(int(text.split()[0]) for text in sample) > 1000
    assert all(len(text.encode()) <= 500 for text in sample)


# the table


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40) | st.binary(min_size=1, max_size=3), max_size=300),
    st.integers(0, 20),
)
def test_the_table_counts_bytes_like_a_dictionary(strings, behind):
    expected: dict[bytes, int] = {}
    for number, string in enumerate(strings):
        expected[string] = expected.get(string, 0) + number
    table = Distinct(1, 1)
    text = read_only(np.frombuffer(b"".join(strings) + bytes(behind), np.uint8))
    ends = np.cumsum([len(string) for string in strings], dtype=np.int64)
    table.add(text, 0, ends, np.arange(len(strings)))
    data, offsets, counts = table.texts()
    found = [data[a:b].tobytes() for a, b in itertools.pairwise(offsets.tolist())]
    assert dict(zip(found, counts.tolist(), strict=True)) == expected


def test_strings_that_differ_in_zeros_or_length_only():
    strings = [b"hello" + bytes(k) for k in range(40)] + [bytes(k) for k in range(1, 40)]
    strings += [b"x" * k for k in (65534, 65535, 65536, 65537)]
    table = Distinct()
    text = read_only(np.frombuffer(b"".join(strings), np.uint8))
    ends = np.cumsum([len(string) for string in strings], dtype=np.int64)
    table.add(text, 0, ends)
    table.add(text, 0, ends)
    assert len(table) == len(strings)
    assert set(table.texts()[2].tolist()) == {2}


def test_the_table_grows_and_absorbs():
    numbers = np.char.encode(np.arange(100_000).astype(str))
    text = read_only(np.frombuffer(b"".join(numbers.tolist()), np.uint8))
    ends = np.cumsum(np.char.str_len(numbers), dtype=np.int64)
    one, two = Distinct(1, 1), Distinct(1, 1)
    half = 40_000
    one.add(text, 0, ends[:60_000])
    two.add(text, int(ends[half - 1]), ends[half:], np.full(len(ends) - half, 7))
    one.absorb(two)
    assert len(one) == 100_000
    assert len(one.texts()[0]) == ends[-1]
    assert one.texts()[2].sum() == 60_000 + 7 * 60_000
    assert half > PIECES
