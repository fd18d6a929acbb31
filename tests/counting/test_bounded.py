"""Counting within bounds: the same counts, and nothing left behind whatever happens."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from hostile import NORMALIZERS, PRE_TOKENIZERS, texts, tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import Documents

from tokbench import memory
from tokbench.chunks import CUT_SETS
from tokbench.counting import chunk_pass, count, count_chunks, decide, keep, spilling, whole
from tokbench.counting.chunk_pass import count_parts
from tokbench.counting.spilling import Bounds
from tokbench.errors import BudgetError, StoreError
from tokbench.values import ChunkCounts

DOCUMENTS = ["", *texts(5, 150), *["the same again and again"] * 9]
ANY_DOCUMENTS = st.lists(
    st.text(st.sampled_from("ab cd.,'1\n\té世 ") | st.characters(codec="utf-8"), max_size=40),
    max_size=12,
)


@pytest.fixture(autouse=True)
def few_partitions(monkeypatch):
    monkeypatch.setattr(spilling, "PARTITIONS", 4)


@pytest.fixture
def cramped(monkeypatch):
    """No table finds room: what was counted goes to disk before more is. Words do, in the end."""
    monkeypatch.setattr(chunk_pass, "CUTS", 70)  # a scan takes 66 at least
    monkeypatch.setattr(chunk_pass, "UNIT", 200)
    monkeypatch.setattr(decide, "room", lambda _: 400_000)
    monkeypatch.setattr(whole, "PER_BYTE", 4000)


def dictionary(parts):
    found = {}
    for text, offsets, counts in parts.read():
        for number, number_of_times in enumerate(counts.tolist()):
            chunk = text[offsets[number] : offsets[number + 1]].tobytes().decode()
            assert chunk not in found, "in two parts"
            found[chunk] = number_of_times
    return found


def facts(counts):
    return (
        counts.documents, counts.bytes, counts.characters, counts.fingerprint, counts.cut_set,
    )  # fmt: skip


@pytest.mark.parametrize("cut_set", CUT_SETS.values(), ids=CUT_SETS)
@given(documents=ANY_DOCUMENTS)
@settings(max_examples=25)
def test_chunks_are_the_same_through_the_disk(cut_set, documents, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spilled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk_pass, "CUTS", 70)
        patch.setattr(chunk_pass, "UNIT", 50)
        memory_ = Documents(documents, at_once=2)
        parts = count_parts(memory_, cut_set, Bounds(0, lambda: folder), threads=2)
        expected = count_chunks(memory_, cut_set, threads=1)
        assert dictionary(parts) == dict(
            zip(expected.chunks.to_pylist(), expected.counts.tolist(), strict=True)
        )
    assert facts(parts.whole) == facts(expected)
    assert not list(folder.iterdir()), "files go when they are read"


@pytest.mark.parametrize("held", [True, False], ids=["loaded", "streamed"])
@pytest.mark.parametrize("name", ["none", "NFKC", "bert", "replace"])
@pytest.mark.parametrize(
    "pre_name", ["byte_level", "cl100k", "bert", "metaspace", "whitespace", "punctuation", "none"]
)
@pytest.mark.usefixtures("cramped")
def test_words_are_the_same_through_the_disk(
    pre_name, name, held, corpus, as_dict, tmp_path, monkeypatch
):
    made = tokenizer(PRE_TOKENIZERS[pre_name], NORMALIZERS[name])
    monkeypatch.setattr(decide, "PER_HELD", 0 if held else 1 << 40)
    spilled = []
    spill = spilling.Bounded.spill
    monkeypatch.setattr(
        spilling.Bounded, "spill", lambda self: (spilled.append(len(self.table)), spill(self))
    )
    bounded = count(corpus(DOCUMENTS, at_once=10), made, cache=tmp_path / "b", max_word_chars=60)
    assert sum(map(bool, spilled)) > 3
    assert not list((tmp_path / "b").glob(".spilled*"))
    monkeypatch.setattr(decide, "room", lambda _: 1 << 40)
    monkeypatch.setattr(whole, "PER_BYTE", 1)
    free = count(corpus(DOCUMENTS), made, cache=tmp_path / "f", max_word_chars=60)
    assert as_dict(bounded) == as_dict(free)
    assert bounded.left_out == free.left_out
    for each in ("documents", "bytes", "fingerprint", "exact_by", "why"):
        assert getattr(bounded, each) == getattr(free, each), each


def test_what_was_streamed_is_kept_for_everybody(corpus, as_dict, tmp_path, monkeypatch):
    read = corpus(DOCUMENTS)
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    monkeypatch.setattr(decide, "room", lambda _: 400_000)
    monkeypatch.setattr(decide, "PER_HELD", 1 << 40)
    monkeypatch.setattr(keep, "_BATCH", 100)
    count(read, made, cache=tmp_path)
    other = tokenizer(PRE_TOKENIZERS["cl100k"], None)
    streamed = count(read, other, cache=tmp_path)
    (chunks,) = (keep.load(path, ChunkCounts) for path in tmp_path.glob("chunks-*"))
    assert as_dict(chunks) == as_dict(count_chunks(read, CUT_SETS["words"]))
    monkeypatch.undo()
    assert read.reads == ["train"] * 2  # one of them here
    next(tmp_path.glob("chunks-*")).write_bytes(b"damaged")
    assert as_dict(count(read, other, cache=tmp_path / "other")) == as_dict(streamed)


def test_damaged_parts_are_none(corpus, tmp_path):
    path = tmp_path / "x.arrow"
    keep.save(path, count_chunks(corpus(DOCUMENTS), CUT_SETS["words"]))
    assert keep.load_parts(path).whole.documents == len(DOCUMENTS)
    data = path.read_bytes()
    for damaged in (data[:-1], data[:100], b"", data[:50] + b"!" + data[51:]):
        path.write_bytes(damaged)
        assert keep.load_parts(path) is None
    path.unlink()
    assert keep.load_parts(path) is None


def test_several_sources_are_counted_apart_where_they_cannot_be_merged(
    as_dict, tmp_path, monkeypatch
):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)

    class Several(Documents):
        def parts(self):
            return tuple(Documents(self.documents[k::3], name=f"{k}") for k in range(3))

    found = []
    for budget in (400_000, 1 << 40):
        monkeypatch.setattr(decide, "room", lambda _, budget=budget: budget)
        found.append(count(Several(DOCUMENTS), made, cache=tmp_path / str(budget)))
    assert as_dict(found[0]) == as_dict(found[1])
    assert found[0].fingerprint == found[1].fingerprint
    assert found[0].documents == len(DOCUMENTS)


@pytest.mark.usefixtures("cramped")
def test_a_corpus_that_breaks_leaves_nothing(tmp_path):
    class Broken(Documents):
        def batches(self, *arguments, **named):
            yield from super().batches(*arguments, **named)
            assert list(tmp_path.glob("cache/.spilled*/*")), "there was something on disk"
            raise OSError("the end")

    broken = Broken(["one two three", "four five six"] * 200, at_once=20)
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    with pytest.raises(OSError, match="the end"):
        count(broken, made, cache=tmp_path / "cache")
    assert not list(tmp_path.glob("cache/.*"))


@pytest.mark.usefixtures("cramped")
def test_a_full_disk_is_said_in_one_sentence(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spilling.Distinct, "drain", full)
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    with pytest.raises(StoreError, match="No space left on device") as caught:
        count(Documents(DOCUMENTS), made, cache=tmp_path)
    assert str(caught.value).count("\n") == 0
    assert "TOKBENCH_CACHE" in str(caught.value)
    assert not list(tmp_path.glob(".*"))


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    script = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from tokbench import store
        with store.scratch(Path({str(tmp_path / "spilled")!r})) as folder:
            (folder() / "0").write_bytes(b"x" * 1000)
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.glob(".spilled*/0"))
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    count(Documents(["a b"]), made, cache=tmp_path)
    assert not list(tmp_path.glob(".spilled*"))


@pytest.mark.usefixtures("cramped")
def test_who_may_not_write_the_cache_spills_elsewhere(tmp_path, monkeypatch, as_dict):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(decide, "PER_HELD", 1 << 40)
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    there = count(Documents(DOCUMENTS), made, cache=tmp_path / "cache")
    elsewhere = count(Documents(DOCUMENTS), made, cache=nowhere / "cache")
    assert as_dict(elsewhere) == as_dict(there)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "file"]


@pytest.mark.usefixtures("cramped")
def test_words_that_find_no_room_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(decide, "room", lambda _: 1000)
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    with pytest.raises(BudgetError, match="give more"):
        count(Documents(DOCUMENTS), made, cache=tmp_path)


def test_the_least_budget_is_said(tmp_path):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    with pytest.raises(BudgetError, match="give at least 200 MB"):
        count(Documents(["a"]), made, cache=tmp_path, memory=1000)
    assert count(Documents(["a"]), made, cache=tmp_path, memory=memory.LEAST).documents == 1


def test_threads_share_one_folder(tmp_path):
    from tokbench import store

    found = []
    with store.scratch(tmp_path / "spilled") as folder:
        threads = [threading.Thread(target=lambda: found.append(folder())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1
        assert found[0].is_dir()
    assert not list(tmp_path.iterdir())


@given(
    pieces=st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.integers(1, 1 << 40))),
    parts=st.sampled_from([1, 4, 256]),
)
def test_a_table_drains_into_parts_by_hash(pieces, parts):
    tables, homes = [], {}
    for some in (pieces, pieces[::-1]):
        table = spilling.Distinct(0, 0)
        ends = np.cumsum([len(piece) for piece, _ in some], dtype=np.int64)
        weights = np.array([weight for _, weight in some], np.int64)
        table.add(np.frombuffer(b"".join(piece for piece, _ in some), np.uint8), 0, ends, weights)
        tables.append(table)
    for table in tables:
        found = {}
        drained = list(table.drain(parts))
        assert len(drained) == parts
        for home, (text, offsets, counts) in enumerate(drained):
            for number, times in enumerate(counts.tolist()):
                piece = text[offsets[number] : offsets[number + 1]].tobytes()
                found[piece] = times
                assert homes.setdefault(piece, home) == home
        expected = {}
        for piece, weight in pieces:
            expected[piece] = expected.get(piece, 0) + weight
        assert found == expected
        assert len(table) == 0
        table.add(np.frombuffer(b"again", np.uint8), 0, np.array([5]))
        assert table.texts()[2].tolist() == [1]
