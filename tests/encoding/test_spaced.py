"""Tokenizers that work as SentencePiece does go through chunks, and the ids stay the same."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_through_chunks import CHARACTERS, Memory, assert_same
from tokenizers import Regex, Tokenizer, decoders, models, normalizers

from tokbench.chunks import SPACED
from tokbench.encoding import encode, from_folder, subject
from tokbench.encoding.encode import PLACES
from tokbench.encoding.structure import NO_CUT, Route, route
from tokbench.encoding.unigram import Lattice

sys.path.insert(0, str(Path(__file__).parents[1] / "counting"))
from hostile import ATOMS, texts

SPACE = "\u2581"
module = sys.modules["tokbench.encoding.encode"]


def decoder(*, fallback: bool) -> decoders.Decoder:
    middle = [decoders.ByteFallback()] if fallback else []
    parts = [decoders.Replace(SPACE, " "), *middle, decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    return decoders.Sequence(parts)


def kept() -> normalizers.Normalizer:
    return normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])


def collapsed() -> normalizers.Normalizer:
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Replace(Regex(r"\A "), ""),
            normalizers.Replace(" ", SPACE),
            normalizers.Prepend(SPACE),
            normalizers.Replace(Regex(rf"{SPACE}+\z"), ""),
        ]
    )


def unigram(pieces: dict[str, float], normalizer: normalizers.Normalizer | None = None) -> str:
    made = Tokenizer(models.Unigram([("<unk>", -9.0), *pieces.items()], 0, byte_fallback=False))
    made.normalizer = normalizer or collapsed()
    made.decoder = decoder(fallback=False)
    return made.to_str()


def bpe(longer: list[str], known: list[str]) -> str:
    tokens = ["<unk>", SPACE, *known, *(f"<0x{byte:02X}>" for byte in range(256)), *longer]
    ids = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    merges = [
        (one[:at], one[at:])
        for one in longer
        for at in range(1, len(one))
        if one[:at] in ids and one[at:] in ids
    ]
    made = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = kept()
    made.decoder = decoder(fallback=True)
    return made.to_str()


def both_ways(state: str, documents: list[str], *, cuts: bool = False):
    made = []
    with pytest.MonkeyPatch.context() as patch:
        for long in (0, 1 << 60):
            patch.setattr(module, "LONG", long)
            patch.setattr(module, "LONG_UNCOMPILED", long)
            one = subject("x", state, "x")
            made += encode([one], Memory(documents, 5), "all", cuts=cuts)
    return made


PIECES = st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=3).map("".join)
DOCUMENTS = st.lists(
    st.lists(st.sampled_from([*ATOMS, SPACE, "aaa", "..", "----"]), max_size=30).map("".join),
    min_size=1,
    max_size=10,
)


@settings(max_examples=40, deadline=None)
@given(st.sets(PIECES), DOCUMENTS, st.booleans(), st.booleans())
def test_unigrams(pieces, documents, few, keeps):
    """Scores of few values make many ways that score the same."""
    found = {one: -1.0 - len(one) / 3 if few else -1.0 / (2 + n) for n, one in enumerate(pieces)}
    found = {one: score for one, score in found.items() if SPACE not in one} | {SPACE: -2.5}
    found |= {SPACE + one: score - 0.1 for one, score in list(found.items())[::2]}
    state = unigram(found, kept() if keeps else None)
    assert isinstance(route(json.loads(state)), Route)
    chunked, whole = both_ways(state, documents)
    assert chunked.encoded_by.by == "chunks"
    assert_without_cuts_same(chunked, whole)


@settings(max_examples=40, deadline=None)
@given(st.sets(PIECES), st.lists(st.sampled_from(CHARACTERS)), DOCUMENTS)
def test_byte_pairs(longer, known, documents):
    longer = [one for one in longer if SPACE not in one]
    chunked, whole = both_ways(bpe([*longer, *(SPACE + one for one in longer)], known), documents)
    assert chunked.encoded_by.by == "chunks"
    assert_without_cuts_same(chunked, whole)


def assert_without_cuts_same(one, other) -> None:
    assert np.array_equal(one.tokens, other.tokens)
    assert np.array_equal(one.frequencies, other.frequencies)
    assert np.array_equal(one.unk_tokens, other.unk_tokens)
    assert np.array_equal(one.unk_characters, other.unk_characters)
    assert np.array_equal(one.round_trip.exact, other.round_trip.exact)
    assert np.array_equal(one.round_trip.normalized, other.round_trip.normalized)
    assert np.array_equal(one.round_trip.letters_lost, other.round_trip.letters_lost)
    assert one.round_trip.differences == other.round_trip.differences


def test_where_tokens_begin_is_told_of_whole_documents():
    state = unigram({SPACE: -2.0, "a": -1.0, "b": -1.0, SPACE + "a": -1.5})
    chunked, whole = both_ways(state, ["a b", "ab  ba 12"], cuts=True)
    assert chunked.encoded_by.why == PLACES
    assert_same(chunked, whole)


def test_ways_that_score_the_same_are_cut_as_the_library_cuts_them():
    """Rounding decides by all that stands before: a thousand beginnings of a document."""
    pieces = {SPACE: -1.1, "a": -0.1, "aa": -0.7, SPACE + "b": -3.3, "aaaa": -1.4, "b": -0.37}
    model = models.Unigram([("<unk>", -9.0), *pieces.items()], 0, byte_fallback=False)
    before = "".join(f" {'ba' * (n % 5)}" for n in range(1000))
    documents = [before[:end] + " aaa aaaaa" for end in range(0, len(before), 7)]
    state = unigram(pieces)
    chunked, whole = both_ways(state, documents)
    assert_without_cuts_same(chunked, whole)
    lattice = Lattice([("<unk>", -9.0), *pieces.items()], 0)
    some = ["aaaaab" * 3, "xyz", "axxb", SPACE + "b"]
    column = pa.array(some)
    text = np.frombuffer("".join(some).encode(), np.uint8)
    bounds = np.cumsum([0, *(len(one.encode()) for one in some)]).astype(np.int64)
    flat, lengths, _, unknown = lattice.encode(text, bounds, np.arange(len(column), dtype=np.int32))
    expected = [[token.id for token in model.tokenize(one)] for one in some]
    assert flat.tolist() == [number for one in expected for number in one]
    assert lengths.tolist() == list(map(len, expected))
    assert unknown.tolist() == [0, 3, 2, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state["model"]["vocab"].append([f"a{SPACE}", -1.0]),
        lambda state: state["model"]["vocab"].remove([SPACE, -2.0]),
        lambda state: state["model"].update(byte_fallback=True),
        lambda state: state["normalizer"]["normalizers"].pop(0),
        lambda state: state["decoder"]["decoders"].pop(),
        lambda state: state.update(pre_tokenizer={"type": "UnicodeScripts"}),
    ],
)
def test_what_is_not_known_to_be_exact_goes_whole(change):
    state = json.loads(unigram({SPACE: -2.0, "a": -1.0}))
    assert isinstance(route(state), Route)
    change(state)
    assert route(state) == NO_CUT


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("name", ["albert", "sentencepiece_ja_unigram.model", "mistral_v1"])
def test_published_tokenizers_on_hostile_text(shared, name):
    one = from_folder(shared / "tokenizers" / name)
    found = route(json.loads(one.tokenizer.to_str()))
    assert isinstance(found, Route)
    assert found.cut_set is SPACED
    documents = [*texts(8, 300), *(" ".join(texts(seed, 20, 8)) for seed in range(20))]
    chunked, whole = both_ways(one.tokenizer.to_str(), documents)
    assert chunked.encoded_by.by == "chunks"
    assert chunked.encoded_by.whole < len(documents)
    assert_without_cuts_same(chunked, whole)
