"""The way of a text through a tokenizer, stage by stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Component = Mapping[str, Any]
"""A component as tokenizer.json writes it: its `type` and settings."""


@dataclass(frozen=True)
class Rewrite:
    """What a normalizer did in one place.

    Attributes:
        before: what stood there.
        after: what stands there now.
        at: where `after` begins in the text as it is now, in characters.
    """

    before: str
    after: str
    at: int


@dataclass(frozen=True)
class NormalizerStep:
    """What one normalizer gave.

    Attributes:
        component: the normalizer.
        texts: what it made of each part of the text; added tokens that are found before any
            normalizer works stand between the parts, and no normalizer sees them.
        changes: what it changed in each part.
    """

    component: Component
    texts: tuple[str, ...]
    changes: tuple[tuple[Rewrite, ...], ...]


@dataclass(frozen=True)
class Piece:
    """A part of the text that later stages see by itself.

    Attributes:
        text: as it is at this stage.
        start: of the raw text, in characters.
        end: where it ends there, exclusive.
        added: whether it is an added token, which later stages leave as it is.
    """

    text: str
    start: int
    end: int
    added: bool = False


@dataclass(frozen=True)
class PreTokenizerStep:
    """What one pre-tokenizer gave.

    Attributes:
        component: the pre-tokenizer; None for what came to the first: the normalized text, cut at
            added tokens.
        pieces: in order.
    """

    component: Component | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Merge:
    """A merge of BPE, as it was applied.

    Attributes:
        rank: its place among the model's merges, from 0.
        left: what stood there.
        right: what stood behind it.
        made: what they became.
        at: how many symbols of the pre-token stood before them.
    """

    rank: int
    left: str
    right: str
    made: str
    at: int


@dataclass(frozen=True)
class TextToken:
    """A token of the text.

    Attributes:
        id: its number.
        token: as the vocabulary writes it.
        text: what it stands for: of the raw text; or, where the vocabulary writes bytes, these, as
            hexadecimal numbers where they are a part of a character.
        start: of the raw text, in characters.
        end: where it ends there, exclusive.
        score: of Unigram, the logarithm of its probability; else None.
        unk: whether it is the unknown token.
    """

    id: int
    token: str
    text: str
    start: int
    end: int
    score: float | None = None
    unk: bool = False


@dataclass(frozen=True)
class Word:
    """What the model made of a pre-token.

    Attributes:
        piece: the pre-token.
        tokens: in order.
        symbols: of BPE, what its merges began with; else empty.
        merges: of BPE, in the order they applied.
    """

    piece: Piece
    tokens: tuple[TextToken, ...]
    symbols: tuple[str, ...] = ()
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True)
class ExplainedText:
    """One text on its way to tokens.

    Attributes:
        text: as it was given.
        parts: what the first normalizer got: the text between added tokens that are found before.
        normalizers: step by step.
        pre_tokenizers: step by step, the first before any of them.
        words: pre-tokens with their tokens; empty where there is no model yet.
    """

    text: str
    parts: tuple[str, ...]
    normalizers: tuple[NormalizerStep, ...]
    pre_tokenizers: tuple[PreTokenizerStep, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True)
class InputToken:
    """A token as a model is given it.

    Attributes:
        id: its number.
        token: as the vocabulary writes it.
        type_id: which of two texts it belongs to, as the post-processor says.
        mask: 1 where it is attended to.
        special: whether it stands for no text.
    """

    id: int
    token: str
    type_id: int
    mask: int
    special: bool


@dataclass(frozen=True)
class Explained:
    """Everything between a text, or a pair, and what a model gets.

    Attributes:
        name: of the tokenizer.
        model: its type; empty for a recipe that is not trained.
        texts: the text, and the second of a pair.
        inputs: behind the post-processor; empty without a model.
        decoded: what the ids of each text give back.
        notes: what users should know, a sentence each.
    """

    name: str
    model: str
    texts: tuple[ExplainedText, ...]
    inputs: tuple[InputToken, ...] = ()
    decoded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
