"""BPE from word counts: what `BpeTrainer` of `tokenizers` learns from the text they come from."""

from collections.abc import Sequence

from tokbench.values import Trained, Watch, WordCounts, ignore


def train_bpe(
    words: WordCounts,
    *,
    vocab_size: int,
    min_frequency: int = 0,
    special_tokens: Sequence[str] = (),
    limit_alphabet: int | None = None,
    initial_alphabet: Sequence[str] = (),
    continuing_subword_prefix: str | None = None,
    end_of_word_suffix: str | None = None,
    max_token_length: int | None = None,
    watch: Watch = ignore,
) -> Trained:
    """Learn a BPE vocabulary and its merges.

    Vocabulary, ids and merges are the library's wherever it always gives the same. Where it does
    not (which of equally rare characters `limit_alphabet` drops; ids and ties with a prefix or
    suffix; counts above 2**31) the result here is the same every time, whatever the order of the
    words.

    Args:
        words: the distinct pre-tokens and how often each occurs.
        vocab_size: how many tokens there may be; symbols are all kept, be they more.
        min_frequency: the least count of a pair that is merged; 0 means 1.
        special_tokens: get the first ids; one that reads like a merge is what the merge makes.
        limit_alphabet: how many characters to keep; the others are dropped from all words.
        initial_alphabet: characters that are kept even if they are never seen; of a longer string,
            the first one.
        continuing_subword_prefix: begins every symbol but the first of a word.
        end_of_word_suffix: ends the last symbol of a word.
        max_token_length: a pair that a merge makes counts only if its sides have together fewer
            symbols than this (not: no more; pairs of single symbols always count).
        watch: told how many merges are made; may raise, KeyboardInterrupt too, to end training.

    Returns:
        Tokens in the order of their ids, merges in order, and the count of each.

    Raises:
        TrainingError: if the words or counts are more than 31 and 62 bits can number.

    >>> import numpy as np, pyarrow as pa
    >>> words = pa.array(["low", "lower", "newest"], pa.large_string())
    >>> counts = WordCounts(words, np.array([5, 2, 6]), documents=1, bytes=60)
    >>> trained = train_bpe(counts, vocab_size=11)
    >>> trained.tokens
    ('e', 'l', 'n', 'o', 'r', 's', 't', 'w', 'we', 'lo', 'ewe')
    >>> trained.merges
    (('w', 'e'), ('l', 'o'), ('e', 'we'))
    >>> trained.merge_counts
    (8, 7, 6)
    """
    from tokbench.training import alphabet, merging  # noqa: PLC0415 - they import Numba

    prefix, suffix = continuing_subword_prefix or "", end_of_word_suffix or ""
    symbols = alphabet.symbols_of(
        words,
        special_tokens=special_tokens,
        limit_alphabet=limit_alphabet,
        initial_alphabet=initial_alphabet,
        prefix=prefix,
        suffix=suffix,
    )
    tokens, made = merging.learn(
        symbols,
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        max_token_length=max_token_length,
        prefix=prefix,
        affixed=bool(prefix or suffix),
        watch=watch,
    )
    lefts, rights, counts = (made[name].tolist() for name in ("left", "right", "count"))
    pairs = [*zip(map(tokens.__getitem__, lefts), map(tokens.__getitem__, rights), strict=True)]
    merges = dict(zip(pairs, counts, strict=True))
    if len(merges) < len(pairs):  # with a prefix or suffix; as in the library the last place counts
        merges = dict(reversed(dict(zip(reversed(pairs), reversed(counts), strict=True)).items()))
    return Trained(
        model="BPE",
        tokens=tuple(tokens),
        merges=tuple(merges),
        merge_counts=tuple(merges.values()),
        initial=len(symbols.tokens),
        continuing_subword_prefix=continuing_subword_prefix,
        end_of_word_suffix=end_of_word_suffix,
        documents=words.documents,
        fingerprint=words.fingerprint,
    )
