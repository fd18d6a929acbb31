"""Which entries of a vocabulary no text produces, against texts that do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers import decoders as library_decoders

from tokbench.encoding import entries, from_folder, subject
from tokbench.metrics import measure
from tokbench.values import Encoded

TEXT = ["she sells sea shells by the sea shore", "the low lower lowest newer sea shells"] * 3


def _wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = library_decoders.WordPiece()
    made.train_from_iterator(
        TEXT,
        trainers.WordPieceTrainer(vocab_size=40, special_tokens=["[UNK]"], show_progress=False),
    )
    return made


def test_decoding_an_entry_alone_is_no_test() -> None:
    """`encode(decode(id)) == [id]` calls pieces unreachable that the training text is made of."""
    tokenizer = _wordpiece()
    vocab = tokenizer.get_vocab()
    naive = {n for n in vocab.values() if tokenizer.encode(tokenizer.decode([n])).ids != [n]}
    used = {n for text in TEXT for n in tokenizer.encode(text).ids}
    wrongly = naive & used
    assert len(wrongly) > 5
    found = entries(subject("x", tokenizer.to_str(), "x"))
    without = {*found.unreachable.examples, *found.unwitnessed.examples}
    assert found.unreachable.count == 0
    assert not {vocab[token] for token in without} & used


def test_a_piece_that_longer_ones_hide_has_no_witness() -> None:
    vocab = {"[UNK]": 0, "a": 1, "##b": 2, "ab": 3, "##c": 4, "[x]": 5}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    found = entries(subject("x", tokenizer.to_str(), "x"))
    assert found.unwitnessed.examples == ("##b", "[x]")  # `##b` follows no other letter
    assert (found.ordinary, found.special) == (5, 1)
    seen = entries(subject("x", tokenizer.to_str(), "x"), np.array([0, 1, 1, 0, 0, 0]))
    assert seen.unwitnessed.examples == ("[x]",)
    assert seen.unused.examples == ("ab", "##c", "[x]")


def test_merging_decides_for_bpe() -> None:
    vocab = {"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4, "abc": 5}
    tokenizer = Tokenizer(models.BPE(vocab, [("a", "b"), ("b", "c"), ("a", "bc")]))
    found = entries(subject("x", tokenizer.to_str(), "x"))
    assert found.unreachable.examples == ("abc",)
    assert found.unwitnessed.count == 0
    state = tokenizer.to_str().replace('"ignore_merges":false', '"ignore_merges":true')
    assert '"ignore_merges":true' in state
    assert entries(subject("x", state, "x")).unreachable.count == 0


def test_a_byte_whose_characters_are_all_known_is_never_fallen_back_to() -> None:
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    vocab = {token: n for n, token in enumerate(["<unk>", *bytes_, "A"])}
    tokenizer = Tokenizer(models.BPE(vocab, [], unk_token="<unk>", byte_fallback=True))
    found = entries(subject("x", tokenizer.to_str(), "x"))
    never = [f"<0x{byte:02X}>" for byte in (0x41, 0xC0, 0xC1, *range(0xF5, 0x100))]
    assert list(found.unreachable.examples) == never
    assert found.not_utf8.count == 128
    assert found.fragments == 0


def test_unigram_pieces_that_never_win() -> None:
    pieces = [("<unk>", 0.0), ("▁", -2.0), ("a", -1.0), ("b", -1.0), ("ab", -9.0), ("▁a", -1.5)]
    tokenizer = Tokenizer(models.Unigram(pieces, 0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    found = entries(subject("x", tokenizer.to_str(), "x"))
    assert found.unwitnessed.examples == ("ab",)


def test_special_tokens_that_text_can_forge() -> None:
    tokenizer = _wordpiece()
    tokenizer.add_special_tokens(["<eos>"])
    tokenizer.add_special_tokens([AddedToken("<x>", single_word=True)])
    found = entries(subject("x", tokenizer.to_str(), "x"))
    assert set(found.injectable.examples) == {"[UNK]", "<eos>", "<x>"}
    assert found.special == 3


@pytest.mark.parametrize(
    ("file", "not_utf8", "fragments"), [("gpt2", 344, 216), ("cl100k_base.tiktoken", 773, 645)]
)
def test_published_counts(shared: Path, file: str, not_utf8: int, fragments: int) -> None:
    found = entries(from_folder(shared / "tokenizers" / file))
    assert (found.not_utf8.count, found.fragments) == (not_utf8, fragments)
    assert (found.unreachable.count, found.unwitnessed.count) == (0, 0)


def test_metrics_of_entries() -> None:
    tokenizer = _wordpiece()
    found = entries(subject("x", tokenizer.to_str(), "x"))
    names = ["unreachable_tokens", "not_utf8_entries", "unused_entries", "injectable_tokens"]
    plain = Encoded.of(["a"], [["a"]])
    assert all(one.value is None for one in measure([plain], names)[0].measurements.values())
    made = measure([replace(plain, entries=found)], names)[0].measurements
    assert made["injectable_tokens"].value == 1
    assert made["unreachable_tokens"].value == found.unwitnessed.count
    assert made["unreachable_tokens"].detail["proven"] == 0
