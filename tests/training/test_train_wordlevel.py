import json

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import in_order, word_counts
from tokenizers import Tokenizer, models, trainers

from tokbench.training import train_wordlevel
from tokbench.values import WordCounts

SPECIAL = ["[UNK]", "<s>", "</s>"]


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.text("abé日👍", min_size=1, max_size=3), st.integers(1, 4), max_size=12),
    st.integers(0, 12),
    st.integers(0, 4),
    st.lists(st.sampled_from(SPECIAL), unique=True),
)
def test_vocabulary_and_ids_are_the_library_s(words, vocab_size, min_frequency, special):
    chosen = {
        "vocab_size": vocab_size,
        "min_frequency": min_frequency,
        "special_tokens": special,
    }
    tokenizer = Tokenizer(models.WordLevel())
    tokenizer.train_from_iterator(
        [word for word, count in words.items() for _ in range(count)],
        trainers.WordLevelTrainer(show_progress=False, **chosen),
    )
    vocab = json.loads(tokenizer.to_str())["model"]["vocab"]
    assert list(train_wordlevel(word_counts(words), **chosen).tokens) == in_order(vocab)


def test_a_word_that_reads_like_a_special_token_is_that_token():
    words = word_counts({"<s>": 9, "a": 5, "b": 5, "c": 1})
    trained = train_wordlevel(words, vocab_size=3, special_tokens=["<s>"])
    assert trained.tokens == ("<s>", "a", "b")


def test_counts_beyond_32_bits():
    words = WordCounts(
        pa.array(["a", "b"], pa.large_string()), np.array([1 << 40, (1 << 40) + 1]), 1, 1
    )
    assert train_wordlevel(words, vocab_size=1).tokens == ("b",)
