"""The stream as a whole: splits, batches, progress, identity, fingerprint."""

import gzip
import json
import math
import pickle
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from corpus_files import TEXTS, Documents, written
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tokbench import corpus
from tokbench.corpus import CorpusSpec, Fingerprint, OpenCorpus
from tokbench.corpus.documents import array_of, batch, gather, integers, keep
from tokbench.corpus.mixing.split_kernel import hash_documents, mark_below
from tokbench.corpus.rows import Rows, rows_of, with_column
from tokbench.corpus.rows import texts_of as texts_in
from tokbench.fingerprint import characters_as_bytes, offsets, together

if TYPE_CHECKING:
    from tokbench.values import Corpus, Progress

Open = Callable[..., OpenCorpus]


def texts_of(opened: OpenCorpus, split: str) -> list[str]:
    batches = opened.batches(split)  # type: ignore[arg-type]
    return [text for batch in batches for text in batch.column("text").to_pylist()]


@given(st.lists(st.text(), max_size=20), st.floats(0, 1, exclude_max=True))
def test_held_out_rule(texts: list[str], held_out: float) -> None:
    digests = [xxhash.xxh64(text.encode(), seed=0).intdigest() for text in texts]
    # Python compares an int and a float exactly.
    out = [text for text, digest in zip(texts, digests, strict=True) if digest < held_out * 2**64]
    array = array_of([text.encode() for text in texts])
    rows = with_column(batch(array, 3), "number", integers(np.arange(len(texts), dtype=np.int32)))
    splits = {split: keep(rows, split, held_out) for split in ("train", "held_out", "all")}
    found = {split: texts_in(kept).to_pylist() for split, kept in splits.items()}
    assert found["held_out"] == out
    assert sorted(out + found["train"]) == sorted(texts)
    assert found["all"] == texts
    for kept in splits.values():
        assert [texts[number] for number in kept["number"].to_pylist()] == kept["text"].to_pylist()
        assert set(kept["source"].to_pylist()) <= {3}


def test_held_out_at_the_very_digest() -> None:
    digest = xxhash.xxh64(b"x", seed=0).intdigest()
    below, above = digest / 2**64, math.nextafter(digest / 2**64, 1)
    while int(below * 2**64) > digest:
        below, above = math.nextafter(below, 0), below
    one = batch(array_of([b"x"]), 0)
    assert len(keep(one, "held_out", below)) == 0
    assert len(keep(one, "held_out", above)) == 1


def test_splits_are_nested_and_whole(tmp_path: Path, opened: Open) -> None:
    lines = [f"line {number}" for number in range(3000)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    smaller: set[str] = set()
    for held_out in (0.0, 0.01, 0.05, 0.3):
        found = opened("a.txt", held_out=held_out)
        out, rest = texts_of(found, "held_out"), texts_of(found, "train")
        assert smaller <= set(out)
        assert sorted(out + rest) == sorted(lines)
        assert texts_of(found, "all") == lines
        assert abs(len(out) / 3000 - held_out) < 0.02
        smaller = set(out)


@pytest.mark.parametrize("held_out", [0.0, 0.5])
def test_no_documents_give_no_batches(held_out: float, tmp_path: Path, opened: Open) -> None:
    (tmp_path / "a.txt").touch()
    for split in ("train", "held_out", "all"):
        assert texts_of(opened("a.txt", held_out=held_out), split) == []
    assert opened("a.txt").fingerprint().documents == 0


def test_batches_say_their_source_and_are_bounded(tmp_path: Path) -> None:
    line = "x" * 99
    (tmp_path / "a.txt").write_text(f"{line}\n" * 100_000)
    for number in range(300):
        (tmp_path / f"small{number}.txt").write_text("one\ntwo\n")
    (tmp_path / "b.txt").write_text("y" * 9_000_000)
    sources = [{"type": "files", "paths": path} for path in ("a.txt", "small*.txt", "b.txt")]
    opened = corpus.open(CorpusSpec.model_validate({"sources": sources}), tmp_path)
    assert opened.sources == ("a.txt", "small*.txt", "b.txt")
    batches = list(opened.batches("all"))
    rows = [0, 0, 0]
    for each in batches:
        (source,) = set(each.column("source").to_pylist())
        rows[source] += len(each)
        assert each.schema == pa.schema({"text": pa.large_string(), "source": pa.int32()})
        assert each.column("text").nbytes <= 4 << 20 or len(each) == 1
    assert rows == [100_000, 600, 1]
    assert len(batches) < 10


@given(st.lists(st.lists(st.binary(max_size=30), max_size=20)), st.integers(1, 200))
def test_gather_keeps_every_document(lists: list[list[bytes]], limit: int) -> None:
    pieces = [
        Rows(rows_of(array_of(texts)), number, number // 3) for number, texts in enumerate(lists)
    ]
    found = list(gather(iter(pieces), limit))
    homes = [number // 3 for number, texts in enumerate(lists) for _ in texts]
    given = 0
    for rows in found:
        given += len(rows.batch)
        assert rows.seen == homes[:given].count(rows.piece), "where another read goes on"
    flat = [text.as_buffer().to_pybytes() for rows in found for text in rows.texts]
    assert flat == [text for texts in lists for text in texts]
    assert all(len(rows.batch) == 1 or rows.texts.nbytes <= limit for rows in found)
    assert [rows.done for rows in found] == sorted(rows.done for rows in found)


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.zip", *written([])])
def test_progress(name: str, tmp_path: Path, opened: Open) -> None:
    texts = [random.Random(number).randbytes(20).hex() for number in range(30_000)]
    plain = "\n".join(texts).encode()
    if name == "a.zip":
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", plain)
            archive.writestr("b.txt", plain)
    else:
        made = {"a.txt": plain, "a.txt.gz": gzip.compress(plain), **written(texts)}
        (tmp_path / name).write_bytes(made[name])
    seen: list[Progress] = []
    documents = len(list(texts)) * (2 if name == "a.zip" else 1)
    for split in ("all", "held_out"):
        seen.clear()
        for _ in opened(name).batches(split, seen.append):
            pass
        size = (tmp_path / name).stat().st_size
        assert [report.done for report in seen] == sorted(report.done for report in seen)
        assert {(p.stage, p.total, p.unit) for p in seen} == {("reading", size, "bytes")}
        assert seen[-1].done == size
        if split == "all":
            assert seen[-1].documents == documents


def test_fingerprint_of_the_multiset(tmp_path: Path, opened: Open) -> None:
    for name, data in written(TEXTS).items():
        (tmp_path / name).write_bytes(data)
    prints = {str(opened(name).fingerprint()) for name in written([])}
    assert len(prints) == 1
    shuffled = random.Random(0).sample(TEXTS, len(TEXTS))
    (tmp_path / "b.jsonl").write_bytes(written(shuffled)["a.jsonl"])
    assert {str(opened("b.jsonl").fingerprint())} == prints
    for other in (TEXTS[1:], [*TEXTS, TEXTS[0]], [*TEXTS, ""], ["".join(TEXTS)]):
        (tmp_path / "c.jsonl").write_bytes(written(other)["a.jsonl"])
        assert str(opened("c.jsonl").fingerprint()) not in prints


@given(st.lists(st.text(), max_size=20))
def test_fingerprint_is_the_sum_of_those_of_the_documents(texts: list[str]) -> None:
    encoded = [text.encode() for text in texts]
    made, alone = Fingerprint(), [Fingerprint() for _ in texts]
    made.update(array_of([b"before", *encoded, b"after"])[1:-1])
    for each, text in zip(alone, encoded, strict=True):
        each.update(array_of([text]))
    assert str(made) == together(map(str, alone))
    assert len({*map(str, alone)}) == len({*texts})
    assert (made.documents, made.bytes) == (len(texts), sum(map(len, encoded)))


@given(st.lists(st.binary(max_size=100), max_size=20), st.integers(0, 2**64 - 1))
def test_documents_are_held_out_by_xxh64(texts: list[bytes], limit: int) -> None:
    array = array_of([b"before", *texts])[1:]
    below = np.empty(len(texts), np.uint8)
    mark_below(characters_as_bytes(array), offsets(array), np.uint64(limit), below)
    assert below.tolist() == [xxhash.xxh64_intdigest(text) < limit for text in texts]
    hashes = np.empty(len(texts), np.uint64)
    hash_documents(characters_as_bytes(array), offsets(array), np.uint64(limit), hashes)
    assert hashes.tolist() == [xxhash.xxh64_intdigest(text, seed=limit) for text in texts]


def test_fingerprint_of_a_split(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "a.txt").write_text("\n".join(map(str, range(1000))))
    found = opened("a.txt", held_out=0.5)
    both = [found.fingerprint("train"), found.fingerprint("held_out")]
    assert together(map(str, both)) == str(found.fingerprint())
    assert sum(one.documents for one in both) == 1000


def test_identity_moves_with_the_folder_and_changes_with_what_is_read(tmp_path: Path) -> None:
    def identity(folder: str, **options: object) -> str:
        options = {"paths": "*.txt", **options}
        held_out = options.pop("held_out", 0.05)
        source = {"type": "files", **options}
        spec = CorpusSpec.model_validate({"sources": [source], "held_out": held_out})
        return corpus.open(spec, tmp_path / folder).identity()

    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("a\nb\n")
    before = identity("one")
    (tmp_path / "one" / "a.txt").rename(tmp_path / "one" / "renamed.txt")
    assert before == identity("two") == identity("one")
    assert before == identity("one", paths=str(tmp_path / "two" / "a.txt"), name="other")
    changed = [identity("one", sample_by="document"), identity("one", held_out=0.06)]
    (tmp_path / "one" / "renamed.txt").write_text("a\nc\n")
    changed.append(identity("one"))
    (tmp_path / "two" / "b.txt").write_text("")
    changed.append(identity("two"))
    assert len({before, *changed}) == 5


def test_corpus_can_be_pickled_and_reread(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "a.jsonl").write_bytes(written(TEXTS)["a.jsonl"])
    found: Corpus = opened("a.jsonl")
    copy = pickle.loads(pickle.dumps(found))
    assert copy == found
    assert texts_of(copy, "all") == texts_of(copy, "all") == TEXTS


def test_paths(
    tmp_path: Path, opened: Open, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b/2.txt", "b/c/3.txt", "1.txt", "[x].txt", ".hidden.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert documents("**/*.txt") == ["1.txt", "[x].txt", "b/2.txt", "b/c/3.txt"]
    assert documents("b/**") == ["b/2.txt", "b/c/3.txt"]
    assert documents("[x].txt") == ["[x].txt"]
    assert documents("1.txt", "./1.txt", "b/../1.txt", str(tmp_path / "*1.txt")) == ["1.txt"]
    assert documents("b/2.txt", "*.txt") == ["b/2.txt", "1.txt", "[x].txt"]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert documents("~/b/2.txt") == ["b/2.txt"]
    assert opened("b/2.txt", "*.txt").sources == ("b/2.txt and 1 more",)
    assert opened("1.txt", name="one").sources == ("one",)


def test_bare_name_and_schema() -> None:
    bare = CorpusSpec.model_validate({"sources": ["python_docs"]})
    assert bare == CorpusSpec.model_validate({"sources": [{"type": "python_docs"}]})
    assert bare == CorpusSpec.model_validate(bare.model_dump())
    assert bare == CorpusSpec.model_validate_json(bare.model_dump_json())
    schema = CorpusSpec.model_json_schema()
    (bare_form, _) = schema["properties"]["sources"]["items"]["anyOf"]
    python = ("docs", "docstrings", "sentences", "signatures", "source", "tokens")
    names = ["given", *(f"python_{name}" for name in python)]
    assert bare_form == {"type": "string", "enum": names}
    assert schema == TypeAdapter(CorpusSpec).json_schema()
    assert "documents that training never sees" in json.dumps(schema)


def test_looking_at_a_spec_needs_no_arrow() -> None:
    code = "import sys, tokbench.corpus; print('pyarrow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_reading_needs_no_pandas(tmp_path: Path) -> None:
    for name, data in written(["a"]).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "a.txt").write_text("a")
    code = """if True:
        import sys, pathlib
        from tokbench import corpus
        spec = corpus.CorpusSpec(sources=[{"type": "files", "paths": "a.*"}, "python_docs"])
        opened = corpus.open(spec, pathlib.Path(sys.argv[1]))
        print(sum(len(batch) for batch in opened.batches()) > 7)
        print({"pandas", "datasets", "transformers", "tokenizers"} & set(sys.modules))
    """
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert run.stdout == "True\nset()\n"


def test_sources_of_one_name_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    plain = {"type": "files", "paths": "a.txt"}
    sources = [plain, plain, {**plain, "name": "a.txt (2)"}, plain]
    opened = corpus.open(CorpusSpec.model_validate({"sources": sources}), tmp_path)
    assert opened.sources == ("a.txt", "a.txt (3)", "a.txt (2)", "a.txt (4)")
    assert [part.sources[0] for part in opened.parts()] == [*opened.sources]
    assert tuple(one.name for one in opened.composition().sources) == opened.sources
