"""A corpus as ids: every format, packed or not, killed or not, is what `encode_batch` gives."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from tokbench import encoding, store, writing
from tokbench.corpus import documents
from tokbench.errors import CorpusError, StoreError, SubjectError
from tokbench.values import Layout
from tokbench.workbench import encode_corpus, ids

KILLED = """
import os, signal, sys
from pathlib import Path
from tokbench import store
from tokbench.corpus import documents
from tokbench.values import Layout
from tokbench.workbench import encode_corpus, ids
form, tokenizer, text, out = sys.argv[1:]
layout = Layout(form, end="</s>", pack=None if form == "bin" else 64)
write, notes = store.write_json, []
def noted(path, value):
    write(path, value)
    notes.append(path.name == "state.json")
    if notes[-1] and sum(notes) == kill:
        os.kill(os.getpid(), signal.SIGKILL)
store.write_json = noted
ids.SAFE_EVERY = 10_000
documents.gather.__defaults__ = (10_000,)  # bytes in a batch
for kill in (2, 1):
    if os.fork() == 0:
        encode_corpus(tokenizer, [text], Path(out), layout)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
    assert not Path(out).exists()
"""


@pytest.fixture
def tokenizer(tmp_path, corpus_file):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train([str(corpus_file)], trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", made.token_to_id("<s>"))]
    )
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def rows_of(folder):
    said = json.loads((folder / store.MANIFEST).read_text())
    found = []
    for flat, lengths in writing.blocks(folder, np.dtype(said["dtype"])):
        ends = np.cumsum(lengths)
        found += [part.tolist() for part in np.split(flat, ends[:-1])]
    return found


def expected(tokenizer, path, *, special=True, end=()):
    made = Tokenizer.from_file(str(tokenizer))
    lines = path.read_text().splitlines()
    return [
        [*one.ids, *map(made.token_to_id, end)]
        for one in made.encode_batch(lines, add_special_tokens=special)
    ]


@pytest.mark.parametrize("form", ["arrow", "parquet", "bin"])
@pytest.mark.parametrize("special", [True, False])
def test_ids_on_disk_are_those_of_encode_batch(
    form, special, tokenizer, corpus_file, tmp_path
) -> None:
    layout = Layout(form, special=special, end="</s>")
    made = encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", layout)
    meant = expected(tokenizer, corpus_file, special=special, end=["</s>"])
    assert rows_of(tmp_path / "out") == meant
    assert (made.documents, made.rows, made.tokens) == (
        len(meant),
        len(meant),
        sum(map(len, meant)),
    )
    assert (made.by, made.dtype) == ("chunks", "<u2")
    assert made.sampled == made.returned > 1


def test_packed_rows_are_one_stream(tokenizer, corpus_file, tmp_path) -> None:
    made = encode_corpus(
        str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout(end="</s>", pack=50)
    )
    rows = rows_of(tmp_path / "out")
    assert {len(one) for one in rows[:-1]} == {50}
    assert 0 < len(rows[-1]) <= 50
    stream = [
        one for document in expected(tokenizer, corpus_file, end=["</s>"]) for one in document
    ]
    assert [one for row in rows for one in row] == stream
    assert made.rows == len(rows)


def test_chunks_that_differ_are_not_believed(tokenizer, corpus_file, tmp_path, monkeypatch) -> None:
    def wrong(self, batch):
        chosen, ids = gathered(self, batch)
        return chosen, encoding.Ids(ids.flat[::-1].copy(), ids.lengths)

    from tokbench.encoding.by_chunks import ByChunks

    gathered = ByChunks.gathered
    monkeypatch.setattr(ByChunks, "gathered", wrong)
    made = encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout())
    assert made.by == "documents"
    assert "please report this" in made.why
    assert rows_of(tmp_path / "out") == expected(tokenizer, corpus_file)


def test_all_chunks_forgotten_now_and_then(tokenizer, corpus_file, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tokbench.encoding.ids.MOST_CHUNKS", 10)
    encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout())
    assert rows_of(tmp_path / "out") == expected(tokenizer, corpus_file)


@pytest.mark.parametrize("form", ["arrow", "bin"])
def test_killed_and_continued_gives_the_same_files(form, tokenizer, tmp_path, monkeypatch) -> None:
    """Killed twice, once as it goes on; processes that are forked from one, and end themselves."""
    for part in range(5):
        lines = (f"{part} line {number} naïve 세계 {number * 7919 % 1000}" for number in range(500))
        (tmp_path / f"part-{part}.txt").write_text("\n".join(lines))

    files, whole, out = str(tmp_path / "part-*.txt"), tmp_path / "whole", tmp_path / "out"
    layout = Layout(form, end="</s>", pack=None if form == "bin" else 64)
    command = [sys.executable, "-c", KILLED, form, str(tokenizer), files, str(out)]
    subprocess.run(command, cwd=tmp_path, check=True)
    monkeypatch.setattr(ids, "SAFE_EVERY", 10_000)
    monkeypatch.setattr(documents.gather, "__defaults__", (10_000,))  # bytes in a batch
    assert not encode_corpus(str(tokenizer), [files], whole, layout).resumed
    assert encode_corpus(str(tokenizer), [files], out, layout).resumed
    assert rows_of(out) == rows_of(whole)
    assert {one.name: one.read_bytes() for one in out.iterdir()} == {
        one.name: one.read_bytes() for one in whole.iterdir()
    }
    assert not list(tmp_path.glob(".out.*"))


def test_what_was_begun_for_something_else_is_removed(tokenizer, corpus_file, tmp_path) -> None:
    old = tmp_path / ".out.0123456789abcdef.begun"
    old.mkdir()
    (old / "state.json").write_text("{}")
    encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout())
    assert not old.exists()


def test_a_damaged_note_begins_anew(tokenizer, corpus_file, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(ids, "SAFE_EVERY", 1)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(ids, "_proven", stop)
        with pytest.raises(KeyboardInterrupt):
            encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout())
    (begun,) = tmp_path.glob(".out.*.begun")
    (begun / "state.json").write_text("{")
    made = encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout())
    assert not made.resumed
    assert rows_of(tmp_path / "out") == expected(tokenizer, corpus_file)


def test_damaged_files_are_not_called_done(tokenizer, corpus_file, tmp_path, monkeypatch) -> None:
    close = writing.FORMATS["bin"].close

    def damaged(self):
        close(self)
        self._tokens = open(self._tokens.name, "r+b")  # noqa: SIM115, PTH123
        self._tokens.write(b"\xff\xff\xff\xff")
        self._tokens.close()

    monkeypatch.setattr(writing.FORMATS["bin"], "close", damaged)
    with pytest.raises(StoreError, match="what was written is not what was encoded"):
        encode_corpus(str(tokenizer), [str(corpus_file)], tmp_path / "out", Layout("bin"))
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_is_one_sentence(tokenizer, corpus_file, tmp_path) -> None:
    name, text = str(tokenizer), [str(corpus_file)]
    with pytest.raises(SubjectError, match="has no token '<eot>' to end documents with"):
        encode_corpus(name, text, tmp_path / "out", Layout(end="<eot>"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    with pytest.raises(StoreError, match=r"holds mine\.txt, which tokbench did not write"):
        encode_corpus(name, text, tmp_path / "full", Layout())
    empty = tmp_path / "empty.txt"
    empty.touch()
    with pytest.raises(CorpusError, match="no documents"):
        encode_corpus(name, [str(empty)], tmp_path / "out", Layout())
    assert not (tmp_path / "out").exists()
