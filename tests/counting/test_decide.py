"""`count`: chunks where that is exact, whole documents where not, and each only once."""

import pytest
from hostile import NORMALIZERS, PRE_TOKENIZERS, texts, tokenizer

from tokbench import corpus as corpora
from tokbench.chunks import WORDS, Plan
from tokbench.counting import count, decide

DOCUMENTS = ["", *texts(21, 200), "été! " * 40]


@pytest.mark.parametrize("pre_name", sorted(PRE_TOKENIZERS))
@pytest.mark.parametrize("name", ["none", "NFKC", "bert", "replace"])
def test_the_words_are_the_library_s(pre_name, name, corpus, library_words, as_dict, tmp_path):
    made = tokenizer(PRE_TOKENIZERS[pre_name], NORMALIZERS[name])
    counted = count(corpus(DOCUMENTS), made, cache=tmp_path, max_word_chars=None)
    assert as_dict(counted) == library_words(made, DOCUMENTS)
    assert counted.documents == len(DOCUMENTS)
    assert counted.bytes == sum(len(document.encode()) for document in DOCUMENTS)
    assert (counted.exact_by == "chunks") == (counted.why == "")


def test_a_corpus_is_read_once_for_all_recipes_of_a_cut_set(corpus, tmp_path, as_dict):
    memory = corpus(DOCUMENTS)
    first = count(memory, tokenizer(PRE_TOKENIZERS["byte_level"], None), cache=tmp_path)
    for pre_name in ("cl100k", "bert", "byte_level", "o200k"):
        count(memory, tokenizer(PRE_TOKENIZERS[pre_name], None), cache=tmp_path)
    assert memory.reads == ["train"]
    again = count(memory, tokenizer(PRE_TOKENIZERS["byte_level"], None), cache=tmp_path)
    assert as_dict(again) == as_dict(first)
    assert again.fingerprint == first.fingerprint
    memory.name = "changed"
    count(memory, tokenizer(PRE_TOKENIZERS["byte_level"], None), cache=tmp_path)
    assert memory.reads == ["train", "train"]


def test_chunks_and_documents_have_the_same_fingerprint(corpus, tmp_path):
    prints = {
        count(corpus(DOCUMENTS), tokenizer(PRE_TOKENIZERS[name], None), cache=tmp_path).fingerprint
        for name in ("byte_level", "metaspace", "punctuation")
    }
    assert len(prints) == 1


def test_damaged_caches_are_built_again(corpus, tmp_path, as_dict):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    memory = corpus(DOCUMENTS)
    first = as_dict(count(memory, made, cache=tmp_path))
    for file in tmp_path.iterdir():
        data = file.read_bytes()
        file.write_bytes(data[:40] + b"!" + data[41:])
    assert as_dict(count(memory, made, cache=tmp_path)) == first
    assert memory.reads == ["train", "train"]


def test_a_wrong_plan_is_caught_on_the_corpus(
    corpus, tmp_path, monkeypatch, as_dict, library_words
):
    monkeypatch.setattr(decide, "plan", lambda *_: Plan(WORDS, None))
    made = tokenizer(PRE_TOKENIZERS["byte_level"], NORMALIZERS["NFD"])
    counted = count(corpus(DOCUMENTS), made, cache=tmp_path, max_word_chars=None)
    assert as_dict(counted) == library_words(made, DOCUMENTS)
    assert counted.exact_by == "documents"
    assert counted.why == (
        "chunks of the cut set 'words' gave other words than whole documents on a sample of this "
        "corpus: please report this"
    )


def test_whole_documents_are_said(corpus, tmp_path):
    counted = count(corpus(["a"]), tokenizer(PRE_TOKENIZERS["punctuation"], None), cache=tmp_path)
    assert (counted.exact_by, counted.why) == (
        "documents",
        "no cut is known to be exact for this normalizer and pre-tokenizer",
    )


def test_words_left_out_come_with_their_document(corpus, tmp_path, as_dict):
    documents = ["a b", "short", "x " + "é" * 30 + " y", "Q" * 50, "Q" * 50]
    made = tokenizer(PRE_TOKENIZERS["byte_level"], NORMALIZERS["lowercase"])
    counted = count(corpus(documents, at_once=2), made, cache=tmp_path, max_word_chars=20)
    assert [
        (word.start[:3], word.characters, word.count, word.document) for word in counted.left_out
    ] == [
        ("ĠÃ©", 61, 1, "here: 3"),
        ("qqq", 50, 2, "here: 4"),
    ]
    assert as_dict(counted) == {"a": 1, "Ġb": 1, "short": 1, "x": 1, "Ġy": 1}


def test_words_left_out_of_whole_documents_too(corpus, tmp_path, as_dict):
    documents = ["a b", "Q" * 50 + ".", "", "Q" * 50 + ". b"]
    made = tokenizer(PRE_TOKENIZERS["punctuation"], NORMALIZERS["lowercase"])
    counted = count(corpus(documents, at_once=2), made, cache=tmp_path, max_word_chars=20)
    assert counted.exact_by == "documents"
    (word,) = counted.left_out
    assert (word.start, word.characters, word.count, word.document) == ("q" * 50, 50, 2, "here: 2")
    assert as_dict(counted) == {"a b": 1, ".": 2, " b": 1}


def test_each_source_is_counted_once_and_adding_one_counts_only_it(tmp_path, as_dict, monkeypatch):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    read = []
    counted_by = decide.count_parts

    def counting(corpus, *arguments, **options):
        read.extend(corpus.sources)
        return counted_by(corpus, *arguments, **options)

    monkeypatch.setattr(decide, "count_parts", counting)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"one {number}\n" * (number + 1))

    def words(*names, **options):
        sources = [{"type": "files", "paths": name, "name": name} for name in names]
        spec = corpora.CorpusSpec.model_validate({"sources": sources, "held_out": 0.0})
        return count(corpora.open(spec, tmp_path), made, cache=tmp_path / "cache", **options)

    both = words("0.txt", "1.txt")
    assert len(read) == 2
    seen = []
    every = words("0.txt", "1.txt", "2.txt", watch=seen.append)
    assert len(read) == 3
    assert as_dict(every) == {"one": 6, "Ġ0": 1, "Ġ1": 2, "Ġ2": 3}
    assert (every.documents, every.bytes) == (6, 30)
    assert seen[-1].total == sum((tmp_path / f"{n}.txt").stat().st_size for n in range(3))
    assert (seen[-1].done, seen[-1].documents) == (seen[-1].total, 6)
    other_way = words("2.txt", "1.txt", "0.txt")
    assert other_way.fingerprint == every.fingerprint != both.fingerprint
    assert as_dict(other_way) == as_dict(every)
    assert len(read) == 3
