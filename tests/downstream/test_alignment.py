"""Labels go to tokens and come back, whatever the words, whatever the tokenizer."""

import re
from itertools import pairwise, product
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, assume, given, settings
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
from tokbench.encoding.loading import load

NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TYPES = ("NOUN", "VERB", "X")
ODD = [
    "", " ", "\n", "\t\n ", "New York", " x", "x ", "\u00a0", "\u3000", "\u200d", "\u200b",
    "\ufeff", "\u0301", "e\u0301", "é", "한국어", "\u1112\u1161\u11ab", "ﬁ", "㎏", "²", "Ⅷ",
    "½", "İ", "ß", "ǆ", "…", "👩‍👩‍👧", "🇰🇷", "❤️", "漢字", "セル", "ไทย", "العربية", "שלום",
    "नमस्ते", "<s>", "<mask>", "<|endoftext|>", "[SEP]", "▁", "▁x", "Ġ", "##s", "'s", "don't",
    "12,345.67", "\x00", "\x85", "\u2028", "\ue000", "\ud7b0", "x" * 300, "\u0301" * 40,
]  # fmt: skip
words = st.lists(
    st.one_of(st.sampled_from(ODD), st.text(max_size=6), st.sampled_from(["low", "lower", "fox"])),
    max_size=7,
)
many = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
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
        back = through(encoding, pieces, labels, names, inside=inside, noise=chance.draw(place))
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


BLANK = regex.compile(r"[\s\x1c-\x1f\x85]")


@many
@given(some=words)
def test_ids_are_those_of_text(recipe_tokenizer: Tokenizer, some: list[str]) -> None:
    # Not where a token of the text could reach over two words: white space joins what stands
    # between words, and words without a space between them are one pre-token.
    some = [word for word in some if word and not BLANK.search(word)]
    pieces = as_pieces(some, space_of(recipe_tokenizer))
    assume(all(piece == " " + word for piece, word in zip(pieces[1:], some[1:], strict=True)))
    apart = recipe_tokenizer.encode(pieces, is_pretokenized=True, add_special_tokens=False)
    text = recipe_tokenizer.encode(" ".join(some), add_special_tokens=False)
    assert apart.ids == text.ids


QUICK = (
    "bert-base-uncased/tokenizer.json",
    "gpt2/tokenizer.json",
    "kcbert-base/vocab.txt",
    "mistral_v1/tokenizer.model",
    "phi3_mini/tokenizer.json",
)


@pytest.mark.parametrize("name", QUICK, ids=lambda name: name.partition("/")[0])
def test_labels_come_back_through_tokenizers_of_others(name: str, shared: Path) -> None:
    path = shared / "tokenizers" / name
    state = path.read_text("utf-8") if path.suffix == ".json" else load(path).state
    tokenizer = Tokenizer.from_str(state)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    assert space_of(tokenizer) == ("" if name[0] in "mp" else " ")

    @many
    @given(some=words, chance=st.data())
    def comes(some: list[str], chance: st.DataObject) -> None:
        comes_back(tokenizer, some, chance)

    comes()
    pieces = as_pieces(["She", "sells", "seashells", "."], space_of(tokenizer))
    text = tokenizer.encode("She sells seashells .", add_special_tokens=False).ids
    assert tokenizer.encode(pieces, is_pretokenized=True, add_special_tokens=False).ids == text


def test_the_mark_of_a_space_decides_no_word() -> None:
    tokenizer = Tokenizer(models.WordLevel({"▁": 0, "a": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Split(Regex("."), "isolated")]
    )
    pieces = as_pieces(["a", "a", "▁"])
    encoding = encoded(tokenizer, pieces)
    assert encoding.tokens == ["▁", "a", "▁", "a", "▁", "▁"]
    assert labelled(encoding, pieces, [1, 2, 3], NAMES) == [-100, 1, -100, 2, -100, 3]
    assert labelled(encoding, pieces, [1, 2, 3], NAMES, inside=True)[:2] == [-100, 1]
    text = tokenizer.encode("a a")
    assert labelled(text, "a a", [1, 2, 2], NAMES) == [-100, 1, 2, 2]


def test_a_word_without_token_goes_on_with_its_span() -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "?": 1}, unk_token="?"))
    tokenizer.normalizer = normalizers.Replace("-", "")
    words = ["a", "-", "a", "-", "-"]
    encoding = encoded(tokenizer, words)
    assert undecided(encoding, words) == [1, 3, 4]
    assert through(encoding, words, [1, 2, 2, 2, 1], NAMES) == [1, 2, 2, 0, 0]
    assert through(encoding, words, [1, 2, 1, 2, 2], NAMES) == [1, 0, 1, 0, 0]
    assert attainable(encoding, words, [1, 2, 2, 0, 1], NAMES) == (1, 2, 1)
    assert through(encoding, words, [2, 2, 2, 1, 1], TYPES) == [2, 2, 2, 0, 0]
    assert attainable(encoding, words, [2, 2, 2, 1, 1], TYPES) == (2, 5, 2)


# Characters


@st.composite
def marked(draw: st.DrawFn, longest: int = 14) -> tuple[str, list[int]]:
    """A text and labels of its characters, spans of two types."""
    text = "".join(
        draw(st.lists(st.one_of(st.sampled_from(ODD[:-2]), st.text(max_size=3)), max_size=5))
    )[:longest]
    labels: list[int] = []
    while len(labels) < len(text):
        kind = draw(st.sampled_from([0, 0, 1, 3]))
        length = draw(st.integers(1, 4))
        labels += [kind] + [kind and kind + 1] * (length - 1)
    return text, labels[: len(text)]


def tags(labels: list[int]) -> list[str]:
    return [NAMES[one] for one in labels]


@many
@given(one=marked(), noise=st.integers(0, 4))
def test_spans_of_characters_come_back_where_tokens_can_say_them(
    recipe_tokenizer: Tokenizer, one: tuple[str, list[int]], noise: int
) -> None:
    text, labels = one
    encoding = recipe_tokenizer.encode(text)
    found, there, right = attainable(encoding, text, labels, NAMES)
    assert (found, there) == (right, len(spans(tags(labels))))
    for inside in (False, True):
        back = through(encoding, text, labels, NAMES, inside=inside, noise=noise)
        assert counts(tags(labels), tags(back))[2] <= right
        if right == there:
            assert back == labels


@many
@given(one=marked(), cut=st.sets(st.integers(1, 13), max_size=4), gone=st.sampled_from("aéx -"))
def test_no_labels_of_tokens_do_better_than_attainable(
    one: tuple[str, list[int]], cut: set[int], gone: str
) -> None:
    text, labels = one
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.normalizer = normalizers.Replace(gone, "")
    places = [0, *sorted(cut), len(text)]
    whole = {text[a:b] for a, b in pairwise(places)} - {""}
    pattern = "|".join(sorted(map(re.escape, whole), key=len, reverse=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern or "x"), "isolated")
    encoding = tokenizer.encode(text)
    assume(len(encoding) <= 4)
    everything = [
        counts(tags(labels), tags(read_back(encoding, text, answers, NAMES)))
        for answers in product(range(len(NAMES)), repeat=len(encoding))
    ]
    best = max(2 * right / (found + there or 1) for found, there, right in everything)
    found, there, right = attainable(encoding, text, labels, NAMES)
    assert 2 * right / (found + there or 1) == best


def test_pieces_of_one_character_have_one_label() -> None:
    tokenizer = Tokenizer(models.BPE({one: k for k, one in enumerate(("ᄒ", "ᅡ", "ᆫ"))}, []))
    tokenizer.normalizer = normalizers.NFD()
    encoding = tokenizer.encode("한")
    assert labelled(encoding, "한", [1], NAMES) == [1, -100, -100]
    assert labelled(encoding, "한", [1], NAMES, inside=True) == [1, 2, 2]
    assert read_back(encoding, "한", [1, 0, 0], NAMES) == [1]


def test_white_space_of_a_token_is_not_of_its_span() -> None:
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r" ?\w+\n?"), "isolated")
    text = "in New York\nnow"
    labels = [0] * 3 + [3] + [4] * 7 + [0] * 4
    encoding = tokenizer.encode(text)
    assert labelled(encoding, text, labels, NAMES) == [0, 3, 4, 0]
    assert read_back(encoding, text, [0, 3, 4, 0], NAMES) == labels
    assert read_back(encoding, text, [0, 3, 3, 0], NAMES)[6:8] == [0, 3]


@many
@given(some=words, length=st.integers(1, 12), chance=st.data())
def test_spans_that_are_cut_off_are_counted(
    recipe_tokenizer: Tokenizer, some: list[str], length: int, chance: st.DataObject
) -> None:
    labels = chance.draw(st.lists(st.integers(0, 4), min_size=len(some), max_size=len(some)))
    pieces = as_pieces(some)
    whole = recipe_tokenizer.encode(pieces, is_pretokenized=True)
    cut = recipe_tokenizer.encode(pieces, is_pretokenized=True)
    cut.truncate(length)
    gone = set(undecided(cut, pieces)) - set(undecided(whole, pieces))
    expected = sum(
        any(begin <= place < end for place in gone) for _, begin, end in spans(tags(labels))
    )
    assert cut_spans(whole, pieces, labels, NAMES) == 0
    assert cut_spans(cut, pieces, labels, NAMES) == expected
    back = through(cut, pieces, labels, NAMES, noise=3)
    if gone:
        assert not any(back[max(gone) :])
    assert attainable(cut, pieces, labels, NAMES)[2] <= len(spans(tags(labels))) - expected


def test_characters_that_are_cut_off_are_counted() -> None:
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    text, labels = "New York is big", [3] + [4] * 7 + [0] * 4 + [1, 2, 2]
    tokenizer.enable_truncation(1)
    assert cut_spans(tokenizer.encode(text), text, labels, NAMES) == 2
    tokenizer.enable_truncation(3)
    assert cut_spans(tokenizer.encode(text), text, labels, NAMES) == 1
    assert cut_spans(tokenizer.encode(text), text, [1] * len(text), TYPES) == 3
