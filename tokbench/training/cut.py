"""A smaller vocabulary from a larger one, without training.

Training by merges is a prefix process: the merges of a small vocabulary are the first merges of a
larger one trained on the same counts. So is taking the most frequent words. Unigram is not: it
prunes, and re-estimates what is left.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tokbench.values import Trained

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


def tokens_by_size(
    trained: Trained, frequencies: "NDArray[np.int64]", sizes: Sequence[int]
) -> list[int]:
    """How many tokens a text takes at each size, from how often each token of the largest is used.

    Whatever a vocabulary cut at some size makes of a text, the larger one makes of it first: a new
    pair always has a higher rank than the merge that made it, so merges are applied in the order
    of their ranks, and cutting the vocabulary ends that early. Taking merges back from the last to
    the first, each use of a token becomes one of its left side and one of its right side.

    Args:
        trained: of BPE, and one that can be cut.
        frequencies: by id; tokens that were added later count as they are.
        sizes: of the vocabulary, at most what it has.

    Raises:
        ValueError: the vocabulary cannot be cut.

    >>> import numpy as np
    >>> large = Trained("BPE", ("a", "b", "ab", "abb"), (("a", "b"), ("ab", "b")), initial=2)
    >>> tokens_by_size(large, np.array([0, 1, 0, 5]), [2, 3, 4])
    [16, 11, 6]
    """
    if cut(trained, trained.initial) is None or trained.model != "BPE":
        raise ValueError("this vocabulary says nothing about smaller ones")
    ids = {token: number for number, token in enumerate(trained.tokens)}
    uses: list[int] = frequencies.tolist()
    total = sum(uses)
    tokens = {len(trained.tokens): total}
    merges = [*enumerate(trained.merges, trained.initial)]
    for token, (left, right) in reversed(merges):
        total += uses[token]
        uses[ids[left]] += uses[token]
        uses[ids[right]] += uses[token]
        tokens[token] = total
    return [tokens[max(size, trained.initial)] for size in sizes]


def _each_merge_makes_a_token(trained: Trained) -> bool:
    prefix = trained.continuing_subword_prefix or ""
    made = trained.tokens[trained.initial :]
    return len(made) == len(trained.merges) and all(
        token == left + right.removeprefix(prefix)
        for token, (left, right) in zip(made, trained.merges, strict=True)
    )
