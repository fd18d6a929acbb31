"""Labels of words or characters, carried to tokens and back.

What was given to the tokenizer says what has labels: a list of pieces, of `as_pieces`, one for each
word, or one text, whose characters have them. One token decides the label of a word: the first
that reaches into it. A token decides the labels of all its characters, and so can get a span's
border wrong however good the model is: `attainable` counts that.

>>> from tokenizers import Tokenizer, models, pre_tokenizers
>>> tokenizer = Tokenizer(models.WordLevel({"low": 0, "er": 1, "?": 2}, unk_token="?"))
>>> tokenizer.pre_tokenizer = pre_tokenizers.Split("er", "isolated")
>>> names = ("O", "B-X", "I-X")
>>> pieces = as_pieces(["lower", "low"], space="")
>>> encoding = tokenizer.encode(pieces, is_pretokenized=True)
>>> encoding.tokens, labelled(encoding, pieces, [1, 2], names)
(['low', 'er', 'low'], [1, -100, 2])
>>> labelled(encoding, pieces, [1, 2], names, inside=True)
[1, 2, 2]
>>> read_back(encoding, pieces, [1, 0, 2], names)
[1, 2]
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import regex

from tokbench.downstream.spans import is_scheme, parted, spans

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

IGNORED = -100
"""The label of a token, or the class of a row that fills up, that is not learned from; torch's
cross entropy leaves it out."""

_SPACE = "▁"  # what SentencePiece, and Metaspace, write for a space
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\p{Block=CJK_Symbols_And_Punctuation}\p{Block=Halfwidth_And_Fullwidth_Forms}]"
)
_PROBES = (
    ["low", "lower", "the", "newest"],
    ["She", "sells", "42", "sea", "shells", "."],
    ["안녕하세요", "세계", "를"],
    ["x", "=", "foo", "(", "y", ")"],
)


def as_pieces(words: Sequence[str], space: str = " ") -> list[str]:
    """Words as a tokenizer is given them with `is_pretokenized=True`.

    Words after the first keep a space in front: byte-level and Metaspace vocabularies know most
    words with it, and `["quick", "brown"]` as it stands gives "br", "own". None stands between two
    words of scripts without spaces. The pieces, joined, are the text.

    Args:
        words: of one example.
        space: what this tokenizer's pieces begin with; see `space_of`.

    >>> as_pieces(["A", "quick", "fox"]), as_pieces(["東京", "は", "Tokyo"])
    (['A', ' quick', ' fox'], ['東京', 'は', ' Tokyo'])
    """
    pieces = list(words[:1])
    for before, word in pairwise(words):
        unspaced = _UNSPACED.match(before[-1:]) and _UNSPACED.match(word)
        pieces.append(word if unspaced else space + word)
    return pieces


def space_of(tokenizer: "Tokenizer") -> str:
    """What words after the first begin with, for tokens to be those of text.

    A space, or nothing for a tokenizer whose normalizer puts one before whatever it is given:
    tried on a few short texts.

    >>> from tokenizers import Tokenizer, models, normalizers
    >>> tokenizer = Tokenizer(models.BPE(unk_token="?", vocab={"?": 0, "▁": 1, "a": 2}, merges=[]))
    >>> tokenizer.normalizer = normalizers.Sequence(
    ...     [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    ... )
    >>> space_of(tokenizer)
    ''
    """

    def agreeing(space: str) -> int:
        return sum(
            tokenizer.encode(
                as_pieces(words, space), is_pretokenized=True, add_special_tokens=False
            ).ids
            == tokenizer.encode("".join(as_pieces(words)), add_special_tokens=False).ids
            for words in _PROBES
        )

    return max(" ", "", key=agreeing)


def labelled(
    encoding: "Encoding",
    given: str | Sequence[str],
    labels: Sequence[int],
    names: Sequence[str],
    *,
    inside: bool = False,
) -> list[int]:
    """A label for each token.

    Special tokens, padding and tokens that decide nothing get `IGNORED`. A token of characters
    carries the label of its first one that is not O.

    Args:
        encoding: of `given`, truncated and padded as it may be.
        given: the pieces, or the text, that were encoded.
        labels: places in `names`, one for each piece or character.
        names: of the labels.
        inside: whether the second and later tokens of a word, or of a character, carry its label
            too, B- as I-.
    """
    tags = _tags(tuple(names))
    result = []
    for token in _decided(encoding, given):
        some = labels[token.start : token.stop]
        if some:
            result.append(next((one for one in some if one != tags.outside), some[0]))
        elif inside and token.continues >= 0:
            result.append(tags.inside[labels[token.continues]])
        else:
            result.append(IGNORED)
    return result


def read_back(
    encoding: "Encoding",
    given: str | Sequence[str],
    predicted: Sequence[int],
    names: Sequence[str],
) -> list[int]:
    """The labels of words or characters that a model's labels of tokens mean.

    The first character of a token that is B- begins a span, the others are I-. What no token
    decides (`undecided`) goes on with the span that goes on behind it, as white space between
    tokens does, or else is "O", or the first label where there is no "O".

    Args:
        encoding: of `given`.
        given: the pieces, or the text, that were encoded.
        predicted: a label for each token; those of special tokens and padding are not looked at.
        names: of the labels.
    """
    tags = _tags(tuple(names))
    result = [-1] * len(given)
    for token, label in zip(_decided(encoding, given), predicted, strict=True):
        for place in range(token.start, token.stop):
            result[place] = label if place == token.start else tags.inside[label]
    return _filled(result, tags)


def deciding(encoding: "Encoding", given: str | Sequence[str]) -> list[int]:
    """The place of the token that decides the label of each word or character, or -1.

    >>> from tokenizers import Tokenizer, models, pre_tokenizers
    >>> tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    >>> tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    >>> deciding(tokenizer.encode("to be"), "to be")
    [0, 0, -1, 1, 1]
    """
    result = [-1] * len(given)
    for number, token in enumerate(_decided(encoding, given)):
        for place in range(token.start, token.stop):
            result[place] = number
    return result


def undecided(encoding: "Encoding", given: str | Sequence[str]) -> list[int]:
    """The places of words, or of characters, whose label no token decides.

    They vanished in normalizing (a zero-width joiner alone, a control character), are white space
    that the pre-tokenizer drops, or were cut off.
    """
    return [place for place, token in enumerate(deciding(encoding, given)) if token < 0]


def attainable(
    encoding: "Encoding",
    given: str | Sequence[str],
    labels: Sequence[int],
    names: Sequence[str],
) -> tuple[int, int, int]:
    """Spans found, there and right of the best that a model can do with these tokens.

    A span is out of reach where a token crosses its border, or where no token decides its first or
    last place. `spans.f1` of the sums over all examples is the ceiling: the F1 that no model on
    this tokenizer can pass. Of labels that are no tags of spans: words or characters, all those of
    a token having one label.

    >>> from tokenizers import Tokenizer, models, pre_tokenizers
    >>> tokenizer = Tokenizer(models.WordLevel({"서울에": 0, "서울": 1, "?": 2}, unk_token="?"))
    >>> tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    >>> text, labels = "서울 서울에", [1, 2, 0, 1, 2, 0]
    >>> attainable(tokenizer.encode(text), text, labels, ("O", "B-LC", "I-LC"))
    (1, 2, 1)
    """
    tokens = [token for token in _decided(encoding, given) if token.start < token.stop]
    if not is_scheme(names):
        shares = (Counter(labels[token.start : token.stop]) for token in tokens)
        right = sum(max(share.values()) for share in shares)
        return right, len(labels), right
    decided = {place for token in tokens for place in range(token.start, token.stop)}
    crossed = {place for token in tokens for place in range(token.start + 1, token.stop)}
    found = spans([names[one] for one in labels])
    right = sum(
        {start, stop - 1} <= decided and crossed.isdisjoint((start, stop))
        for _, start, stop in found
    )
    return right, len(found), right


def cut_spans(
    encoding: "Encoding",
    given: str | Sequence[str],
    labels: Sequence[int],
    names: Sequence[str],
) -> int:
    """How many spans lie in what truncation cut off, or are split by it.

    Args:
        encoding: as `tokenizers` truncated it, which keeps the rest in `overflowing`.
        given: the pieces, or the text, that were encoded.
        labels: places in `names`, one for each piece or character.
        names: of the labels; where they are no tags of spans, words or characters are counted.
    """
    if not encoding.overflowing:
        return 0
    cut = {place for part in encoding.overflowing for place in _places(part, given)}
    cut -= _places(encoding, given)
    if not is_scheme(names):
        return len(cut)
    found = spans([names[one] for one in labels])
    return sum(not cut.isdisjoint(range(start, stop)) for _, start, stop in found)


@dataclass(frozen=True)
class _Token:
    """Places from `start` to before `stop` that a token decides, or none; what it continues."""

    start: int = 0
    stop: int = 0
    continues: int = -1


@dataclass(frozen=True)
class _Tags:
    names: tuple[str, ...]
    outside: int
    inside: tuple[int, ...]
    scheme: bool

    def goes_on(self, before: int, after: int) -> int:
        """The label between two, or `outside`."""
        if not self.scheme:
            return before if before == after else self.outside
        (place, kind), (next_place, next_kind) = map(
            parted, (self.names[before], self.names[after])
        )
        if place in "BI" and next_place in "IE" and kind == next_kind:
            return self.inside[before]
        return self.outside


@lru_cache(maxsize=64)
def _tags(names: tuple[str, ...]) -> _Tags:
    scheme = is_scheme(names)
    places = {name: place for place, name in enumerate(names)}

    def inside(place: int, name: str) -> int:
        return places.get(f"I{name[1:]}", place) if scheme and name != "O" else place

    return _Tags(
        names,
        places.get("O", 0),
        tuple(inside(place, name) for place, name in enumerate(names)),
        scheme,
    )


def _filled(labels: list[int], tags: _Tags) -> list[int]:
    result: list[int] = []
    groups = [(known, list(some)) for known, some in groupby(labels, key=lambda one: one >= 0)]
    for number, (known, some) in enumerate(groups):
        between = 0 < number < len(groups) - 1
        if known:
            result += some
        elif between:
            result += [tags.goes_on(result[-1], groups[number + 1][1][0])] * len(some)
        else:
            result += [tags.outside] * len(some)
    return result


def _places(encoding: "Encoding", given: str | Sequence[str]) -> set[int]:
    return {
        place for token in _decided(encoding, given) for place in range(token.start, token.stop)
    }


def _decided(encoding: "Encoding", given: str | Sequence[str]) -> list[_Token]:
    if isinstance(given, str):
        return _by_characters(encoding, given)
    return _by_words(encoding, given)


def _by_words(encoding: "Encoding", pieces: Sequence[str]) -> list[_Token]:
    """The first token that reaches behind a piece's white space decides; or else the first."""
    firsts: dict[int, int] = {}
    reaching: dict[int, int] = {}
    words = encoding.word_ids
    parts = zip(words, encoding.offsets, encoding.tokens, strict=True)
    for place, (word, (_, end), token) in enumerate(parts):
        if word is None or word in reaching:
            continue
        firsts.setdefault(word, place)
        piece = pieces[word]
        if end > len(piece) - len(piece.lstrip()) and (token != _SPACE or _SPACE in piece):
            reaching[word] = place
    deciding = firsts | reaching
    result = []
    for place, word in enumerate(words):
        if word is None or place < deciding[word]:
            result.append(_Token())
        elif place == deciding[word]:
            result.append(_Token(word, word + 1))
        else:
            result.append(_Token(continues=word))
    return result


def _by_characters(encoding: "Encoding", text: str) -> list[_Token]:
    """Characters that an earlier token has are its; white space at both ends is nobody's."""
    result = []
    covered = 0
    parts = zip(encoding.special_tokens_mask, encoding.offsets, encoding.tokens, strict=True)
    for special, (start, end), token in parts:
        own = text[max(start, covered) : end]
        blank = len(own) - len(own.lstrip())
        if special or start == end or (token == _SPACE and not blank and _SPACE not in own):
            result.append(_Token())
            continue
        if not own:
            result.append(_Token(continues=end - 1))
        elif blank == len(own):
            result.append(_Token(end - blank, end))
        else:
            result.append(_Token(end - len(own) + blank, end - len(own) + len(own.rstrip())))
        covered = max(covered, end)
    return result
