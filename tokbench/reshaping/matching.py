"""WordPiece by hand: the pieces that it takes of a word, also where it gives up in the end."""

from collections.abc import Mapping
from typing import Any


class Matching:
    """A WordPiece model, which takes the longest piece from the left.

    >>> model = {"vocab": {"a": 0, "ab": 1, "##c": 2}, "continuing_subword_prefix": "##"}
    >>> Matching(model).pieces("abc"), Matching(model).pieces("abd")
    ((['ab', '##c'], True), (['ab'], False))
    """

    def __init__(self, model: Mapping[str, Any]) -> None:
        """Take a model as tokenizer.json writes it."""
        self._vocabulary = model["vocab"]
        self._prefix: str = model["continuing_subword_prefix"]
        self._most = int(model.get("max_input_chars_per_word", 100))
        self._longest = max(map(len, self._vocabulary), default=0)

    def pieces(self, word: str) -> tuple[list[str], bool]:
        """The pieces of a word from its begin, and whether they reach its end."""
        if len(word) > self._most:
            return [], False
        found: list[str] = []
        at = 0
        while at < len(word):
            prefix = self._prefix if at else ""
            ends = range(min(len(word), at + self._longest), at, -1)
            end = next((one for one in ends if prefix + word[at:one] in self._vocabulary), None)
            if end is None:
                return found, False
            found.append(prefix + word[at:end])
            at = end
        return found, True
