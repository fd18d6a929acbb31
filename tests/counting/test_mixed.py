"""A mixed corpus is counted as whoever is given its documents one by one counts it."""

import random
from pathlib import Path

import pytest
from hostile import NORMALIZERS, PRE_TOKENIZERS, texts, tokenizer

from tokbench import corpus
from tokbench.corpus import CorpusSpec, OpenCorpus
from tokbench.counting import count, count_words_whole, keep
from tokbench.values import ChunkCounts


@pytest.fixture
def opened(tmp_path: Path):
    chance = random.Random(4)
    for name in ("a", "b", "c"):
        lines = [line.replace("\r", " ").replace("\n", " ") for line in texts(len(name), 120)]
        (tmp_path / f"{name}.txt").write_bytes("\n".join(chance.sample(lines, 100)).encode())

    def open_(**weights: float) -> OpenCorpus:
        sources = [
            {"type": "files", "paths": f"{name}.txt", "weight": weight, "steps": ["drop_empty"]}
            for name, weight in weights.items()
        ]
        spec = {"sources": sources, "mix": {"max_repeats": 2.6}, "held_out": 0.1, "seed": 5}
        return corpus.open(CorpusSpec.model_validate(spec), tmp_path)

    return open_


@pytest.mark.parametrize("name", ["byte_level", "bert", "metaspace"])
def test_chunks_documents_and_the_library_agree(name, opened, as_dict, library_words, tmp_path):
    mixed = opened(a=3, b=1, c=1)
    made = tokenizer(PRE_TOKENIZERS[name], NORMALIZERS["NFKC"])
    by_chunks = count(mixed, made, cache=tmp_path)
    assert by_chunks.exact_by == "chunks"
    whole = count_words_whole(mixed, made)
    documents = [text for batch in mixed.batches() for text in batch.column("text").to_pylist()]
    assert len(documents) == by_chunks.documents == whole.documents
    assert by_chunks.fingerprint == whole.fingerprint
    assert as_dict(by_chunks) == as_dict(whole) == library_words(made, documents)


def test_weights_that_come_back_are_counted_already(opened, tmp_path, monkeypatch):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    first = count(opened(a=3, b=1, c=1), made, cache=tmp_path)
    count(opened(a=1, b=1, c=9), made, cache=tmp_path)
    kept = {path.name for path in tmp_path.glob("chunks-*")}
    assert all(keep.load(tmp_path / name, ChunkCounts) for name in kept)
    monkeypatch.setattr(OpenCorpus, "resumed", None)
    again = count(opened(a=3, b=1, c=1), made, cache=tmp_path)
    assert again.fingerprint == first.fingerprint
    other = tokenizer(PRE_TOKENIZERS["cl100k"], None)
    assert count(opened(a=3, b=1, c=1), other, cache=tmp_path).fingerprint == first.fingerprint
    assert {path.name for path in tmp_path.glob("chunks-*")} == kept
