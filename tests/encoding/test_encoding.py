"""Counts that metrics are made from, against counting by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers import decoders as library_decoders

from tokbench import corpus as corpora
from tokbench.encoding import cut, encode, from_folder, samples, subject
from tokbench.encoding import lines as lines_of
from tokbench.encoding.documents import words
from tokbench.errors import CorpusError, SubjectError
from tokbench.values import Corpus

TEXTS = ["low lower", "", "안녕 low", "new 🚀 lower x", "日本語"]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    (tmp_path / "t.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in TEXTS))
    spec = {"sources": [{"type": "files", "paths": ["t.jsonl"]}], "held_out": 0.0}
    return corpora.open(corpora.CorpusSpec.model_validate(spec), tmp_path)


def _word_level() -> Tokenizer:
    tokenizer = Tokenizer(
        models.WordLevel({"<unk>": 0, "low": 1, "lower": 2, "안녕": 3}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def _bytes() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = library_decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=270, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(["low lower new"] * 5, trainer)
    return tokenizer


def test_counts_are_those_of_counting_by_hand(corpus: Corpus) -> None:
    tokenizers = [_word_level(), _bytes()]
    subjects = [subject(str(i), one.to_str(), "x") for i, one in enumerate(tokenizers)]
    first, second = encode(subjects, corpus, "all")
    documents = first.documents
    assert documents is second.documents
    assert documents.bytes.tolist() == [len(text.encode()) for text in TEXTS]
    assert documents.characters.tolist() == [len(text) for text in TEXTS]
    assert documents.words.tolist() == [2, 0, 2, 3, 1 + 2]  # UAX 29 parts Han one by one
    assert first.tokens.tolist() == [2, 0, 2, 4, 1]
    assert first.frequencies.tolist() == [4, 2, 2, 1]
    assert first.unk_tokens is not None
    assert first.unk_characters is not None
    assert first.unk_tokens.tolist() == [0, 0, 0, 3, 1]
    assert first.unk_characters.tolist() == [0, 0, 0, len("new") + 1 + 1, 3]
    assert first.round_trip.exact.tolist() == [True, True, True, False, False]
    assert first.round_trip.differences[0] == ("new 🚀 lower x", "<unk> <unk> lower <u")
    by_hand = [len(tokenizers[1].encode(text).ids) for text in TEXTS]
    assert second.tokens.tolist() == by_hand
    assert second.unk_tokens is None
    assert second.round_trip.exact.all()
    assert second.frequencies.sum() == sum(by_hand)
    assert second.frequencies.dtype == np.int64


def test_equal_after_normalizing(corpus: Corpus) -> None:
    tokenizer = _bytes()
    tokenizer.normalizer = normalizers.Replace("low", "LOW")
    (made,) = encode([subject("x", tokenizer.to_str(), "x")], corpus, "all")
    assert not made.round_trip.exact.all()
    assert made.round_trip.normalized.all()


def test_special_tokens_truncation_and_padding_are_left_out(corpus: Corpus) -> None:
    tokenizer = _word_level()
    tokenizer.enable_truncation(1)
    tokenizer.enable_padding(length=9)
    (made,) = encode([subject("x", tokenizer.to_str(), "x")], corpus, "all")
    assert made.tokens.tolist() == [2, 0, 2, 4, 1]


def test_nothing_held_out_is_said(corpus: Corpus) -> None:
    one = subject("x", _bytes().to_str(), "x")
    with pytest.raises(CorpusError, match="held_out is 0, so there is nothing to measure on"):
        encode([one], corpus, "held_out")


def test_what_is_no_tokenizer_is_refused() -> None:
    with pytest.raises(SubjectError, match=r"f\.json: is not a tokenizer\.json"):
        subject("x", "{}", "f.json")


def test_a_tokenizer_without_unk_that_cannot_encode(corpus: Corpus) -> None:
    tokenizer = Tokenizer(models.WordLevel({"low": 0}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    with pytest.raises(SubjectError, match="broken: cannot encode the text"):
        encode([subject("broken", tokenizer.to_str(), "x")], corpus, "all")


def test_dropout_is_switched_off_for_measuring(corpus: Corpus) -> None:
    state = json.loads(_bytes().to_str())
    plain = subject("plain", json.dumps(state), "x")
    state["model"]["dropout"] = 0.5
    dropping = subject("dropping", json.dumps(state), "x")
    first, second = encode([plain, dropping], corpus, "all")
    assert first.tokens.tolist() == second.tokens.tolist()


def test_letters_that_no_token_stands_for_are_counted(corpus: Corpus) -> None:
    letters_only = Tokenizer(models.BPE({"l": 0, "o": 1, "w": 2}, []))
    letters_only.decoder = library_decoders.Fuse()
    cased = _bytes()
    cased.normalizer = normalizers.Lowercase()
    names = {"letters": letters_only, "words": _word_level(), "cased": cased}
    subjects = [subject(name, one.to_str(), "x") for name, one in names.items()]
    made = [one.round_trip.letters_lost.tolist() for one in encode(subjects, corpus, "all")]
    assert made == [[2, 0, 2, 5, 3], [0, 0, 0, 4, 3], [0, 0, 0, 0, 0]]


def test_cuts_show_unknown_lost_and_broken_characters() -> None:
    words_ = subject("w", _word_level().to_str(), "x")
    assert [(c.text, c.kind) for c in cut(words_, "low lowest 안녕")] == [
        ("low", "token"),
        ("lowest", "unk"),
        ("안녕", "token"),
    ]
    bytes_ = subject("b", _bytes().to_str(), "x")
    assert [(c.text, c.kind) for c in cut(bytes_, "low é")] == [
        ("low", "token"),
        (" ", "token"),
        ("c3", "byte"),
        ("a9", "byte"),
    ]
    dashes = _word_level()
    dashes.pre_tokenizer = pre_tokenizers.CharDelimiterSplit("-")
    assert [(c.text, c.kind) for c in cut(subject("d", dashes.to_str(), "x"), "low-lower")] == [
        ("low", "token"),
        ("-", "lost"),
        ("lower", "token"),
    ]


@pytest.mark.parametrize("text", ["low", "é low"])
def test_a_space_put_before_the_text_is_no_part_of_a_character(text: str) -> None:
    made = Tokenizer(models.BPE({"▁": 0, "l": 1, "o": 2, "w": 3, "é": 4, "lo": 5}, [("l", "o")]))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    found = cut(subject("m", made.to_str(), "x"), text)
    assert {one.kind for one in found} == {"token"}
    assert found[0].text == "▁"
    assert "".join(one.text for one in found[1:]) == text


def test_samples_do_not_depend_on_the_order(tmp_path: Path) -> None:
    lines = [f"a line that is long enough, number {number}" for number in range(50)]
    one = subject("b", _bytes().to_str(), "x")
    made = []
    for name, order in (("a.txt", lines), ("b.txt", lines[::-1])):
        (tmp_path / name).write_text("\n".join(order))
        spec = {"sources": [{"type": "files", "paths": [name]}], "held_out": 0.0}
        opened = corpora.open(corpora.CorpusSpec.model_validate(spec), tmp_path)
        made.append(samples([one], lines_of(opened, "all").chosen))
    assert made[0] == made[1]
    assert len(made[0]) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("Hello, world!", 2),
        ("can't stop 3.14", 3),
        ("a_b x:y -- …", 2),
        ("안녕하세요 세계", 2),
        ("한국어 漢字", 3),
        ("e\u0301te\u0301", 1),
    ],
)
def test_words(text: str, expected: int) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(("said", "longest"), [(512, 512), (1e30, None), ("x", None)])
def test_a_folder_says_how_much_its_model_takes(
    tmp_path: Path, said: object, longest: int | None
) -> None:
    _bytes().save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": said}))
    assert from_folder(tmp_path).longest == longest
    assert from_folder(tmp_path / "tokenizer.json").longest == longest
