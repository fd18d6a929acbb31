"""Shards of a corpus: each document in exactly one, whatever they are made of and cut by."""

import gzip
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench import corpus
from tokbench.corpus import CorpusSpec, OpenCorpus, sharding
from tokbench.corpus.sharding.line import ALL, stretches
from tokbench.corpus.sources.files import FilesSource
from tokbench.errors import CorpusError
from tokbench.values import texts

SIZES = st.lists(st.lists(st.integers(1, 10**15), min_size=1, max_size=9), min_size=1, max_size=5)
ROWS = st.lists(
    st.lists(st.text(st.sampled_from("ab é\t새"), max_size=6), max_size=12), min_size=1, max_size=5
)


@given(sizes=SIZES, of=st.integers(1, 40), data=st.data())
def test_every_part_of_every_piece_is_in_one_shard(sizes, of, data):
    whole = data.draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    ends: dict[tuple[int, int], int] = {}
    for number in range(of):
        for stretch in stretches(sizes, whole, number, of):
            for piece, (low, high) in enumerate(stretch.windows, stretch.first):
                assert ends.get((stretch.source, piece), 0) == low < high
                assert (low, high) == (0, ALL) or not whole[stretch.source]
                ends[stretch.source, piece] = high
    every = {(source, piece) for source, one in enumerate(sizes) for piece in range(len(one))}
    assert ends == dict.fromkeys(every, ALL)


def test_shards_are_fair_and_read_few_files():
    sizes = [[100 + number % 7 for number in range(1000)]]
    found = [stretches(sizes, [False], number, 16)[0] for number in range(16)]
    assert {len(one.windows) for one in found} <= {62, 63, 64}
    assert all(window == (0, ALL) for one in found for window in one.windows), "none is cut"


def written(folder: Path, files: list[list[str]], kinds: list[str]) -> None:
    for number, (rows, kind) in enumerate(zip(files, kinds, strict=True)):
        lines = "".join(
            json.dumps({"text": row, "n": place}) + "\n" for place, row in enumerate(rows)
        )
        path = folder / f"{number}.{kind}"
        if kind == "parquet":
            columns = {"text": pa.array(rows, pa.string()), "n": list(range(len(rows)))}
            pq.write_table(pa.table(columns), path, row_group_size=3)
        elif kind == "jsonl.zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a.jsonl", lines)
                archive.writestr("b.jsonl", lines)
        else:
            path.write_bytes(
                gzip.compress(lines.encode()) if kind.endswith(".gz") else lines.encode()
            )


def documents(read: Any, split: str) -> Counter[tuple[str, str]]:
    return Counter(
        (read.sources[0], text) for batch in read.batches(split) for text in texts(batch)
    )


@given(
    files=ROWS,
    kinds=st.lists(
        st.sampled_from(["jsonl", "jsonl.gz", "parquet", "jsonl.zip"]), min_size=5, max_size=5
    ),
    of=st.integers(1, 20),
    steps=st.sampled_from(
        [[], ["drop_empty"], [{"type": "dedupe"}], [{"type": "sample", "share": 0.5}]]
    ),
)
@settings(max_examples=25)
def test_all_shards_are_the_whole(files, kinds, of, steps, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharded")
    written(folder, files, kinds[: len(files)])
    sources = [
        {"type": "files", "paths": path.name, "steps": steps, "held_out": number / 8}
        for number, path in enumerate(sorted(folder.iterdir()))
    ]
    sources.append(
        {"type": "files", "paths": "*.*", "name": "all"}
        if len({*kinds[: len(files)]}) == 1
        else sources[0] | {"name": "again"}
    )
    whole = corpus.open(CorpusSpec.model_validate({"sources": sources}), folder)
    for split in ("train", "held_out"):
        found: Counter[tuple[str, str]] = Counter()
        abouts: dict[int, dict[str, Any]] = {}
        for number in range(1, of + 1):
            for one in whole.shard(number, of):
                found += documents(one, split)
                about = json.loads(json.dumps(one.about()))
                abouts[one.number] = (
                    sharding.together(abouts[one.number], about) if one.number in abouts else about
                )
        expected: Counter[tuple[str, str]] = Counter()
        for part in whole.parts():
            expected += documents(part, split)
        assert found == expected
        assert [sharding.identity(abouts[number]) for number in sorted(abouts)] == [
            part.identity() for part in whole.parts()
        ]
    for part, about in zip(
        whole.parts(), (abouts[number] for number in sorted(abouts)), strict=True
    ):
        sharding.keep(about, "train")
        (told,), (one,) = part.composition().sources, part.opened
        assert told.name == one.name


def opened(folder: Path, **said: Any) -> OpenCorpus:
    return corpus.open(CorpusSpec.model_validate(said), folder)


def test_what_became_of_documents_is_known_without_reading_all(tmp_path):
    written(tmp_path, [["a", "", "b b", "a"] * 9, ["c", ""] * 5], ["jsonl", "jsonl"])
    source = {"type": "files", "paths": "*.jsonl", "steps": ["drop_empty", "lowercase"]}
    read = opened(tmp_path, sources=[source], held_out=0.3)
    abouts = []
    for number in range(1, 8):
        for one in read.shard(number, 7):
            list(one.batches("train"))
            abouts.append(one.about())
    known = abouts[0]
    for other in abouts[1:]:
        known = sharding.together(known, other)
    sharding.keep(known, "train")
    from_shards = read.composition()
    assert from_shards.sources[0].read == 46
    list(opened(tmp_path, sources=[source], held_out=0.3).batches())
    (whole,) = read.composition().sources
    (told,) = from_shards.sources
    assert told.documents == whole.documents
    for mine, theirs in zip(told.steps, whole.steps, strict=True):
        for name in (
            "documents_in",
            "documents_out",
            "bytes_in",
            "bytes_out",
            "reasons",
            "changed",
        ):
            assert getattr(mine, name) == getattr(theirs, name)


def test_a_source_that_is_no_files_is_divided_too():
    read = opened(Path(), sources=[{"type": "python_docstrings"}, {"type": "python_source"}])
    shards = [read.shard(number, 3) for number in (1, 2, 3)]
    for number, part in enumerate(read.parts()):
        found: Counter[tuple[str, str]] = Counter()
        for slices in shards:
            for one in slices:
                if one.number == number:
                    found += documents(one, "train")
        assert found == documents(part, "train")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"steps": ["dedupe"]}, "step dedupe looks at the documents of all sources"),
        ({"mix": {}}, "mix and at_most choose documents by the size of whole sources"),
    ],
)
def test_what_looks_across_sources_is_refused(said, why, corpus_file):
    read = opened(
        corpus_file.parent, sources=[{"type": "files", "paths": corpus_file.name}], **said
    )
    for call in (lambda: sharding.outline(read, 2), lambda: read.shard(1, 2)):
        with pytest.raises(CorpusError, match=why) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_outlines_tell_corpora_and_divisions_apart(tmp_path):
    written(tmp_path, [["a"] * 9, ["b"] * 3], ["jsonl", "jsonl"])
    source = {"type": "files", "paths": "*.jsonl"}
    variants = [
        {"sources": [source]},
        {"sources": [source], "held_out": 0.1},
        {"sources": [source | {"steps": ["lowercase"]}]},
        {"sources": [source | {"paths": "0.jsonl"}]},
    ]
    found = [sharding.outline(opened(tmp_path, **said), of) for said in variants for of in (1, 2)]
    assert len({*found}) == len(found)
    assert found[0] == sharding.outline(opened(tmp_path, **variants[0]), 1)


def test_a_file_that_changed_meanwhile_is_told(tmp_path):
    written(tmp_path, [["a"] * 9], ["jsonl"])
    read = opened(tmp_path, sources=[{"type": "files", "paths": "0.jsonl"}])
    ((first,), (second,)) = (read.shard(number, 2) for number in (1, 2))
    before = first.about()
    written(tmp_path, [["b"] * 9], ["jsonl"])
    with pytest.raises(CorpusError, match="file 1 of a source changed"):
        sharding.together(before, second.about())


def test_no_shard_reads_files_behind_it(tmp_path):
    written(tmp_path, [["a"] * 9, ["b"] * 9, ["c"] * 9], ["jsonl"] * 3)
    read = opened(tmp_path, sources=[{"type": "files", "paths": "*.jsonl"}])
    (tmp_path / "1.jsonl").write_text("{broken")
    (first,) = read.shard(1, 3)
    assert sum(documents(first, "train").values()) == 9
    assert isinstance(first.source.source, FilesSource)
    with pytest.raises(CorpusError, match=r"1\.jsonl"):
        documents(read.shard(2, 3)[0], "train")
