import json
import re
from pathlib import Path

import pytest
from oracles import in_order, word_counts
from tokenizers import Tokenizer, models, trainers

from tokbench.training import train_wordpiece

ALICE = Path(__file__).parents[2].parent / "shared" / "data" / "text" / "en_alice.txt"


@pytest.fixture(scope="module")
def words():
    if not ALICE.exists():
        pytest.skip(f"no {ALICE}")
    found = {}
    for word in re.findall(r"[a-z]+", ALICE.read_text(encoding="utf-8").lower()):
        found[word] = found.get(word, 0) + 1
    return found


def test_the_same_in_ten_runs_whatever_the_order_of_the_words(words):
    first = train_wordpiece(word_counts(words), vocab_size=2000, special_tokens=["[UNK]"])
    assert (first.model, first.merges, first.continuing_subword_prefix) == ("WordPiece", (), "##")
    for _ in range(9):
        words = dict(reversed(words.items()))
        again = train_wordpiece(word_counts(words), vocab_size=2000, special_tokens=["[UNK]"])
        assert again.tokens == first.tokens


def test_close_to_what_the_library_happens_to_learn(words):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trainer = trainers.WordPieceTrainer(
        vocab_size=2000, special_tokens=["[UNK]"], show_progress=False
    )
    texts = [word for word, count in words.items() for _ in range(count)]
    tokenizer.train_from_iterator(texts, trainer)
    theirs = in_order(json.loads(tokenizer.to_str())["model"]["vocab"])
    ours = train_wordpiece(word_counts(words), vocab_size=2000, special_tokens=["[UNK]"]).tokens
    symbols = 1 + len({c for word in words for c in word})
    assert list(ours[:symbols]) == theirs[:symbols]
    assert len(ours) == len(theirs)
    assert len(set(ours) & set(theirs)) >= 0.97 * len(ours)
    own = Tokenizer(models.WordPiece({t: i for i, t in enumerate(ours)}, unk_token="[UNK]"))
    lengths = [
        sum(len(encoding) for encoding in some.encode_batch(texts)) for some in (own, tokenizer)
    ]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.005)
