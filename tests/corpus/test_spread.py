"""Documents from all over: each once if one goes on to the end, the same share of each file."""

import json
import random

import pytest

from tokbench import corpus as corpora
from tokbench.corpus import sampling


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(sampling, "_WINDOWS", 8)
    monkeypatch.setattr(sampling, "_BITS", 3)
    monkeypatch.setattr(sampling, "_WIDTH", 50)


def opened(folder, *names, **options):
    source = {"type": "files", "paths": list(names), **options}
    spec = corpora.CorpusSpec.model_validate({"sources": [source], "held_out": 0.25})
    return corpora.open(spec, folder)


def texts_of(batches):
    return sorted(text for batch in batches for text in batch.column("text").to_pylist())


@pytest.mark.parametrize("last", ["\n", ""])
@pytest.mark.parametrize("seed", range(12))
def test_every_document_comes_once(tmp_path, seed, last):
    chance = random.Random(seed)
    lines = [f"{n} " + "é" * chance.choice([0, 1, 9, 200]) for n in range(chance.choice([1, 60]))]
    (tmp_path / "a.txt").write_text("\n".join(lines) + last)
    rows = "\n".join(json.dumps({"text": f"row {line}"}) for line in lines)
    (tmp_path / "b.jsonl").write_text(rows + last)
    corpus = opened(tmp_path, "a.txt", "b.jsonl")
    for split in ("train", "held_out", "all"):
        spread = list(corpus.spread(split))
        assert texts_of(batch for batch, _ in spread) == texts_of(corpus.batches(split))


def test_whoever_stops_early_has_read_places_all_over(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"".join(b"%05d\n" % n for n in range(20_000)))
    with path.open("rb") as file:
        windows = sampling._Windows(file, path.stat().st_size)
        lines = windows.read(3000).split(b"\n")
        seen = sorted(int(line) for line in lines if len(line) == 5)
        assert len(seen) == len(set(seen)) == 500
        assert seen[0] < 2500
        assert seen[-1] > 17_500
        assert windows.done == pytest.approx(3000, abs=60)


def test_files_are_read_side_by_side_or_by_chance(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "_WIDTH", 1 << 18)
    for n in range(6):
        (tmp_path / f"{n}.txt").write_text(f"{n}\n" * 10)
    corpus = opened(tmp_path, "*.txt")
    assert [place[0] for _, place in corpus.spread("all")] == [0, 1, 2, 3, 4, 5]
    monkeypatch.setattr(sampling, "_FILES", 5)
    found = list(corpus.spread("all"))
    assert [place for _, place in found] == [(0, 120, 1.0)]
    texts = found[0][0].column("text").to_pylist()
    assert sorted(texts) == sorted(str(n) for n in range(6) for _ in range(10)) != texts
