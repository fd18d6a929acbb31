"""The class table, the cut sets, and what the structure of a pipeline allows."""

import itertools
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench.chunks import SPACES, WORDS, classes, plan
from tokbench.chunks.arrow import raw_strings
from tokbench.chunks.classes import (
    LETTERS,
    MARK,
    NUMBER,
    OTHER,
    PUNCTUATION,
    SYMBOL,
    WHITE,
    Classes,
    build,
    load,
)
from tokbench.chunks.cut_sets import cuts
from tokbench.counting.chunk_pass import Cutter, cut_documents
from tokbench.counting.words import Pipeline

sys.path.insert(0, str(Path(__file__).parent / "counting"))
from hostile import ATOMS, NORMALIZERS, PRE_TOKENIZERS, every_pipeline, texts, tokenizer

JAMO = {*range(0x1100, 0x1200), *range(0xA960, 0xA980), *range(0xD7B0, 0xD800)}


def planned(pre_name, name="none"):
    pipeline = Pipeline(NORMALIZERS[name], PRE_TOKENIZERS[pre_name])
    return plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)


def pieces(text, cut_set):
    places = cuts(text, cut_set, load().stable)
    return [text[a:b] for a, b in itertools.pairwise([0, *places, len(text)])] if text else []


# the classes


def test_the_cached_table_is_the_one_that_is_built():
    raw, stable = build()
    assert np.array_equal(load().raw, raw)
    assert np.array_equal(load().stable, stable)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_table_is_built_again(damage, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(classes, "build", lambda: (load().raw, load().stable))
    whole: Classes = load.__wrapped__()
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    file.write_bytes({"cut": data[:-5], "flip": data, "empty": b""}[damage])
    assert load.__wrapped__().identity == whole.identity


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(classes, "build", lambda: (load().raw, load().stable))
    assert load.__wrapped__().identity == load().identity


@pytest.mark.parametrize(
    ("character", "raw", "stable"),
    [
        ("½", NUMBER, OTHER),  # 1 over 2
        ("⒈", NUMBER, OTHER),  # 1.
        ("Ⅳ", NUMBER, OTHER),  # IV
        ("ำ", 3, OTHER),  # begins with a mark
        ("İ", 1, OTHER),  # i and a mark
        ("≠", SYMBOL, OTHER),  # = and a mark
        ("＇", PUNCTUATION, OTHER),  # the apostrophe
        ("▁", SYMBOL, OTHER),  # a space, for Nmt
        ("\u2e43", OTHER, OTHER),  # punctuation that BertPreTokenizer does not know
        ("\f", WHITE, OTHER),  # BERT's cleaning removes it
        ("\u0958", 3, OTHER),  # a letter and a mark even under NFC
        ("é", 2, 2),
        ("²", NUMBER, NUMBER),
        ("…", PUNCTUATION, PUNCTUATION),
        ("\u00a0", WHITE, WHITE),
        ("\u0301", MARK, MARK),
    ],
)
def test_classes_are_strict(character, raw, stable):
    assert (load().raw[ord(character)], load().stable[ord(character)]) == (raw, stable)


def test_no_normal_form_joins_the_two_sides_of_a_cut():
    """Whatever composes with what stands before it is a mark, or a jamo after a letter."""
    stable = load().stable
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and parts[0][0] != "<":
            first, second = (int(part, 16) for part in parts)
            assert unicodedata.category(chr(second))[0] == "M"
            whole = unicodedata.normalize("NFC", chr(first) + chr(second))
            if len(whole) == 1 and stable[first] in LETTERS:
                assert unicodedata.category(whole)[0] == "L"
            if len(whole) == 1 and stable[first] == PUNCTUATION:
                assert unicodedata.category(whole)[0] in "PS"
            assert stable[first] not in (NUMBER, WHITE)
    assert {unicodedata.category(chr(code))[0] for code in JAMO} <= {"L", "C"}
    assert all(stable[code] != MARK for code in JAMO)
    moving = [code for code in range(0x110000) if unicodedata.combining(chr(code))]
    assert set(stable[moving].tolist()) <= {MARK, OTHER}


# the kernel


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(ATOMS), max_size=60).map("".join), max_size=8))
def test_the_kernel_cuts_as_the_definition_says(documents):
    for cut_set in (SPACES, WORDS):
        expected: dict[str, int] = {}
        for document in documents:
            for piece in pieces(document, cut_set):
                expected[piece] = expected.get(piece, 0) + 1
        chunks = cut_documents(documents, cut_set)
        assert dict(zip(chunks.chunks.to_pylist(), chunks.counts.tolist(), strict=True)) == expected
        assert (chunks.documents, chunks.bytes, chunks.characters) == (
            len(documents),
            sum(len(document.encode()) for document in documents),
            sum(map(len, documents)),
        )


@pytest.mark.parametrize("cut_set", [SPACES, WORDS], ids=lambda cut_set: cut_set.name)
def test_the_kernel_cuts_at_every_place_of_a_block(cut_set):
    for text in ("e\u0301  漢字 \n 42", "a!  1", "👩\u200d👩 x", "x" * 70 + " y", "ж ж", "\t  'q"):
        for shift in range(140):
            document = "é" * (shift // 2) + "." * (shift % 2) + text + "z" * (shift % 7)
            chunks = cut_documents(["", document, ""], cut_set)
            expected = pieces(document, cut_set)
            assert sorted(chunks.chunks.to_pylist()) == sorted(set(expected))


def test_documents_do_not_see_each_other():
    for left, right in (
        ("a", "\u0301 b"),
        ("é", "\u0301 b"),
        (" \n ", "x"),
        ("\n", " x"),
        ("a", " "),
    ):
        for shift in (0, 59, 60, 61, 62, 63, 64):
            documents = ["." * shift + left, right]
            for cut_set in (SPACES, WORDS):
                expected = [piece for document in documents for piece in pieces(document, cut_set)]
                chunks = cut_documents(documents, cut_set)
                assert sorted(chunks.chunks.to_pylist()) == sorted(set(expected))


def test_scanning_goes_on_where_it_ran_out_of_room():
    text, offsets = raw_strings(__import__("pyarrow").array([*texts(5, 400)]))
    small, large = Cutter(WORDS), Cutter(WORDS)
    small._cuts = np.empty(140, np.int64)
    small.add(text, offsets)
    large.add(text, offsets)
    assert small.table.table.texts()[0].tobytes() == large.table.table.texts()[0].tobytes()


def test_text_that_is_not_utf_8_is_cut_inside_the_buffer():
    """Arrow promises UTF-8; a file that breaks the promise must not crash the process."""
    for tail in (
        b"\xe6",
        b"\xe6\xbc",
        b"\xf0\x9f\x91",
        b"\x80\x80",
        b"\xff\xfe",
        b"\xf7\xbf\xbf\xbf",
    ):
        for before in (0, 1, 60, 62, 63, 64, 65, 127):
            data = np.frombuffer(b"a" * before + tail, np.uint8)
            for cut_set in (SPACES, WORDS):
                cutter = Cutter(cut_set)
                cutter.add(data, np.array([0, len(data)]))
                text, _, counts = cutter.table.table.texts()
                assert (text.tobytes(), counts.tolist()) == (data.tobytes(), [1])


# the structure

SAMPLES = [
    "a",
    "B",
    "é",
    "漢",
    "\u0301",
    "7",
    "!",
    "/",
    "=",
    "€",
    "'",
    "s",
    " ",
    "\n",
    "\u00a0",
    "\u200b",
]


def test_every_cut_is_exact_for_every_string_of_three_kinds():
    """Exhaustive over kinds of characters: each pipeline, each string of up to 3 and some of 4."""
    strings = [
        "".join(letters) for n in (1, 2, 3) for letters in itertools.product(SAMPLES, repeat=n)
    ]
    parted = {
        cut_set.name: [pieces(string, cut_set) for string in strings] for cut_set in (SPACES, WORDS)
    }
    seen: dict[tuple[str, str], list[str]] = {}
    checked = 0
    for pre_name, name, made in every_pipeline():
        if name not in ("none", "NFC", "NFD", "bert", "strip", "nmt"):
            continue
        found = planned(pre_name, name)
        if found is None:
            continue
        words = Pipeline.of(made).words
        seen.clear()
        for string, parts in zip(strings, parted[found.cut_set.name], strict=True):
            if len(parts) > 1:
                apart = [word for part in parts for word in seen.setdefault(part, words(part))]
                assert apart == words(string), (pre_name, name, string)
                checked += 1
    assert checked > 50_000


def test_what_the_structure_allows():
    cut_sets = {
        pre_name: found.cut_set.name if (found := planned(pre_name)) else None
        for pre_name in PRE_TOKENIZERS
    }
    assert [name for name, cut_set in cut_sets.items() if cut_set == "words"] == [
        "byte_level", "digits_byte_level", "digit_runs_byte_level", "gpt2_split", "cl100k",
        "cl100k_removed_inverted", "cl100k_prefix", "digits_cl100k", "qwen2", "o200k", "bert",
        "whitespace_split_punctuation", "whitespace_split_contiguous",
    ]  # fmt: skip
    assert [name for name, cut_set in cut_sets.items() if cut_set is None] == [
        "none", "byte_level_no_regex", "whitespace_split_metaspace_first", "metaspace_no_split",
        "scripts_metaspace", "char_x", "punctuation", "digits", "scripts", "fixed_length",
        "unknown_split",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pre_name", "name", "cut_set"),
    [
        ("byte_level", "NFC", "words"),
        ("byte_level", "NFD", "spaces"),  # é! becomes e, a mark with the !
        ("bert", "bert", "words"),
        ("bert", "NFC", "spaces"),  # a<, and a mark that makes ≮ of it
        ("bert", "strip", "words"),
        ("byte_level", "strip", None),
        ("byte_level", "bert", None),
        ("byte_level", "bert_no_cjk", "spaces"),
        ("byte_level", "prepend", None),
        ("byte_level", "replace", None),
        ("byte_level", "byte_level", None),
        ("digits_byte_level", "strip", None),
        ("metaspace_first", "none", "spaces"),
        ("metaspace_first", "NFC", None),  # goes by offsets before normalizing
    ],
)
def test_normalizers_decide_too(pre_name, name, cut_set):
    found = planned(pre_name, name)
    assert (found and found.cut_set.name) == cut_set


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "Unheard"},
        {"type": "Sequence", "pretokenizers": [{"type": "Unheard"}, {"type": "Whitespace"}]},
        {"type": "Sequence"},
        {"no": "type"},
        {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": False},
        {"type": "Split", "pattern": {"Regex": r"\s+"}, "behavior": "Removed", "invert": False},
    ],
)
def test_what_is_not_known_is_not_cut(strange):
    assert plan(None, strange) is None
    if "pretokenizers" not in strange:
        assert (
            plan(strange, Pipeline(None, PRE_TOKENIZERS["byte_level"]).pre_tokenizer_json) is None
        )


def test_the_design_was_wrong_about_marks():
    """What tokbench's first design took for exact, and is not."""
    words = Pipeline.of(tokenizer(PRE_TOKENIZERS["byte_level"], NORMALIZERS["NFD"])).words
    assert words("é!") != words("é") + words("!")
    words = Pipeline.of(tokenizer(PRE_TOKENIZERS["bert"], NORMALIZERS["NFC"])).words
    assert words("a<\u0338") != words("a") + words("<\u0338")
