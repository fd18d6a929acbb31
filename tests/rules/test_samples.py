"""A little of every source, the same every time, and why there may be none."""

from pathlib import Path

from tokbench import corpus as corpora
from tokbench.corpus import CorpusSpec
from tokbench.rules import Sample, sample, sample_of
from tokbench.rules.samples import MOST_CHARACTERS, MOST_DOCUMENTS


def spec(*paths: str, held_out: float = 0.0) -> CorpusSpec:
    return CorpusSpec.model_validate(
        {"sources": [{"type": "files", "paths": path} for path in paths], "held_out": held_out}
    )


def test_every_source_has_an_equal_share(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("".join(f"{name} {i}\n" for i in range(5000)))
    made = sample(spec("a.txt", "b.txt"), tmp_path)
    assert len(made.texts) == MOST_DOCUMENTS
    assert [text[0] for text in made.texts].count("a") == MOST_DOCUMENTS // 2
    assert made == sample(spec("a.txt", "b.txt"), tmp_path)


def test_long_documents_are_cut(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(("x" * 700_000 + "\n") * 5)
    made = sample(spec("a.txt"), tmp_path)
    assert list(map(len, made.texts)) == [700_000, MOST_CHARACTERS - 700_000]


def test_held_out_text_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"line {i}\n" for i in range(300)))
    train = sample(spec("a.txt", held_out=0.5), tmp_path).texts
    opened = corpora.open(spec("a.txt", held_out=0.5), tmp_path)
    held_out = {text for batch in opened.batches("held_out") for text in batch["text"].to_pylist()}
    assert train
    assert not held_out & set(train)


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("low\n")
    (tmp_path / "b.jsonl").write_text('{"text": "low"}\n{"text": null}\n')
    made = sample(spec("a.txt", "b.jsonl"), tmp_path)
    assert (made.texts, made.source) == (("low",), 1)
    assert made.problem.startswith("b.jsonl: row 2: field 'text' is null")


def test_a_chosen_text_is_marked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("low\nlower\n")
    opened = corpora.open(spec("a.txt"), tmp_path)
    assert sample_of(opened) == Sample(("low", "lower"), chosen=True)
