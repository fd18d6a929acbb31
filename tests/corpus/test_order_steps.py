"""Steps that choose or order documents by looking at many: sort, shuffle, sample, limit, dedupe."""

import gc
import sys
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from tokbench.corpus.cleaning import spilling
from tokbench.corpus.cleaning.seen import Seen
from tokbench.corpus.cleaning.step import Tally
from tokbench.corpus.cleaning.trying import after, tried
from tokbench.corpus.documents import array_of
from tokbench.corpus.mixing.split_kernel import hash_documents
from tokbench.corpus.rows import Rows, rows_of
from tokbench.corpus.steps.dedupe import Dedupe, NearSpec
from tokbench.corpus.steps.limit import Limit
from tokbench.corpus.steps.sample import Sample
from tokbench.corpus.steps.shuffle import Shuffle
from tokbench.corpus.steps.sort import Sort
from tokbench.errors import CorpusError
from tokbench.fingerprint import characters_as_bytes, offsets
from tokbench.store import cache_dir

MANY = [f"document {number}" for number in range(3000)]
texts_ = st.lists(st.text(max_size=5), max_size=30)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches on disk, and behind it, of some documents."""
    monkeypatch.setattr(spilling, "WRITTEN", 200)
    monkeypatch.setattr(spilling, "BATCH_BYTES", 100)


@given(st.lists(st.binary(max_size=70)), st.integers(0, 2**64 - 1))
def test_hash_has_a_seed(texts: list[bytes], seed: int) -> None:
    array = array_of(texts)
    hashes = np.empty(len(texts), np.uint64)
    hash_documents(characters_as_bytes(array), offsets(array), np.uint64(seed), hashes)
    assert hashes.tolist() == [xxhash.xxh64_intdigest(text, seed=seed) for text in texts]


@given(st.lists(st.tuples(st.text(max_size=3), st.none() | st.integers(0, 3))), st.booleans())
def test_sort(rows: list[tuple[str, int | None]], descending: bool) -> None:
    columns = {"text": [text for text, _ in rows], "year": [year for _, year in rows]}
    sign = -1 if descending else 1
    if any(year is not None for _, year in rows):
        by_year = sorted(rows, key=lambda row: (row[1] is None, sign * (row[1] or 0)))
        out, _ = tried(Sort(by="year", descending=descending), columns, 4)
        assert list(zip(out["text"], out["year"], strict=True)) == by_year
    by_length = sorted(columns["text"], key=lambda text: sign * len(text))
    assert after(Sort(by="length", descending=descending), columns["text"]) == by_length
    by_text = sorted(columns["text"], key=str.encode, reverse=descending)
    assert after(Sort(by="text", descending=descending), columns["text"]) == by_text


@pytest.mark.usefixtures("small")
def test_more_than_a_batch_is_sorted_and_shuffled() -> None:
    columns = {"text": MANY, "number": list(range(len(MANY)))}
    out, _ = tried(Sort(by="number", descending=True), columns, 7)
    assert out["text"] == MANY[::-1]
    shuffled, _ = tried(Shuffle(), columns, 7)
    assert shuffled["text"] == [MANY[number] for number in shuffled["number"]]
    assert sorted(shuffled["text"]) == sorted(MANY)


def test_sort_by_what_has_no_order() -> None:
    said = r"^step sort: column 'tags' holds list<.*>, which has no order; sort by a column of"
    with pytest.raises(CorpusError, match=said):
        after(Sort(by="tags"), ["a"], {"tags": [["x"]]})


def test_shuffle_is_by_seed_alone() -> None:
    one, other = after(Shuffle(seed=1), MANY), after(Shuffle(seed=2), MANY)
    assert sorted(map(str, one)) == sorted(map(str, other)) == sorted(MANY)
    assert MANY != one != other
    assert tried(Shuffle(seed=1), {"text": MANY}, 11)[0]["text"] == one
    places = np.argsort([MANY.index(str(text)) for text in one])
    assert abs(np.corrcoef(places, np.arange(len(MANY)))[0, 1]) < 0.06
    same = tried(Shuffle(), {"text": ["x"] * 100, "number": list(range(100))})[0]["number"]
    assert same != sorted(same), "equal texts are shuffled, too"


@pytest.mark.parametrize("size", [None, 9])
@pytest.mark.usefixtures("small")
def test_sample_is_the_beginning_of_the_shuffle(size: int | None) -> None:
    numbers = list(range(len(MANY)))
    order = tried(Shuffle(seed=3), {"text": MANY, "number": numbers})[0]["number"]
    for count in (1, 10, 500, 2999, 3000, 9000):
        out, tally = tried(Sample(documents=count, seed=3), {"text": MANY, "number": numbers}, size)
        assert out["number"] == sorted(order[:count])
        assert tally.dropped == max(3000 - count, 0)
    sizes = list(accumulate(len(MANY[number]) for number in order))
    for most in (20, 1000, 10_000):
        out, _ = tried(Sample(bytes=most, seed=3), {"text": MANY, "number": numbers}, size)
        assert out["number"] == sorted(order[: sum(total <= most for total in sizes)])


@given(texts_, st.integers(1, 20))
def test_sample_never_exceeds(texts: list[str], most: int) -> None:
    assert len(after(Sample(documents=most), texts)) == min(most, len(texts))
    kept = after(Sample(bytes=most), texts)
    assert sum(len(str(text).encode()) for text in kept) <= most


def test_sample_keeps_few_candidates() -> None:
    written = []

    class Counting(spilling.Spill):
        def write(self, rows: Rows) -> None:
            written.append(len(rows.batch))
            super().write(rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spilling, "Spill", Counting)
        texts = [str(number) for number in range(100_000)]
        out, _ = tried(Sample(documents=100), {"text": texts}, 1000)
    assert len(out["text"]) == 100
    assert sum(written) < 3000


def test_share_is_by_text_and_says_nothing_of_what_is_held_out() -> None:
    kept = after(Sample(share=0.3), MANY)
    assert abs(len(kept) / len(MANY) - 0.3) < 0.03
    assert after(Sample(share=0.3), MANY[::-1]) == kept[::-1]
    assert set(after(Sample(share=0.2), MANY)) < set(kept)
    assert set(after(Sample(share=0.3, seed=1), MANY)) != set(kept)
    for some in (kept, after(Sample(documents=1000), MANY), after(Shuffle(), MANY)[:1000]):
        out = sum(xxhash.xxh64_intdigest(str(text).encode()) < 0.5 * 2**64 for text in some)
        assert abs(out / len(some) - 0.5) < 0.05


def stream(texts: list[str], size: int, read: list[int]) -> Iterator[Rows]:
    for start in range(0, len(texts), size):
        read.append(start)
        yield Rows(
            rows_of(array_of([text.encode() for text in texts[start : start + size]])), start
        )


def test_limit_reads_no_further() -> None:
    read: list[int] = []
    tally = Tally("limit")
    out = list(Limit(documents=25).apply(stream(MANY, 10, read), tally))
    assert [len(rows.batch) for rows in out] == [10, 10, 5]
    assert read == [0, 10, 20]
    assert tally.reasons == {"over the limit": 5}
    assert tally.examples[0] == ("document 25", None)
    read.clear()
    list(Limit(documents=20).apply(stream(MANY, 10, read), tally))
    assert read == [0, 10]


@given(texts_, st.integers(1, 40), st.integers(1, 5))
def test_limit(texts: list[str], most: int, size: int) -> None:
    assert tried(Limit(documents=most), {"text": texts}, size)[0]["text"] == texts[:most]
    kept = tried(Limit(bytes=most), {"text": texts}, size)[0]["text"]
    assert kept == texts[: len(kept)]
    total = sum(len(text.encode()) for text in kept)
    assert total <= most
    assert kept == texts or total + len(texts[len(kept)].encode()) > most or total == most


@pytest.mark.parametrize("step", [Shuffle(), Sort(by="length"), Sample(documents=500)])
@pytest.mark.usefixtures("small")
def test_nothing_is_left_on_disk(step: Any) -> None:
    def files() -> list[str]:
        gc.collect()
        folder = Path("/proc/self/fd")
        opened = [
            str(one.readlink()) for one in folder.iterdir() if one.exists() or one.is_symlink()
        ]
        return [path for path in opened if str(cache_dir()) in path]

    whole = step.apply(stream(MANY, 50, []), Tally(step.type))
    assert sum(len(rows.batch) for rows in whole) in (500, 3000)
    given_up = step.apply(stream(MANY, 50, []), Tally(step.type))
    assert len(list(islice(given_up, 1))) == 1
    if Path("/proc/self/fd").is_dir():
        assert len(set(files())) == 1
    given_up.close()
    if Path("/proc/self/fd").is_dir():
        assert files() == []
    assert list((cache_dir() / "spill").iterdir()) == []


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    writer = SimpleNamespace(write_batch=refuse, close=refuse)
    monkeypatch.setattr(spilling.pa.ipc, "new_file", lambda *_: writer)
    with pytest.raises(CorpusError, match=r"spill: cannot be written: No space left .*; make room"):
        after(Shuffle(), ["a"])
    monkeypatch.setattr(spilling, "TemporaryFile", refuse)
    with pytest.raises(CorpusError, match=r"spill: cannot be written: No space left .*; make room"):
        after(Sort(by="text"), ["a"])


def test_a_column_that_changes_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [
        pa.RecordBatch.from_pydict({"text": pa.array(["a" * 40], pa.large_string()), "year": year})
        for year in (pa.array([1]), pa.array(["2"]))
    ]
    monkeypatch.setattr(spilling, "WRITTEN", 40)
    behind = Sort(by="year").apply((Rows(batch, 0) for batch in batches), Tally("sort"))
    with pytest.raises(CorpusError, match=r"^a column changes its type \(.*\); convert it where"):
        next(behind)


@given(st.lists(st.sampled_from(["", "a", "b", "\0", "\0\0", "한"]) | st.text(), max_size=40))
def test_dedupe(texts: list[str]) -> None:
    out, tally = tried(Dedupe(), {"text": texts}, 3)
    assert out["text"] == list(dict.fromkeys(texts))
    assert tally.dropped == len(texts) - len(set(texts))


def test_dedupe_of_more_than_the_first_table_holds() -> None:
    texts = [str(number % 20_000) for number in range(50_000)]
    assert tried(Dedupe(), {"text": texts}, 999)[0]["text"] == texts[:20_000]


def test_a_hash_of_zeros_is_one_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tokbench.corpus.cleaning.seen._hashes", lambda _: np.zeros((3, 2), np.uint64)
    )
    seen = Seen().again(array_of([b"a", b"b", b"c"]), np.array([0, 1, 0], np.uint8))
    assert seen.tolist() == [0, 0, 1]


def runs(text: str) -> set[str]:
    return {text[start : start + 5] for start in range(max(1, len(text) - 4))}


def test_near_documents() -> None:
    chance = np.random.default_rng(5)
    words = [f"{number:x}"[:4] + "-" for number in chance.integers(10**5, 10**6, 3000)]
    texts = []
    for start in range(0, 1200, 120):
        base = words[start : start + 120]
        texts.append(" ".join(base))
        for changed in (1, 4, 20, 60):
            places = chance.integers(0, 120, changed)
            texts.append(" ".join("other" if n in places else w for n, w in enumerate(base)))
    step = Dedupe(near=NearSpec(threshold=0.7, ngram=5, num_perm=256))
    out, tally = tried(step, {"text": texts}, 7)
    kept: list[set[str]] = []
    doubtful = 0
    for text in texts:
        alike = max((len(runs(text) & one) / len(runs(text) | one) for one in kept), default=0)
        if abs(alike - 0.7) < 0.12:
            doubtful += 1
        else:
            assert (text in out["text"]) == (alike < 0.7), alike
        if text in out["text"]:
            kept.append(runs(text))
    assert doubtful < len(texts) / 4
    assert 10 < tally.reasons["much the same came before"] < 35
    assert tried(step, {"text": texts})[0] == out


def test_exempt_rows_are_neither_dropped_nor_remembered() -> None:
    rows = {"kind": ["code", "web", "code", "web", None], "year": [1, 1, 2, 1, 1]}
    step = Dedupe.model_validate({"exempt": {"kind": "code", "year": [7, 8]}})
    assert after(step, ["x"] * 5, rows) == ["x"] * 3
    assert step.needs(frozenset()) == {"kind", "year"}


def test_near_without_rensa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(
        CorpusError, match=r"^step dedupe needs rensa; pip install 'tokbench\[near\]'$"
    ):
        after(Dedupe(near=NearSpec()), ["a"])
