from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokbench import writing
from tokbench.writing import FORMATS, Rows

documents = st.lists(st.lists(st.integers(0, 70_000), max_size=9), min_size=1, max_size=8)


def flat(some):
    lengths = np.array([len(one) for one in some], np.int64)
    return np.array([number for one in some for number in one], np.int32), lengths


def read(folder, dtype):
    found = []
    for ids, lengths in writing.blocks(folder, dtype):
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        pairs = pairwise(bounds)
        found += [ids[start:end].tolist() for start, end in pairs]
    return found


@given(some=st.lists(documents, min_size=1, max_size=4), name=st.sampled_from(sorted(FORMATS)))
def test_what_is_written_is_read(some, name, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("ids")
    writer = writing.writer(name, folder, 70_001)
    for part in some:
        writer.write(*flat(part))
    writer.close()
    assert read(folder, writing.id_type(70_001)) == [one for part in some for one in part]


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("safe", [0, 1, 2])
def test_what_came_behind_a_checkpoint_is_written_again(name, safe, tmp_path) -> None:
    parts = [[[1, 2], []], [[3]], [[4, 5, 6]]]
    writer = writing.writer(name, tmp_path, 100)
    state = None
    for number, part in enumerate(parts):
        writer.write(*flat(part))
        if number < safe:
            state = writer.checkpoint()
    writer.close()  # more than was noted: the process is killed before it says so
    again = writing.writer(name, tmp_path, 100, state)
    for part in parts[safe:]:
        again.write(*flat(part))
    again.close()
    assert read(tmp_path, writing.id_type(100)) == [one for part in parts for one in part]


@given(some=documents, length=st.integers(1, 7))
def test_packed_rows_are_the_stream(some, length) -> None:
    rows = Rows(length)
    found = []
    for one in some:
        ids, lengths = rows.of(*flat([one]))
        assert set(lengths.tolist()) <= {length}
        found += ids.tolist()
    last, lengths = rows.last()
    assert lengths.tolist() == ([len(last)] if len(last) else [])
    assert len(last) < length
    assert found + last.tolist() == [number for one in some for number in one]


def test_datasets_reads_the_tables(tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    for name in ("arrow", "parquet"):
        (tmp_path / name).mkdir()
        writer = writing.writer(name, tmp_path / name, 70_001)
        writer.write(*flat([[1, 70_000], [2]]))
        writer.close()
        files = str(tmp_path / name / f"part-*.{name}")
        found = datasets.load_dataset(name, data_files=files, split="train", cache_dir=tmp_path)
        assert found["input_ids"][:] == [[1, 70_000], [2]]
