"""The same counts from a cluster, whatever happens to its workers."""

import importlib.util
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_counts import in_cache, whole, write_sources

from tokbench.corpus import sharding
from tokbench.counting import chunk_pass, spilling
from tokbench.counting.shards import on_ray
from tokbench.counting.shards.counting import job_of
from tokbench.errors import CorpusError, CountsError
from tokbench.recipe import Recipe, load
from tokbench.values import Progress
from tokbench.workbench import counts

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="ray is not installed; pip install 'tokbench[ray]'",
)
together = pytest.mark.xdist_group("ray")
"""One cluster serves all of them."""


@pytest.fixture(scope="module")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where workers look for the texts that kill them."""
    return tmp_path_factory.mktemp("dying")


@pytest.fixture(scope="module")
def cluster(dying: Path, classes_of_characters: Path) -> Iterator[Any]:
    """Two workers of this machine, with a cache of their own."""
    with pytest.MonkeyPatch.context() as patched:
        folders = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        patched.setenv("PYTHONPATH", os.pathsep.join(folders))
        patched.setenv("TOKBENCH_TEST_DYING", str(dying))
        patched.setenv("TOKBENCH_CACHE", str(classes_of_characters.parent))
        patched.setattr(on_ray, "cores", lambda: 2)
        with on_ray.cluster(None) as ray:
            yield ray


def some_files(seed: int) -> list[list[str]]:
    chance = random.Random(seed)
    words = ["low", "lower", "naïve", "새것", "42", "the", "", "it's"]
    return [
        [" ".join(chance.choices(words, k=chance.randint(0, 9))) for _ in range(60)]
        for _ in range(6)
    ]


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return write_sources(tmp_path, some_files(1))


@needs_ray
@together
@pytest.mark.usefixtures("cluster")
def test_a_cluster_counts_the_same(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    told: list[Progress] = []
    made = counts.count(recipe, engine="ray", memory=200_000_000, watch=told.append)
    assert in_cache(tmp_path / "two") == expected
    assert (made.parts, made.what) == (16, "16 shards counted on 2 cores")
    assert made.strings == sum(len(chunks) for chunks, _ in expected.values())
    assert {"counting", "adding up", "keeping"} <= {one.stage for one in told}
    assert not list((tmp_path / "two" / "counts").glob("unfinished*"))
    assert counts.count(recipe, engine="ray").before


@needs_ray
@together
@pytest.mark.usefixtures("cluster")
def test_workers_that_die_lose_nothing(
    dying: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = some_files(2)
    recipe = load(
        write_sources(tmp_path, files).path,
        ['corpus.steps=[{type: map, function: "dying:at_once"}]'],
    )
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setenv("TOKBENCH_TEST_DYING", str(tmp_path / "nobody"))
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    chance = random.Random(2)
    for number in range(2):
        (dying / str(number)).write_text(chance.choice(chance.choice(files)), "utf-8")
    counts.count(recipe, engine="ray")
    assert not list(dying.iterdir()), "all have died"
    assert in_cache(tmp_path / "two") == expected


@needs_ray
@together
@pytest.mark.usefixtures("cluster")
def test_what_a_user_can_mend_is_one_sentence(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "3.jsonl").write_text('{"text": "a"}\n{broken\n')
    with pytest.raises(CorpusError, match=r"^3\.jsonl: row 2: ") as caught:
        counts.count(recipe, engine="ray")
    assert "\n" not in str(caught.value)


@needs_ray
@together
@pytest.mark.usefixtures("cluster")
def test_an_interrupted_count_goes_on(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(recipe, tmp_path / "one", monkeypatch)
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "two"))
    stages: list[str] = []

    def interrupting(told: Progress) -> None:
        stages.append(told.stage)
        if stages.count("counting") == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        counts.count(recipe, engine="ray", work=tmp_path / "work", watch=interrupting)
    (folder,) = (tmp_path / "work").glob("unfinished-shards-*")
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("part-*")}
    assert len(kept) >= 5
    seen: dict[Path, int] = {}

    def looking(told: Progress) -> None:
        if told.stage == "adding up":
            seen.update({path: path.stat().st_mtime_ns for path in kept})

    counts.count(recipe, engine="ray", work=tmp_path / "work", watch=looking)
    assert seen == kept, "what was counted is not counted again"
    assert in_cache(tmp_path / "two") == expected
    assert not list((tmp_path / "work").iterdir())


def test_without_ray_it_says_what_to_install(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        CountsError, match=r"needs the package 'ray'; pip install 'tokbench\[ray\]'"
    ):
        counts.count(recipe, engine="ray")


def task_of(recipe: Recipe, folder: Path, **other: Any) -> tuple[Any, on_ray.Task]:
    corpus, _ = counts.opened(recipe)
    job = job_of(recipe.name, corpus, sharding.outline(corpus, 3), "words", 3)
    folder.mkdir()
    (folder / "job.json").write_text("{}")
    said = {"folder": folder, "job": job, "partitions": 4, "memory": None, "version": "0.1.0"}
    return corpus, on_ray.Task(**{**said, **other})


def test_tasks_with_little_memory_give_the_same(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, little in (("enough", False), ("little", True)):
        corpus, task = task_of(recipe, tmp_path / name)
        with monkeypatch.context() as patched:
            if little:
                patched.setattr(spilling, "PARTITIONS", 4)
                patched.setattr(chunk_pass, "CUTS", 70)
                patched.setattr(on_ray, "room", lambda _: 0)
            for number in range(1, 4):
                assert on_ray._count_shard(corpus, task, number)[0] > 0
            parts = [str(task.part(number)) for number in range(1, 4)]
            for partition in range(4):
                assert on_ray._add_up(parts, task, partition) is None
        whole_ = counts.Whole.of([Path(one) for one in parts])
        sums = [task.sum(partition) for partition in range(4)]
        chunks: dict[tuple[int, str], int] = {}
        for source in range(6):
            for text, offsets, counted in whole_.in_sums(sums, source).read():
                for number, many in enumerate(counted.tolist()):
                    chunk = text[offsets[number] : offsets[number + 1]].tobytes().decode()
                    assert (source, chunk) not in chunks, "in two sums"
                    chunks[source, chunk] = many
        found.append(chunks)
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("other", "break_", "why"),
    [
        ({"version": "9"}, None, "has tokbench .*, counting began with 9; install the same"),
        ({}, lambda folder: (folder / "job.json").unlink(), "does not see .*let --work name"),
    ],
)
def test_a_worker_that_is_not_set_up_says_so(
    other: dict[str, Any],
    break_: Callable[[Path], None] | None,
    why: str,
    recipe: Recipe,
    tmp_path: Path,
) -> None:
    corpus, task = task_of(recipe, tmp_path / "work", **other)
    if break_:
        break_(task.folder)
    found = on_ray._count_shard(corpus, task, 1)
    assert isinstance(found, CountsError)
    with pytest.raises(CountsError, match=why):
        raise found


@needs_ray
@together
def test_a_cluster_that_is_not_there_is_said(recipe: Recipe) -> None:
    with pytest.raises(CountsError, match=r"no Ray cluster at 127\.0\.0\.1:1: "):
        counts.count(recipe, engine="ray", address="127.0.0.1:1")
