"""New tokens for new text, without disturbing the old."""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from tokenizers import Tokenizer

from tokbench import counting, encoding, reshaping, store, training
from tokbench.encoding import Subject
from tokbench.errors import WrappingError
from tokbench.spelling import Spelling, shown
from tokbench.values import (
    Corpus,
    Extended,
    Old,
    Split,
    Watch,
    WordCounts,
    ignore,
)
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.find import Found, find
from tokbench.workbench.plan import RUNS
from tokbench.workbench.resaving import (
    differing_documents,
    documents_of,
    resaved,
    side_by_side,
    state_of,
    write_manifest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = dict[str, Any]
_KINDS = ("BPE", "WordPiece")
_WHY = (
    "and in one the cut of a word depends on all tokens and scores, so that none can be added with "
    "old text staying as it is: `tokbench new --from` and train it on both languages"
)
_COVERED = 0.9995
"""Of the characters of the new text, how many there are tokens for in the end."""
_MORE = 0.1
"""Pieces that are learned beyond what was asked for, since some may change old text."""
_AT_ONCE = 500
_MOST_CHANGED = 20_000
"""Documents that changed and are looked at closely."""
_EXAMPLES = 24


@dataclass
class _Learned:
    """New tokens and merges, and how many candidates had to be left out."""

    tokens: list[str]
    merges: Sequence[tuple[str, str]] = ()
    refused: int = 0


def extended(
    name: str,
    on: Sequence[str],
    out: Path,
    *,
    add: int,
    keep: Sequence[str] = (),
    refuse: bool = True,
    multiple: int = 1,
    min_frequency: int = 2,
    text: str | None = None,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Extended:
    """Write a tokenizer with more tokens, learned from a text; old ids and merges stay.

    A BPE goes on merging where its merges end; the new ones stand behind the old. A WordPiece gets
    pieces made of its pieces. Where that changes text that it could do before is looked for.

    Args:
        name: a run, folder, file or Hub name, as for `compare`.
        on: the new text, as `bench` takes it.
        out: the folder to fill; one that tokbench wrote is replaced.
        add: how many tokens.
        keep: text whose ids shall stay; for a run without it, what it holds out is looked at.
        refuse: leave out what would change `keep`; else what changes is only told.
        multiple: learn so many more that the number of ids is a multiple of this.
        min_frequency: how often a new token must occur where it is made.
        text: the column of `on` that is the text.
        runs: where the runs of recipes are kept.
        watch: told how far it has come.

    Raises:
        SubjectError: there is no such tokenizer, or its model cannot be extended.
        CorpusError: a text cannot be read.
        StoreError: `out` cannot be written.
        WrappingError: what was written does not load to the same ids.
    """
    store.refuse_foreign(out)
    found = find(name, runs=runs)
    state = state_of(found)
    reshaping.refuse_other_models(state, _KINDS, name, _WHY)
    new_text = named_corpus(on, text)
    words = counting.count(new_text, found.subject.tokenizer, split="all", watch=watch)
    old_text = _old_text(found, keep)
    kept = _Kept.of(found.subject, old_text, watch) if keep and refuse and old_text else _Kept()
    first = reshaping.next_id(state)
    add += -(first + add) % multiple
    learn = _pieces if state["model"]["type"] == "WordPiece" else _merges
    learned = learn(state, words, kept, add, min_frequency, watch)
    grown = _loaded(reshaping.appended(state, learned.tokens, learned.merges), found.subject)
    old = _compared(found.subject, grown, old_text, ", ".join(keep), watch) if old_text else None
    spelling = Spelling(state)
    documents = documents_of(new_text, "all", "proving", watch)
    with store.new_folder(out) as part:
        proof, notes = resaved(name, found, grown.tokenizer, documents, part)
        value = Extended(
            name=found.subject.name,
            folder=out,
            model=state["model"]["type"],
            sizes=(first, first + len(learned.tokens)),
            multiple=multiple,
            added=tuple(learned.tokens),
            merges=len(learned.merges),
            refused=learned.refused,
            on=", ".join(on),
            documents=words.documents,
            tokens=(_taken(found.subject, words), _taken(grown, words)),
            old=old,
            examples=tuple(_examples(learned.tokens, spelling)),
            proof=proof,
            notes=(*found.subject.notes, *notes, *_notes(found, learned, add, multiple)),
        )
        write_manifest(part, "extended", found, _said(value))
    return value


def _old_text(found: Found, keep: Sequence[str]) -> tuple[Corpus, Split] | None:
    """The text that should stay as it is, else what a run holds out; None where there is none."""
    if keep:
        return named_corpus(keep, None), "all"
    return (found.corpus(), "held_out") if found.manifest else None


@dataclass(frozen=True)
class _Kept:
    """What old text is made of.

    Attributes:
        words: its distinct pre-tokens.
        pairs: ids that stand beside each other in a pre-token, `left << 32 | right`.
    """

    words: frozenset[str] = frozenset()
    pairs: frozenset[int] = frozenset()

    @classmethod
    def of(cls, subject: Subject, text: tuple[Corpus, Split], watch: Watch) -> "_Kept":
        """Read it. Pairs are those of whole documents, where added tokens are cut out."""
        corpus, split = text
        words = counting.count(
            corpus, subject.tokenizer, split=split, max_word_chars=None, watch=watch
        )
        pairs: set[int] = set()
        documents = documents_of(corpus, split, "old text", watch)
        while some := list(islice(documents, _AT_ONCE)):
            for one in subject.tokenizer.encode_batch(some, add_special_tokens=False):
                ids = np.array(one.ids, np.int64)
                word = np.array([-1 if at is None else at for at in one.word_ids], np.int64)
                beside = word[:-1] == word[1:]
                pairs.update(np.unique((ids[:-1] << 32 | ids[1:])[beside]).tolist())
        return cls(frozenset(_strings(words)), frozenset(pairs))


def _merges(
    state: Json, words: WordCounts, kept: _Kept, add: int, min_frequency: int, watch: Watch
) -> _Learned:
    """What a BPE learns beyond its merges."""
    model = state["model"]
    letters: list[str] = []
    if not Spelling(state).bytes and not model.get("end_of_word_suffix"):
        letters = _letters(model, words, kept, add, min_frequency)
    larger = reshaping.appended(state, letters)
    numbers = reshaping.ids(larger)
    tokens = sorted(numbers, key=numbers.__getitem__)
    place = {numbers[token]: at for at, token in enumerate(tokens)}
    rows, lengths = _rows(Tokenizer.from_str(json.dumps(larger)).model, words, place)
    walls = {at for at, token in enumerate(tokens) if _is_wall(token, model)}
    apart = [(place[pair >> 32], place[pair & 0xFFFFFFFF]) for pair in kept.pairs]
    taken = sorted(kept.words) if model.get("ignore_merges") else []
    made = training.continue_bpe(
        rows, lengths, words.counts, [*tokens, *taken],
        add=add - len(letters), min_frequency=min_frequency,
        prefix=model.get("continuing_subword_prefix") or "", walls=walls, apart=apart, watch=watch,
    )  # fmt: skip
    return _Learned([*letters, *made.tokens], made.merges, made.refused)


def _is_wall(token: str, model: Json) -> bool:
    """Whether a token stands for unknown text, or for a byte by its number."""
    byte = bool(model.get("byte_fallback")) and token.startswith("<0x") and token.endswith(">")
    return byte or token == model.get("unk_token")


def _pieces(
    state: Json, words: WordCounts, kept: _Kept, add: int, min_frequency: int, watch: Watch
) -> _Learned:
    """What a WordPiece learns beyond its pieces: those of them that change no old word."""
    model = state["model"]
    letters = _letters(model, words, kept, add, min_frequency)
    larger = reshaping.appended(state, letters)
    numbers = reshaping.ids(larger)
    tokens = sorted(numbers, key=numbers.__getitem__)
    place = {numbers[token]: at for at, token in enumerate(tokens)}
    rows, lengths = _rows(Tokenizer.from_str(json.dumps(larger)).model, words, place)
    made = training.continue_bpe(
        rows, lengths, words.counts, tokens,
        add=add - len(letters) + int(_MORE * add), min_frequency=min_frequency,
        prefix=model["continuing_subword_prefix"],
        walls={at for at, token in enumerate(tokens) if token == model["unk_token"]}, watch=watch,
    )  # fmt: skip
    every = [*letters, *made.tokens]
    safe = _harmless(state, every, kept.words)
    return _Learned([one for one in every if one in safe][:add], refused=len(every) - len(safe))


def _harmless(state: Json, pieces: Sequence[str], words: Iterable[str]) -> set[str]:
    """The new pieces that change none of these words.

    Where a word changes, a new piece is the first to differ: what was taken there before was the
    longest of the old. All new ones that it takes are left out, until no word changes; without
    those, or without more of the others, every word takes what it took at first.
    """
    before = reshaping.Matching(state["model"])
    waiting = [(word, before.pieces(word)) for word in words]
    safe = set(pieces)
    while waiting:
        now = reshaping.Matching(reshaping.appended(state, sorted(safe))["model"])
        found = [(word, was, now.pieces(word)) for word, was in waiting]
        waiting = [(word, was) for word, was, is_ in found if was != is_]
        for _, was, is_ in found:
            if was != is_:
                safe -= {*is_[0]}
    return safe


def _letters(
    model: Json, words: WordCounts, kept: _Kept, add: int, min_frequency: int
) -> list[str]:
    """Characters of the new text that the vocabulary lacks, the most frequent of them first."""
    prefix = model.get("continuing_subword_prefix") or ""
    vocabulary = model["vocab"]
    total = 0
    lacking: Counter[str] = Counter()
    for word, count in zip(_strings(words), words.counts.tolist(), strict=True):
        total += count * len(word)
        for at, character in enumerate(word):
            symbol = prefix + character if at else character
            if symbol not in vocabulary:
                lacking[symbol] += count
    old = {prefix + one if at else one for word in kept.words for at, one in enumerate(word)}
    left = sum(lacking.values())
    chosen: list[str] = []
    for symbol, count in sorted(lacking.items(), key=lambda one: (-one[1], one[0])):
        enough = left <= (1 - _COVERED) * total or count < min_frequency
        if enough or len(chosen) == add:
            break
        if symbol not in old:
            chosen.append(symbol)
            left -= count
    return chosen


def _strings(words: WordCounts) -> list[str]:
    made: Any = words.words.to_pylist()
    return cast("list[str]", made)


def _rows(
    model: Any, words: WordCounts, place: dict[int, int]
) -> tuple["NDArray[np.int32]", "NDArray[np.int64]"]:
    """Words cut into tokens, by their places, and how many each has."""
    rows, lengths = array("i"), array("q")
    for word in _strings(words):
        cut = [place[token.id] for token in model.tokenize(word)]
        rows.extend(cut)
        lengths.append(len(cut))
    return np.array(rows, np.int32), np.array(lengths, np.int64)


def _taken(subject: Subject, words: WordCounts) -> int:
    """How many tokens words take in all."""
    model: Any = subject.tokenizer.model
    pairs = zip(_strings(words), words.counts.tolist(), strict=True)
    return sum(count * len(model.tokenize(word)) for word, count in pairs)


def _loaded(state: Json, old: Subject) -> Subject:
    """The changed tokenizer; each old token has its id.

    Raises:
        WrappingError: one has not.
    """
    made = encoding.subject(old.name, json.dumps(state), old.name)
    now = made.tokenizer.get_vocab(with_added_tokens=True)
    for token, number in old.tokenizer.get_vocab(with_added_tokens=True).items():
        if now.get(token) != number:
            raise WrappingError(
                f"{old.name}: its token {token!r} would have the id {now.get(token)} and not "
                f"{number}; please report this"
            )
    return made


def _compared(
    old: Subject, grown: Subject, text: tuple[Corpus, Split], name: str, watch: Watch
) -> Old:
    """Old text with both tokenizers."""
    corpus, split = text
    seen = before = after = differing = 0
    changed: list[str] = []
    for documents, (first, second) in side_by_side((old, grown), corpus, split, "old text", watch):
        seen += len(documents)
        before, after = before + len(first.flat), after + len(second.flat)
        other = differing_documents(first, second)
        differing += len(other)
        changed += documents.take(other[: _MOST_CHANGED - len(changed)]).to_pylist()
    renamed = old.renamed("before"), grown.renamed("now")
    changes = encoding.differing(*renamed, changed) if changed else None
    return Old(name or "held out", seen, (before, after), differing, changes)


def _examples(tokens: Sequence[str], spelling: Spelling) -> Iterator[str]:
    """What some new tokens stand for, from all over; whole characters only."""
    meanings = [one for one in map(spelling.meaning, tokens) if one.string]
    step = max(1, len(meanings) // _EXAMPLES)
    for one in meanings[::step][:_EXAMPLES]:
        yield ("" if one.begins is not False else "…") + shown(one.text)


def _notes(found: Found, learned: _Learned, add: int, multiple: int) -> Iterator[str]:
    """What may surprise."""
    normalizer: Any = found.subject.tokenizer.normalizer
    if normalizer is not None and len(normalizer.normalize_str("한")) > 1:
        yield (
            'its normalizer takes Hangul apart: "한" is written as '
            f"{len(normalizer.normalize_str('한'))} jamo, and so are its new tokens"
        )
    if len(learned.tokens) < add:
        size = f"; {add - len(learned.tokens):,} rows of a model are left unused"
        yield (
            f"{add:,} tokens were to be learned, {len(learned.tokens):,} could be: there is no "
            "more to learn in that text" + (size if multiple > 1 else "")
        )


def _said(value: Extended) -> Json:
    """What the manifest says."""
    old = value.old
    return {
        "on": value.on,
        "sizes": value.sizes,
        "tokens": value.tokens,
        "merges": value.merges,
        "refused": value.refused,
        "kept": None if old is None else [old.name, old.documents, old.tokens, old.differing],
    }
