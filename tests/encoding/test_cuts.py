"""Where tokens cut, against counting one span after another."""

from dataclasses import replace

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tokbench.encoding import from_folder, subject
from tokbench.encoding.documents import BOUNDARY, IN_WORD
from tokbench.encoding.inside import COLUMNS, Inside, Spans
from tokbench.encoding.token_bytes import token_bytes
from tokbench.encoding.word_types import WordTypes
from tokbench.metrics.cuts import code_whitespace, digit_boundaries
from tokbench.values import Cuts, Encoded

ATOMS = [
    "a", "don't", "été", "漢字", " ", "  ", "    ", "\n", "\n  ", "\n\t x", "1", "123", "12345678",
    "3.14", "٣٤٥", "🚀", "x_1", "-", "\u0301", "\r\n   ",
]  # fmt: skip
texts = st.lists(st.lists(st.sampled_from(ATOMS), max_size=12).map("".join), min_size=1, max_size=6)
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def byte_level(*merges: tuple[str, str]):
    tokens = [*ALPHABET, *("".join(pair) for pair in merges)]
    made = Tokenizer(models.BPE({one: k for k, one in enumerate(tokens)}, list(merges)))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return subject("x", made.to_str(), "x")


def whole_words():
    made = Tokenizer(models.WordLevel({"a": 0, "<u>": 1, "123": 2}, unk_token="<u>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return subject("x", made.to_str(), "x")


SUBJECTS = [
    byte_level(),
    byte_level(("1", "2"), ("Ġ", "Ġ"), ("Ã", "©"), ("Ġ", "a"), ("ĠĠ", "ĠĠ"), ("3", "4")),
    whole_words(),
]


def by_hand(one, text):
    tokenizer = Tokenizer.from_str(one.state)
    encoding = tokenizer.encode(text, add_special_tokens=False)
    spans = [(a, b) for a, b in encoding.offsets if a < b]
    found = dict.fromkeys(COLUMNS, 0)

    def touching(begin, end):
        return sum(a < end and b > begin for a, b in spans)

    place = 0
    for piece in BOUNDARY.split(text):
        if IN_WORD.search(piece):
            found["continued"] += touching(place, place + len(piece)) > 1
        place += len(piece)
    every = token_bytes(tokenizer)
    for number in encoding.ids:
        try:
            every[number].decode()
        except UnicodeDecodeError:
            found["parts"] += 1
    cuts = {a for a, _ in spans if not any(c < a < d for c, d in spans)}
    for number in regex.finditer(r"\p{Nd}{2,}", text):
        inside = {cut for cut in cuts if number.start() < cut < number.end()}
        groups = set(range(number.end() - 3, number.start(), -3))
        found["digit_boundaries"] += len(inside)
        found["digit_groups"] += len(groups)
        found["digit_hits"] += len(inside & groups)
    for line in regex.finditer(r"\n([ \t]+)", text):
        found["indents"] += 1
        found["indent_tokens"] += sum(line.start(1) < b <= line.end(1) for _, b in spans)
        found["spaces_seen"] += touching(*line.span(1))
    for run in regex.finditer(" {2,}", text):
        found["runs"] += 1
        found["whole_runs"] += touching(run.start(), run.end() - 1) == 1
        found["spaces_seen"] += touching(*run.span())
    return list(found.values())


@settings(max_examples=100)
@given(texts, st.sampled_from(SUBJECTS))
def test_it_is_what_counting_by_hand_gives(documents, one):
    made, _ = Inside(one).look(documents, Spans.of(documents))
    assert made.T.tolist() == [by_hand(one, text) for text in documents]


def test_what_a_number_is_cut_into():
    made, splits = Inside(byte_level(("1", "2"), ("3", "4"))).look(
        ["1234", "x", "12"], Spans.of(["1234", "x", "12"])
    )
    assert (splits.texts.tolist(), splits.digits.tolist()) == ([0, 2], [4, 2])
    assert splits.places.tolist() == [1 << 2, 0]
    assert dict(zip(COLUMNS, made.sum(axis=1).tolist(), strict=True))["digit_boundaries"] == 1


def test_bytes_of_published_tokens(shared):
    gpt2 = from_folder(shared / "tokenizers" / "gpt2").tokenizer
    vocabulary = token_bytes(gpt2)
    broken = 0
    for token in vocabulary:
        try:
            (token or b"").decode()
        except UnicodeDecodeError:
            broken += 1
    assert broken == 344
    assert vocabulary[gpt2.token_to_id("Ġthe")] == b" the"
    phi = from_folder(shared / "tokenizers" / "phi3_mini").tokenizer
    assert token_bytes(phi)[phi.token_to_id("<0xE2>")] == b"\xe2"


def test_single_words_are_not_unknown_ones():
    inside = Inside(whole_words())
    assert inside.single(["a", "b", "123"]) == 2


class Texts:
    def __init__(self, strings):
        self.strings = strings


def test_of_many_words_some_are_tried():
    every, some = WordTypes(), WordTypes(most=50)
    for first in range(0, 1000, 100):
        batch = Texts([f"w{number} w{number // 2}" for number in range(first, first + 100)])
        every.add(batch)
        some.add(batch)
    inside = Inside(byte_level())
    assert every.alone(inside).words == every.alone(inside).tried == 1000
    assert some.alone(inside).tried == 50
    assert some.alone(inside).words == pytest.approx(1000, rel=0.4)


def test_white_space_that_no_token_stands_for_is_not_cheap():
    one = whole_words()
    made, _ = Inside(one).look(["x\n  a"], Spans.of(["x\n  a"]))
    columns = dict(zip(COLUMNS, made.astype(int), strict=True))
    encoded = replace(Encoded.of(["x\n  a"], [["x", "a"]]), cuts=Cuts(**columns))
    assert code_whitespace(encoded).why == "no token stands for white space"
    assert digit_boundaries(encoded).detail == {"split_entropy": 0.0}
