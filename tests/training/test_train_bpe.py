import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter

import bpe_reference
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import library_bpe, word_counts

from tokbench.errors import TrainingError
from tokbench.training import train_bpe
from tokbench.values import Progress, WordCounts

FEW_LETTERS = [
    "a",
    "ab",
    "abc",
    "=",
    "ab=",
    "aéb",
    "日本語",
    "👍🏽\u200d",
    "e\u0301\u0302",
    "#</w>",
]

letters = st.one_of(
    st.sampled_from(FEW_LETTERS).flatmap(lambda few: st.text(few, min_size=1, max_size=24)),
    st.sampled_from(FEW_LETTERS).flatmap(
        lambda few: st.lists(
            st.tuples(st.sampled_from(few), st.integers(1, 12)), min_size=1, max_size=4
        ).map(lambda runs: "".join(letter * length for letter, length in runs))
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=10),
)
corpora = st.dictionaries(letters, st.sampled_from([1, 1, 2, 3, 7, 20]), max_size=40)


@st.composite
def cases(draw, *, affixes=False):
    words = draw(corpora)
    pieces = [""]
    for word in list(words)[:5]:
        start = draw(st.integers(0, len(word) - 1))
        pieces.append(word[start : start + draw(st.integers(1, 5))])
    chosen = {
        "vocab_size": draw(st.sampled_from([0, 3, 10, 30, 100, 1000])),
        "min_frequency": draw(st.sampled_from([0, 1, 2, 5, 20])),
    }
    if draw(st.booleans()):
        some = st.lists(st.sampled_from(pieces[1:] or ["<s>"]), max_size=5)
        chosen["special_tokens"] = draw(some)
    if draw(st.booleans()):
        chosen["initial_alphabet"] = draw(st.lists(st.sampled_from([*pieces, "xy", "Ġ"])))
    if draw(st.booleans()):
        chosen["max_token_length"] = draw(st.sampled_from([0, 1, 2, 3, 4, 5, 8, 16]))
    if draw(st.booleans()):
        chosen["limit_alphabet"] = draw(st.integers(0, 12))
    if affixes:
        texts = st.sampled_from([*pieces, "##", "</w>", "a", "b"])
        chosen["continuing_subword_prefix"] = draw(texts)
        chosen["end_of_word_suffix"] = draw(texts)
    return words, chosen


def ours(words, **chosen):
    trained = train_bpe(word_counts(words), **chosen)
    assert len(trained.merge_counts) == len(trained.merges)
    return list(trained.tokens), list(trained.merges)


def leaves_no_choice(words, chosen):
    """Whether `limit_alphabet` never has to drop one of two equally rare characters."""
    frequency = Counter()
    for word, count in words.items():
        for character in word:
            frequency[character] += count
    frequency |= {entry[0]: 1 << 60 for entry in chosen.get("initial_alphabet", ()) if entry}
    ranked = sorted(frequency.values(), reverse=True)
    limit = chosen.get("limit_alphabet", 0)
    return not 0 < limit < len(ranked) or ranked[limit - 1] != ranked[limit]


@settings(max_examples=200, deadline=None)
@given(cases())
def test_vocabulary_ids_and_merges_are_the_library_s(case):
    words, chosen = case
    assume(leaves_no_choice(words, chosen))
    assert ours(words, **chosen) == library_bpe(words, **chosen)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_the_plain_reference_is_the_library_s(case):
    words, chosen = case
    chosen["vocab_size"] = min(chosen["vocab_size"], 100)
    assume(leaves_no_choice(words, chosen))
    assert bpe_reference.learn(words, **chosen) == library_bpe(words, **chosen)


@settings(max_examples=120, deadline=None)
@given(cases(affixes=True))
def test_with_prefix_and_suffix_the_result_is_the_plain_reference_s(case):
    words, chosen = case
    chosen["vocab_size"] = min(chosen["vocab_size"], 100)
    assert ours(words, **chosen) == bpe_reference.learn(words, **chosen)


@settings(max_examples=40, deadline=None)
@given(cases(affixes=True), st.randoms(use_true_random=False))
def test_the_order_of_the_words_changes_nothing(case, rng):
    words, chosen = case
    shuffled = list(words.items())
    rng.shuffle(shuffled)
    assert ours(words, **chosen) == ours(dict(shuffled), **chosen)


@settings(max_examples=40, deadline=None)
@given(cases(affixes=True))
def test_counts_far_beyond_32_bits_change_nothing(case):
    words, chosen = case
    many = {word: count * 10**7 for word, count in words.items()}
    more = chosen | {"min_frequency": chosen["min_frequency"] * 10**7}
    few, huge = train_bpe(word_counts(words), **chosen), train_bpe(word_counts(many), **more)
    assert (few.tokens, few.merges) == (huge.tokens, huge.merges)
    assert tuple(count * 10**7 for count in few.merge_counts) == huge.merge_counts


@pytest.mark.parametrize(
    ("words", "chosen", "tokens"),
    [
        ({"aaa": 1}, {}, ["a", "aa", "aaa"]),  # counted as two pairs, merged as one and a rest
        ({"aaaa": 1}, {}, ["a", "aa", "aaaa"]),
        ({"abcabc": 2}, {"special_tokens": ["abc"]}, ["abc", "a", "b", "c", "ab", "abcabc"]),
        ({"ab": 1}, {"special_tokens": ["b", "ab"]}, ["b", "ab", "a"]),
        ({"abc": 1}, {"vocab_size": 1}, ["a", "b", "c"]),
        ({"=" * 17: 3}, {"max_token_length": 4}, ["=", "==", "==="]),
        ({"ab": 1, "abcd": 5}, {"max_token_length": 0}, ["a", "b", "c", "d", "ab", "cd"]),
        ({"ab": 4, "c": 9}, {"limit_alphabet": 1}, ["c"]),
        ({"abab": 1}, {"limit_alphabet": 0, "special_tokens": ["a"]}, ["a", "aa"]),
        ({"b": 1}, {"initial_alphabet": ["xy", "", "a"]}, ["a", "b", "x"]),
        ({}, {"special_tokens": ["<s>", "<s>"], "initial_alphabet": ["q"]}, ["<s>", "q"]),
        ({}, {}, []),
    ],
)
def test_by_hand(words, chosen, tokens):
    chosen = {"vocab_size": 100, **chosen}
    assert ours(words, **chosen)[0] == tokens
    assert ours(words, **chosen) == library_bpe(words, **chosen)


def test_a_merge_that_makes_a_special_token_is_a_merge_but_no_new_token():
    trained = train_bpe(word_counts({"abab": 3}), vocab_size=5, special_tokens=["ab"])
    assert trained.tokens == ("ab", "a", "b", "abab")
    assert trained.merges == (("a", "b"), ("ab", "ab"))
    assert trained.merge_counts == (6, 3)


def test_a_text_that_two_different_merges_spell_is_one_token():
    words = {"##a": 5, "ba": 9, "c##ac": 2}  # `##a` is b's continuation, and a heading
    chosen = {"vocab_size": 50, "continuing_subword_prefix": "##"}
    tokens, merges = ours(words, **chosen)
    assert len(set(tokens)) == len(tokens)
    assert (tokens, merges) == bpe_reference.learn(words, **chosen)


def test_words_longer_than_any_buffer():
    rng = random.Random(5)
    words = {"".join(rng.choices("ab", k=20_000)): 3, "ab" * 9_000: 1, "a" * 17_001: 2}
    assert ours(words, vocab_size=60) == library_bpe(words, vocab_size=60)


def test_an_alphabet_of_thousands():
    rng = random.Random(6)
    characters = [chr(code) for code in range(0x4E00, 0x9FA5)]
    words = {"".join(rng.choices(characters, k=6)): rng.randint(1, 3) for _ in range(9_000)}
    assert ours(words, vocab_size=21_500) == library_bpe(words, vocab_size=21_500)


def test_arrays_without_room_to_spare_grow(monkeypatch):
    from tokbench.training import merge_kernel as kernel
    from tokbench.training import room

    rng = random.Random(7)
    words = {
        "".join(rng.choices("abcd#", k=rng.randint(2, 30))): rng.randint(1, 9) for _ in range(900)
    }
    chosen = {"vocab_size": 900, "continuing_subword_prefix": "#"}
    expected = ours(words, **chosen)
    begin, enlarge, asked = room.begin, room.enlarge, set()

    def tight(symbols, most):
        work = begin(symbols, most)
        return work._replace(
            lists=work.lists[: work.state[kernel.LISTS]].copy(),
            heap=work.heap[: work.state[kernel.HEAP]].copy(),
            merges=work.merges[:0].copy(),
            places=work.places[:1].copy(),
            found=work.found[:2].copy(),
        )

    def watched(work, why):
        asked.add(why)
        return enlarge(work, why)

    monkeypatch.setattr(room, "LEAST", 1)
    monkeypatch.setattr(room, "begin", tight)
    monkeypatch.setattr(room, "enlarge", watched)
    assert ours(words, **chosen) == expected
    assert asked == {kernel.LISTS_FULL, kernel.TABLE_FULL, kernel.HEAP_FULL, kernel.PLACES_FULL}


def test_texts_that_only_share_a_fingerprint_stay_two_tokens(monkeypatch):
    from tokbench.training import room

    words = {"abab": 5, "cdcd": 3, "abcd": 2}
    expected = ours(words, vocab_size=50, special_tokens=["<s>"])
    monkeypatch.setattr(room, "fingerprint", lambda _: (0, 1))
    assert ours(words, vocab_size=50, special_tokens=["<s>"]) == expected


def test_slices_of_a_sliced_array():
    words = pa.array(["zz", "low", "lower"], pa.large_string()).slice(1)
    counts = WordCounts(words, np.array([5, 2]), documents=1, bytes=1)
    assert (
        train_bpe(counts, vocab_size=100).tokens
        == train_bpe(word_counts({"low": 5, "lower": 2}), vocab_size=100).tokens
    )


@pytest.mark.parametrize(
    ("words", "counts", "error", "message"),
    [
        (["ab", None], [1, 2], ValueError, "must not be null"),
        (["ab"], [1, 2], ValueError, "each needs a count"),
        (["ab"], [-1], ValueError, "must not be negative"),
        (["ab" * 1000], [1 << 60], TrainingError, "too large to add up"),
    ],
)
def test_counts_that_cannot_be_trained_on(words, counts, error, message):
    given_counts = WordCounts(pa.array(words, pa.large_string()), np.array(counts), 1, 1)
    with pytest.raises(error, match=message):
        train_bpe(given_counts, vocab_size=10)


def test_progress_says_how_many_merges_are_made():
    seen: list[Progress] = []
    train_bpe(word_counts({"low": 5, "lower": 2}), vocab_size=9, watch=seen.append)
    assert {(step.stage, step.unit, step.total) for step in seen} == {("merging", "merges", 4)}
    assert (seen[0].done, seen[-1].done) == (0, 4)


def test_ctrl_c_is_noticed_between_slices():
    rng = random.Random(8)
    words = {"".join(rng.choices("abcdef", k=12)): 1 for _ in range(3_000)}
    steps = []

    def interrupt(step):
        steps.append(step)
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_bpe(word_counts(words), vocab_size=5_000, watch=interrupt)
    assert 0 < steps[-1].done < steps[-1].total


def test_another_process_gives_the_same():
    rng = random.Random(9)
    words = {
        "".join(rng.choices("abcde#", k=rng.randint(1, 12))): rng.randint(1, 5) for _ in range(500)
    }
    chosen = {"vocab_size": 400, "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>"}
    expected = ours(words, **chosen)
    assert all(ours(words, **chosen) == expected for _ in range(9))
    program = (
        "import json, sys; from oracles import word_counts;"
        "from tokbench.training import train_bpe;"
        "words, chosen = json.load(sys.stdin);"
        "t = train_bpe(word_counts(words), **chosen);"
        "json.dump([t.tokens, t.merges], sys.stdout)"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps([words, chosen]),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    tokens, merges = json.loads(child.stdout)
    assert (tokens, [tuple(merge) for merge in merges]) == expected


def test_training_is_imported_without_numba():
    program = "import sys, tokbench.training; sys.exit('numba' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=env, check=False).returncode == 0
