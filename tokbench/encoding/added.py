"""Added tokens, which are cut out of a text before anything else sees it.

A document that holds the content of one is encoded whole, whatever the token's flags: they only
keep some of those from being cut out.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tokbench.encoding.chunk_kernels import holding

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import AddedToken
    from tokenizers.normalizers import Normalizer


class Needles:
    """Some texts to look for in many documents; an empty one is everywhere.

    >>> text = np.frombuffer("a<s>b<sé".encode(), np.uint8)
    >>> Needles(["<s>", "é"]).held(text, np.array([0, 2, 5, 9])).tolist()
    [False, False, True]
    """

    def __init__(self, contents: Iterable[str]) -> None:
        encoded = sorted({content.encode() for content in contents})
        self._everywhere = encoded[:1] == [b""]
        if self._everywhere:
            encoded = encoded[1:]
        heads: list[tuple[int, bytes]] = []
        for one in encoded:
            seconds = range(256) if len(one) == 1 else [one[1]]
            heads += [(one[0] << 8 | second, one) for second in seconds]
        heads.sort()
        self._heads = np.searchsorted([head for head, _ in heads], np.arange(65537)).astype(
            np.int64
        )
        self._starts = np.zeros(len(heads) + 1, np.int64)
        np.cumsum([len(one) for _, one in heads], out=self._starts[1:])
        joined = b"".join(one for _, one in heads)
        self._patterns = np.frombuffer(joined, np.uint8)

    def __bool__(self) -> bool:
        return self._everywhere or len(self._patterns) > 0

    def held(self, text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> "NDArray[np.bool_]":
        """For each document, whether it holds any of them."""
        held = np.full(len(offsets) - 1, self._everywhere)
        if len(self._patterns) and not self._everywhere:
            holding(text, offsets, self._heads, self._patterns, self._starts, held)
        return held


class AddedTokens:
    """What to look for, in the text as it is and in the normalized text.

    Args:
        tokens: all that a tokenizer has.
        normalizer: which text and the contents of `normalized` tokens go through.

    Attributes:
        raw: the contents of all.
        normalized: those of `normalized` tokens, as written and normalized, if there is a
            normalizer.
    """

    def __init__(self, tokens: "Iterable[AddedToken]", normalizer: "Normalizer | None") -> None:
        tokens = list(tokens)
        self.raw = Needles(token.content for token in tokens)
        contents = [token.content for token in tokens if token.normalized]
        changed = [] if normalizer is None else [normalizer.normalize_str(one) for one in contents]
        self.normalized = Needles(changed + contents if changed else [])
