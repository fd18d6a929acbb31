"""Unigram through SentencePiece: nothing in the words is special, the result is always the same."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from tokbench.child import ChildError
from tokbench.errors import TrainingError
from tokbench.training import Demands, UnigramTrainer, from_counts, train_unigram
from tokbench.training import pieces as learning
from tokbench.training.seeds import seeds
from tokbench.training.unigram import Asked
from tokbench.values import Progress, Trained, WordCounts, ignore

HOSTILE = (
    "aab \t\n\r\0\x0b\x1c\x1d\x1e\x1f\x7f\x85\xa0▁▂▅⁇<>/su\u2028\u200d\ufeff\ufffd\ufffe\uffff"
    "\ue000\ue001\uf8ff\U000f0000\U0010fffd\u0301\u0e31한국日本ñİſß👩🏽‍🚀٣१,\"'"
)
CHARACTERS = st.one_of(
    st.sampled_from(HOSTILE), st.characters(exclude_categories=["Cs"]), st.sampled_from("abc")
)
WORDS = st.dictionaries(
    st.text(CHARACTERS, min_size=1, max_size=12), st.integers(1, 2**40), min_size=1, max_size=40
)


def counted(words: dict[str, int]) -> WordCounts:
    counts = np.array(list(words.values()), np.int64)
    return WordCounts(pa.array(list(words), pa.large_string()), counts, documents=3, bytes=9)


def learned(words: dict[str, int], asked: Asked, folder: Path) -> dict[str, float]:
    return dict(learning.learn(sorted(words.items()), asked, folder, ignore))


def model(scored: list[tuple[str, float]]) -> models.Unigram:
    return models.Unigram(scored, unk_id=0)


def cut(unigram: models.Unigram, word: str) -> list[str]:
    return [token.value for token in unigram.tokenize(word)]


@given(words=WORDS, room=st.integers(1, 300), longest=st.integers(1, 16))
@example(words={char * 2 + "a" + char: 3 for char in HOSTILE}, room=200, longest=16)
@example(words=dict.fromkeys(HOSTILE, 1), room=200, longest=16)
@example(words={"▁a▁": 5, "a▁b▁": 4, " a ": 3, "<unk>": 3, "<s>": 2}, room=40, longest=16)
@settings(max_examples=60)
def test_hostile_words_are_learned_whole_and_cut_without_unknowns(
    tmp_path_factory: pytest.TempPathFactory, words: dict[str, int], room: int, longest: int
) -> None:
    folder = tmp_path_factory.mktemp("trainer")
    found = learned(words, Asked(room=room, longest=longest), folder)
    characters = set("".join(words))
    assert characters <= found.keys()
    assert len(found) <= max(room, len(characters))
    for piece in found:
        assert len(piece) <= longest
        assert any(piece in word for word in words)
    unigram = model([("", 0.0), *found.items()])
    for word in words:
        tokens = unigram.tokenize(word)
        assert 0 not in [token.id for token in tokens]
        assert "".join(token.value for token in tokens) == word


def substrings(words: dict[str, int], longest: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 2, min(len(word), start + longest) + 1):
                found[word[start:end]] += count
    return found


@given(
    words=st.dictionaries(
        st.text("abcß", min_size=1, max_size=9), st.integers(1, 9), min_size=1, max_size=20
    ),
    most=st.integers(1, 60),
    longest=st.integers(2, 9),
)
def test_seeds_are_those_of_the_definition(words: dict[str, int], most: int, longest: int) -> None:
    longest_known = substrings(words, longest)
    wanted = [
        (len(text) * count, count)
        for text, count in longest_known.items()
        if count >= 2 and not any(longest_known.get(text + char, 0) == count for char in "abcß")
    ]
    found = seeds(list(words), np.array(list(words.values())), most, longest)
    assert [(len(text) * count, count) for text, count in found] != [] or not wanted
    covered = [len(text) * count for text, count in found]
    assert covered == sorted((cover for cover, _ in wanted), reverse=True)[:most]
    assert len(dict(found)) == len(found)
    for text, count in found:
        assert longest_known[text] == count


Words = dict[str, int]


@pytest.fixture(scope="module")
def halves() -> tuple[Words, Words]:
    """The words of a book as Metaspace cuts it; every tenth line is held out."""
    path = Path(__file__).parents[3] / "shared/data/text/en_alice.txt"
    if not path.is_file():
        pytest.skip("the team's shared data is not beside this checkout")
    lines = path.read_text("utf-8").splitlines()
    return words_of(line for i, line in enumerate(lines) if i % 10), words_of(lines[::10])


def words_of(lines: Iterable[str]) -> Words:
    metaspace = pre_tokenizers.Metaspace()
    return dict(Counter(word for line in lines for word, _ in metaspace.pre_tokenize_str(line)))


@pytest.fixture(scope="module")
def trained(halves: tuple[Words, Words]) -> Trained:
    return train_unigram(counted(halves[0]), vocab_size=1500, special_tokens=["<p>", "<u>"])


def test_two_processes_and_another_order_give_the_same(
    halves: tuple[Words, Words], trained: Trained
) -> None:
    known, _ = halves
    turned = dict(reversed(known.items()))
    assert train_unigram(counted(turned), vocab_size=1500, special_tokens=["<p>", "<u>"]) == trained


def test_the_vocabulary_has_the_size_and_order_asked_for(trained: Trained) -> None:
    assert trained.model == "Unigram"
    assert len(trained.tokens) == len(set(trained.tokens)) == 1500
    assert trained.tokens[:2] == ("<p>", "<u>")
    assert trained.scores[:2] == (0.0, 0.0)
    assert list(trained.scores[2:]) == sorted(trained.scores[2:], reverse=True)
    assert trained.documents == 3


def test_sentencepiece_and_tokenizers_cut_held_out_words_alike(
    halves: tuple[Words, Words], tmp_path: Path
) -> None:
    known, held = halves
    plain = str.maketrans("▁", "\ue000")
    rows = sorted((word.translate(plain), count) for word, count in known.items())
    counts = np.array([count for _, count in rows])
    start = seeds([word for word, _ in rows], counts, 12_000, 16)
    required = "".join(sorted(set("".join(known | held).translate(plain))))
    options = {"vocab_size": 1500, "required_chars": required, "unk_piece": "\ue001"}
    made = learning.train(rows, start, options, tmp_path, ignore)
    theirs = SentencePieceProcessor(model_proto=made)
    scored = [(theirs.id_to_piece(i), theirs.get_score(i)) for i in range(len(theirs))]
    ours = model(scored)
    for word in (*held, *known):
        escaped = word.translate(plain)
        assert cut(ours, escaped) == theirs.encode(escaped, out_type=str)


def measured(scored: dict[str, float], words: dict[str, int]) -> tuple[int, float]:
    """Tokens and minus log-likelihood of words without unknown characters."""
    unigram = model([("", 0.0), *scored.items()])
    tokens, lost = 0, 0.0
    for word, count in words.items():
        if all(char in scored for char in word):
            found = cut(unigram, word)
            tokens += count * len(found)
            lost -= count * sum(scored[token] for token in found)
    return tokens, lost


def test_held_out_text_takes_no_more_tokens_and_is_as_likely_as_with_the_library(
    halves: tuple[Words, Words], trained: Trained
) -> None:
    known, held = halves
    library = Tokenizer(models.Unigram())
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.UnigramTrainer(vocab_size=1498, show_progress=False)
    library.train_from_iterator([" ".join([word] * n) for word, n in known.items()], trainer)
    vocabulary = dict(map(tuple, json.loads(library.to_str())["model"]["vocab"]))
    assert len(vocabulary) == 1498
    our_tokens, our_loss = measured(dict(zip(trained.tokens, trained.scores, strict=True)), held)
    tokens, loss = measured(vocabulary, held)
    assert our_tokens <= tokens
    assert our_loss <= loss


def test_the_longest_piece_and_the_shape_of_pruning_reach_the_trainer(
    halves: tuple[Words, Words], tmp_path: Path
) -> None:
    known = halves[0]
    base = Asked(room=800)
    others = ({"shrinking_factor": 0.6}, {"iterations": 5}, {"longest": 3})
    results = [
        learned(known, asked, tmp_path)
        for asked in (base, *(replace(base, **changed) for changed in others))
    ]
    assert all(len(found) == 800 for found in results)
    assert max(map(len, results[0])) > 3 == max(map(len, results[3]))
    assert len({tuple(sorted(found)) for found in results}) == len(results)


def test_progress_is_told(halves: tuple[Words, Words]) -> None:
    told: list[Progress] = []
    train_unigram(counted(halves[0]), vocab_size=500, watch=told.append)
    assert told[0] == Progress("seeding", 0, None, "words")
    assert {(one.stage, one.unit) for one in told[1:]} == {("pruning", "pieces")}
    assert all(0 <= one.done <= (one.total or 0) for one in told)


COUNTS = counted({"low": 5, "lower": 2, "newest": 6, "<s>": 40, "<s>x": 3})


def test_a_piece_that_reads_like_a_special_token_leaves_its_room_to_another() -> None:
    without = train_unigram(COUNTS, vocab_size=14)
    assert "<s>" in without.tokens
    found = train_unigram(COUNTS, vocab_size=15, special_tokens=["<s>", "<s>", "w"])
    assert found.tokens[:2] == ("<s>", "w")
    assert len(found.tokens) == len(set(found.tokens)) == 15


def test_all_characters_are_kept_be_they_more_than_asked_for() -> None:
    found = train_unigram(COUNTS, vocab_size=3, special_tokens=["<u>"], initial_alphabet=["q"])
    assert set(found.tokens[1:]) == set("lowernst<>xq")
    assert found.tokens[-1] == "q"


def test_a_vocabulary_larger_than_the_text_allows_is_smaller() -> None:
    made = from_counts(UnigramTrainer(vocab_size=500), Demands(("<u>",), "<u>"), COUNTS)
    assert set("lowernst<>x") < set(made.tokens)
    assert len(made.tokens) < 500


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"shrinking_factor": 0.99},
            "trainer.shrinking_factor is 0.99: sentencepiece takes 0.5 to 0.95; "
            "write one of these, or train with --engine tokenizers",
        ),
        (
            {"n_sub_iterations": 11},
            "trainer.n_sub_iterations is 11: sentencepiece takes 1 to 10; "
            "write one of these, or train with --engine tokenizers",
        ),
        (
            {"max_piece_length": 513},
            "trainer.max_piece_length is 513: sentencepiece takes 1 to 512; "
            "write one of these, or train with --engine tokenizers",
        ),
    ],
)
def test_what_the_trainer_does_not_take_is_said(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        train_unigram(COUNTS, vocab_size=20, **options)
    assert str(error.value) == sentence


def test_a_trainer_that_refuses_or_dies_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tokbench.training import unigram

    def refuse(*_: object) -> None:
        raise RuntimeError("INTERNAL: src/trainer_interface.cc(96) [a() >= 1] Too much.")

    monkeypatch.setattr(learning, "learn", refuse)
    with pytest.raises(TrainingError) as refused:
        unigram._learn(COUNTS.words, COUNTS.counts, Asked(room=9), str(tmp_path), ignore)
    assert str(refused.value) == (
        "the Unigram trainer of sentencepiece gave up: Too much.; "
        "--engine tokenizers trains with the library's own"
    )

    def die(*_: object, **__: object) -> None:
        raise ChildError("the child process ended with -9: no message")

    monkeypatch.setattr(unigram, "run_in_child", die)
    with pytest.raises(TrainingError, match=r"died \(the child process ended with -9: no message"):
        train_unigram(COUNTS, vocab_size=20)
