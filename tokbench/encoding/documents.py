"""Facts about text that do not depend on a tokenizer: bytes, characters, words, scripts."""

from typing import TYPE_CHECKING

import numpy as np
import regex

from tokbench.values import Documents

if TYPE_CHECKING:
    from tokbench.encoding.batch import Batch

BOUNDARY = regex.compile(r"(?w)\b")
IN_WORD = regex.compile(r"[\p{L}\p{N}]")
LETTER = regex.compile(r"\p{L}")
UNSEGMENTED = regex.compile(
    r"(?V1)[[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&\p{L}]"
)


def words(text: str) -> int:
    """How many segments between UAX 29 word boundaries hold a letter or a number.

    >>> words("Don't pay $3.14 -- ok?")
    4
    """
    return sum(map(bool, map(IN_WORD.search, BOUNDARY.split(text))))


def letters(text: str) -> int:
    """How many letters a text has.

    >>> letters("naïve 12, 한글")
    7
    """
    return sum(map(str.isalpha, text)) if text.isascii() else len(LETTER.findall(text))


class DocumentFacts:
    """Collects `Documents` batch by batch."""

    def __init__(self) -> None:
        self._bytes: list[int] = []
        self._characters: list[int] = []
        self._words: list[int] = []
        self._letters = 0
        self._unsegmented = 0

    def add(self, batch: "Batch") -> None:
        """Take in a batch of documents."""
        for text in batch.strings:
            self._bytes.append(len(text) if text.isascii() else len(text.encode()))
            self._characters.append(len(text))
            self._words.append(words(text))
            self._letters += letters(text)
            if not text.isascii():
                self._unsegmented += len(UNSEGMENTED.findall(text))

    @property
    def documents(self) -> Documents:
        """All that was added."""
        return Documents(
            bytes=np.array(self._bytes, np.int64),
            characters=np.array(self._characters, np.int64),
            words=np.array(self._words, np.int64),
            letters=self._letters,
            unsegmented_letters=self._unsegmented,
        )
