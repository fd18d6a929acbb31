"""Word counts are the library's own, chunked or not, for every pre-tokenizer and normalizer."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hostile import ATOMS, NORMALIZERS, PRE_TOKENIZERS, every_pipeline, texts, tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench.chunks import plan
from tokbench.chunks.distinct import Distinct
from tokbench.counting import count_words, count_words_whole
from tokbench.counting.chunk_pass import cut_documents
from tokbench.counting.words import Pipeline, Rules, count_by_library
from tokbench.values import ignore

PIPELINES = list(every_pipeline())
HOSTILE = st.lists(st.lists(st.sampled_from(ATOMS), max_size=25).map("".join), max_size=12)


def whole(made, documents):
    words: dict[str, int] = {}
    pipeline = Pipeline.of(made)
    for document in documents:
        for word in pipeline.words(document):
            words[word] = words.get(word, 0) + 1
    return words


def by_chunks(made, documents, as_dict):
    """The words by chunks, or None where that is not known to be exact."""
    pipeline = Pipeline.of(made)
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    if found is None:
        return None
    counted = count_words(cut_documents(documents, found.cut_set), made, max_word_chars=None)
    assert counted.why == ""
    return as_dict(counted)


def test_every_pipeline_on_the_same_hostile_text(as_dict):
    documents = list(texts(11, 60))
    planned = 0
    for pre_name, name, made in PIPELINES:
        words = by_chunks(made, documents, as_dict)
        if words is not None:
            planned += 1
            assert words == whole(made, documents), (pre_name, name)
    assert planned > 300


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PIPELINES), HOSTILE)
def test_any_pipeline_on_any_text(pipeline, documents):
    pre_name, name, made = pipeline
    parts = plan(Pipeline.of(made).normalizer_json, Pipeline.of(made).pre_tokenizer_json)
    if parts is not None:
        counted = count_words(cut_documents(documents, parts.cut_set), made, max_word_chars=None)
        words = dict(zip(counted.words.to_pylist(), counted.counts.tolist(), strict=True))
        assert words == whole(made, documents), (pre_name, name)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PRE_TOKENIZERS)), st.lists(st.text(max_size=40), max_size=6))
def test_any_pre_tokenizer_on_any_unicode(pre_name, documents):
    for name in ("none", "NFKC"):
        made = tokenizer(PRE_TOKENIZERS[pre_name], NORMALIZERS[name])
        parts = plan(Pipeline.of(made).normalizer_json, Pipeline.of(made).pre_tokenizer_json)
        if parts is not None:
            counted = count_words(
                cut_documents(documents, parts.cut_set), made, max_word_chars=None
            )
            words = dict(zip(counted.words.to_pylist(), counted.counts.tolist(), strict=True))
            assert words == whole(made, documents), name


@pytest.mark.parametrize("pre_name", sorted(PRE_TOKENIZERS))
def test_whole_documents_as_the_trainers_count_them(pre_name, corpus, library_words, as_dict):
    documents = ["", " ", "\x00", *texts(3, 60)]
    for name in ("none", "NFKC", "bert", "prepend"):
        made = tokenizer(PRE_TOKENIZERS[pre_name], NORMALIZERS[name])
        counted = count_words_whole(corpus(documents, at_once=7), made, max_word_chars=None)
        assert as_dict(counted) == library_words(made, documents)
        if not (name != "none" and "first" in pre_name):  # goes by offsets before normalizing
            assert as_dict(counted) == whole(made, documents)
        assert (counted.documents, counted.bytes, counted.exact_by) == (
            63,
            sum(len(document.encode()) for document in documents),
            "documents",
        )


def test_added_tokens_play_no_part(corpus, as_dict):
    """The library cuts them out when it trains; a recipe has none before it is trained."""
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    made.add_special_tokens(["<s>"])
    expected = {"a": 1, "<": 1, "s": 1, ">": 1, "b": 1}
    assert as_dict(count_words_whole(corpus(["a<s>b"]), made)) == expected
    assert by_chunks(made, ["a<s>b"], as_dict) == expected


# the rules

KINDS = ["A", "a", "漢", "\u0301", "7", "!", "/", "'", "s", " ", "\n", "\t"]


@pytest.mark.parametrize(
    "pre_name",
    ["byte_level", "byte_level_prefix", "digits_byte_level", "digit_runs_byte_level", "cl100k",
     "qwen2", "o200k", "digits_cl100k", "bert", "whitespace", "whitespace_split", "metaspace",
     "metaspace_never"],
)  # fmt: skip
def test_the_rules_follow_the_pattern_for_every_string_of_kinds(pre_name, length=4):
    strings = ["".join(each) for each in itertools.product(KINDS, repeat=length)]
    pipeline = Pipeline.of(tokenizer(PRE_TOKENIZERS[pre_name], None))
    found = plan(None, pipeline.pre_tokenizer_json)
    encoded = [string.encode() for string in strings]
    text = np.frombuffer(b"".join(encoded), np.uint8)
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    # a weight of its own for each string: no two mistakes can cancel out
    counts = np.random.default_rng(0).integers(1, 1 << 40, len(strings))
    by_rule, by_library = Distinct(), Distinct()
    rest = Rules(found.scanner, pipeline, text).count((text, offsets, counts), by_rule)
    assert len(rest) == 0
    count_by_library(pipeline, (text, offsets, counts), np.arange(len(strings)), by_library, ignore)
    assert words_module_as_dict(by_rule) == words_module_as_dict(by_library)


def words_module_as_dict(table):
    from tokbench.counting.words import as_dict

    return as_dict(table)


def test_every_character_after_an_apostrophe(length=0x3000):
    """Case-insensitive contractions hold what Unicode folds to their letters."""
    pipeline = Pipeline.of(tokenizer(PRE_TOKENIZERS["cl100k"], None))
    documents = [f"'{chr(code)}x" for code in range(length)]
    documents += [f"'{one}{two}x" for one in "lLrRvVſßéK" for two in "lLeEſé"]
    chunks = cut_documents(documents, plan(None, pipeline.pre_tokenizer_json).cut_set)
    made = tokenizer(PRE_TOKENIZERS["cl100k"], None)
    counted = count_words(chunks, made, max_word_chars=None)
    assert counted.why == ""
    words = dict(zip(counted.words.to_pylist(), counted.counts.tolist(), strict=True))
    assert words == whole(made, documents)


def test_rules_that_disagree_are_not_used_and_said(monkeypatch, as_dict):
    monkeypatch.setitem(words_globals()["NUMBERS"], "cl100k", words_globals()["NUMBERS"]["gpt2"])
    made = tokenizer(PRE_TOKENIZERS["cl100k"], None)
    documents = ["(self.x)\n\n  y = 12345 'S"]
    chunks = cut_documents(documents, plan(None, Pipeline.of(made).pre_tokenizer_json).cut_set)
    counted = count_words(chunks, made)
    assert as_dict(counted) == whole(made, documents)
    assert counted.why == "the rules for cl100k disagree with tokenizers on this corpus"


def words_globals():
    return vars(sys.modules["tokbench.counting.words"])


def test_long_chunks_and_long_words(as_dict):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    documents = ["x" * 70_000 + " " + "é" * 9000 + " ab", "y" * 20_000, "y" * 20_000]
    chunks = cut_documents(documents, plan(None, Pipeline.of(made).pre_tokenizer_json).cut_set)
    counted = count_words(chunks, made)
    assert as_dict(counted) == {"Ġab": 1}
    assert [(word.start[:2], word.characters, word.count) for word in counted.left_out] == [
        ("xx", 70_000, 1),
        ("yy", 20_000, 2),
        ("ĠÃ", 18_001, 1),
    ]
    assert as_dict(count_words(chunks, made, max_word_chars=None)) == whole(made, documents)


def test_nothing_at_all(as_dict, corpus):
    made = tokenizer(PRE_TOKENIZERS["byte_level"], None)
    for documents in ([], [""]):
        counted = count_words(cut_documents(documents, plan_of(made).cut_set), made)
        assert as_dict(counted) == {}
        assert as_dict(count_words_whole(corpus(documents), made)) == {}


def plan_of(made):
    pipeline = Pipeline.of(made)
    return plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)


def test_numba_is_imported_only_to_count():
    code = "import sys, tokbench.counting, tokbench.chunks; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
