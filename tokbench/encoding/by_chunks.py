"""Encoding and decoding documents through their distinct chunks: each chunk once.

For every distinct chunk there is a row: its ids, how many they are, what they decode to. What a
document gets is gathered from the rows of its chunks. Which documents may go this way, and why the
result is that of encoding them whole, is told in `docs/cuts.md`; `encode` checks it on a sample.
"""

import json
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from tokbench.encoding.added import AddedTokens
from tokbench.encoding.chunk_kernels import (
    ASKED,
    SAME,
    WRITTEN,
    add_up,
    compare,
    decode,
    join,
    tally,
)
from tokbench.encoding.facts import look
from tokbench.encoding.ids import Ids
from tokbench.encoding.images import Images
from tokbench.encoding.merging import Merging
from tokbench.encoding.part import SHOWN_DIFFERENCES, Part, first_difference
from tokbench.encoding.spelled import Spelled, spelled
from tokbench.encoding.tables import Column, Rows, Strings
from tokbench.encoding.unigram import Lattice
from tokbench.encoding.whole import Whole
from tokbench.encoding.word_pieces import WordPieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.chunks.numbering import Numbered, Numbering
    from tokbench.encoding.batch import Batch
    from tokbench.encoding.structure import Json, Route
    from tokbench.encoding.subjects import Subject

_BROKEN = "\ufffd"
"""What bytes that are no character are decoded to: with a neighbour's they might be one."""

_AT_ONCE = 1 << 14
"""Chunks that are given to the tokenizer in one call: what it gives takes a kilobyte each."""


class ByChunks:
    """What one tokenizer makes of documents, found through the chunks of one cut set.

    Args:
        subject: the tokenizer.
        route: how it may go.
        numbering: of the route's cut set; batches are numbered by it.
    """

    def __init__(self, subject: "Subject", route: "Route", numbering: "Numbering") -> None:
        self._whole = Whole(subject)
        self._unk = subject.unk_id
        self._route = route
        self._numbering = numbering
        added = subject.tokenizer.get_added_tokens_decoder().values()
        self._added = AddedTokens(added, subject.tokenizer.normalizer)
        parts, lattice = self._whole, None
        if route.way is not None:
            parts = Whole(replace(subject, tokenizer=Tokenizer.from_str(route.way.state)))
            lattice = Lattice.of(route.way)
        text = parts.tokenizer.to_str()
        state = json.loads(text)
        self._normal = None
        if subject.tokenizer.normalizer is not None:
            self._normal = _Normal(parts, numbering, state["normalizer"])
        self._codes: _Codes = _Codes(parts, self._unk, numbering)
        if self._normal is not None and lattice is not None:
            self._codes = _UnigramCodes(parts, self._unk, numbering, self._normal, lattice)
        elif self._normal is not None and (pieces := WordPieces.of(state)) is not None:
            self._codes = _PieceCodes(parts, self._unk, numbering, self._normal, pieces)
        elif self._normal is not None and (words := Lattice.of_words(state)) is not None:
            self._codes = _WordCodes(parts, self._unk, numbering, self._normal, words)
        elif (merging := _merging(text)) is not None:
            self._codes = _MergedCodes(parts, self._unk, numbering, merging)
        self._backs = _Backs(parts, self._codes, self._unk, route, numbering)
        self._weights = np.zeros(0, np.int64)
        self._nothing_is_something = bool(self._whole.encode([""])[0])

    def measure(self, batch: "Batch") -> "tuple[NDArray[np.bool_], Part, NDArray[np.int32]]":
        """What can be said of the documents of a batch.

        Returns:
            For each document, whether it can be encoded through chunks; what came out for those
            that can; the rows of all their chunks, for `count` and `ids`.
        """
        chosen, chunks, rows = self._through(batch)
        backs = None
        if self._route.decoding != "whole":
            backs = self._backs.of(chunks, rows)
            broken = _sums(backs, chunks.bounds, self._backs.broken.array)
            if broken.any():
                kept = broken == 0
                chosen[np.flatnonzero(chosen)[~kept]] = False
                backs, rows = backs[_spread(chunks, kept)], rows[_spread(chunks, kept)]
                chunks = chunks.of(kept)
        part = Part.empty(len(chunks.bounds) - 1)
        for name, values in self._codes.counts.items():
            part.columns[name][:] = _sums(rows, chunks.bounds, values.array)
        which = np.flatnonzero(chosen)
        if backs is None:
            part = self._whole.compared(part, batch.chosen(which), self.ids(chunks, rows))
        else:
            part = self._compared(part, batch, which, chunks, backs)
        return chosen, part, rows

    def tokens(self, batch: "Batch") -> "tuple[NDArray[np.bool_], NDArray[np.int64]]":
        """Only how many tokens the documents have that can be encoded through chunks."""
        chosen, chunks, rows = self._through(batch)
        return chosen, _sums(rows, chunks.bounds, self._codes.counts["tokens"].array)

    def gathered(self, batch: "Batch") -> "tuple[NDArray[np.bool_], Ids]":
        """For each document whether it can be encoded through chunks; the ids of those that can."""
        chosen, chunks, rows = self._through(batch)
        lengths = _sums(rows, chunks.bounds, self._codes.counts["tokens"].array)
        return chosen, Ids(self._codes.flat_ids(rows, int(lengths.sum())), lengths)

    def chunks(self, batch: "Batch", chosen: "NDArray[np.bool_]") -> "Numbered":
        """The chunks of the documents that were chosen."""
        return batch.numbered[self._route.cut_set.name].of(chosen)

    def count(self, rows: "NDArray[np.int32]") -> None:
        """Let these chunks count, each as often as it stands here."""
        counts = np.bincount(rows, minlength=len(self._codes))
        counts[: len(self._weights)] += self._weights
        self._weights = counts

    def frequencies(self, size: int) -> "NDArray[np.int64]":
        """How often each id occurs in all that was counted, at least `size` numbers."""
        return self._codes.frequencies(self._weights, size)

    def ids(self, chunks: "Numbered", rows: "NDArray[np.int32]") -> list[list[int]]:
        """The ids of each document."""
        return self._codes.ids(rows, _sums(rows, chunks.bounds, self._codes.counts["tokens"].array))

    def _through(self, batch: "Batch") -> "tuple[NDArray[np.bool_], Numbered, NDArray[np.int32]]":
        """For each document whether its tokens are those of its chunks; those, and their rows."""
        chosen = self._without_added_tokens(batch, batch.numbered[self._route.cut_set.name])
        if self._nothing_is_something:
            chosen &= np.diff(batch.offsets) > 0
        chunks = self.chunks(batch, chosen)
        rows = self._codes.of(chunks.numbers)
        same = self._codes.same_in_documents(chunks, rows)
        if self._route.way is not None and self._unk is not None:
            unknown = _sums(rows, chunks.bounds, self._codes.counts["unk_tokens"].array) > 0
            same &= ~unknown | batch.begins_plainly[chosen]
        if not same.all():
            chosen[chosen] = same
            rows, chunks = rows[_spread(chunks, same)], chunks.of(same)
        return chosen, chunks, rows

    def _without_added_tokens(self, batch: "Batch", every: "Numbered") -> "NDArray[np.bool_]":
        chosen = ~self._added.raw.held(batch.text, batch.offsets)
        if self._normal is not None and self._added.normalized:
            if not self._route.joins:
                return np.zeros(len(batch), np.bool_)
            chunks = every.of(chosen)
            rows = self._normal.of(chunks.numbers)
            lengths = _sums(rows, chunks.bounds, np.diff(self._normal.texts.bounds))
            offsets = np.zeros(len(lengths) + 1, np.int64)
            np.cumsum(lengths, out=offsets[1:])
            text = np.empty(int(offsets[-1]), np.uint8)
            join(rows, self._normal.texts.text, self._normal.texts.bounds, text)
            text.flags.writeable = False
            chosen[chosen] = ~self._added.normalized.held(text, offsets)
        return chosen

    def _compared(
        self,
        part: Part,
        batch: "Batch",
        which: "NDArray[np.int64]",
        chunks: "Numbered",
        backs: "NDArray[np.int32]",
    ) -> Part:
        """The same part, with what decoding gives; the texts of chunks put together."""
        exact, normalized = part.columns["exact"], part.columns["normalized"]
        decoded = self._backs.texts
        chunk_text, chunk_bounds = self._numbering.buffer()
        compare(
            backs, decoded.text, decoded.bounds, self._backs.same.array,
            chunks.numbers, chunk_text, chunk_bounds,
            chunks.numbers, chunk_text, chunk_bounds, chunks.bounds, 1, exact,
        )  # fmt: skip
        normalized[:] = exact
        if exact.all():
            return part
        others = chunks.of(~exact)
        backs = backs[_spread(chunks, ~exact)]
        expected = batch.looked[1][which[~exact]]
        if self._normal is not None:
            rows = self._normal.of(others.numbers)
            same = np.empty(len(others.bounds) - 1, np.bool_)
            compare(
                backs, decoded.text, decoded.bounds, self._backs.same.array,
                others.numbers, chunk_text, chunk_bounds,
                rows, self._normal.texts.text, self._normal.texts.bounds, others.bounds, 0, same,
            )  # fmt: skip
            normalized[~exact] = same
            expected = np.minimum(expected, _sums(rows, others.bounds, self._normal.letters.array))
        kept = _sums(backs, others.bounds, self._backs.kept.array)
        lost = np.where(normalized[~exact], 0, np.maximum(0, expected - kept))
        part.columns["letters_lost"][~exact] = lost
        differences = []
        for number in np.flatnonzero(~normalized)[:SHOWN_DIFFERENCES].tolist():
            place = int(exact[:number].size - exact[:number].sum())
            inside = slice(others.bounds[place], others.bounds[place + 1])
            back = self._backs.joined(backs[inside], others.numbers[inside])
            back = back[1:] if self._route.way is not None else back
            differences.append((number, first_difference(batch[int(which[number])], back)))
        return Part(part.columns, tuple(differences))


@lru_cache(maxsize=16)
def _merging(state: str) -> Merging | None:
    """`Merging.of` a tokenizer, kept for the parallel text that comes behind the corpus."""
    return Merging.of(json.loads(state))


class _Codes:
    """The ids of chunks, by row."""

    def __init__(self, whole: Whole, unk: int | None, numbering: "Numbering") -> None:
        self._whole = whole
        self._unk = unk
        self._numbering = numbering
        self._rows = Rows(self._make)
        self.flat = Column(np.int32)
        self.starts = Column(np.int64, [0])
        names = ("tokens", "unk_tokens", "unk_characters") if unk is not None else ("tokens",)
        self.counts = {name: Column(np.int32) for name in names}

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, numbers: "NDArray[np.int32] | NDArray[np.int64]") -> "NDArray[np.int32]":
        """The rows of these chunks."""
        return self._rows.of(numbers)

    def ids(
        self, rows: "NDArray[np.int32]", lengths: "NDArray[np.int64] | None" = None
    ) -> list[list[int]]:
        """The ids of these rows, or of as many of them together as give these lengths."""
        lengths = self.counts["tokens"].array[rows] if lengths is None else lengths
        ends = np.cumsum(lengths, dtype=np.int64)
        every, bounds = self.flat_ids(rows, int(lengths.sum())).tolist(), [0, *ends.tolist()]
        return [every[start:end] for start, end in pairwise(bounds)]

    def flat_ids(self, rows: "NDArray[np.int32]", length: int) -> "NDArray[np.int32]":
        """The same one behind another, where it is known how many they are."""
        flat = np.empty(length, np.int32)
        join(rows, self.flat.array, self.starts.array, flat)
        return flat

    def frequencies(self, weights: "NDArray[np.int64]", size: int) -> "NDArray[np.int64]":
        """How often each id occurs, if each row does as often as it weighs."""
        flat = self.flat.array
        counts = np.zeros(max(size, int(flat.max(initial=-1)) + 1), np.int64)
        tally(weights, flat, self.starts.array, counts)
        used = int(np.flatnonzero(counts).max(initial=-1)) + 1
        return counts[: max(size, used)]

    def same_in_documents(
        self, chunks: "Numbered", rows: "NDArray[np.int32]"
    ) -> "NDArray[np.bool_]":
        """For each document whether its chunks have in it the tokens that they have alone."""
        del rows
        return np.ones(len(chunks.bounds) - 1, np.bool_)

    def _encoded(
        self, numbers: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        """The ids of these chunks, one behind another, and how many each has."""
        flat, lengths = [np.empty(0, np.int32)], [np.empty(0, np.int64)]
        for first in range(0, len(numbers), _AT_ONCE):
            ids = self._whole.encode(self._numbering.texts(numbers[first : first + _AT_ONCE]))
            lengths.append(np.fromiter(map(len, ids), np.int64, len(ids)))
            count = int(lengths[-1].sum())
            flat.append(np.fromiter(chain.from_iterable(ids), np.int32, count))
        return np.concatenate(flat), np.concatenate(lengths)

    def _completed(
        self,
        numbers: "NDArray[np.int64]",
        flat: "NDArray[np.int32]",
        lengths: "NDArray[np.int64]",
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        """The same ids with those of the chunks whose length is -1, which the library is asked."""
        asked = lengths < 0
        if not asked.any():
            return flat, lengths
        others, lengths[asked] = _Codes._encoded(self, numbers[asked])
        both = np.empty(int(lengths.sum()), np.int32)
        theirs = np.repeat(asked, lengths)
        both[theirs], both[~theirs] = others, flat
        return both, lengths

    def _lost(
        self, which: "NDArray[np.int64]", numbers: "NDArray[np.int64]"
    ) -> "NDArray[np.int64] | list[int]":
        """The characters that unknown tokens stand for.

        Args:
            which: of the chunks just encoded.
            numbers: of those chunks.
        """
        del which
        return self._whole.characters_lost(self._numbering.texts(numbers))

    def _make(self, numbers: "NDArray[np.int64]") -> None:
        flat, lengths = self._encoded(numbers)
        self.starts.append(self.starts.array[-1] + np.cumsum(lengths))
        self.flat.append(flat)
        self.counts["tokens"].append(lengths)
        if self._unk is not None:
            owners = np.repeat(np.arange(len(numbers)), lengths)
            unknown = np.bincount(owners[flat == self._unk], minlength=len(numbers))
            which = np.flatnonzero(unknown)
            lost = np.zeros(len(numbers), np.int32)
            if len(which):
                lost[which] = self._lost(which, numbers[which])
            self.counts["unk_tokens"].append(unknown)
            self.counts["unk_characters"].append(lost)


class _NormalCodes(_Codes):
    """The same where a kernel encodes normalized texts, and tells what is unknown to the model."""

    def __init__(
        self, whole: Whole, unk: int | None, numbering: "Numbering", normal: "_Normal"
    ) -> None:
        super().__init__(whole, unk, numbering)
        self._normal = normal
        self._unknown = np.empty(0, np.int32)
        self._told = np.empty(0, np.bool_)

    def _tell(
        self, rows: "NDArray[np.int32]", unknown: "NDArray[np.int32]", known: "NDArray[np.bool_]"
    ) -> None:
        """Remember how many characters the kernel did not know, in the chunks just encoded."""
        self._unknown = unknown
        self._told = known & self._normal.plain.array[rows]

    def _lost(
        self, which: "NDArray[np.int64]", numbers: "NDArray[np.int64]"
    ) -> "NDArray[np.int64] | list[int]":
        """Asked of the library only where not each character became one."""
        lost = self._unknown[which].astype(np.int64)
        odd = ~self._told[which]
        if odd.any():
            lost[odd] = super()._lost(which[odd], numbers[odd])
        return lost


class _PieceCodes(_NormalCodes):
    """The same for WordPiece."""

    def __init__(
        self,
        whole: Whole,
        unk: int | None,
        numbering: "Numbering",
        normal: "_Normal",
        pieces: WordPieces,
    ) -> None:
        super().__init__(whole, unk, numbering, normal)
        self._pieces = pieces

    def _encoded(
        self, numbers: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        rows = self._normal.of(numbers)
        strings = self._normal.texts
        flat, lengths, unknown = self._pieces.encode(strings.text, strings.bounds, rows)
        self._tell(rows, unknown, lengths >= 0)
        return self._completed(numbers, flat, lengths)


class _WordCodes(_Codes):
    """The same for a Unigram model of Metaspace's words."""

    def __init__(
        self,
        whole: Whole,
        unk: int | None,
        numbering: "Numbering",
        normal: "_Normal",
        words: Lattice,
    ) -> None:
        super().__init__(whole, unk, numbering)
        self._normal = normal
        self._words = words

    def _encoded(
        self, numbers: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        rows = self._normal.of(numbers)
        strings = self._normal.texts
        return self._completed(numbers, *self._words.words(strings.text, strings.bounds, rows))


class _UnigramCodes(_NormalCodes):
    """The same for a Unigram model that adds up scores over whole documents."""

    def __init__(
        self,
        whole: Whole,
        unk: int | None,
        numbering: "Numbering",
        normal: "_Normal",
        lattice: Lattice,
    ) -> None:
        super().__init__(whole, unk, numbering, normal)
        self._lattice = lattice
        self._text_rows = Column(np.int32)
        self._close = Column(np.bool_)

    def _encoded(
        self, numbers: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        rows = self._normal.of(numbers)
        strings = self._normal.texts
        flat, lengths, close, unknown = self._lattice.encode(strings.text, strings.bounds, rows)
        self._text_rows.append(rows)
        self._close.append(close)
        self._tell(rows, unknown, np.ones(len(rows), np.bool_))
        return flat, lengths

    def same_in_documents(
        self, chunks: "Numbered", rows: "NDArray[np.int32]"
    ) -> "NDArray[np.bool_]":
        """For each document whether its chunks have in it the tokens that they have alone."""
        return self._lattice.same(
            rows, chunks.bounds, self._close.array, self._text_rows.array,
            self._normal.texts.text, self._normal.texts.bounds,
            self.flat.array, self.starts.array,
        )  # fmt: skip


class _MergedCodes(_Codes):
    """The same where most chunks are merged by kernel."""

    def __init__(
        self, whole: Whole, unk: int | None, numbering: "Numbering", merging: Merging
    ) -> None:
        super().__init__(whole, unk, numbering)
        self._merging = merging

    def _encoded(
        self, numbers: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        return self._completed(numbers, *self._merging.encode(*self._numbering.joined(numbers)))


class _Normal:
    """The normalized texts of chunks, by row.

    Attributes:
        texts: the texts.
        letters: how many each has.
        plain: of which it is known that each character became one, spaces aside.
    """

    def __init__(self, whole: Whole, numbering: "Numbering", normalizer: "Json | None") -> None:
        self._whole = whole
        self._numbering = numbering
        self._rows = Rows(self._make)
        self._images = Images.of(normalizer, whole.normalize)
        self.texts = Strings()
        self.letters = Column(np.int64)
        self.plain = Column(np.bool_)

    def of(self, numbers: "NDArray[np.int32] | NDArray[np.int64]") -> "NDArray[np.int32]":
        """The rows of these chunks."""
        return self._rows.of(numbers)

    def _make(self, numbers: "NDArray[np.int64]") -> None:
        plain = np.zeros(len(numbers), np.bool_)
        if self._images is None:
            texts = list(map(self._whole.normalize, self._numbering.texts(numbers)))
            made = self.texts.append(texts)
        else:
            text, bounds, known, plain = self._images.apply(*self._numbering.joined(numbers))
            asked = list(map(self._whole.normalize, self._numbering.texts(numbers[~known])))
            made = self.texts.append_both(text, bounds, known, asked)
        self.letters.append(look(*made)[1])
        self.plain.append(plain)


class _Backs:
    """What the ids of chunks decode to, by row: a chunk may have two, one where a text begins.

    Attributes:
        texts: what came back, nothing where that is the chunk.
        same: whether it is.
        kept: letters in it, those of unknown tokens left out.
        broken: where the text of a document may not be put together from this.
    """

    def __init__(
        self,
        whole: Whole,
        codes: _Codes,
        unk: int | None,
        route: "Route",
        numbering: "Numbering",
    ) -> None:
        self._whole = whole
        self._codes = codes
        self._unk = unk
        self._positions = 2 if route.decoding == "first" else 1
        self._numbering = numbering
        self._rows = Rows(self._make)
        self._before: tuple[list[int], str] | None = None
        self._by_token = route.decoding != "whole"
        self.texts = Strings()
        self.same = Column(np.bool_)
        self.kept = Column(np.int32)
        self.broken = Column(np.bool_)

    def of(self, chunks: "Numbered", rows: "NDArray[np.int32]") -> "NDArray[np.int32]":
        """The rows of chunks where they stand; `rows` are those of their ids."""
        if self._positions == 1:
            return self._rows.of(chunks.numbers)
        keys = 2 * chunks.numbers.astype(np.int64)
        keys[_leading(self._codes.counts["tokens"].array[rows] > 0, chunks.bounds)] += 1
        return self._rows.of(keys)

    def _make(self, keys: "NDArray[np.int64]") -> None:
        numbers = keys // self._positions
        leading = keys % 2 == 1 if self._positions > 1 else np.zeros(len(keys), np.bool_)
        rows = self._codes.of(numbers)
        text, bounds, told, kept = self._written(rows, leading, numbers)
        by_tokens = told != ASKED
        broken = leading & (told == WRITTEN) & (np.diff(bounds) == 0)
        asked = np.flatnonzero(~by_tokens)
        backs: list[str] = []
        if len(asked):
            backs, kept[asked], broken[asked] = self._asked(rows[asked], leading[asked])
            texts = self._numbering.texts(numbers[asked])
            for number, (back, one) in enumerate(zip(backs, texts, strict=True)):
                if back == one:
                    told[asked[number]] = SAME
                    backs[number] = ""
        self.texts.append_both(text, bounds, by_tokens, backs)
        self.same.append(told == SAME)
        self.kept.append(kept)
        self.broken.append(broken)

    @cached_property
    def _spelled(self) -> "Spelled | None":
        """What tokens are, for who asks for more than ids."""
        return spelled(self._whole.tokenizer, self._unk) if self._by_token else None

    def _written(
        self,
        rows: "NDArray[np.int32]",
        leading: "NDArray[np.bool_]",
        numbers: "NDArray[np.int64]",
    ) -> "tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]":
        """What rows decode to where every token does so by itself.

        Returns:
            As `chunk_kernels.decode`: texts, where each begins and the last one ends, how it is
            known, and letters kept.
        """
        ends, kept = np.zeros(len(rows) + 1, np.int64), np.zeros(len(rows), np.int64)
        told = np.full(len(rows), ASKED, np.uint8)
        if self._spelled is None:
            return np.empty(0, np.uint8), ends, told, kept
        text, bounds = self._numbering.buffer()
        unk = -1 if self._unk is None else self._unk
        room = 1 << 16
        while True:
            out = np.empty(room, np.uint8)
            done = decode(
                rows, leading, self._codes.flat.array, self._codes.starts.array, self._spelled, unk,
                numbers, text, bounds, out, ends, told, kept,
            )  # fmt: skip
            if done == len(rows):
                break
            room *= 2
        of_chunk = kept < 0
        kept[of_chunk] = look(*self._numbering.joined(numbers[of_chunk]))[1]
        return out[: ends[-1]], ends, told, kept

    def _asked(
        self, rows: "NDArray[np.int32]", leading: "NDArray[np.bool_]"
    ) -> "tuple[list[str], NDArray[np.int64], NDArray[np.bool_]]":
        """What the library decodes rows to, its letters, and where that may not be put together."""
        if self._before is None:
            self._before = self._something_before()
        first = leading if self._positions > 1 else np.ones(len(rows), np.bool_)
        ids = self._codes.ids(rows)
        backs, broken = self._decoded(ids, first)
        kept = look(*Strings().append(backs))[1]
        if self._unk is not None:
            self._leave_unknown_out(ids, first, kept, broken)
        return backs, kept, broken

    def joined(self, rows: "NDArray[np.int32]", numbers: "NDArray[np.int32]") -> str:
        """The text of these rows, one behind another; `numbers` are those of their chunks."""
        text, bounds = self._numbering.buffer()
        same = self.same.array
        return b"".join(
            text[bounds[number] : bounds[number + 1]].tobytes() if same[row] else self.texts[row]
            for row, number in zip(rows.tolist(), numbers.tolist(), strict=True)
        ).decode()

    def _leave_unknown_out(
        self,
        ids: list[list[int]],
        first: "NDArray[np.bool_]",
        kept: "NDArray[np.int64]",
        broken: "NDArray[np.bool_]",
    ) -> None:
        """Mend `kept` and `broken` where one of these ids is the unknown one."""
        having = [place for place, one in enumerate(ids) if self._unk in one]
        known = [[one for one in ids[place] if one != self._unk] for place in having]
        backs, more_broken = self._decoded(known, first[having], may_be_empty=True)
        kept[having] = look(*Strings().append(backs))[1]
        broken[having] |= more_broken

    def _decoded(
        self, ids: list[list[int]], first: "NDArray[np.bool_]", *, may_be_empty: bool = False
    ) -> "tuple[list[str], NDArray[np.bool_]]":
        """The texts of ids where they begin a document, or behind something else."""
        assert self._before is not None  # noqa: S101 - set before the first call
        before, said = self._before
        leading = first.tolist()
        backs = self._whole.decode(
            [one if at_start else before + one for one, at_start in zip(ids, leading, strict=True)]
        )
        broken = np.zeros(len(ids), np.bool_)
        for number, (back, at_start) in enumerate(zip(backs, leading, strict=True)):
            if not at_start:
                broken[number] = not said or not back.startswith(said)
                backs[number] = back[len(said) :]
            elif self._positions > 1:
                broken[number] = not back and not may_be_empty
            if _BROKEN in back:
                broken[number] = True
        return backs, broken

    def _something_before(self) -> tuple[list[int], str]:
        """An id that decodes to something, and what: a text does not begin behind it."""
        if self._positions == 1:
            return [], ""
        for one in np.unique(self._codes.flat.array).tolist():
            if (said := self._whole.decode([[one]])[0]) and _BROKEN not in said:
                return [one], said
        return [], ""


def _leading(has_tokens: "NDArray[np.bool_]", bounds: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The first place with tokens in each document that has one.

    >>> _leading(np.array([False, True, True, False, True]), np.array([0, 3, 3, 4, 5])).tolist()
    [1, 4]
    """
    places = np.append(np.flatnonzero(has_tokens), len(has_tokens))
    first = places[np.searchsorted(places, bounds[:-1])]
    return first[first < bounds[1:]]


def _spread(chunks: "Numbered", documents: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    """A value for each document as one for each of its chunks."""
    return np.repeat(documents, np.diff(chunks.bounds))


def _sums(
    rows: "NDArray[np.int32]", bounds: "NDArray[np.int64]", values: "NDArray[np.int64]"
) -> "NDArray[np.int64]":
    sums = np.zeros(len(bounds) - 1, np.int64)
    add_up(rows, bounds, values, sums)
    return sums
