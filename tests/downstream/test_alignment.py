"""Labels go to tokens and come back, whatever the words, whatever the tokenizer."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from tokbench.downstream.alignment import (
    IGNORED,
    as_pieces,
    attainable,
    cut_spans,
    labelled,
    read_back,
    space_of,
    undecided,
)
from tokbench.downstream.spans import counts, spans

NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TYPES = ("NOUN", "VERB", "X")
ODD = [
    "", " ", "\n", "\t\n ", "New York", " x", "x ", "\u00a0", "\u3000", "\u200d", "\u200b", "\ufeff",
    "\u0301", "e\u0301", "é", "한국어", "\u1112\u1161\u11ab", "ﬁ", "㎏", "²", "Ⅷ", "½", "İ", "ß", "ǆ", "…",
    "👩‍👩‍👧", "🇰🇷", "❤️", "漢字", "セル", "ไทย", "العربية", "שלום", "नमस्ते", "<s>", "<mask>", "<|endoftext|>",
    "[SEP]", "▁", "▁x", "Ġ", "##s", "'s", "don't", "12,345.67", "\x00", "\x85", "\u2028", "\ue000", "\ud7b0",
    "x" * 300, "\u0301" * 40,
]  # fmt: skip
words = st.lists(
    st.one_of(st.sampled_from(ODD), st.text(max_size=6), st.sampled_from(["low", "lower", "fox"])),
    max_size=7,
)
many = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def encoded(tokenizer: Tokenizer, pieces: list[str]):
    return tokenizer.encode(pieces, is_pretokenized=True)


def through(encoding, given_, labels, names, *, inside=False, noise=0):
    """What comes back where whatever is not learned is answered with noise."""
    learned = labelled(encoding, given_, labels, names, inside=inside)
    assert len(learned) == len(encoding)
    answers = [noise if one == IGNORED else one for one in learned]
    return read_back(encoding, given_, answers, names)


def comes_back(tokenizer: Tokenizer, some: list[str], chance: st.DataObject) -> None:
    names = chance.draw(st.sampled_from([NAMES, TYPES]))
    place = st.integers(0, len(names) - 1)
    labels = chance.draw(st.lists(place, min_size=len(some), max_size=len(some)))
    pieces = as_pieces(some, chance.draw(st.sampled_from([" ", "", space_of(tokenizer)])))
    encoding = encoded(tokenizer, pieces)
    without = undecided(encoding, pieces)
    assert without == [
        number
        for number, piece in enumerate(pieces)
        if not tokenizer.encode([piece], is_pretokenized=True, add_special_tokens=False).ids
    ]
    for inside in (False, True):
        back = through(
            encoding, pieces, labels, names, inside=inside, noise=chance.draw(place)
        )
        assert [one for at, one in enumerate(back) if at not in without] == [
            one for at, one in enumerate(labels) if at not in without
        ]
    learned = labelled(encoding, pieces, labels, names)
    assert sum(one != IGNORED for one in learned) == len(some) - len(without)


@many
@given(some=words, chance=st.data())
def test_labels_of_words_come_back(
    recipe_tokenizer: Tokenizer, some: list[str], chance: st.DataObject
) -> None:
    comes_back(recipe_tokenizer, some, chance)


BYTE_LEVEL = {"code", "demo", "gpt2", "gpt4o", "korean", "llama3", "qwen", "roberta"}
KEEPS_EVERYTHING = BYTE_LEVEL | {"characters", "llama2"}


@many
@given(some=words)
def test_every_word_has_a_token_where_text_is_kept(
    request: pytest.FixtureRequest, recipe_tokenizer: Tokenizer, some: list[str]
) -> None:
    name = request.node.callspec.params["recipe_tokenizer"].stem
    if name in KEEPS_EVERYTHING:
        pieces = as_pieces(some)
        without = undecided(encoded(recipe_tokenizer, pieces), pieces)
        assert all(not pieces[place] for place in without)


@many
@given(some=words)
def test_ids_are_those_of_text(recipe_tokenizer: Tokenizer, some: list[str]) -> None:
    pieces = as_pieces(some, space_of(recipe_tokenizer))
    apart = recipe_tokenizer.encode(pieces, is_pretokenized=True, add_special_tokens=False)
    text = "".join(as_pieces(some))
    assert apart.ids == recipe_tokenizer.encode(text, add_special_tokens=False).ids
