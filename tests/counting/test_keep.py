"""Counts on disk: whole, or noticed."""

import dataclasses
import random

import numpy as np
import pyarrow as pa
import pytest

from tokbench.chunks import SPACES
from tokbench.counting import count_chunks, keep
from tokbench.errors import StoreError
from tokbench.values import ChunkCounts, LeftOut, WordCounts

WORDS = WordCounts(
    words=pa.array(["a", "Ġé"], pa.large_string()),
    counts=np.array([1 << 40, 2]),
    documents=3,
    bytes=1 << 41,
    fingerprint="f" * 32,
    exact_by="chunks",
    why="é",
    left_out=(LeftOut("long", 20_000, 1, "here: 1"),),
)


def same(one, two):
    for each in dataclasses.fields(one):
        left, right = getattr(one, each.name), getattr(two, each.name)
        if isinstance(left, np.ndarray):
            left, right = left.tolist(), right.tolist()
        elif isinstance(left, pa.Array):
            left, right = left.to_pylist(), right.to_pylist()
        assert left == right, each.name
    return True


@pytest.fixture
def chunks(corpus):
    return count_chunks(corpus(["a b c", "ü ü", ""]), SPACES)


def test_what_is_saved_comes_back(tmp_path, chunks, corpus):
    for counts in (WORDS, chunks, count_chunks(corpus([]), SPACES)):
        keep.save(tmp_path / "x.arrow", counts)
        assert same(keep.load(tmp_path / "x.arrow", type(counts)), counts)
    assert [path.name for path in tmp_path.iterdir()] == ["x.arrow"]


def test_any_arrow_reader_reads_it(tmp_path):
    keep.save(tmp_path / "x.arrow", WORDS)
    with pa.OSFile(str(tmp_path / "x.arrow")) as file:
        table = pa.ipc.open_stream(file).read_all()
    assert table.to_pydict() == {"text": ["a", "Ġé"], "count": [1 << 40, 2]}


def test_damage_is_noticed(tmp_path, chunks):
    path = tmp_path / "x.arrow"
    keep.save(path, chunks)
    data = path.read_bytes()
    chance = random.Random(0)
    places = [0, 1, len(data) - 1, *(chance.randrange(len(data)) for _ in range(200))]
    for place in places:
        path.write_bytes(
            data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
        )
        assert keep.load(path, ChunkCounts) is None
        path.write_bytes(data[:place])
        assert keep.load(path, ChunkCounts) is None


def test_absent_or_another_kind_is_none(tmp_path, chunks):
    assert keep.load(tmp_path / "absent", WordCounts) is None
    keep.save(tmp_path / "x.arrow", chunks)
    assert keep.load(tmp_path / "x.arrow", WordCounts) is None


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        keep.save(tmp_path / "file" / "x.arrow", WORDS)
