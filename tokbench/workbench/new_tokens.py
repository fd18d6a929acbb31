"""What a tokenizer of each model learns beyond its vocabulary."""

import json
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import inf, log
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench import counting, reshaping, training
from tokbench.encoding import Subject
from tokbench.encoding.explaining import Watched
from tokbench.encoding.whole import refused
from tokbench.spelling import Spelling
from tokbench.values import Corpus, Split, Watch, WordCounts
from tokbench.workbench.resaving import documents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = Mapping[str, Any]
Cut = Callable[[str], tuple[str, ...]]
"""From a word to its tokens."""
_COVERED = 0.9995
"""Of the characters of the new text, how many there are tokens for in the end."""
_MORE = 0.1
"""Pieces that are learned beyond what was asked for, since some may change old text."""
_UNSEEN = 0.1
"""What every count is raised by before the logarithm, as where a Unigram is trained."""
_AT_ONCE = 500


@dataclass(frozen=True)
class Learned:
    """What a tokenizer can have besides.

    Attributes:
        tokens: new ones.
        merges: of a BPE, new ones in the order in which they apply.
        scores: of a Unigram, the log-probability of each new token.
        refused: how many candidates were left out because old text holds them.
    """

    tokens: Sequence[str]
    merges: Sequence[tuple[str, str]] = ()
    scores: Sequence[float] = ()
    refused: int = 0


@dataclass(frozen=True)
class Kept:
    """What old text is made of.

    Attributes:
        words: its distinct pre-tokens.
        pairs: of a BPE, ids that stand beside each other in a pre-token, `left << 32 | right`.
    """

    words: frozenset[str] = frozenset()
    pairs: frozenset[int] = frozenset()

    @classmethod
    def of(cls, subject: Subject, text: tuple[Corpus, Split], watch: Watch) -> "Kept":
        """Read it, once as counting takes it and once with added tokens cut out."""
        corpus, split = text
        tokenizer = subject.tokenizer
        counted = counting.count(corpus, tokenizer, split=split, max_word_chars=None, watch=watch)
        words, pairs = set(_strings(counted)), set[int]()
        added = tokenizer.get_added_tokens_decoder().keys()
        watched = Watched(tokenizer)
        is_bpe = isinstance(tokenizer.model, models.BPE)
        documents = documents_of(corpus, split, "old text", watch)
        while some := list(islice(documents, _AT_ONCE)):
            with refused(subject.name, "encode"):
                encoded = tokenizer.encode_batch(some, add_special_tokens=False)
            for document, one in zip(some, encoded, strict=True):
                if not added.isdisjoint(one.ids):
                    words |= {piece.text for piece in watched.encode(document).pieces[-1]}
                if is_bpe:
                    pairs.update(_beside(one.ids, one.word_ids))
        return cls(frozenset(words), frozenset(pairs))


def _beside(ids: Sequence[int], words: Sequence[int | None]) -> list[int]:
    """Pairs of ids in one pre-token."""
    found = np.array(ids, np.int64)
    word = np.array([-1 if at is None else at for at in words], np.int64)
    pairs: list[int] = np.unique((found[:-1] << 32 | found[1:])[word[:-1] == word[1:]]).tolist()
    return pairs


def count(corpus: Corpus, tokenizer: Tokenizer, watch: Watch) -> WordCounts:
    """The words of the new text.

    SentencePiece's models take whole texts for one word, and yet learned no token across spaces:
    where a tokenizer is like that, text is cut before what it writes for a space.
    """
    mark = Spelling(json.loads(tokenizer.to_str())).space
    if tokenizer.pre_tokenizer is None and mark:
        tokenizer = Tokenizer.from_str(tokenizer.to_str())
        tokenizer.pre_tokenizer = pre_tokenizers.Split(mark, "merged_with_next")
    return counting.count(corpus, tokenizer, split="all", watch=watch)


def learn(
    state: Json, words: WordCounts, kept: Kept, add: int, min_frequency: int, watch: Watch
) -> Learned:
    """Learn new tokens; none of them changes a text that is made of what is kept.

    Args:
        state: the tokenizer.json.
        words: of the new text, as `count` gives them.
        kept: of the old text.
        add: how many tokens.
        min_frequency: how often one must occur where it is made.
        watch: told how far it has come.
    """
    return _LEARNERS[state["model"]["type"]](state, words, kept, add, min_frequency, watch)


def _merges(
    state: Json, words: WordCounts, kept: Kept, add: int, min_frequency: int, watch: Watch
) -> Learned:
    """Of a BPE: it goes on merging where its merges end."""
    model = state["model"]
    letters: list[str] = []
    if not Spelling(state).bytes and not model.get("end_of_word_suffix"):
        letters = _letters(model, words, kept, add, min_frequency)
    larger = reshaping.appended(state, letters)
    tokens, rows, lengths = _cut(larger, words)
    numbers = reshaping.ids(larger)
    place = {numbers[token]: at for at, token in enumerate(tokens)}
    walls = {at for at, token in enumerate(tokens) if _is_wall(token, model)}
    apart = [(place[pair >> 32], place[pair & 0xFFFFFFFF]) for pair in kept.pairs]
    taken = sorted(kept.words) if model.get("ignore_merges") else []
    made = training.continue_bpe(
        rows, lengths, words.counts, [*tokens, *taken],
        add=add - len(letters), min_frequency=min_frequency,
        prefix=model.get("continuing_subword_prefix") or "", walls=walls, apart=apart, watch=watch,
    )  # fmt: skip
    return Learned([*letters, *made.tokens], made.merges, refused=made.refused)


def _is_wall(token: str, model: Json) -> bool:
    """Whether a token stands for unknown text, or for a byte by its number."""
    byte = bool(model.get("byte_fallback")) and token.startswith("<0x") and token.endswith(">")
    return byte or token == model.get("unk_token")


def _pieces(
    state: Json, words: WordCounts, kept: Kept, add: int, min_frequency: int, watch: Watch
) -> Learned:
    """Of a WordPiece: pieces made of its pieces, those of them that change no old word."""
    model = state["model"]
    letters = _letters(model, words, kept, add, min_frequency)
    tokens, rows, lengths = _cut(reshaping.appended(state, letters), words)
    made = training.continue_bpe(
        rows, lengths, words.counts, tokens,
        add=add - len(letters) + int(_MORE * add), min_frequency=min_frequency,
        prefix=model["continuing_subword_prefix"],
        walls={at for at, token in enumerate(tokens) if token == model["unk_token"]}, watch=watch,
    )  # fmt: skip
    every = [*letters, *made.tokens]

    def cutter(some: Collection[str]) -> Cut:
        matching = reshaping.Matching(reshaping.appended(state, sorted(some))["model"])

        def cut(word: str) -> tuple[str, ...]:
            pieces, whole = matching.pieces(word)
            return (*pieces, "" if whole else str(model["unk_token"]))

        return cut

    safe = _harmless(every, kept, cutter)
    return Learned([one for one in every if one in safe][:add], refused=len(every) - len(safe))


def _likely(
    state: Json, words: WordCounts, kept: Kept, add: int, min_frequency: int, watch: Watch
) -> Learned:
    """Of a Unigram: pieces that its trainer finds in the new text, those that change no old word.

    The score of one is the logarithm of its share in the tokens of the new text, old ones among
    them, as theirs is in the text that they were learned from.
    """
    letters = _letters(state["model"], words, kept, add, min_frequency)
    most = add + int(_MORE * add)
    while True:
        scores = _scores(state, letters, most, words, min_frequency, watch)
        safe = _harmless([*scores], kept, partial(_viterbi, state["model"], scores))
        if len(safe) >= add or len(scores) < most:
            break
        most += 2 * (add - len(safe))
    chosen = sorted([one for one in scores if one in safe][:add], key=lambda one: -scores[one])
    refused = len(scores) - len(safe)
    return Learned(chosen, scores=[scores[one] for one in chosen], refused=refused)


def _scores(
    state: Json,
    letters: Sequence[str],
    most: int,
    words: WordCounts,
    min_frequency: int,
    watch: Watch,
) -> dict[str, float]:
    """New pieces, letters first, then those that are used most; the score of each.

    None is below the lowest that is there: the score of unknown text would fall with it, and old
    text might change.
    """
    vocabulary = state["model"]["vocab"]
    candidates = _candidates(state, letters, most, words, watch)
    uses = _uses(state["model"], candidates, words)
    others = [one for one in candidates if one not in letters and uses[one] >= min_frequency]
    others = sorted(others, key=lambda one: (-uses[one], one))[: most - len(letters)]
    lowest = min((score for _, score in vocabulary), default=-inf)
    total = uses.total() + _UNSEEN * len(uses)
    return {one: max(lowest, log((uses[one] + _UNSEEN) / total)) for one in (*letters, *others)}


def _candidates(
    state: Json, letters: Collection[str], least: int, words: WordCounts, watch: Watch
) -> dict[str, float]:
    """Pieces that the vocabulary lacks and their scores, at least so many where there are.

    What the trainer finds has old pieces among it, nobody knows how many before.
    """
    known = reshaping.ids(state).keys()
    size = least + len({one for word in _strings(words) for one in word})
    while True:
        made = training.train_unigram(words, vocab_size=size, watch=watch)
        found = {
            piece: score
            for piece, score in zip(made.tokens, made.scores, strict=True)
            if piece not in known and (len(piece) > 1 or piece in letters)
        }
        if len(found) >= least or len(made.tokens) < size:
            return found
        size += 2 * (least - len(found))


def _uses(model: Json, pieces: Mapping[str, float], words: WordCounts) -> Counter[str]:
    """How often words take each token where these pieces stand beside the old ones."""
    cut = _viterbi(model, pieces, pieces.keys())
    uses = Counter(dict.fromkeys(pieces, 0))
    for word, count in zip(_strings(words), words.counts.tolist(), strict=True):
        for token in cut(word):
            uses[token] += count
    return uses


def _viterbi(model: Json, scores: Mapping[str, float], some: Collection[str]) -> Cut:
    """Cuts words as a Unigram does that has some of these pieces besides."""
    vocabulary = [(piece, score) for piece, score in model["vocab"]]
    vocabulary += [(piece, scores[piece]) for piece in some]
    made: Any = models.Unigram(vocabulary, model["unk_id"], model["byte_fallback"])
    return lambda word: tuple(token.value for token in made.tokenize(word))


def _frequent(
    state: Json, words: WordCounts, kept: Kept, add: int, min_frequency: int, _: Watch
) -> Learned:
    """Of a WordLevel: the most frequent words; one that old text holds is unknown there."""
    known = reshaping.ids(state).keys()
    held = kept.words - known
    reserved = (*known, *held)
    made = training.train_wordlevel(
        words,
        vocab_size=len(reserved) + add,
        min_frequency=min_frequency,
        special_tokens=reserved,
    )
    counts = zip(_strings(words), words.counts.tolist(), strict=True)
    refused = sum(count >= min_frequency for word, count in counts if word in held)
    return Learned(made.tokens[len(reserved) :], refused=refused)


def _harmless(
    pieces: Collection[str], kept: Kept, cutter: Callable[[Collection[str]], Cut]
) -> set[str]:
    """The new pieces that change none of the kept words.

    Where a word changes, it takes new pieces; all of these are left out, until no word changes.
    That leaves the others as they are: a WordPiece takes the longest piece at each place, a Unigram
    the best path of all, and with fewer new pieces neither finds another old one than before.

    Args:
        pieces: the new ones.
        kept: of the old text.
        cutter: how words are cut with some of the new pieces.
    """
    before = cutter(())
    waiting = [(word, before(word)) for word in kept.words]
    safe = set(pieces)
    while waiting:
        now = cutter(safe)
        found = [(word, was, now(word)) for word, was in waiting]
        waiting = [(word, was) for word, was, is_ in found if was != is_]
        for _, was, is_ in found:
            if was != is_:
                safe -= {*is_}
    return safe


def _letters(model: Json, words: WordCounts, kept: Kept, add: int, min_frequency: int) -> list[str]:
    """Characters of the new text that the vocabulary lacks, the most frequent of them first."""
    prefix = model.get("continuing_subword_prefix") or ""
    vocabulary = reshaping.ids({"model": model, "added_tokens": ()}).keys()
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


def _cut(
    state: Json, words: WordCounts
) -> tuple[list[str], "NDArray[np.int32]", "NDArray[np.int64]"]:
    """All tokens by their ids, words as places of tokens in that list, and how many each has."""
    numbers = reshaping.ids(state)
    tokens = sorted(numbers, key=numbers.__getitem__)
    place = {numbers[token]: at for at, token in enumerate(tokens)}
    model: Any = Tokenizer.from_str(json.dumps(state)).model
    rows, lengths = array("i"), array("q")
    for word in _strings(words):
        cut = [place[token.id] for token in model.tokenize(word)]
        rows.extend(cut)
        lengths.append(len(cut))
    return tokens, np.array(rows, np.int32), np.array(lengths, np.int64)


def _strings(words: WordCounts) -> list[str]:
    made: Any = words.words.to_pylist()
    return cast("list[str]", made)


_LEARNERS = {"BPE": _merges, "WordPiece": _pieces, "Unigram": _likely, "WordLevel": _frequent}
