"""WordPiece from word counts: BPE with a prefix, of which only the vocabulary is kept."""

from collections.abc import Sequence
from dataclasses import replace

from tokbench.training.bpe import train_bpe
from tokbench.values import Trained, Watch, WordCounts, ignore


def train_wordpiece(
    words: WordCounts,
    *,
    vocab_size: int,
    min_frequency: int = 0,
    special_tokens: Sequence[str] = (),
    limit_alphabet: int | None = None,
    initial_alphabet: Sequence[str] = (),
    continuing_subword_prefix: str | None = "##",
    end_of_word_suffix: str | None = None,
    watch: Watch = ignore,
) -> Trained:
    """Learn a WordPiece vocabulary, as `WordPieceTrainer` does; see `train_bpe`.

    The library's result changes from run to run (tokenizers#1794), this one does not.

    >>> import numpy as np, pyarrow as pa
    >>> words = pa.array(["low", "lower", "newest"], pa.large_string())
    >>> counts = WordCounts(words, np.array([5, 2, 6]), documents=1, bytes=60)
    >>> train_wordpiece(counts, vocab_size=19).tokens[8:]
    ('##e', '##o', '##r', '##s', '##t', '##w', '##we', 'lo', 'ne', '##st', '##west')
    """
    learned = train_bpe(
        words,
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=special_tokens,
        limit_alphabet=limit_alphabet,
        initial_alphabet=initial_alphabet,
        continuing_subword_prefix=continuing_subword_prefix,
        end_of_word_suffix=end_of_word_suffix,
        watch=watch,
    )
    return replace(learned, model="WordPiece", merges=(), merge_counts=())
