"""Encoding and decoding documents as they are, one by one: slow, and right by definition."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.encoding.documents import letters
from tokbench.encoding.part import SHOWN_DIFFERENCES, Part, first_difference
from tokbench.encoding.subjects import Subject
from tokbench.errors import SubjectError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

_AT_ONCE = 1 << 10
"""Texts whose offsets are held at once."""


class Whole:
    """What one tokenizer makes of whole documents."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    @property
    def tokenizer(self) -> "Tokenizer":
        """The tokenizer."""
        return self._subject.tokenizer

    def encode(self, documents: list[str]) -> list[list[int]]:
        """The ids of each document, without special tokens."""
        with refused(self._subject.name, "encode"):
            encodings = self._subject.tokenizer.encode_batch_fast(
                documents, add_special_tokens=False
            )
        return [one.ids for one in encodings]

    def measure(self, documents: list[str], ids: list[list[int]]) -> Part:
        """Count the ids of these documents and decode them."""
        part = Part.empty(len(documents))
        part.columns["tokens"][:] = list(map(len, ids))
        if (unk := self._subject.unk_id) is not None:
            unknown = [one.count(unk) for one in ids]
            part.columns["unk_tokens"][:] = unknown
            having = [number for number, count in enumerate(unknown) if count]
            lost = self.characters_lost([documents[number] for number in having])
            part.columns["unk_characters"][having] = lost
        return self.compared(part, documents, ids)

    def compared(self, part: Part, documents: list[str], ids: list[list[int]]) -> Part:
        """The same part, with what decoding these ids gives."""
        exact, normalized = part.columns["exact"], part.columns["normalized"]
        differences: list[tuple[int, tuple[str, str]]] = []
        pairs = zip(documents, ids, self.decode(ids), strict=True)
        for number, (text, one, back) in enumerate(pairs):
            exact[number] = normalized[number] = back == text
            if not exact[number]:
                expected = self.normalize(text)
                normalized[number] = back == expected
                if not normalized[number]:
                    kept = self._letters_kept(one, back)
                    lost = max(0, min(letters(text), letters(expected)) - kept)
                    part.columns["letters_lost"][number] = lost
                    if len(differences) < SHOWN_DIFFERENCES:
                        differences.append((number, first_difference(text, back)))
        return Part(part.columns, tuple(differences))

    def normalize(self, text: str) -> str:
        """What the tokenizer's normalizer makes of a text."""
        normalizer: Any = self._subject.tokenizer.normalizer
        normalized: str = text if normalizer is None else normalizer.normalize_str(text)
        return normalized

    def decode(self, ids: list[list[int]]) -> list[str]:
        """The texts that these ids stand for, special tokens included."""
        with refused(self._subject.name, "decode"):
            return self._subject.tokenizer.decode_batch(ids, skip_special_tokens=False)

    def characters_lost(self, texts: list[str]) -> list[int]:
        """How many characters of each text unknown tokens stand for."""
        unk = self._subject.unk_id
        lost = []
        for first in range(0, len(texts), _AT_ONCE):
            for one in self._subject.tokenizer.encode_batch(
                texts[first : first + _AT_ONCE], add_special_tokens=False
            ):
                pairs = zip(one.ids, one.offsets, strict=True)
                lost.append(sum(end - start for number, (start, end) in pairs if number == unk))
        return lost

    def _letters_kept(self, ids: list[int], back: str) -> int:
        """Letters that came back, those of the unknown token's own text left out."""
        unk = self._subject.unk_id
        if unk is None or unk not in ids:
            return letters(back)
        return letters(self.decode([[one for one in ids if one != unk]])[0])


def counted(ids: list[list[int]], size: int) -> "NDArray[np.int64]":
    """How often each id occurs; longer than `size` if there are larger ids."""
    flat = np.fromiter(chain.from_iterable(ids), np.int64, sum(map(len, ids)))
    return np.bincount(flat, minlength=size)


@contextmanager
def refused(name: str, what: str) -> Iterator[None]:
    """Turn the library's failures, panics too, into a sentence."""
    try:
        yield
    except BaseException as error:  # tokenizers raises plain Exception, and PanicException
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise SubjectError(f"{name}: cannot {what} the text: {error}") from error
        raise
