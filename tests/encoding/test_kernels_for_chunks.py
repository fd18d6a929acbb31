"""What kernels say of chunks is what the library says, or they leave it to the library."""

import base64
import json
import sys
import unicodedata
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_spaced import both_ways, bpe, collapsed, decoder
from test_through_chunks import CHARACTERS, Memory
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from tokbench.chunks.patterns import CL100K, GPT2, QWEN2
from tokbench.encoding import encode, subject
from tokbench.encoding.chunk_kernels import ASKED, SAME, WRITTEN, decode
from tokbench.encoding.images import Images
from tokbench.encoding.loading import charsmap
from tokbench.encoding.merging import Merging
from tokbench.encoding.spelled import spelled
from tokbench.encoding.structure import NO_CUT, Route, route
from tokbench.encoding.unigram import Lattice
from tokbench.encoding.word_pieces import WordPieces
from tokbench.spelling import BYTES

SPACE = "\u2581"
NAMES = {byte: character for character, byte in BYTES.items()}
SOME = "abAZéßñ09٣½.,!(\"-_$€'ſ漢字한글क्षิ\u0301\u0308\u200d\n\t \u00a0"
CHUNKS = st.lists(
    st.one_of(st.sampled_from(SOME), st.sampled_from(CHARACTERS)), min_size=1, max_size=8
).map("".join)
TEXTS = st.lists(st.one_of(CHUNKS, CHUNKS.map(lambda text: " " + text)), min_size=1, max_size=20)


def packed(texts: list[str]):
    encoded = [text.encode() for text in texts]
    bounds = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), bounds


def parted(flat, lengths) -> list[list[int] | None]:
    """The ids of each text, None where the library is to be asked."""
    made, used = [], 0
    for count in lengths.tolist():
        made.append(flat[used : used + count].tolist() if count >= 0 else None)
        used += max(0, count)
    return made


def byte_level(pattern: str, merged: list[str], *, whole: bool) -> Tokenizer:
    ids = {NAMES[byte]: byte for byte in range(256)}
    merges = []
    for text in merged:
        symbols = [NAMES[byte] for byte in text.encode()]
        while len(symbols) > 1:
            pair = symbols[0], symbols[1]
            ids.setdefault("".join(pair), len(ids))
            merges.append(pair)
            symbols[:2] = ["".join(pair)]
    made = Tokenizer(models.BPE(ids, merges, ignore_merges=whole))
    parts = [
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
    made.pre_tokenizer = pre_tokenizers.Sequence(parts)
    return made


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([GPT2, CL100K, QWEN2]), st.lists(CHUNKS, max_size=12), TEXTS, st.booleans())
def test_words_and_merges(pattern, merged, chunks, whole):
    tokenizer = byte_level(pattern, merged, whole=whole)
    merging = Merging.of(json.loads(tokenizer.to_str()))
    if merging is None:
        assert whole  # some token is none that merging gives
        return
    for text, ids in zip(chunks, parted(*merging.encode(*packed(chunks))), strict=True):
        assert ids is None or ids == tokenizer.encode(text).ids


def test_most_words_are_not_asked_of_the_library():
    merging = Merging.of(json.loads(byte_level(CL100K, ["ab"], whole=False).to_str()))
    assert merging is not None
    plain = [" ab", "abab", "(ab", " (ab", "12345", " ab..", "한글", " क्ष", "é"]
    assert None not in parted(*merging.encode(*packed(plain)))
    others = [" ", "ab's", "a\nb", "a b", "\u00a0a", "a" * 500]
    assert parted(*merging.encode(*packed(others))) == [None] * len(others)


def test_a_token_that_merging_does_not_give_is_the_librarys():
    state = json.loads(byte_level(GPT2, ["ab"], whole=True).to_str())
    assert Merging.of(state) is not None
    state["model"]["vocab"]["zz"] = len(state["model"]["vocab"])
    assert Merging.of(state) is None
    state["model"]["ignore_merges"] = False
    assert Merging.of(state) is not None


@settings(max_examples=40, deadline=None)
@given(st.lists(CHUNKS, max_size=6), st.lists(st.sampled_from(CHARACTERS)), TEXTS)
def test_byte_fallback(longer, known, chunks):
    longer = [one for one in (text.replace(" ", "") for text in longer) if SPACE not in one and one]
    state = json.loads(bpe([*longer, *(SPACE + one for one in longer)], known))
    tokenizer = Tokenizer.from_str(json.dumps(state))
    found = route(state)
    assert isinstance(found, Route)
    merging = Merging.of(json.loads(found.way.state))
    documents = [text.lstrip(" ") for text in chunks]
    given_ = [" " + text for text in documents]
    for text, ids in zip(documents, parted(*merging.encode(*packed(given_))), strict=True):
        assert ids is None or not text or ids == tokenizer.encode(text).ids


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.sampled_from([one for one in CHARACTERS if not one.isspace()]), min_size=1),
    st.sets(CHUNKS),
    TEXTS,
    st.booleans(),
    st.integers(1, 8),
)
def test_word_pieces(known, longer, chunks, follow, most):
    tokens = ["[UNK]", *sorted(known), *sorted(longer - known)]
    tokens += [f"##{token}" for token in tokens[1:]] if follow else []
    ids = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=most))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces = WordPieces.of(json.loads(tokenizer.to_str()))
    text, bounds = packed(chunks)
    flat, lengths, lost = pieces.encode(text, bounds, np.arange(len(chunks), dtype=np.int32))
    for text, ids, unknown in zip(chunks, parted(flat, lengths), lost.tolist(), strict=True):
        found = tokenizer.encode(text)
        assert ids is None or ids == found.ids
        pairs = zip(found.ids, found.offsets, strict=True)
        assert ids is None or unknown == sum(b - a for one, (a, b) in pairs if one == 0)


WORDS = st.lists(st.sampled_from(["a", "b", " ", "  ", "é", "漢", SPACE, "<unk>", "<0x61>", "\n"]))
PIECES = ["a", "b", "ab", "aa", SPACE, SPACE + "a", "é", SPACE + "b", "<", "unk"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), unique=True),
    st.lists(st.sampled_from([-1.0, -1.5, -2.0, -7.25]), min_size=len(PIECES)),
    st.lists(WORDS.map("".join), min_size=1),
    st.booleans(),
)
def test_unigram_words(pieces, scores, chunks, fallback):
    vocab = [("<unk>", 0.0), *zip(pieces, scores, strict=False)]
    vocab += [(f"<0x{byte:02X}>", -40.0) for byte in range(256)] if fallback else []
    tokenizer = Tokenizer(models.Unigram(vocab, 0, byte_fallback=fallback))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    words = Lattice.of_words(json.loads(tokenizer.to_str()))
    text, bounds = packed(chunks)
    found = words.words(text, bounds, np.arange(len(chunks), dtype=np.int32))
    for one, ids in zip(chunks, parted(*found), strict=True):
        assert ids is None or ids == tokenizer.encode(one).ids
        assert ids is not None or not one or SPACE in one or "<unk>" in one


def test_other_words_are_the_librarys():
    made = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0)], 0, byte_fallback=False))
    assert Lattice.of_words(json.loads(made.to_str())) is None
    for scheme, known in (("always", True), ("first", True), ("never", False)):
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
        assert (Lattice.of_words(json.loads(made.to_str())) is not None) == known


SPELT = ["[UNK]", "ab", "##c", "do n't", " .", SPACE, SPACE + "é", "Ġx", "Ã", "©", "\ufffd", "##"]
SPELT += ["<0x61>", "<0xC3>", "<0xA9>", "漢", "-b"]
DECODERS = [
    None,
    decoders.WordPiece(),
    decoders.WordPiece(prefix="-", cleanup=False),  # one with letters never gets here
    decoders.Metaspace(),
    decoders.Metaspace(prepend_scheme="never"),
    decoders.ByteLevel(),
    decoders.Sequence([decoders.Replace(SPACE, " "), decoders.Fuse()]),
    decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]),
    decoder(fallback=True),
]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(DECODERS),
    st.lists(st.lists(st.integers(0, len(SPELT) - 1), min_size=1), min_size=1),
    st.sampled_from(["ab", "é", " é", "a.", "[UNK]"]),
    st.booleans(),
)
def test_what_tokens_decode_to(how, rows, chunk, leads):
    """Where the kernel says what it is, it is that; behind others it is what they do not say."""
    made = Tokenizer(models.WordLevel({one: k for k, one in enumerate(SPELT)}, "[UNK]"))
    if how is not None:
        made.decoder = how
    tokens = spelled(made, 0)
    leading = np.full(len(rows), leads or not tokens.behind)
    flat = np.array([one for row in rows for one in row], np.int32)
    firsts = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    text, bounds = packed([chunk])
    out, ends = np.empty(10_000, np.uint8), np.zeros(len(rows) + 1, np.int64)
    told, kept = np.zeros(len(rows), np.uint8), np.zeros(len(rows), np.int64)
    places, chunks = np.arange(len(rows), dtype=np.int32), np.zeros(len(rows), np.int64)
    assert decode(
        places, leading, flat, firsts, tokens, 0, chunks, text, bounds, out, ends, told, kept
    ) == len(rows)
    for number, row in enumerate(rows):
        before = [] if leading[number] else [1]
        back = made.decode(before + row)[len(made.decode(before)) :]
        assert told[number] != SAME or back == chunk
        if told[number] == WRITTEN:
            assert out[ends[number] : ends[number + 1]].tobytes().decode() == back != chunk
        if told[number] != ASKED and kept[number] >= 0:
            known = made.decode(before + [one for one in row if one])[len(made.decode(before)) :]
            assert kept[number] == sum(map(str.isalpha, known))


NORMALIZERS = [
    normalizers.BertNormalizer(),
    normalizers.BertNormalizer(strip_accents=False, lowercase=False),
    normalizers.NFC(),
    normalizers.NFKD(),
    normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()]),
    normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]),
    normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase(), normalizers.NFC()]),
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NORMALIZERS), TEXTS)
def test_images(normalizer, chunks):
    state = json.loads(normalizer.__getstate__())
    assert_images(Images.of(state, normalizer.normalize_str), normalizer, chunks)


def assert_images(images, normalizer, chunks) -> None:
    text, bounds, known, _ = images.apply(*packed(chunks))
    for number in np.flatnonzero(known).tolist():
        made = text[bounds[number] : bounds[number + 1]].tobytes().decode()
        assert made == normalizer.normalize_str(chunks[number])


@pytest.mark.parametrize("at", range(len(NORMALIZERS)))
def test_every_character_beside_others(at):
    """Of every code point, before and behind a letter, and Hangul that would compose."""
    normalizer = NORMALIZERS[at]
    images = Images.of(json.loads(normalizer.__getstate__()), normalizer.normalize_str)
    assigned = (chr(code) for code in range(0x20, 0x3000) if not 0xD800 <= code < 0xE000)
    others = [*map(chr, range(0xFF00, 0xFFF0)), *map(chr, range(0xAC00, 0xAC40))]
    some = [one for one in (*assigned, *others) if unicodedata.category(one) != "Cn"]
    assert_images(images, normalizer, [f" {one}e{one}{two}" for one, two in zip(some, some[1:])])  # noqa: RUF007, B905


@cache
def nasty(name: str) -> str:
    """A Unigram with rules that make it hard to tell which characters are unknown."""
    single = {
        "goes": {"x": "", "é": "e", "ß": "ss", "½": "1"},
        "moves": {"A": "xy", "B": "", "漢": "字字", "é": "E"},
        "lower": {one: one.lower() for one in "ABCDEFGZÉ"} | {"\u200b": "", "\u00a0": " "},
    }[name]
    return ruled([], precompiled(single))


def precompiled(rules: dict[str, str]) -> dict:
    compiled = base64.b64encode(charsmap.compile_rules(rules)).decode()
    return {"type": "Precompiled", "precompiled_charsmap": compiled}


def replaced(text: str, content: str) -> dict:
    return {"type": "Replace", "pattern": {"String": text}, "content": content}


def ruled(longer: list[str], *steps: dict) -> str:
    """A Unigram that normalizes as a model's rules are written, `longer` being the long ones."""
    parts = json.loads(collapsed().__getstate__())["normalizers"]
    parts = [charsmap._parted(longer, []), *steps, *parts]
    pieces = [("<unk>", -9.0), (SPACE, -2.0), (SPACE + "a", -1.5), ("a", -1.0), ("e", -1.2)]
    model = models.Unigram([*pieces, ("ss", -3.0), ("y", -2.0)], 0, byte_fallback=False)
    made = Tokenizer(model)
    made.decoder = decoder(fallback=False)
    return json.dumps(
        {**json.loads(made.to_str()), "normalizer": {"type": "Sequence", "normalizers": parts}}
    )


@pytest.mark.parametrize("name", ["goes", "moves", "lower"])
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from("axyéßAB漢字½ZÉe \u0301\u200b\u00a0\n.\u0600\u0d4e"), max_size=9
        ).map("".join),
        min_size=1,
        max_size=8,
    )
)
def test_unknown_characters_are_counted_as_the_library_counts_them(name, documents):
    chunked, whole = both_ways(nasty(name), documents)
    assert np.array_equal(chunked.tokens, whole.tokens)
    assert np.array_equal(chunked.unk_tokens, whole.unk_tokens)
    assert np.array_equal(chunked.unk_characters, whole.unk_characters)


GONE = precompiled({"\u200b": "", "\u2260": "", "\U000e0fff": ""})


@pytest.mark.parametrize(
    ("longer", "steps", "document"),
    [
        ([], [precompiled({"é": "\u200be"}), GONE], "é漢 字"),
        ([], [replaced("ab", "\u200bc"), GONE], "ab漢 字"),
        ([], [replaced("ab", ""), GONE], "ab\u200b漢 字"),
        (["=\u0338"], [{"type": "NFC"}, GONE], "=\u0338漢 字"),
        ([], [precompiled({"e\u0301": "", "\U000e0fff": ""})], "e\u0301漢 字"),
        ([], [precompiled({"é": "\u0600", "\U000e0fff": ""})], "é 漢"),
        ([], [precompiled({" ": "_"})], "a 漢"),
        ([], [precompiled({"\u0600": "か", "\U000e0fff": ""})], "漢\u0600\u0d4e a"),
        ([], [replaced("", "a")], "a 漢"),
    ],
)
def test_rules_that_may_take_away_what_a_text_begins_with_go_whole(longer, steps, document):
    """There the library may lose count of the characters that it took away."""
    state = ruled(longer, *steps)
    assert route(json.loads(state)) == NO_CUT
    if steps[-1] is GONE:
        tokens = Tokenizer.from_str(state).encode(document)
        others = Tokenizer.from_str(state).encode(f" {document}")
        here, there = (one.offsets[one.ids.index(0)] for one in (tokens, others))
        assert here[1] - here[0] != there[1] - there[0] or here[0] + 1 != there[0]


def test_rules_that_leave_what_a_text_begins_with_go_through_chunks():
    steps = [precompiled({"\u200b": "\u00ad"}), {"type": "NFKC"}, replaced("ab", "bc")]
    state = ruled(["ab"], *steps, precompiled({"\u00ad": "", "É": "e", "\U000e0fff": ""}))
    assert isinstance(route(json.loads(state)), Route)


def test_one_after_another_is_all_at_once(monkeypatch):
    module = sys.modules["tokbench.encoding.encode"]
    monkeypatch.setattr(module, "LONG", 0)
    monkeypatch.setattr(module, "LONG_UNCOMPILED", 0)
    states = [nasty("lower"), byte_level(GPT2, ["ab"], whole=False).to_str(), bpe(["ab"], ["a"])]
    subjects = [subject(str(number), state, "x") for number, state in enumerate(states)]
    documents = ["ab a", "", "é (ab", "xx\u0301 12"] * 3
    told = []
    held = encode(subjects, Memory(documents, 5), "all", told.append)
    assert [one.done for one in told if one.unit == "tokenizers"] == [1, 2, 3]
    monkeypatch.setattr(module, "HELD", 0)
    for one, other in zip(held, encode(subjects, Memory(documents, 5), "all"), strict=True):
        assert one.encoded_by == other.encoded_by
        assert np.array_equal(one.tokens, other.tokens)
        assert np.array_equal(one.frequencies, other.frequencies)
        assert one.round_trip.differences == other.round_trip.differences
