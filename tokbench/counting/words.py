"""Distinct chunks in, distinct words with their counts out: what a pre-tokenizer costs a recipe."""

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.chunks.arrow import large_strings, raw_strings
from tokbench.chunks.distinct import Distinct
from tokbench.chunks.structure import Scanner, plan
from tokbench.counting.folding import folds
from tokbench.counting.parts import ChunkParts
from tokbench.counting.pieces import BYTES_PER_CHARACTER, LONGEST, NUMBERS, RUNS, cut_pieces
from tokbench.counting.spilling import UNBOUNDED, Bounded, Bounds, added_up, fit, merged
from tokbench.errors import BudgetError
from tokbench.fingerprint import together
from tokbench.memory import shown
from tokbench.values import ChunkCounts, LeftOut, Progress, Watch, WordCounts, ignore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer
    from tokenizers.normalizers import Normalizer
    from tokenizers.pre_tokenizers import PreTokenizer

    from tokbench.counting.spilling import Strings

ROOM = 4 * LONGEST * BYTES_PER_CHARACTER
"""Bytes of pieces that are written before they are counted."""
CHECKED = 400
"""How many chunks are given both to the rules and to the library."""
AT_ONCE = 4096
"""How many chunks go to the library before their words are added up."""
START = 60
"""How many characters of a word too long are shown."""


@dataclass
class Pipeline:
    """A normalizer and a pre-tokenizer: the objects, and the JSON that they are."""

    normalizer: "Normalizer | None"
    pre_tokenizer: "PreTokenizer | None"
    normalizer_json: Any = field(init=False)
    pre_tokenizer_json: Any = field(init=False)

    def __post_init__(self) -> None:
        self.normalizer_json = _json(self.normalizer)
        self.pre_tokenizer_json = _json(self.pre_tokenizer)

    @classmethod
    def of(cls, tokenizer: "Tokenizer") -> "Pipeline":
        """The two parts of a tokenizer that decide what it is trained on."""
        return cls(tokenizer.normalizer, tokenizer.pre_tokenizer)

    def words(self, text: str) -> list[str]:
        """What the library makes of one text, as it stands."""
        if self.normalizer is not None:
            text = self.normalizer.normalize_str(text)
        if self.pre_tokenizer is None:
            return [text] if text else []
        return [word for word, _ in self.pre_tokenizer.pre_tokenize_str(text) if word]


def _json(part: Any) -> Any:
    return None if part is None else json.loads(part.__getstate__())


def count_words(
    chunks: ChunkCounts,
    tokenizer: "Tokenizer",
    *,
    max_word_chars: int | None = 16384,
    watch: Watch = ignore,
) -> WordCounts:
    """The words of the corpus that `chunks` were cut from, each as often as it occurs in it.

    Chunks of known kinds are cut by rule, if the rules agree with the library on CHECKED of them;
    the others go through the tokenizer's own normalizer and pre-tokenizer. Its added tokens and
    model play no part.

    Args:
        chunks: of a cut set that is exact for this tokenizer (`chunks.plan`).
        tokenizer: whose normalizer and pre-tokenizer to apply.
        max_word_chars: words of more characters are left out of the counts and reported; None:
            none are.
        watch: told how many chunks are done.

    Returns:
        The words; `why` says so if the rules were not used because they disagreed.
    """
    parts = [ChunkParts.of(chunks)]
    return count_words_of(parts, tokenizer, UNBOUNDED, max_word_chars=max_word_chars, watch=watch)


def count_words_of(
    sources: "Sequence[ChunkParts]",
    tokenizer: "Tokenizer",
    bounds: Bounds,
    *,
    max_word_chars: int | None = 16384,
    watch: Watch = ignore,
) -> WordCounts:
    """The same from chunks in parts, one part at a time; a chunk may be in several sources.

    Raises:
        BudgetError: the distinct words find no room in memory.
        StoreError: they find none on disk on their way there.
    """
    pipeline = Pipeline.of(tokenizer)
    table = Bounded(bounds)
    why, done = "", 0
    total = sum(len(each.value.counts) for each in sources if each.value is not None)
    complete = all(each.value is not None for each in sources)

    def told(progress: Progress) -> None:
        watch(replace(progress, done=done + progress.done, total=total if complete else None))

    for strings in (strings for each in sources for strings in each.read()):
        why = _add_part(strings, pipeline, table, told) or why
        done += len(strings[2])
    return word_counts(
        table,
        max_word_chars,
        documents=sum(each.whole.documents for each in sources),
        size=sum(each.whole.bytes for each in sources),
        fingerprint=together(each.whole.fingerprint for each in sources),
        exact_by="chunks",
        why=why,
    )


def _add_part(strings: "Strings", pipeline: Pipeline, table: Bounded, watch: Watch) -> str:
    """Count the words of some chunks; why not by rule, if that may surprise."""
    text, offsets, counts = strings
    found = plan(pipeline.normalizer_json, pipeline.pre_tokenizer_json)
    rest = np.arange(len(counts))
    why = ""
    if found and found.scanner and len(counts):
        rules = Rules(found.scanner, pipeline, text[offsets[0] : offsets[-1]])
        if rules.agree_with(pipeline, strings):
            rest = rules.count(strings, table)
        else:
            why = f"the rules for {found.scanner.pattern} disagree with tokenizers on this corpus"
    count_by_library(pipeline, strings, rest, table, watch)
    return why


class Rules:
    """The kernel of `pieces`, set up for one pipeline and the characters of one corpus."""

    def __init__(self, scanner: Scanner, pipeline: Pipeline, text: "NDArray[np.uint8]") -> None:
        assert pipeline.pre_tokenizer is not None  # noqa: S101 - there is no plan without one
        self._fold = folds(scanner, pipeline.normalizer, pipeline.pre_tokenizer, text)
        self._settings = (
            NUMBERS[scanner.pattern],
            {"": 0, "each": 1, "runs": RUNS}[scanner.digits],
            ord(scanner.prefix or "\0"),
            ord(scanner.replacement or "\0"),
            byte_alphabet() if scanner.bytes else np.empty(0, np.uint16),
        )

    def count(self, strings: "Strings", table: Bounded) -> "NDArray[np.int64]":
        """Add the words of these chunks to `table`; the numbers of those that no rule covers."""
        counts = strings[2]
        codes, kinds = np.empty(LONGEST + 2, np.int32), np.empty(LONGEST + 2, np.uint8)
        out = np.empty(ROOM, np.uint8)
        ends, weights = np.empty(2 * LONGEST, np.int64), np.empty(2 * LONGEST, np.int64)
        rest, left, chunk = np.empty(len(counts), np.int64), 0, 0
        while chunk < len(counts):
            chunk, pieces, more = cut_pieces(
                *strings, chunk, self._fold, *self._settings,
                codes, kinds, out, ends, weights, rest[left:],
            )  # fmt: skip
            left += more
            table.add(out, 0, ends[:pieces], weights[:pieces])
        return rest[:left]

    def agree_with(self, pipeline: Pipeline, strings: "Strings") -> bool:
        """Whether the library makes the same of some of these chunks, taken from all over."""
        text, offsets, counts = strings
        by_rule, by_library = Bounded(UNBOUNDED), Bounded(UNBOUNDED)
        step = max(1, len(counts) // CHECKED)
        some = np.arange(0, len(counts), step)
        some = some[offsets[some + 1] - offsets[some] < LONGEST]
        chosen = [text[offsets[k] : offsets[k + 1]] for k in some.tolist()]
        sample = (
            np.concatenate([*chosen, np.empty(0, np.uint8)]),
            np.cumsum([0, *map(len, chosen)], dtype=np.int64),
            counts[some],
        )
        uncovered = self.count(sample, by_rule)
        covered = np.setdiff1d(np.arange(len(some)), uncovered)
        count_by_library(pipeline, sample, covered, by_library, ignore)
        return as_dict(by_rule.table) == as_dict(by_library.table)


def count_by_library(
    pipeline: Pipeline,
    strings: "Strings",
    which: "NDArray[np.int64]",
    table: Bounded,
    watch: Watch,
) -> None:
    """Add the words that the library finds in some of these strings to `table`.

    One call for each string: on 76 k chunks of English feeding trainers, a bit of the counts at a
    time, and two processes took as long as this loop or longer.
    """
    text, offsets, counts = strings
    for first in range(0, len(which), AT_ONCE):
        words: dict[str, int] = {}
        for chunk in which[first : first + AT_ONCE].tolist():
            count = int(counts[chunk])
            for word in pipeline.words(
                text[offsets[chunk] : offsets[chunk + 1]].tobytes().decode()
            ):
                words[word] = words.get(word, 0) + count
        add_words(words, table)
        watch(Progress("words", min(first + AT_ONCE, len(which)), len(which), "chunks"))


def add_words(words: dict[str, int], table: Bounded) -> None:
    """Add words with their counts to `table`."""
    encoded = [word.encode() for word in words]
    table.add(
        np.frombuffer(b"".join(encoded), np.uint8),
        0,
        np.cumsum([len(word) for word in encoded], dtype=np.int64),
        np.fromiter(words.values(), np.int64, len(words)),
    )


def as_dict(table: Distinct) -> dict[str, int]:
    """The strings in a table and their counts."""
    text, offsets, counts = table.texts()
    strings: list[Any] = large_strings(text, offsets).to_pylist()
    return dict(zip(strings, counts.tolist(), strict=True))


def word_counts(
    table: Bounded, max_word_chars: int | None, *, size: int, **fields: Any
) -> WordCounts:
    """The value that a table of words stands for, without those that are too long.

    Raises:
        BudgetError: it finds no room in memory.
    """
    room, held = table.bounds.room, 0
    columns: list[Strings] = []
    left_out: list[LeftOut] = []
    spilled = not fit([table], room)
    for strings in merged([table], room // 2) if spilled else [added_up([table])]:
        columns.append(_without_long(strings, max_word_chars, left_out))
        held += sum(column.nbytes for column in columns[-1])
        if spilled and held > room // 2:
            raise BudgetError(
                f"the distinct words alone take more than {shown(held)} of the {shown(room)} that "
                "--memory leaves for tables: give more, or choose a pre_tokenizer that splits more"
            )
    text, offsets, counts = _joined(columns)
    left_out.sort(key=lambda word: (-word.characters, word.start))
    words = large_strings(text, offsets)
    return WordCounts(words=words, counts=counts, bytes=size, left_out=tuple(left_out), **fields)


def _without_long(strings: "Strings", most: int | None, left_out: list[LeftOut]) -> "Strings":
    """The words of at most so many characters; the others go to `left_out`."""
    text, offsets, counts = strings
    found = []
    if most is None:
        return strings
    for number in np.flatnonzero(np.diff(offsets) > most).tolist():
        word = text[offsets[number] : offsets[number + 1]].tobytes().decode()
        if len(word) > most:
            found.append(number)
            left_out.append(LeftOut(word[:START], len(word), int(counts[number])))
    if not found:
        return strings
    keep = np.ones(len(counts), np.bool_)
    keep[found] = False
    kept = large_strings(text, offsets).filter(keep)
    return (*raw_strings(kept), counts[keep])


def _joined(columns: "list[Strings]") -> "Strings":
    """The strings of all, in one; `columns` is used up."""
    if len(columns) == 1:
        return columns.pop()
    ends = [offsets[1:] - offsets[0] for _, offsets, _ in columns]
    before = np.cumsum([0, *(int(each[-1]) if len(each) else 0 for each in ends)])
    offsets = np.concatenate(
        [np.zeros(1, np.int64), *(each + start for each, start in zip(ends, before, strict=False))]
    )
    counts = np.concatenate([counts for _, _, counts in columns])
    text = np.empty(int(before[-1]), np.uint8)
    for number, start in enumerate(before[:-1].tolist()):
        bytes_, places, _ = columns[number]
        text[start : before[number + 1]] = bytes_[places[0] : places[-1]]
    columns.clear()
    return text, offsets, counts


def byte_alphabet() -> "NDArray[np.uint16]":
    """The code point that ByteLevel writes for each byte.

    >>> "".join(map(chr, byte_alphabet()[[0x20, 0x41, 0xC3]]))
    'ĠAÃ'
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = np.zeros(256, np.uint16)
    table[printable] = printable
    others = [byte for byte in range(256) if byte not in printable]
    table[others] = range(256, 256 + len(others))
    return table
