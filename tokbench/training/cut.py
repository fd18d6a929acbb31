"""A smaller vocabulary from a larger one, without training.

Training by merges is a prefix process: the merges of a small vocabulary are the first merges of a
larger one trained on the same counts. So is taking the most frequent words. Unigram is not: it
prunes, and re-estimates what is left.
"""

from dataclasses import replace

from tokbench.values import Trained


def cut(trained: Trained, vocab_size: int) -> Trained | None:
    """What training on the same counts with a smaller `vocab_size` would have given.

    Vocabularies are cut by size, not by merges: a merge whose text is in the vocabulary already
    makes no token.

    Returns:
        The smaller vocabulary, which never has less than the tokens it began with; None where only
        training can tell: for Unigram, and where a merge made no token or was learned twice (with
        a prefix or suffix, or where special tokens read like pieces of words).

    >>> large = Trained("BPE", ("a", "b", "ab", "abb"), (("a", "b"), ("ab", "b")), initial=2)
    >>> cut(large, 3).tokens, cut(large, 3).merges, cut(large, 1).tokens
    (('a', 'b', 'ab'), (('a', 'b'),), ('a', 'b'))
    """
    if trained.model == "Unigram":
        return None
    size = min(max(vocab_size, trained.initial), len(trained.tokens))
    if trained.model != "BPE":
        return replace(trained, tokens=trained.tokens[:size])
    if not _each_merge_makes_a_token(trained):
        return None
    merges = size - trained.initial
    return replace(
        trained,
        tokens=trained.tokens[:size],
        merges=trained.merges[:merges],
        merge_counts=trained.merge_counts[:merges],
    )


def _each_merge_makes_a_token(trained: Trained) -> bool:
    prefix = trained.continuing_subword_prefix or ""
    made = trained.tokens[trained.initial :]
    return len(made) == len(trained.merges) and all(
        token == left + right.removeprefix(prefix)
        for token, (left, right) in zip(made, trained.merges, strict=True)
    )
