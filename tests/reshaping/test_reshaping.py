"""Vocabularies made larger and smaller: what stays as it was, stays."""

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from tokbench import reshaping
from tokbench.training import continue_bpe

OLD = ["low lower lowest", "new newer newest", "a widow slows, she sews"]
NEW = "abelnorstw, "
WORDS = st.text(NEW, max_size=40)


def saved(tokenizer: Tokenizer) -> dict[str, Any]:
    return json.loads(tokenizer.to_str())


def loaded(state: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(state))


def bpe(*, ignore_merges: bool = False) -> Tokenizer:
    made = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=270,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>"],
        show_progress=False,
    )
    made.train_from_iterator(OLD, trainer)
    made.add_tokens(["New York"])
    return made


def wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordPieceTrainer(
        vocab_size=60, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False
    )
    made.train_from_iterator([one.replace(",", "") for one in OLD], trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return made


def unigram() -> Tokenizer:
    pieces = [("<unk>", 0.0), ("a", -4.0), ("b", -4.0), ("ab", -5.0), ("aba", -9.0), ("w", -2.0)]
    made = Tokenizer(models.Unigram([*pieces, ("s", -3.0), ("z", -20.0)], unk_id=0))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.add_special_tokens(["<s>"])
    return made


def words_of(tokenizer: Tokenizer, texts: list[str]) -> Counter[str]:
    cut = tokenizer.pre_tokenizer.pre_tokenize_str
    return Counter(word for text in texts for word, _ in cut(text))


def grown(tokenizer: Tokenizer, texts: list[str], add: int, apart: set[tuple[int, int]]) -> Any:
    """A BPE that goes on merging on these texts."""
    state = saved(tokenizer)
    tokens = sorted(reshaping.ids(state), key=reshaping.ids(state).__getitem__)
    words = words_of(tokenizer, texts)
    rows = [[one.id for one in tokenizer.model.tokenize(word)] for word in words]
    made = continue_bpe(
        np.array([one for row in rows for one in row], np.int32),
        np.array(list(map(len, rows)), np.int64),
        np.array(list(words.values()), np.int64),
        tokens,
        add=add,
        apart=apart,
    )
    return made, loaded(reshaping.appended(state, made.tokens, made.merges))


def neighbours(tokenizer: Tokenizer, text: str) -> set[tuple[int, int]]:
    made = tokenizer.encode(text, add_special_tokens=False)
    pairs = zip(pairwise(made.ids), pairwise(made.word_ids), strict=True)
    return {pair for pair, (one, other) in pairs if one == other}


@given(st.lists(WORDS, max_size=8), WORDS)
def test_text_without_a_new_pair_keeps_its_ids(texts: list[str], text: str) -> None:
    old = bpe()
    made, new = grown(old, texts, 6, set())
    numbers = old.get_vocab()
    joined = {(numbers.get(left), numbers.get(right)) for left, right in made.merges}
    if not joined & neighbours(old, text):
        assert new.encode(text).ids == old.encode(text).ids


@given(st.lists(WORDS, max_size=8), WORDS)
def test_text_whose_pairs_stay_apart_keeps_its_ids(texts: list[str], text: str) -> None:
    old = bpe()
    made, new = grown(old, [*texts, text, text], 6, neighbours(old, text))
    assert new.encode(text).ids == old.encode(text).ids
    assert not set(made.tokens) & old.get_vocab().keys()
    assert new.decode(new.encode(text).ids) == old.decode(old.encode(text).ids)
    everything = old.get_vocab(with_added_tokens=True)
    assert {token: new.token_to_id(token) for token in everything} == everything


def test_going_on_is_what_training_further_gives() -> None:
    """From single bytes it learns what the library learns."""
    texts = ["sews sews sews widows lower lower"]
    blank = Tokenizer(models.BPE(vocab={one: at for at, one in enumerate("abdeilorsw")}, merges=[]))
    blank.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made, new = grown(blank, texts, 5, set())
    wanted = Tokenizer(models.BPE())
    wanted.pre_tokenizer = blank.pre_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=15, initial_alphabet=list("abdeilorsw"))
    trainer.show_progress = False
    wanted.train_from_iterator(texts, trainer)
    assert new.get_vocab() == wanted.get_vocab()
    assert [list(pair) for pair in made.merges] == saved(wanted)["model"]["merges"]


def test_the_most_frequent_pair_is_merged_where_it_may_be() -> None:
    rows = np.array([0, 1, 2, 0, 1], np.int32)
    lengths, counts = np.array([3, 2]), np.array([2, 1 << 33])
    tokens = ["lo", "w", "er"]
    free = continue_bpe(rows, lengths, counts, tokens, add=9)
    assert free.tokens == ("low", "lower")
    apart = continue_bpe(rows, lengths, counts, tokens, add=9, apart=[(0, 1)])
    assert (apart.tokens, apart.refused) == (("wer", "lower"), 1)
    there = continue_bpe(rows, lengths, counts, [*tokens, "low"], add=9)
    assert there.tokens == ("wer", "lower")
    walled = continue_bpe(rows, lengths, counts, tokens, add=9, walls=[1])
    assert walled.tokens == ()


def pruned(tokenizer: Tokenizer, texts: list[str], size: int = 0) -> Any:
    state = saved(tokenizer)
    numbers = reshaping.ids(state)
    ids = {one for text in texts for one in tokenizer.encode(text).ids}
    used = {token for token, number in numbers.items() if number in ids}
    if state["model"]["type"] == "WordPiece":
        matching = reshaping.Matching(state["model"])
        for word in words_of(tokenizer, texts):
            used |= {*matching.pieces(word)[0]}
    return reshaping.renumbered(state, reshaping.needed(state, used, size))


@pytest.mark.parametrize("size", [0, 40, 265])
@pytest.mark.parametrize("make", [bpe, wordpiece, unigram, lambda: bpe(ignore_merges=True)])
@given(texts=st.lists(WORDS, max_size=4))
def test_pruned_gives_the_same_tokens(make: Any, texts: list[str], size: int) -> None:
    old = make()
    made = pruned(old, texts, size)
    new = loaded(made.state)
    for text in texts:
        first, second = old.encode(text), new.encode(text)
        assert [made.old_ids[one] for one in second.ids] == first.ids
        assert second.tokens == first.tokens
    vocabulary = new.get_vocab(with_added_tokens=True)
    assert sorted(vocabulary.values()) == list(range(len(made.old_ids)))
    for token, number in vocabulary.items():
        assert old.token_to_id(token) == made.old_ids[number]
    assert len(made.old_ids) <= max(size, len(pruned(old, texts).old_ids))


@given(st.text("abdelnorstwix", max_size=15))
def test_pieces_are_those_of_the_library(word: str) -> None:
    tokenizer = wordpiece()
    pieces, whole = reshaping.Matching(saved(tokenizer)["model"]).pieces(word)
    got = [one.value for one in tokenizer.model.tokenize(word)] if word else []
    assert got == (pieces if whole else ["[UNK]"])


def test_added_tokens_keep_their_ids_behind_a_larger_vocabulary() -> None:
    old = bpe()
    number = old.token_to_id("New York")
    new = loaded(reshaping.appended(saved(old), ["zz"], [("z", "z")]))
    assert new.encode("New Yorkzz").ids == [number, number + 1]


@given(
    st.dictionaries(st.text(NEW, min_size=2, max_size=4), st.floats(-20, -1), max_size=6),
    st.text("abswxyzl", max_size=30),
)
def test_text_without_a_new_piece_keeps_its_ids(pieces: dict[str, float], text: str) -> None:
    old = unigram()
    old.add_tokens(["abl"])
    new = {one: score for one, score in pieces.items() if old.token_to_id(one) is None}
    made = loaded(reshaping.appended(saved(old), [*new], scores=[*new.values()]))
    everything = old.get_vocab(with_added_tokens=True)
    assert {token: made.token_to_id(token) for token in everything} == everything
    assert made.get_vocab_size() == len(everything) + len(new)
    if not any(one in text for one in new):
        assert made.encode(text).ids == old.encode(text).ids
