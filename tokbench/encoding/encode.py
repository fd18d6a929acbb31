"""One pass over a corpus, every tokenizer on every batch: counts that metrics are made from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokbench.encoding.documents import DocumentFacts, letters
from tokbench.encoding.subjects import Subject
from tokbench.errors import CorpusError, SubjectError
from tokbench.values import Corpus, Encoded, Progress, RoundTrip, Split, Watch, ignore, texts

_SHOWN_DIFFERENCES = 3
_AROUND = 20


def encode(
    subjects: Sequence[Subject], corpus: Corpus, split: Split, watch: Watch = ignore
) -> list[Encoded]:
    """Encode and decode every document of a split with every tokenizer.

    Special tokens are not added. Memory grows by a few numbers per document and tokenizer.

    Raises:
        CorpusError: the split holds no document.
        SubjectError: a tokenizer cannot encode one of the documents.
    """
    facts = DocumentFacts()
    works = [_Work(subject) for subject in subjects]

    def told(progress: Progress) -> None:
        watch(replace(progress, stage="measuring"))

    for batch in corpus.batches(split, told):
        documents = texts(batch)
        facts.add(documents)
        for work in works:
            work.add(documents)
    measured = facts.documents
    if not len(measured.bytes):
        raise CorpusError(_nothing(corpus, split))
    return [work.encoded(measured) for work in works]


def _nothing(corpus: Corpus, split: Split) -> str:
    names = ", ".join(corpus.sources)
    if split != "held_out":
        return f"{names}: there are no documents to measure on"
    if not corpus.held_out:
        return f"{names}: held_out is 0, so there is nothing to measure on; name a text with --on"
    return (
        f"{names}: no document's hash falls below held_out {corpus.held_out} "
        "(few, long documents?): raise held_out, cut the text into lines or paragraphs, "
        "or name a text with --on"
    )


class _Work:
    """What one tokenizer did so far."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._tokens: list[int] = []
        self._frequencies = np.zeros(subject.tokenizer.get_vocab_size(), np.int64)
        self._unk_tokens: list[int] = []
        self._unk_characters: list[int] = []
        self._exact: list[bool] = []
        self._normalized: list[bool] = []
        self._letters_lost: list[int] = []
        self._differences: list[tuple[str, str]] = []

    def add(self, documents: list[str]) -> None:
        """Encode, count and decode a batch of documents."""
        tokenizer, unk = self._subject.tokenizer, self._subject.unk_id
        with refused(self._subject.name, "encode"):
            encodings = tokenizer.encode_batch_fast(documents, add_special_tokens=False)
        ids = [one.ids for one in encodings]
        self._tokens += map(len, ids)
        self._count(ids)
        if unk is not None:
            unknown = [one.count(unk) for one in ids]
            self._unk_tokens += unknown
            self._unk_characters += [
                self._characters_lost(text) if count else 0
                for text, count in zip(documents, unknown, strict=True)
            ]
        with refused(self._subject.name, "decode"):
            decoded = tokenizer.decode_batch(ids, skip_special_tokens=False)
        for text, one, back in zip(documents, ids, decoded, strict=True):
            self._compare(text, one, back)

    def _count(self, ids: list[list[int]]) -> None:
        flat = np.fromiter(chain.from_iterable(ids), np.int64, sum(map(len, ids)))
        counts = np.bincount(flat, minlength=len(self._frequencies))
        if len(counts) > len(self._frequencies):  # ids with gaps before them
            self._frequencies = np.pad(self._frequencies, (0, len(counts) - len(self._frequencies)))
        self._frequencies += counts

    def _characters_lost(self, text: str) -> int:
        encoding = self._subject.tokenizer.encode(text, add_special_tokens=False)
        pairs = zip(encoding.ids, encoding.offsets, strict=True)
        return sum(end - start for one, (start, end) in pairs if one == self._subject.unk_id)

    def _compare(self, text: str, ids: list[int], back: str) -> None:
        exact = back == text
        normalized, lost = exact, 0
        if not exact:
            normalizer: Any = self._subject.tokenizer.normalizer
            expected = text if normalizer is None else normalizer.normalize_str(text)
            normalized = back == expected
            if not normalized:
                lost = max(0, min(letters(text), letters(expected)) - self._letters_kept(ids, back))
        self._exact.append(exact)
        self._normalized.append(normalized)
        self._letters_lost.append(lost)
        if not normalized and len(self._differences) < _SHOWN_DIFFERENCES:
            self._differences.append(first_difference(text, back))

    def _letters_kept(self, ids: list[int], back: str) -> int:
        """Letters that came back, those of the unknown token's own text left out."""
        unk = self._subject.unk_id
        if unk is None or unk not in ids:
            return letters(back)
        with refused(self._subject.name, "decode"):
            known = [one for one in ids if one != unk]
            return letters(self._subject.tokenizer.decode(known, skip_special_tokens=False))

    def encoded(self, documents: Any) -> Encoded:
        """All that was added."""
        has_unk = self._subject.unk_id is not None
        return Encoded(
            name=self._subject.name,
            documents=documents,
            tokens=_array(self._tokens),
            frequencies=self._frequencies,
            unk_tokens=_array(self._unk_tokens) if has_unk else None,
            unk_characters=_array(self._unk_characters) if has_unk else None,
            round_trip=RoundTrip(
                np.array(self._exact, np.bool_),
                np.array(self._normalized, np.bool_),
                _array(self._letters_lost),
                tuple(self._differences),
            ),
            vocabulary=self._subject.tokenizer.get_vocab_size(),
        )


@contextmanager
def refused(name: str, what: str) -> Iterator[None]:
    """Turn the library's failures, panics too, into a sentence."""
    try:
        yield
    except BaseException as error:  # tokenizers raises plain Exception, and PanicException
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise SubjectError(f"{name}: cannot {what} the text: {error}") from error
        raise


def _array(numbers: list[int]) -> NDArray[np.int64]:
    return np.array(numbers, np.int64)


def first_difference(text: str, back: str) -> tuple[str, str]:
    """The text around the first difference, and what came back there.

    >>> first_difference("naïve cafe", "naive cafe")
    ('naïve cafe', 'naive cafe')
    """
    pairs = enumerate(zip(text, back, strict=False))
    shorter = min(len(text), len(back))
    at = next((i for i, (one, other) in pairs if one != other), shorter)
    around = slice(max(0, at - _AROUND), at + _AROUND)
    return text[around], back[around]
