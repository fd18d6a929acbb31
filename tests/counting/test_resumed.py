"""Counting goes on where it was interrupted, and comes out as if nothing had been."""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokbench import corpus, store
from tokbench.chunks import CUT_SETS
from tokbench.corpus import CorpusSpec, OpenCorpus, documents
from tokbench.corpus.cleaning.step import JointStep
from tokbench.counting import checkpoints, chunk_pass, count_chunks, spilling
from tokbench.counting.checkpoints import Checkpoints
from tokbench.counting.chunk_pass import count_parts
from tokbench.counting.spilling import UNBOUNDED, Bounds


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a checkpoint wherever there can be one."""
    monkeypatch.setattr(checkpoints, "EVERY", -1.0)
    monkeypatch.setattr(checkpoints, "COST", 1e9)


class StoppedError(Exception):
    """What stops a count in these tests."""


@dataclass(frozen=True)
class Interrupting:
    """A corpus that stops before it gives another batch than the first `after`."""

    corpus: OpenCorpus
    after: int

    def resumed(self, split: Any, place: Any, watch: Any) -> Iterator[Any]:
        for number, each in enumerate(self.corpus.resumed(split, place, watch)):
            if number >= self.after:
                raise StoppedError
            yield each

    batches = resumed


class Backwards(JointStep):
    """All rows in one batch, from the last to the first."""

    type: str = "backwards"

    def apply(self, rows, tally):  # noqa: ARG002 - drops nothing
        all_ = list(rows)
        table = pa.Table.from_batches([each.batch for each in all_]).combine_chunks()
        (joined,) = table.to_batches()
        yield all_[-1]._replace(batch=joined.take(pa.array(np.arange(len(joined))[::-1])))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compressed lines in several files, tables, and some empty rows."""
    made = tmp_path_factory.mktemp("resumed")
    chance = random.Random(1)
    words = ["low", "lower", "naïve", "새것", "x1", "the", "", "  "]
    for number in range(5):
        lines = [
            " ".join(chance.choices(words, k=chance.randint(0, 12))) + f" {chance.randrange(300)}"
            for _ in range(chance.randint(0, 60))
        ]
        if number % 2:
            (made / f"{number}.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
        else:
            rows = [{"text": line if chance.random() < 0.8 else " "} for line in lines]
            text = "\n".join(map(json.dumps, rows))
            (made / f"{number}.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    return made


def opened(folder: Path, joint: str = "") -> OpenCorpus:
    tables = {"type": "files", "paths": "*.jsonl.gz", "weight": 2, "steps": ["drop_empty"]}
    lines = {"type": "files", "paths": "*.txt.gz", "weight": 1, "held_out": 0.2}
    said = {"sources": [tables, lines], "mix": {"max_repeats": 3.5}, "steps": ["drop_empty"]}
    found = corpus.open(CorpusSpec.model_validate(said), folder)
    if joint == "all":
        return OpenCorpus(found.spec, found.opened, (Backwards(),))
    if joint == "own":
        own = (replace(each, steps=(*each.steps, Backwards())) for each in found.opened)
        return OpenCorpus(found.spec, tuple(own))
    return found


def forget_ledgers() -> None:
    for path in (store.cache_dir() / "ledgers").iterdir():
        path.unlink()


def told(parts: Any) -> tuple[dict[str, int], tuple[Any, ...]]:
    found: dict[str, int] = {}
    for text, offsets, counts in parts.read():
        for number, many in enumerate(counts.tolist()):
            found[text[offsets[number] : offsets[number + 1]].tobytes().decode()] = many
    whole = parts.whole
    return found, (whole.documents, whole.bytes, whole.characters, whole.fingerprint)


@pytest.mark.parametrize("joint", ["", "own", "all"])
@pytest.mark.parametrize("room", [None, 0], ids=["in memory", "through the disk"])
@given(afters=st.lists(st.integers(0, 9), max_size=5), limit=st.integers(100, 2000))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_interrupted_anywhere(
    joint: str,
    room: int | None,
    afters: list[int],
    limit: int,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("count")
    read = opened(folder, joint)
    read.identity()
    cut_set = CUT_SETS["words"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents.gather, "__defaults__", (limit,))
        patch.setattr(spilling, "PARTITIONS", 4)
        patch.setattr(chunk_pass, "CUTS", 70)
        for part in read.parts():
            expected = count_chunks(part, cut_set, threads=1)
            ledger = part.composition()
            forget_ledgers()
            for after in (*afters, 10**6):
                unfinished = place / f"unfinished-{part.identity()}"
                with checkpoints.checkpoints(unfinished) as saved:
                    assert saved is not None
                    folder_ = checkpoints.bounded_by(saved, lambda: place)
                    bounds = UNBOUNDED if room is None else Bounds(room, folder_)
                    try:
                        counted = count_parts(
                            Interrupting(part, after), cut_set, bounds, threads=2, saved=saved
                        )
                    except StoppedError:
                        # Two copies of a batch may be cut in between, where there is no place.
                        assert after < 5 or (unfinished / "at.json").exists()
                        continue
                    found = told(counted)
                    saved.done()
                assert not unfinished.exists()
                break
            names, counts = expected.chunks.to_pylist(), expected.counts.tolist()
            facts = (expected.documents, expected.bytes, expected.characters, expected.fingerprint)
            assert found == (dict(zip(names, counts, strict=True)), facts)
            assert part.composition() == ledger, "what every step did, too"


def test_damaged_checkpoints_are_none(folder: Path, tmp_path: Path) -> None:
    (part, _) = opened(folder).parts()
    cut_set = CUT_SETS["words"]
    expected = count_chunks(part, cut_set)

    def interrupted(after: int) -> Any:
        with checkpoints.checkpoints(tmp_path / "unfinished-x") as saved:
            assert saved is not None
            bounds = Bounds(0, lambda: saved.folder)
            stopping = Interrupting(part, after)
            found = told(count_parts(stopping, cut_set, bounds, threads=1, saved=saved))
            saved.done()
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents.gather, "__defaults__", (100,))
        for name in ("at.json", "tables-*", "[0-9]*"):
            with pytest.raises(StoppedError):
                interrupted(6)
            path = next((tmp_path / "unfinished-x").glob(name))
            path.write_bytes(path.read_bytes()[:-3])
            found, facts = interrupted(10**6)
            assert sum(found.values()) == expected.counts.sum()
            assert facts[3] == expected.fingerprint


def test_two_at_once_do_not_share(tmp_path: Path) -> None:
    place = tmp_path / "unfinished-x"
    with checkpoints.checkpoints(place) as first, checkpoints.checkpoints(place) as second:
        assert isinstance(first, Checkpoints)
        assert second is None
    assert not place.exists()
