"""Encoding through chunks gives what encoding everything gives, or is not done."""

import dataclasses
import gzip
import importlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from tokbench.chunks import SPACES, WORDS, Plan
from tokbench.chunks.classes import load
from tokbench.chunks.cut_sets import cuts
from tokbench.encoding import Differs, Encoder, encode, from_folder, structure, subject
from tokbench.encoding.batch import Batch
from tokbench.encoding.documents import DocumentFacts, words
from tokbench.encoding.facts import ChunkFacts, WordCounter
from tokbench.encoding.structure import NO_CUT
from tokbench.errors import SubjectError
from tokbench.values import Encoded, ignore

sys.path.insert(0, str(Path(__file__).parents[1] / "counting"))
from hostile import ATOMS, NORMALIZERS, PRE_TOKENIZERS, texts

module = importlib.import_module("tokbench.encoding.encode")

ADDED = [
    "<s>", "[MASK]", "New York", " ", "  ", "\t\t", "the", "é", "É", "NEW YORK", "ll", "x<s>", "'s",
    "\u0301", "漢", " the", "12", ".", "\n", "İ", "½", "a b.", "\u200d",
]  # fmt: skip
DECODERS = {
    "none": None,
    "byte_level": decoders.ByteLevel(),
    "word_piece": decoders.WordPiece(),
    "word_piece_letters": decoders.WordPiece(prefix="a", cleanup=False),
    "metaspace": decoders.Metaspace(),
    "metaspace_never": decoders.Metaspace(prepend_scheme="never"),
    "bpe": decoders.BPEDecoder(),
    "ctc": decoders.CTC(),
    "fuse": decoders.Fuse(),
    "byte_fallback": decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()]),
    "sentencepiece": decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    ),
    "strip": decoders.Strip("a", 1, 0),
    "strip_two": decoders.Sequence([decoders.Fuse(), decoders.Strip(" ", 2, 0)]),
    "fuse_metaspace": decoders.Sequence([decoders.Fuse(), decoders.Metaspace()]),
}
PROCESSORS = [
    None,
    processors.ByteLevel(trim_offsets=True),
    processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)]),
    processors.TemplateProcessing(single="$A $A", special_tokens=[]),
]
CHARACTERS = sorted({character for atom in ATOMS for character in atom})
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


class Memory:
    """Documents as a corpus."""

    sources = ("here",)
    held_out = 0.0

    def __init__(self, documents, size=1000):
        self._documents, self._size = documents, size
        self.reads = 0

    def batches(self, split="all", watch=ignore):  # noqa: ARG002
        self.reads += 1
        for first in range(0, len(self._documents), self._size):
            part = self._documents[first : first + self._size]
            yield pa.record_batch({"text": pa.array(part, pa.large_string())})

    def identity(self):
        return ""


def both_ways(subjects, corpus, monkeypatch):
    made = []
    for long in (0, 1 << 60):
        monkeypatch.setattr(module, "LONG", long)
        monkeypatch.setattr(module, "LONG_UNCOMPILED", long)
        try:
            made.append(encode(subjects, corpus, "all", cuts=True))
        except SubjectError as error:  # the library panics at some added tokens and decoders
            made.append([str(error)] * len(subjects))
    return list(zip(*made, strict=True))


def assert_same(one: Encoded, other: Encoded) -> None:
    for values, others in (
        *((getattr(one, name), getattr(other, name)) for name in ("tokens", "frequencies")),
        *((getattr(one, f"unk_{n}"), getattr(other, f"unk_{n}")) for n in ("tokens", "characters")),
        *(
            (getattr(one.round_trip, name), getattr(other.round_trip, name))
            for name in ("exact", "normalized", "letters_lost")
        ),
        *(
            (getattr(one.documents, name), getattr(other.documents, name))
            for name in ("bytes", "characters", "words", "letters", "unsegmented_letters")
        ),
    ):
        assert np.array_equal(values, others)
        assert getattr(values, "dtype", None) == getattr(others, "dtype", None)
    assert one.round_trip.differences == other.round_trip.differences
    for field in dataclasses.fields(one.cuts):
        values, others = getattr(one.cuts, field.name), getattr(other.cuts, field.name)
        if field.name == "number_splits":
            assert values == others
            continue
        assert np.array_equal(values, others), field.name
        assert values.dtype == others.dtype
    assert one.words_alone == other.words_alone


@st.composite
def vocabularies(draw):
    some = st.sets(st.sampled_from(CHARACTERS + BYTES), min_size=1)
    known = draw(st.one_of(st.just({*CHARACTERS, *BYTES}), some))
    longer = draw(st.sets(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3).map("".join)))
    return sorted(known), sorted(longer)


@st.composite
def tokenizers(draw):
    known, longer = draw(vocabularies())
    tokens = dict.fromkeys(["<unk>", *known, *longer])
    ids = {token: number for number, token in enumerate(tokens)}
    kind = draw(st.sampled_from(["BPE", "BPE", "WordPiece", "WordLevel", "Unigram"]))
    if kind == "BPE":
        merges = [
            (one[:at], one[at:])
            for one in longer
            for at in range(1, len(one))
            if one[:at] in ids and one[at:] in ids
        ]
        model = models.BPE(
            ids,
            merges,
            unk_token=draw(st.sampled_from([None, "<unk>"])),
            fuse_unk=draw(st.booleans()),
        )
    elif kind == "WordPiece":
        ids |= {f"##{token}": len(ids) + number for number, token in enumerate(tokens)}
        model = models.WordPiece(ids, unk_token="<unk>")
    elif kind == "WordLevel":
        model = models.WordLevel(ids, unk_token="<unk>")
    else:
        model = models.Unigram(
            [(token, -1.0 - len(token)) for token in ids], 0, byte_fallback=False
        )
    made = Tokenizer(model)
    names = draw(
        st.tuples(st.sampled_from(sorted(PRE_TOKENIZERS)), st.sampled_from(sorted(NORMALIZERS)))
    )
    for part, value in zip(
        ("pre_tokenizer", "normalizer", "decoder", "post_processor"),
        (
            PRE_TOKENIZERS[names[0]],
            NORMALIZERS[names[1]],
            DECODERS[draw(st.sampled_from(sorted(DECODERS)))],
            draw(st.sampled_from(PROCESSORS)),
        ),
        strict=True,
    ):
        if value is not None:
            setattr(made, part, value)
    for content in draw(st.lists(st.sampled_from(ADDED), max_size=3, unique=True)):
        flags = {
            flag: draw(st.booleans()) for flag in ("single_word", "lstrip", "rstrip", "normalized")
        }
        token = AddedToken(content, special=draw(st.booleans()), **flags)
        (made.add_special_tokens if token.special else made.add_tokens)([token])
    return made


documents = st.lists(
    st.lists(st.sampled_from(ATOMS + ADDED + [" New", " York", "new york"]), max_size=25).map(
        "".join
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(made=tokenizers(), some=documents, special=st.booleans())
def test_the_ids_are_those_of_whole_documents(made, some, special) -> None:
    try:
        expected = made.encode_batch(some, add_special_tokens=special)
    except BaseException:  # noqa: BLE001 - the library panics at some added tokens
        return
    encoder = Encoder(subject("t", made.to_str(), "t"), special=special)
    for _ in range(2):  # the second time all chunks are known
        try:
            ids = encoder.encode(pa.array(some, pa.large_string()))
        except Differs:
            pytest.fail("chunks gave something else")
        assert ids.lengths.tolist() == [len(one.ids) for one in expected]
        assert ids.flat.tolist() == [number for one in expected for number in one.ids]


@settings(max_examples=60, deadline=None)
@given(tokenizers(), documents, st.integers(1, 5))
def test_chunks_give_what_whole_documents_give(tokenizer, documents, size):
    with pytest.MonkeyPatch.context() as monkeypatch:
        one = subject("x", tokenizer.to_str(), "x")
        ((chunked, whole),) = both_ways([one], Memory(documents, size), monkeypatch)
        if isinstance(whole, str):
            assert isinstance(chunked, str)
        else:
            assert_same(chunked, whole)
            assert not chunked.encoded_by.differed


def byte_pairs(*added: AddedToken, normalizer: str = "none", pre_tokenizer: str = "byte_level"):
    made = Tokenizer(models.BPE({one: number for number, one in enumerate(BYTES)}, []))
    made.pre_tokenizer = PRE_TOKENIZERS[pre_tokenizer]
    if NORMALIZERS[normalizer] is not None:
        made.normalizer = NORMALIZERS[normalizer]
    made.decoder = decoders.ByteLevel()
    made.add_tokens(list(added))
    return subject("x", made.to_str(), "x")


@pytest.mark.parametrize(
    ("one", "whole"),
    [
        (byte_pairs(), []),
        (byte_pairs(AddedToken("New York", normalized=False)), [0]),
        (byte_pairs(AddedToken("New York", normalized=True), normalizer="lowercase"), [0, 1]),
        (byte_pairs(AddedToken("New York", single_word=True)), [0]),
        (byte_pairs(AddedToken("York", lstrip=True)), [0]),
        (byte_pairs(AddedToken(" ")), [0, 1, 2, 3]),
        (byte_pairs(AddedToken("é", normalized=True), normalizer="NFD"), [2]),
        (byte_pairs(AddedToken("\u0301", normalized=False), normalizer="NFD"), [3]),
    ],
)
def test_documents_with_an_added_token_are_encoded_whole(one, whole, monkeypatch):
    documents = ["in New York", "in NEW YORK", "an é", "an e\u0301 ", "", "New"]
    if one.tokenizer.normalizer is not None and whole == [2]:
        whole = [2, 3]  # both are e and a mark by then
    ((chunked, expected),) = both_ways([one], Memory(documents, 4), monkeypatch)
    assert_same(chunked, expected)
    assert (chunked.encoded_by.by, chunked.encoded_by.whole) == ("chunks", len(whole))
    assert (expected.encoded_by.by, expected.encoded_by.whole) == ("documents", len(documents))
    assert expected.encoded_by.why == ""


@pytest.mark.parametrize("pre_tokenizer", ["none", "byte_level_no_regex", "punctuation"])
def test_without_a_safe_cut_everything_is_encoded_whole_and_it_says_so(pre_tokenizer, monkeypatch):
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    if PRE_TOKENIZERS[pre_tokenizer] is not None:
        made.pre_tokenizer = PRE_TOKENIZERS[pre_tokenizer]
    one = subject("x", made.to_str(), "x")
    ((chunked, expected),) = both_ways([one], Memory(["a b", "c"]), monkeypatch)
    assert_same(chunked, expected)
    assert (chunked.encoded_by.by, chunked.encoded_by.whole) == ("documents", 2)
    assert chunked.encoded_by.why == NO_CUT


def test_a_wrong_plan_is_caught_on_the_text(monkeypatch):
    monkeypatch.setattr(structure, "plan", lambda *_: Plan(WORDS, None))
    documents = [*texts(5, 300), "été! " * 40]
    sentences = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    wrong, right = subject("x", sentences.to_str(), "x"), byte_pairs()
    corpus = Memory(documents, 100)
    pairs = both_ways([wrong, right], corpus, monkeypatch)
    for chunked, expected in pairs:
        assert_same(chunked, expected)
    assert corpus.reads == 3
    assert [chunked.encoded_by.differed for chunked, _ in pairs] == [True, False]
    assert pairs[0][0].encoded_by.by == "documents"
    assert "please report this" in pairs[0][0].encoded_by.why


def test_short_texts_load_no_kernels():
    code = (
        "import sys, pyarrow as pa\n"
        "from tokenizers import Tokenizer, models\n"
        "from tokbench.encoding import encode, subject\n"
        "class Memory:\n"
        "    sources, held_out = ('here',), 0.0\n"
        "    def batches(self, split, watch):\n"
        "        yield pa.record_batch({'text': pa.array(['a b'], pa.large_string())})\n"
        "tokenizer = Tokenizer(models.WordLevel({'u': 0}, unk_token='u'))\n"
        "(made,) = encode([subject('x', tokenizer.to_str(), 'x')], Memory(), 'all')\n"
        "print(made.encoded_by, 'numba' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "EncodedBy(by='documents', whole=1, why='', differed=False) False"
    )


# the words of UAX 29


WORD_BREAKS = sorted(
    {
        *"aZ9_ .:',;\"\n\r\t\x0b\x85\u2028-!@",
        *"éא\u05f3カあ漢ไ한\u1100\u1161\u11a8\u0301\u093f\u200d\u200c\u00ad\ufeff\u0600",
        *"\u00b7\u2018\u2019\u2024\u203f\u2040\uff3f\u066b\u066c٣²½Ⅳ👩🏽❤🇩\ufe0f\u3000\u00a0\u2003\U000e0041",
    }
)


def test_words_end_at_the_cuts_of_spaces():
    """Every left side of up to two of a kind and every right side, whole and in parts."""
    stable = load().stable
    lefts = [*WORD_BREAKS, *map("".join, itertools.product(WORD_BREAKS, repeat=2))]
    rights = [" ", *(f" {one}" for one in WORD_BREAKS), " \u0301a", " a'a", " 🇩🇪", " \u200da"]
    for left in lefts:
        if len(left) in cuts(left + " ", SPACES, stable):
            for right in rights if len(left) == 1 else rights[len(left) + ord(left[0]) % 4 :: 4]:
                assert words(left + right) == words(left) + words(right)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from([*ATOMS, *WORD_BREAKS]), max_size=30).map("".join)))
def test_facts_by_kernel_are_the_facts(documents):
    column = pa.array(["before", *documents, "behind"], pa.large_string())[1:-1]
    collectors = [DocumentFacts(), ChunkFacts()]
    for collector in collectors:
        collector.add(Batch(column, {}))
    one, other = (collector.documents for collector in collectors)
    for field in dataclasses.fields(one):
        values, others = getattr(one, field.name), getattr(other, field.name)
        assert np.array_equal(values, others), field.name
        assert getattr(values, "dtype", None) == getattr(others, "dtype", None)


def test_words_of_every_short_ascii_text():
    counter = WordCounter()
    kinds = "a1_.:,' -\n\x0b"
    every = ["".join(one) for size in range(1, 6) for one in itertools.product(kinds, repeat=size)]
    every = every[::7] + [one + "b" for one in every[::11]]
    batch = Batch(pa.array([*every, *map(chr, range(128))], pa.large_string()), {})
    expected = [words(one) for one in batch.strings]
    assert counter.words(batch.text, batch.offsets).tolist() == expected


# real text


def test_published_tokenizers_on_shared_text(shared, monkeypatch):
    names = ("gpt2", "bert-base-uncased", "phi3_mini")
    subjects = [from_folder(shared / "tokenizers" / name) for name in names]
    documents = []
    for name in ("en_alice.txt", "ar_tashkeela_val.txt"):
        data = (shared / "text" / name).read_bytes()[:20_000].decode(errors="ignore")
        documents += data.splitlines(keepends=True)
    for name in ("ja_tfdocs.jsonl.gz", "multi_opensource_guide.jsonl.gz"):
        with gzip.open(shared / "text" / name) as file:
            documents += [
                json.loads(line)["text"][:4000] for line, _ in zip(file, range(5), strict=False)
            ]
    pairs = both_ways(subjects, Memory(documents, 400), monkeypatch)
    for chunked, expected in pairs:
        assert_same(chunked, expected)
    assert [chunked.encoded_by.by for chunked, _ in pairs] == ["chunks", "chunks", "documents"]
