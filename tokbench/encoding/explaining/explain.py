"""What every stage of a tokenizer makes of a text."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from tokenizers import Encoding

from tokbench.encoding.explaining.changes import changes
from tokbench.encoding.explaining.looks import Watched
from tokbench.encoding.explaining.merges import Replay
from tokbench.encoding.subjects import Subject
from tokbench.encoding.token_bytes import token_bytes
from tokbench.encoding.whole import refused
from tokbench.errors import SubjectError
from tokbench.spelling import shown
from tokbench.values import (
    Explained,
    ExplainedText,
    InputToken,
    NormalizerStep,
    Piece,
    PreTokenizerStep,
    TextToken,
    Word,
)

MOST = 50_000
"""Characters that are explained at once."""


def explain(
    subject: Subject, text: str, pair: str | None = None, *, trained: bool = True
) -> Explained:
    """Take a text, or two, through a tokenizer, and keep what every stage gave.

    Args:
        subject: the tokenizer.
        text: what is explained.
        pair: a second text.
        trained: whether it has a model; without, the way ends at pre-tokens.

    Raises:
        SubjectError: a text is longer than anybody reads, or cannot be encoded.
    """
    given = (text,) if pair is None else (text, pair)
    for one in given:
        if len(one) > MOST:
            raise SubjectError(
                f"a text of {len(one):,} characters is too long to be explained; give a passage of "
                f"at most {MOST:,}"
            )
    guide = _Guide(subject, trained=trained)
    with refused(subject.name, "encode"):
        explained = tuple(map(guide.text, given))
    if not trained:
        return Explained(subject.name, "", explained, notes=subject.notes)
    ids = [[token.id for word in one.words for token in word.tokens] for one in explained]
    return Explained(
        subject.name,
        guide.model,
        explained,
        tuple(_inputs(subject.tokenizer.encode(text, pair))),
        tuple(subject.tokenizer.decode(one, skip_special_tokens=False) for one in ids),
        subject.notes,
    )


class _Guide:
    """Leads texts through a tokenizer.

    Attributes:
        model: its type.
    """

    def __init__(self, subject: Subject, *, trained: bool) -> None:
        self._subject, self._trained = subject, trained
        self._watched = Watched(subject.tokenizer, model=trained)
        model: dict[str, Any] = json.loads(subject.tokenizer.to_str())["model"]
        self.model: str = model["type"]
        self._replay = Replay(model) if self.model == "BPE" and trained else None
        self._scores = [score for _, score in model["vocab"]] if self.model == "Unigram" else []
        self._bytes = token_bytes(subject.tokenizer) if _in_bytes(subject) else []

    def text(self, text: str) -> ExplainedText:
        """A text by itself."""
        seen = self._watched.encode(text)
        steps = [
            NormalizerStep(component, after, tuple(map(changes, before, after)))
            for component, before, after in zip(
                self._watched.normalizers, seen.normalized, seen.normalized[1:], strict=False
            )
        ]
        cuts = [
            PreTokenizerStep(component, pieces)
            for component, pieces in zip(
                (None, *self._watched.pre_tokenizers), seen.pieces, strict=True
            )
        ]
        words = tuple(self._words(text, seen.pieces[-1])) if self._trained else ()
        return ExplainedText(text, seen.normalized[0], tuple(steps), tuple(cuts), words)

    def _words(self, text: str, pieces: tuple[Piece, ...]) -> Iterator[Word]:
        """Pre-tokens with what the model made of them, in order."""
        encoding = self._subject.tokenizer.encode(text, add_special_tokens=False)
        columns = zip(encoding.word_ids, encoding.ids, encoding.offsets, strict=True)
        made = {
            word: [self._token(text, number, offsets) for _, number, offsets in some]
            for word, some in groupby(columns, lambda one: one[0])
        }
        for number, piece in enumerate(pieces):
            tokens = tuple(made.get(number, ()))
            if self._replay is None or piece.added:
                yield Word(piece, tokens)
            else:
                replayed = self._replay(piece.text)
                yield Word(piece, tokens, replayed.symbols, replayed.merges)

    def _token(self, text: str, number: int, offsets: tuple[int, int]) -> TextToken:
        start, end = offsets
        known = self._bytes[number] if number < len(self._bytes) else None
        unk = number == self._subject.unk_id
        return TextToken(
            id=number,
            token=self._subject.tokenizer.id_to_token(number) or "",
            text=text[start:end] if known is None or unk else shown(known),
            start=start,
            end=end,
            score=self._scores[number] if number < len(self._scores) else None,
            unk=unk,
        )


def _in_bytes(subject: Subject) -> bool:
    """Whether its vocabulary writes bytes in a way of its own."""
    decoder = subject.tokenizer.decoder
    said = "" if decoder is None else decoder.__getstate__().decode()
    return '"ByteLevel"' in said or '"ByteFallback"' in said


def _inputs(encoding: Encoding) -> Iterator[InputToken]:
    columns = (
        encoding.ids,
        encoding.tokens,
        encoding.type_ids,
        encoding.attention_mask,
        encoding.special_tokens_mask,
    )
    for number, token, kind, mask, special in zip(*columns, strict=True):
        yield InputToken(number, token, kind, mask, bool(special))
