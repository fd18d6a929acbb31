"""Counts made in shards are those of counting in one go, and nothing else is taken for them."""

import dataclasses
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokbench import counting, store
from tokbench.counting import chunk_pass, keep, spilling
from tokbench.counting.shards import part
from tokbench.errors import CountsError, StoreError
from tokbench.recipe import Recipe, load
from tokbench.values import ChunkCounts
from tokbench.workbench import counts, merging, runs
from tokbench.workbench.plan import Plan

BODY = """pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 400}
wrap: {model_max_length: 512}
"""
LINES = ["low lower lowest", "", "two  spaces, and 42.", "naïve café", "새것 새것이다", "x" * 50]


@pytest.fixture
def recipe(write_recipe: Callable[..., Path]) -> Recipe:
    return load(write_recipe(BODY))


def write_sources(folder: Path, files: list[list[str]], body: str = BODY) -> Recipe:
    """A recipe with a source for each file of lines."""
    for number, lines in enumerate(files):
        rows = "".join(json.dumps({"text": line}) + "\n" for line in lines)
        (folder / f"{number}.jsonl").write_text(rows)
    sources = "".join(
        f"    - {{type: files, paths: [{number}.jsonl]}}\n" for number in range(len(files))
    )
    path = folder / "several.yaml"
    path.write_text(f"name: several\ncorpus:\n  held_out: 0.2\n  sources:\n{sources}{body}")
    return load(path)


def in_cache(folder: Path) -> dict[str, Any]:
    """What each file of counts holds."""
    found = {}
    for path in (folder / "counts").glob("chunks-*"):
        value = keep.load(path, ChunkCounts)
        assert value is not None
        chunks = dict(zip(value.chunks.to_pylist(), value.counts.tolist(), strict=True))
        assert len(chunks) == len(value.counts)
        facts = value.documents, value.bytes, value.characters, value.fingerprint, value.cut_set
        found[path.name] = (chunks, facts)
    return found


def whole(recipe: Recipe, folder: Path, patched: pytest.MonkeyPatch) -> dict[str, Any]:
    """The counts of a recipe in one go."""
    patched.setenv("TOKBENCH_CACHE", str(folder))
    counts.count(recipe)
    return in_cache(folder)


def shards(recipe: Recipe, of: int, out: Path) -> list[Path]:
    return [
        Path(counts.count_shard(recipe, number, of, out).places[0]) for number in range(1, of + 1)
    ]


@given(
    files=st.lists(
        st.lists(st.sampled_from(LINES) | st.text(max_size=30), min_size=1, max_size=15),
        min_size=1,
        max_size=4,
    ),
    of=st.integers(1, 16),
    pre_tokenizer=st.sampled_from(
        ["{type: ByteLevel, add_prefix_space: false}", "Metaspace", "BertPreTokenizer"]
    ),
    little=st.booleans(),
)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_shards_merged_are_the_whole(
    files: list[list[str]],
    of: int,
    pre_tokenizer: str,
    little: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("merged")
    body = BODY.replace("{type: ByteLevel, add_prefix_space: false}", pre_tokenizer)
    recipe = write_sources(folder, files, body)
    with pytest.MonkeyPatch.context() as patched:
        expected = whole(recipe, folder / "one", patched)
        patched.setenv("TOKBENCH_CACHE", str(folder / "other"))
        if little:  # nothing finds room: all goes through the disk
            patched.setattr(spilling, "PARTITIONS", 4)
            patched.setattr(chunk_pass, "CUTS", 70)
            patched.setattr(counts, "room", lambda _: 0)
        made = shards(recipe, of, folder / "parts")
        random.Random(of).shuffle(made)
        merged = merging.merge_counts(made)
        assert in_cache(folder / "other") == expected
        assert merged.strings == sum(len(chunks) for chunks, _ in expected.values())
        assert not list((folder / "other" / "counts").glob(".*"))


def test_training_takes_them_and_reads_no_documents(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = runs.learn(Plan.of(recipe))
    composition = Plan.of(recipe).corpus.composition()
    shards(recipe, 5, tmp_path / "parts")
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "elsewhere"))
    merging.merge_counts([tmp_path / "parts"])
    plan = Plan.of(recipe)
    corpus, blank = counts.opened(recipe)
    assert counting.kept(corpus, blank) == "chunks"
    monkeypatch.setattr(type(plan.corpus), "batches", None)
    learned = runs.learn(plan)
    assert learned == expected
    kept = plan.corpus.composition()
    for mine, theirs in zip(kept.sources, composition.sources, strict=True):
        assert dataclasses.replace(mine, steps=()) == dataclasses.replace(theirs, steps=())


def test_a_merged_part_is_a_part(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    shards(recipe, 3, tmp_path / "parts")
    made = merging.merge_counts([tmp_path / "parts"], out=tmp_path / "all.parquet")
    assert made.places == (str(tmp_path / "all.parquet"),)
    assert not in_cache(tmp_path / "two")
    merging.merge_counts([tmp_path / "all.parquet"])
    assert in_cache(tmp_path / "two") == expected


def refused(why: str, *paths: Path) -> None:
    with pytest.raises(CountsError, match=why) as caught:
        merging.merge_counts(paths)
    assert "\n" not in str(caught.value)
    assert not list((store.cache_dir() / "counts").glob("chunks-*"))


def test_what_does_not_belong_together_is_refused_by_name(
    recipe: Recipe, write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    made = shards(recipe, 4, tmp_path / "parts")
    refused("of 4 shards 1 is missing, part-00003-of-00004.parquet: count", *made[:2], made[3])
    refused(r"of 4 shards 3 are missing, part-00002.*--shard 2/4", made[0])
    copy = tmp_path / "copy.parquet"
    shutil.copy(made[1], copy)
    refused(
        r"copy\.parquet: shard 2 of 4 is in .*part-00002-of-00004\.parquet already", *made, copy
    )
    refused(r"part-00001-of-00004.parquet: shard 1 of 4 is in", *made, made[0])
    other = shards(load(write_recipe(BODY, held_out=0.3)), 4, tmp_path / "other")
    refused(r"other/part-00002.*of another corpus, or read otherwise", made[0], other[1], *made[2:])
    metaspace = BODY.replace("{type: ByteLevel, add_prefix_space: false}", "Metaspace")
    cut = shards(load(write_recipe(metaspace)), 4, tmp_path / "cut")
    refused(r"cut/part-00002.*for a pre_tokenizer that cuts documents otherwise", *made[2:], cut[1])
    five = shards(recipe, 5, tmp_path / "five")
    refused(r"five/part-00002.*for another number of shards", *made, five[1])
    refused("no such file", tmp_path / "none.parquet")
    (tmp_path / "empty").mkdir()
    refused("holds no .parquet", tmp_path / "empty")


def test_counts_of_another_table_of_characters_are_refused(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shards(recipe, 2, tmp_path / "parts")
    found = part.load(made[1])
    assert found is not None
    other = dataclasses.replace(found.job, classes="other")
    monkeypatch.setattr(part, "load", lambda path: dataclasses.replace(found, path=path, job=other))
    refused("with another Python or another version of tokenizers", *made)


def test_damaged_parts_are_refused(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    made = shards(recipe, 2, tmp_path / "parts")
    data = made[1].read_bytes()
    for damaged in (data[:-1], data[: len(data) // 2], b""):
        made[1].write_bytes(damaged)
        refused(r"part-00002-of-00002\.parquet: .*; write it again", *made)
    noticed = 0
    for place in range(0, len(data), len(data) // 60):
        made[1].write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            merging.merge_counts(made)
        except CountsError as error:
            assert "part-00002-of-00002.parquet: " in str(error)  # noqa: PT017 - or none is raised
            noticed += 1
        else:  # in what nobody reads, as the column `source`
            assert in_cache(tmp_path / "two") == expected
    assert noticed > 40


def test_counts_that_do_not_sum_up_to_the_text_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    made = shards(recipe, 2, tmp_path / "parts")
    table = pq.read_table(made[1])
    metadata = pq.read_metadata(made[1]).metadata
    fewer = table.slice(1).replace_schema_metadata(metadata)
    pq.write_table(fewer, made[1], row_group_size=len(table))
    refused("its counts are not those of its text", *made)


def test_what_needs_whole_documents_is_refused(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    digits = load(
        write_recipe(BODY.replace("{type: ByteLevel, add_prefix_space: false}", "Digits"))
    )
    with pytest.raises(CountsError, match=r"tiny\.yaml: no cut is known to be exact"):
        counts.count_shard(digits, 1, 2, tmp_path)
    assert counts.count(digits).notes, "which one process does"


def test_a_part_that_cannot_be_written_leaves_nothing(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        counts.count_shard(recipe, 1, 2, tmp_path / "file" / "part.parquet")
    assert [path.name for path in tmp_path.glob("*.parquet")] == []


def foreign(recipe: Recipe, *paths: Path, documents: int, size: int, **named: Any) -> Any:
    return merging.merge_foreign(recipe, paths, documents, size, **named)


def train_texts(recipe: Recipe) -> list[str]:
    corpus, _ = counts.opened(recipe)
    return [text for batch in corpus.batches("train") for text in batch.column("text").to_pylist()]


def write_rows(path: Path, texts: Any, numbers: Any = None, kind: Any = None) -> Path:
    numbers = [1] * len(texts) if numbers is None else numbers
    table = pa.table({"text": texts, "count": pa.array(numbers, kind or pa.int32())})
    pq.write_table(table, path)
    return path


def test_documents_counted_by_another_tool_become_the_same_counts(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    texts = train_texts(recipe)
    size = sum(len(text.encode()) for text in texts)
    half = len(texts) // 2
    paths = [
        write_rows(tmp_path / "a.parquet", texts[:half]),
        write_rows(tmp_path / "b.parquet", [*texts[half:], texts[0]]),
    ]
    with pytest.raises(CountsError, match="more: one is there twice"):
        foreign(recipe, *paths, documents=len(texts), size=size)
    paths[1] = write_rows(tmp_path / "b.parquet", texts[half:])
    made = foreign(recipe, *paths, documents=len(texts), size=size)
    ((chunks, facts),) = in_cache(tmp_path / "two").values()
    ((true, wanted),) = expected.values()
    assert (chunks, facts[:3]) == (true, wanted[:3])
    assert facts[3] == "", "whoever did not see documents does not know them"
    assert made.parts == 2
    assert in_cache(tmp_path / "two").keys() == expected.keys(), "where training looks"
    with pytest.raises(CountsError, match="less: one is missing"):
        foreign(recipe, paths[0], documents=half, size=size)
    shutil.copy(paths[0], tmp_path / "c.parquet")
    with pytest.raises(CountsError, match=r"c\.parquet: holds the same as .*a\.parquet"):
        foreign(recipe, *paths, tmp_path / "c.parquet", documents=len(texts), size=size)


def test_pieces_cut_at_spaces_between_letters_give_the_same_words(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    expected = runs.learn(Plan.of(recipe))
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    found: dict[str, int] = {}
    texts = train_texts(recipe)
    for text in texts:
        for piece in re.split(r"(?<=[A-Za-z])(?= [A-Za-z])", text):
            found[piece] = found.get(piece, 0) + 1
    path = write_rows(tmp_path / "a.parquet", [*found], [*found.values()], pa.uint64())
    size = sum(len(text.encode()) for text in texts)
    foreign(recipe, path, documents=len(texts), size=size)
    learned = runs.learn(Plan.of(recipe))
    assert (learned.tokens, learned.merges) == (expected.tokens, expected.merges)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"text": ["a"]}, "has no column 'count' of whole numbers; it has text"),
        (
            {"word": ["a"], "count": [1]},
            "has no column 'text' of strings in UTF-8; it has word, count",
        ),
        ({"text": ["a"], "count": [1.0]}, "column 'count' is double; it should be whole numbers"),
        ({"text": [1], "count": [1]}, "column 'text' is int64; it should be strings in UTF-8"),
        ({"text": [b"a"], "count": [1]}, "column 'text' is binary; it should be strings"),
        ({"text": ["a", None], "count": [1, 1]}, "row 2 has no text"),
        ({"text": ["a", "b"], "count": [1, None]}, "row 2 has no count"),
        ({"text": ["a", "b"], "count": [1, 0]}, "row 2 has the count 0"),
        ({"text": ["a", "b"], "count": [1, -3]}, "row 2 has the count -3"),
        ({"text": ["a"], "count": pa.array([2**63], pa.uint64())}, "does not fit 64 bits"),
    ],
)
def test_rows_that_are_no_counts_are_refused(
    columns: dict[str, Any], why: str, recipe: Recipe, tmp_path: Path
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(CountsError, match=why) as caught:
        foreign(recipe, tmp_path / "a.parquet", documents=1, size=1)
    assert str(caught.value).startswith(f"{tmp_path}/a.parquet: ")
    assert "\n" not in str(caught.value)


def test_text_that_is_no_utf8_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    bounds = pa.array([0, 2], pa.int64()).buffers()[1]
    broken = pa.Array.from_buffers(pa.large_string(), 1, [None, bounds, pa.py_buffer(b"\xe2\x82")])
    write_rows(tmp_path / "a.parquet", broken)
    with pytest.raises(CountsError, match="a text among rows 1 to 1 is not UTF-8"):
        foreign(recipe, tmp_path / "a.parquet", documents=1, size=2)


def test_a_source_of_several_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_sources(tmp_path, [["a b c"] * 3, ["d e"] * 2])
    recipe = load(recipe.path, ["corpus.held_out=0"])
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    path = write_rows(tmp_path / "a.parquet", ["d e"], [2])
    with pytest.raises(CountsError, match="has 2 sources; say with --source which"):
        foreign(recipe, path, documents=2, size=6)
    with pytest.raises(CountsError, match=r"no source 'x'; known: 0\.jsonl, 1\.jsonl"):
        foreign(recipe, path, documents=2, size=6, source="x")
    foreign(recipe, path, documents=2, size=6, source="1.jsonl")
    ((name, (chunks, _)),) = in_cache(tmp_path / "two").items()
    assert expected[name][0] == chunks


def test_parts_are_not_taken_for_what_they_are_not(recipe: Recipe, tmp_path: Path) -> None:
    (made,) = shards(recipe, 1, tmp_path)
    with pytest.raises(CountsError, match="says itself what it was counted of"):
        foreign(recipe, made, documents=1, size=1)
    path = write_rows(tmp_path / "a.parquet", ["a"])
    refused("does not say what it was counted of", path)
