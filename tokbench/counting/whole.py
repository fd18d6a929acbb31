"""Counting whole documents: for pipelines where no cut is known to be exact.

The library counts words itself when it trains, on all cores, and gives them away in the pickled
state of a trainer. The cheapest trainer to ask is WordLevel's with a vocabulary of one.
"""

import json
from typing import TYPE_CHECKING, Any

from tokbench.chunks.arrow import raw_strings
from tokbench.counting.spilling import UNBOUNDED, Bounded, Bounds
from tokbench.counting.words import Pipeline, add_words, word_counts
from tokbench.errors import TrainingError
from tokbench.fingerprint import Fingerprint
from tokbench.values import Corpus, Split, Watch, WordCounts, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenizers import Tokenizer

PER_WORD = 300
"""Bytes of a word in the library's table, in JSON and as a Python string."""
AT_ONCE = 1000
"""How many documents are handed to the library at a time."""
PER_BYTE = 60
"""Bytes of memory for each byte of text between two looks at what the library has counted: enough
for text without a word twice."""


def count_words_whole(
    corpus: Corpus,
    tokenizer: "Tokenizer",
    *,
    split: Split = "train",
    max_word_chars: int | None = 16384,
    why: str = "",
    watch: Watch = ignore,
    bounds: Bounds = UNBOUNDED,
) -> WordCounts:
    """The words of a corpus, by the library's own counting of whole documents.

    Args:
        corpus: what to count.
        tokenizer: whose normalizer and pre-tokenizer to apply; its added tokens and model play no
            part (the library would cut added tokens out of the text).
        split: which documents.
        max_word_chars: longer words are left out of the counts and reported; None: none are.
        why: what to say about why whole documents were counted.
        watch: told how far reading has come.
        bounds: what may be held in memory; the library counts so much text at a time that its own
            table, and the Python words that come out of it, find room.

    Raises:
        TrainingError: the library did not count as expected.
        BudgetError: the distinct words find no room in memory.
        StoreError: they find none on disk on their way there.

    The library counts in 64 bits.
    """
    from tokenizers import Tokenizer, models, trainers  # noqa: PLC0415 - not on --help's path

    pipeline = Pipeline.of(tokenizer)
    bare = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106
    if pipeline.normalizer is not None:
        bare.normalizer = pipeline.normalizer
    if pipeline.pre_tokenizer is not None:
        bare.pre_tokenizer = pipeline.pre_tokenizer
    print_ = Fingerprint()
    table = Bounded(bounds.share(2))
    batches = iter(corpus.batches(split, watch))
    limit = bounds.room // PER_BYTE
    more = True

    def documents() -> "Iterator[list[Any]]":
        nonlocal more
        taken = 0
        for batch in batches:
            column = batch.column("text")
            print_.add(*raw_strings(column))
            for first in range(0, len(column), AT_ONCE):
                yield column.slice(first, AT_ONCE).to_pylist()
            taken += column.nbytes
            if taken > limit:
                return
        more = False

    while more:
        trainer = trainers.WordLevelTrainer(vocab_size=1, show_progress=False)
        bare.train_from_iterator(documents(), trainer)
        words = _state(trainer)
        words.pop("", None)
        if words:
            add_words(words, table)
    return word_counts(
        table, max_word_chars, documents=print_.documents, size=print_.bytes,
        fingerprint=str(print_), exact_by="documents", why=why,
    )  # fmt: skip


def _state(trainer: object) -> dict[str, int]:
    """The word counts in a trainer's pickled state."""
    state = json.loads(trainer.__getstate__())  # type: ignore[arg-type]
    words = state.get("WordLevelTrainer", state).get("words")
    if not isinstance(words, dict) or not all(count >= 0 for count in words.values()):
        raise TrainingError(
            "this version of tokenizers does not show its word counts; use 0.22 or 0.23"
        )
    return words
