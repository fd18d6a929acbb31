"""What of a text its tokens do not say, in bits: so that losing text makes no model look better.

Probabilities of tokens are those of the text only where the text follows from its tokens. Where
decoding gives the piece of text back, it does, and nothing is charged. Elsewhere (a normalizer that
lower-cases, a pre-tokenizer that drops white space, an unknown token) the text is told in addition
to the tokens. Behind every token stands what offsets say: the text that was skipped before it, and
the text that it stands for. Both are coded by how often they stood there in the training split:

- an unknown token costs 8 bits for each byte that it stands for;
- what another token stands for costs nothing where that is what the token decodes to, as often as
  it is so: `-log2` of the share of that, or of that very text, among all tokens of that id;
- text before a token likewise, by how often that text stood before that id; none is one of them.

Shares are smoothed after Witten and Bell (1991): what an id was never seen with costs `-log2` of
its share among all ids, and what was never seen at all 8 bits a byte and 8 for its end, each beside
the price of saying so.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from tokenizers import Encoding, Tokenizer

BYTE = 8.0
"""Bits of a byte of which nothing is known."""
_ITSELF = "\0"
"""In place of the text of a token that is what it decodes to."""
_LAST = -1
"""In place of the id, of text behind the last token."""


@dataclass(frozen=True)
class Lost:
    """What a piece of text costs beside its tokens.

    Attributes:
        tokens: bits for what each of its own tokens stands for, special ones left out.
        gaps: bits for text between tokens and behind them.
        unknown: how many of the bits of each are for it being unknown.
    """

    tokens: tuple[float, ...]
    gaps: float = 0.0
    unknown: tuple[float, ...] = ()

    @property
    def bits(self) -> float:
        """All of it."""
        return sum(self.tokens) + self.gaps


class _Shares:
    """How often each text stood at each id."""

    def __init__(self) -> None:
        self._at: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._all: Counter[str] = Counter()
        self._total = 0

    def see(self, number: int, text: str) -> None:
        self._at[number][text] += 1
        self._all[text] += 1
        self._total += 1

    def bits(self, number: int, text: str) -> float:
        """What it costs to say that this text stands at this id."""
        anew = 2.0 ** -(BYTE * (1 + len(text.encode())))
        kinds = len(self._all)
        share = (self._all[text] + kinds * anew) / max(self._total + kinds, 1) if kinds else anew
        at = self._at.get(number)
        if at:
            share = (at[text] + len(at) * share) / (at.total() + len(at))
        return -log2(share)


class Residue:
    """Knows what tokens of a tokenizer usually stand for, and charges the rest."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Know nothing yet.

        Args:
            tokenizer: what makes and decodes the tokens.
        """
        self._tokenizer = tokenizer
        self._unknown = unknown_id(tokenizer)
        self._own: dict[int, str] = {}
        self._texts, self._gaps = _Shares(), _Shares()

    def learn(self, texts: Sequence[str], encodings: Sequence[Encoding]) -> None:
        """Count what tokens of a training split stand for.

        Args:
            texts: the pieces.
            encodings: of each, not cut.
        """
        for text, encoding in zip(texts, encodings, strict=True):
            for number, gap, own in _parts(text, encoding):
                self._gaps.see(number, gap)
                if number not in (_LAST, self._unknown):
                    self._texts.see(number, self._told(number, own))

    def comes_back(self, text: str, encoding: Encoding) -> bool:
        """Whether the text follows from its tokens; a space in front may be the tokenizer's."""
        ids = own_ids(encoding)
        if self._unknown in ids:
            return False
        return self._tokenizer.decode(ids, skip_special_tokens=False) in (text, f" {text}")

    def of(self, text: str, encoding: Encoding) -> Lost:
        """What a piece costs beside its tokens."""
        if self.comes_back(text, encoding):
            nothing = (0.0,) * len(own_ids(encoding))
            return Lost(nothing, 0.0, nothing)
        tokens, gaps, unknown = [], 0.0, []
        for number, gap, own in _parts(text, encoding):
            gaps += self._gaps.bits(number, gap)
            if number == _LAST:
                continue
            is_unknown = number == self._unknown
            if is_unknown:
                tokens.append(BYTE * len(own.encode()))
            else:
                tokens.append(self._texts.bits(number, self._told(number, own)))
            unknown.append(tokens[-1] if is_unknown else 0.0)
        return Lost(tuple(tokens), gaps, tuple(unknown))

    def _told(self, number: int, own: str) -> str:
        if number not in self._own:
            self._own[number] = self._tokenizer.decode([number], skip_special_tokens=False).strip()
        return _ITSELF if own.strip() == self._own[number] else own


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """The id of what stands for text that the vocabulary lacks; None where nothing does."""
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    if isinstance(number := model.get("unk_id"), int):
        return number
    token = model.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)


def own_ids(encoding: Encoding) -> list[int]:
    """The ids of the text's own tokens, without what a template puts around."""
    pairs = zip(encoding.ids, encoding.special_tokens_mask, strict=True)
    return [number for number, special in pairs if not special]


def _parts(text: str, encoding: Encoding) -> Iterator[tuple[int, str, str]]:
    """Of each own token its id, the text skipped before it and its own; last what is behind.

    Together these are the text, whatever offsets overlap.
    """
    done = 0
    parts = zip(encoding.ids, encoding.offsets, encoding.special_tokens_mask, strict=True)
    for number, (start, end), special in parts:
        if special:
            continue
        begin, before = max(start, done), done
        done = max(end, done)
        yield number, text[before:begin], text[begin:done]
    yield _LAST, text[done:], ""
