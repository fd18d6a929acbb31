"""Where tokens begin and end inside texts: in words, numbers and white space.

What is looked at lies between two cuts of SPACES (`docs/cuts.md`), where words end and no run of
white space is parted; so a text's numbers are the sums of its chunks' numbers.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import regex
from tokenizers import Tokenizer

from tokbench.encoding.documents import BOUNDARY, IN_WORD
from tokbench.encoding.token_bytes import token_bytes
from tokbench.encoding.whole import refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.encoding.subjects import Subject

COLUMNS = (
    "continued",
    "parts",
    "digit_hits",
    "digit_boundaries",
    "digit_groups",
    "indents",
    "indent_tokens",
    "runs",
    "whole_runs",
    "spaces_seen",
)
"""The numbers of a text, as in `values.Cuts`."""
Count = Callable[[str, Any, Any], None]
_BEFORE = "a "
_NUMBER = regex.compile(r"\p{Nd}{2,}")
_INDENT = regex.compile(r"(?<=\n)[ \t]+")
_RUN = regex.compile("  +")
_GROUP = 3
_LONGEST = 62
"""Digits from the right whose cuts are told apart."""


@dataclass(frozen=True)
class Spans:
    """What is looked at in some texts, as if they stood one behind another.

    Attributes:
        bounds: where each text begins and the last one ends, in characters.
        words: where each begins, and where each ends; likewise numbers, indents and runs.
    """

    bounds: "NDArray[np.int64]"
    words: "tuple[NDArray[np.int64], NDArray[np.int64]]"
    numbers: "tuple[NDArray[np.int64], NDArray[np.int64]]"
    indents: "tuple[NDArray[np.int64], NDArray[np.int64]]"
    runs: "tuple[NDArray[np.int64], NDArray[np.int64]]"

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Spans":
        """Those of these texts."""
        bounds = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in texts], out=bounds[1:])
        words: list[int] = []
        found: dict[regex.Pattern[str], list[int]] = {_NUMBER: [], _INDENT: [], _RUN: []}
        for start, text in zip(bounds.tolist(), texts, strict=False):
            place = start
            for piece in BOUNDARY.split(text):
                if IN_WORD.search(piece):
                    words += (place, place + len(piece))
                place += len(piece)
            for pattern in found:
                for one in pattern.finditer(text):
                    found[pattern] += (start + one.start(), start + one.end())
        return cls(bounds, *map(_halves, (words, *found.values())))


def _halves(spans: list[int]) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    array = np.array(spans, np.int64)
    return array[::2].copy(), array[1::2].copy()


class Remembered:
    """Finds the spans of texts that one tokenizer after another looks at, once."""

    def __init__(self) -> None:
        self._known: deque[tuple[Sequence[str], Spans]] = deque(maxlen=4)

    def of(self, texts: Sequence[str]) -> Spans:
        """Those of these texts; the same list has the same."""
        for known, spans in self._known:
            if known is texts:
                return spans
        self._known.append((texts, Spans.of(texts)))
        return self._known[-1][1]


class Inside:
    """Looks at where one tokenizer cuts.

    Without its post-processor, which adds special tokens and may trim white space from offsets.
    """

    def __init__(self, subject: "Subject") -> None:
        self._name = subject.name
        self._unk = subject.unk_id
        self._tokenizer = Tokenizer.from_str(subject.tokenizer.to_str())
        self._tokenizer.post_processor = None
        self._parts = np.array([not _is_text(one) for one in token_bytes(subject.tokenizer)])

    def look(self, texts: list[str], spans: Spans) -> "tuple[NDArray[np.int32], Splits]":
        """The numbers of each text, a row for each of COLUMNS, and how numbers are cut.

        Args:
            texts: the texts.
            spans: theirs.

        Raises:
            SubjectError: the tokenizer cannot encode a text.
        """
        with refused(self._name, "encode"):
            encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        lengths = np.fromiter((len(one.ids) for one in encodings), np.int64, len(texts))
        total = int(lengths.sum())
        ids = np.fromiter(chain.from_iterable(one.ids for one in encodings), np.int64, total)
        flat = chain.from_iterable(chain.from_iterable(one.offsets for one in encodings))
        offsets = np.fromiter(flat, np.int64, 2 * total).reshape(total, 2)
        owners = np.repeat(np.arange(len(texts)), lengths)
        parts = owners[self._parts[ids]] if len(self._parts) else owners[:0]
        kept = offsets[:, 0] < offsets[:, 1]
        placed = offsets[kept] + spans.bounds[owners[kept]][:, None]
        tokens = _Tokens(np.sort(placed[:, 0]), np.sort(placed[:, 1]))
        made = np.zeros((len(COLUMNS), len(texts)), np.int32)
        row = dict(zip(COLUMNS, made, strict=True))

        def count(name: str, places: "NDArray[np.int64]", weights: "NDArray[np.int64]") -> None:
            """Add these up by the text in which they are."""
            texts_of = np.searchsorted(spans.bounds, places, "right") - 1
            row[name][:] = np.bincount(texts_of, weights, len(texts))

        row["parts"][:] = np.bincount(parts, minlength=len(texts))
        begins, ends = spans.words
        count("continued", begins, (tokens.touching(begins, ends) > 1).astype(np.int64))
        splits = self._numbers(tokens, spans, count)
        begins, ends = spans.indents
        count("indents", begins, np.ones_like(begins))
        count("indent_tokens", begins, tokens.ending(begins, ends))
        seen = tokens.touching(begins, ends)
        count("spaces_seen", begins, seen)
        before = row["spaces_seen"].copy()
        begins, ends = spans.runs
        count("runs", begins, np.ones_like(begins))
        count("whole_runs", begins, tokens.touching(begins, ends - 1) == 1)
        count("spaces_seen", begins, tokens.touching(begins, ends))
        row["spaces_seen"] += before
        return made, splits

    def single(self, words: Sequence[str]) -> int:
        """How many of these words are one token, which is not the unknown one, behind a space."""
        shift = len(_BEFORE)
        with refused(self._name, "encode"):
            encodings = self._tokenizer.encode_batch(
                [_BEFORE + word for word in words], add_special_tokens=False
            )
        found = 0
        for word, one in zip(words, encodings, strict=True):
            within = [
                number
                for number, (begin, end) in zip(one.ids, one.offsets, strict=True)
                if begin < shift + len(word) and end > shift and begin < end
            ]
            found += len(within) == 1 and within[0] != self._unk
        return found

    @staticmethod
    def _numbers(tokens: "_Tokens", spans: Spans, count: Count) -> "Splits":
        begins, ends = spans.numbers
        cuts = tokens.boundaries()
        number = np.searchsorted(begins, cuts) - 1  # the one that begins before
        inside = np.zeros(len(cuts), np.bool_)
        if len(begins):
            inside = (number >= 0) & (cuts < ends[number])
        cuts, number = cuts[inside], number[inside]
        behind = ends[number] - cuts
        count("digit_boundaries", begins, np.bincount(number, minlength=len(begins)))
        hits = behind % _GROUP == 0
        count("digit_hits", begins, np.bincount(number[hits], minlength=len(begins)))
        count("digit_groups", begins, (ends - begins - 1) // _GROUP)
        masks = np.zeros(len(begins), np.int64)
        near = behind <= _LONGEST
        np.add.at(masks, number[near], np.int64(1) << behind[near])
        texts_of = np.searchsorted(spans.bounds, begins, "right") - 1
        return Splits(texts_of, ends - begins, masks)


@dataclass(frozen=True)
class Splits:
    """How numbers are cut; arrays with one for each number.

    Attributes:
        texts: the position of the text that it is in.
        digits: how many it has.
        places: the sum of 2^k over its cuts, k digits before its right end.
    """

    texts: "NDArray[np.int64]"
    digits: "NDArray[np.int64]"
    places: "NDArray[np.int64]"


@dataclass(frozen=True)
class _Tokens:
    """Tokens by where they begin and where they end, each sorted; none is empty."""

    begins: "NDArray[np.int64]"
    ends: "NDArray[np.int64]"

    def touching(
        self, begins: "NDArray[np.int64]", ends: "NDArray[np.int64]"
    ) -> "NDArray[np.int64]":
        """How many have a character in each span.

        Those that begin before its end, less those that end before it begins.
        """
        found = np.searchsorted(self.begins, ends) - np.searchsorted(self.ends, begins, "right")
        return np.where(begins < ends, found, 0)

    def ending(self, begins: "NDArray[np.int64]", ends: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """How many end behind a character of each span."""
        right = np.searchsorted(self.ends, ends, "right")
        return right - np.searchsorted(self.ends, begins, "right")

    def boundaries(self) -> "NDArray[np.int64]":
        """Where a token begins and none reaches across."""
        places = self.begins[np.diff(self.begins, prepend=-1) > 0]
        across = np.searchsorted(self.begins, places) - np.searchsorted(self.ends, places, "right")
        found: NDArray[np.int64] = places[across == 0]
        return found


def _is_text(token: bytes | None) -> bool:
    """Whether bytes are whole characters; what has none stands for no part of one."""
    try:
        return token is None or token.decode() is not None
    except UnicodeDecodeError:
        return False
