"""What `diff` says adds up, whoever the tokenizers are."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tokbench.encoding import Subject, differing, subject
from tokbench.errors import SubjectError

sys.path.insert(0, str(Path(__file__).parents[1] / "counting"))
from hostile import ATOMS, PRE_TOKENIZERS


def tokenizer(name: str, pre_tokenizer: str, *merges: str) -> Subject:
    """Bytes and a few merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = [tuple(merge.split()) for merge in merges]
    tokens = [*alphabet, *("".join(pair) for pair in pairs)]
    made = Tokenizer(models.BPE({token: at for at, token in enumerate(tokens)}, pairs))
    made.pre_tokenizer = PRE_TOKENIZERS[pre_tokenizer]
    made.decoder = decoders.ByteLevel()
    return subject(name, made.to_str(), name)


ONE = tokenizer("one", "byte_level", "t h", "th e", "Ġ the", "l l")
TWO = tokenizer("two", "byte_level_no_regex", "h e", "t he", "Ġ t", "Ġ Ġ")
THREE = tokenizer("three", "bert")
DOCUMENTS = st.lists(st.lists(st.sampled_from(ATOMS), max_size=12).map("".join), max_size=4)


@settings(max_examples=60)
@given(DOCUMENTS, st.sampled_from([(ONE, TWO), (TWO, THREE), (ONE, THREE)]))
def test_costs_are_the_difference_of_all_tokens(
    documents: list[str], pair: tuple[Subject, Subject]
) -> None:
    made = differing(*pair, documents, top=1000)
    lengths = [
        sum(len(one.tokenizer.encode(text, add_special_tokens=False)) for text in documents)
        for one in pair
    ]
    assert list(made.tokens) == lengths
    assert made.costs[0] - made.costs[1] == (
        (made.tokens[0] - made.blank[0]) - (made.tokens[1] - made.blank[1])
    )
    assert sum(one.cost for one in made.dearer) == made.costs[0]
    back = differing(*pair[::-1], documents, top=1000)
    assert back.costs == made.costs[::-1]
    assert (back.alike, back.otherwise) == (made.alike, made.otherwise)
    assert {one.text for one in back.cheaper} == {one.text for one in made.dearer}


@given(DOCUMENTS)
def test_nothing_differs_from_itself(documents: list[str]) -> None:
    made = differing(ONE, ONE.renamed("again"), documents)
    assert (made.dearer, made.cheaper, made.otherwise, made.settings) == ((), (), 0, ())
    assert made.vocabularies.shared == made.vocabularies.sizes
    assert made.vocabularies.own == ((), ())


def test_a_piece_reaches_from_border_to_border() -> None:
    made = differing(ONE, TWO, ["the shell", "a shell  the"])
    assert [(one.text, one.times, one.tokens, one.cuts) for one in made.dearer] == [
        ("he", 2, (4, 2), (("h", "e"), ("he",)))
    ]
    (cheaper,) = made.cheaper
    assert (cheaper.text, cheaper.cuts) == ("ll", (("ll",), ("l", "l")))
    assert (cheaper.before, cheaper.after) == ("the she", "")
    assert [one.token for one in made.vocabularies.own[1]] == ["he", "ĠĠ"]


def test_words_of_two_spellings_are_one_token(shared: Path) -> None:
    from tokbench.encoding import from_folder

    folder = shared / "tokenizers"
    pair = from_folder(folder / "gpt2"), from_folder(folder / "bert-base-uncased")
    made = differing(*pair, ["the cat sat on the mat"])
    assert made.alike == 1.0
    assert made.vocabularies.used == (1.0, 1.0)


def test_what_one_does_not_know_is_told() -> None:
    made = Tokenizer(models.WordLevel({"the": 0, "?": 1}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words = subject("words", made.to_str(), "words")
    told = differing(ONE, words, ["the shell the"])
    assert told.unknown == (0, 1)
    (lost,) = told.lost
    assert (lost.text, lost.cuts[1], lost.unknown, lost.times) == ("shell", ("?",), (0, 1), 1)
    made.model = models.WordLevel({"the": 0}, unk_token="?")
    with pytest.raises(SubjectError, match="cannot encode"):
        differing(ONE, subject("none", made.to_str(), "none"), ["the shell"])
