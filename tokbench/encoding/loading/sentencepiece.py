"""SentencePiece's models: BPE and Unigram, with their own normalization.

`tokenizers` gives the ids of `SentencePieceProcessor.encode`, with two exceptions that no
`tokenizers.Tokenizer` can be rid of: Unigram adds scores in 64 bits where SentencePiece adds in 32,
so that of two cuts which score the same to seven digits either may win; and the characters named in
`charsmap`. What else cannot be expressed is refused.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tokbench.encoding.loading import charsmap
from tokbench.encoding.loading.merges import merges, runs
from tokbench.encoding.loading.protobuf import fields, single
from tokbench.errors import SubjectError

Json = dict[str, Any]

SPACE = "\u2581"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
_UNIGRAM, _BPE = 1, 2
_KINDS = {3: "words", 4: "characters"}
_BYTES = 256
_TINY = 1.1754943508222875e-38
"""FLT_MIN, with which SentencePiece begins to look for the highest score."""


@dataclass(frozen=True)
class Piece:
    """An entry of the vocabulary: `kind` as in SentencePiece's `Type`."""

    text: str
    score: float
    kind: int


@dataclass(frozen=True)
class Model:
    """What a .model file says that bears on ids."""

    pieces: tuple[Piece, ...]
    kind: int
    byte_fallback: bool
    suffix: bool
    compiled: bytes
    dummy_prefix: bool
    collapse: bool
    escape: bool

    def of_kind(self, *kinds: int) -> list[Piece]:
        """The pieces of some kinds, in order."""
        return [one for one in self.pieces if one.kind in kinds]

    @property
    def space(self) -> str:
        """What stands for a space in pieces."""
        return SPACE if self.escape else " "


def read(data: bytes, origin: str) -> Model:
    """The model in a file.

    Raises:
        SubjectError: it is damaged, or of a kind that `tokenizers` does not know.
    """
    try:
        pieces = []
        trainer: dict[int, Any] = {}
        rules: dict[int, Any] = {}
        for number, value in fields(data):
            if number == 1:
                said = dict(fields(_bytes(value)))
                text = _bytes(said.get(1, b"")).decode()
                score = single(said[2]) if 2 in said else 0.0  # noqa: PLR2004 - a field's number
                pieces.append(Piece(text, score, int(said.get(3, NORMAL))))
            elif number in (2, 3):
                (trainer, rules)[number - 2].update(fields(_bytes(value)))
    except (ValueError, TypeError) as error:
        raise SubjectError(f"{origin}: is no SentencePiece model, or a damaged one: {error}") from (
            error
        )
    if not pieces:
        raise SubjectError(f"{origin}: is no SentencePiece model: it holds no pieces")
    if not trainer or not rules:
        raise SubjectError(f"{origin}: ends before the settings of its model; is it cut off?")
    return Model(
        pieces=tuple(pieces),
        kind=int(trainer.get(3, _UNIGRAM)),
        byte_fallback=bool(trainer.get(35, False)),
        suffix=bool(trainer.get(24, False)),
        compiled=_bytes(rules.get(2, b"")),
        dummy_prefix=bool(rules.get(3, True)),
        collapse=bool(rules.get(4, True)),
        escape=bool(rules.get(5, True)),
    )


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a field is a number that should be a text")  # noqa: TRY004 - of the file
    return value


def convert(data: bytes, origin: str) -> tuple[Json, tuple[int, ...]]:
    """The tokenizer.json of a file, and the ids of its control, unknown and unused pieces.

    Raises:
        SubjectError: the file is damaged, or `tokenizers` cannot give its ids.
    """
    model = read(data, origin)
    _refuse(model, origin)
    cut, made = (_bpe if model.kind == _BPE else _unigram)(model, origin)
    state: Json = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": _normalizer(model, origin),
        "pre_tokenizer": cut,
        "post_processor": None,
        "decoder": _decoder(model),
        "model": made,
    }
    silent = (UNKNOWN, CONTROL, UNUSED) if model.byte_fallback else (UNKNOWN, CONTROL, UNUSED, BYTE)
    return state, tuple(n for n, one in enumerate(model.pieces) if one.kind in silent)


def _refuse(model: Model, origin: str) -> None:
    kinds = Counter(one.kind for one in model.pieces)
    texts = Counter(one.text for one in model.pieces)
    again = next((text for text, count in texts.items() if count > 1), None)
    symbols = [one.text for one in model.of_kind(USER_DEFINED)]
    single_control = any(len(one.text) == 1 for one in model.of_kind(UNKNOWN, CONTROL, BYTE))
    kind = _KINDS.get(model.kind, "something unknown")
    spaced = any(model.space in one or " " in one for one in symbols)
    reasons = {
        f"cuts into {kind}, for which tokenizers has no model: name a BPE or Unigram":
            model.kind not in (_UNIGRAM, _BPE),
        f"has {kinds[UNKNOWN]} unknown tokens where SentencePiece has one": kinds[UNKNOWN] != 1,
        "has no ordinary pieces": not kinds[NORMAL],
        f"holds the piece {again!r} twice": again is not None,
        "has a control piece of one character, which tokenizers would find in text":
            model.kind == _BPE and single_control,
        "writes spaces behind words (treat_whitespace_as_suffix), which tokenizers cannot":
            model.suffix,
        f"falls back to bytes, and holds {kinds[BYTE]} of the 256":
            model.byte_fallback and kinds[BYTE] != _BYTES,
        "is a BPE with unused pieces, which SentencePiece cuts up again and tokenizers cannot":
            model.kind == _BPE and kinds[UNUSED] > 0,
        "has user-defined symbols with spaces and drops extra spaces, which tokenizers cannot do "
        "beside each other":
            model.collapse and spaced,
    }  # fmt: skip
    for why in (why for why, so in reasons.items() if so):
        raise SubjectError(f"{origin}: {why}")


def _normalizer(model: Model, origin: str) -> Json | None:
    """What `Normalizer::Normalize` does: rules, then spaces, in its order."""
    parts: list[Json] = []
    prefix = {"type": "Prepend", "prepend": model.space}
    symbols = [one.text for one in model.of_kind(USER_DEFINED)]
    if model.dummy_prefix and not model.collapse:
        parts.append(prefix)  # before the rules: a text of which nothing stays gets it, too
    if model.compiled:
        found = charsmap.rules(model.compiled, origin)
        if found.get(model.space, model.space) not in (" ", model.space):
            raise SubjectError(f"{origin}: its rules change {model.space!r}, which means a space")
        if spaced := next((key for key, text in found.items() if "  " in text), None):
            raise SubjectError(f"{origin}: its rule for {spaced!r} gives two spaces")
        rules = charsmap.normalizer(found, symbols, origin)
        applied = charsmap.build(rules)
        if changed := next((one for one in symbols if applied.normalize_str(one) != one), None):
            raise SubjectError(
                f"{origin}: its rules would change the user-defined symbol {changed!r}, which "
                "SentencePiece keeps as it is and tokenizers cannot"
            )
        parts += rules
    if model.collapse:
        parts += [_replace(" {2,}", " "), _replace(r"\A ", "")]
    if model.escape:
        parts.append({"type": "Replace", "pattern": {"String": " "}, "content": SPACE})
    if model.collapse:
        parts += [prefix] if model.dummy_prefix else []
        parts.append(_replace(rf"{model.space}+\z", ""))
    return {"type": "Sequence", "normalizers": parts} if parts else None


def _replace(pattern: str, content: str) -> Json:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}


def _decoder(model: Model) -> Json:
    parts: list[Json] = []
    if model.escape:
        parts.append({"type": "Replace", "pattern": {"String": SPACE}, "content": " "})
    if model.byte_fallback:
        parts.append({"type": "ByteFallback"})
    parts.append({"type": "Fuse"})
    if model.dummy_prefix:
        parts.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {"type": "Sequence", "decoders": parts}


def _isolated(pattern: str, behavior: str = "Isolated") -> Json:
    return {
        "type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False,
    }  # fmt: skip


def _bpe(model: Model, origin: str) -> tuple[Json | None, Json]:
    normal = model.of_kind(NORMAL)
    longer = [one for one in normal if len(one.text) > 1]
    tied, last = _tied(longer, origin)
    by_score = sorted(normal, key=lambda one: (len(one.text) > 1, -one.score))
    ranked = (one.text for one in by_score if one.text not in tied)
    found = merges({text: rank for rank, text in enumerate(ranked)}, tied)
    if found.inexpressible is not None:
        raise SubjectError(
            f"{origin}: is no vocabulary that merging made: {found.inexpressible!r} may be spelt "
            "by pieces that score below it, which tokenizers' merges cannot say"
        )
    symbols = [one.text for one in model.of_kind(USER_DEFINED)]
    cut = None
    if symbols:
        if found.unmerged:
            raise SubjectError(
                f"{origin}: has user-defined symbols, and pieces that no merge gives "
                f"({found.unmerged[0]!r}), which tokenizers cannot tell apart"
            )
        cut = _sequence([_isolated(_longest(symbols)), *_broken(model, normal, origin)])
    return cut, {
        "type": "BPE",
        "dropout": None,
        "unk_token": model.of_kind(UNKNOWN)[0].text,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": model.byte_fallback,
        "ignore_merges": bool(symbols),
        "vocab": {one.text: number for number, one in enumerate(model.pieces)},
        "merges": [list(pair) for pair in [*found.pairs, *last]],
    }


def _tied(longer: list[Piece], origin: str) -> tuple[set[str], list[tuple[str, str]]]:
    """Pieces of the same, lowest score, and their merges: Llama's runs of spaces are such.

    Raises:
        SubjectError: other pieces share a score.
    """
    scores = Counter(one.score for one in longer)
    tied = [one for one in longer if scores[one.score] > 1]
    if not tied:
        return set(), []
    texts = {one.text for one in tied}
    symbol = tied[0].text[0]
    if {one.score for one in tied} == {min(scores)} and set("".join(texts)) == {symbol}:
        pairs = runs([len(text) for text in texts])
        if pairs is not None:
            return texts, [(symbol * left, symbol * right) for left, right in pairs]
    raise SubjectError(
        f"{origin}: gives several pieces the score of {tied[0].text!r}; SentencePiece then merges "
        "from left to right, which tokenizers cannot"
    )


def _unigram(model: Model, origin: str) -> tuple[Json | None, Json]:
    """Pieces that no text may give are named with U+0020, which no normalized text holds."""
    normal = model.of_kind(NORMAL)
    least = min(one.score for one in normal)
    most = max(_TINY, *(one.score for one in normal))
    vocab: list[list[Any]] = []
    for one in model.pieces:
        if one.kind == NORMAL:
            vocab.append([one.text, one.score])
        elif one.kind == USER_DEFINED:
            vocab.append([one.text, len(one.text.encode()) * most - 0.1])
        elif one.kind == BYTE and model.byte_fallback:
            vocab.append([one.text, least])
        else:
            vocab.append([f"{one.text} ", least])
    if not model.escape:
        raise SubjectError(
            f"{origin}: leaves spaces as they are (escape_whitespaces is off), so that tokenizers "
            "could not keep its control pieces from text"
        )
    unknown = next(n for n, one in enumerate(model.pieces) if one.kind == UNKNOWN)
    broken = _broken(model, normal, origin) if model.byte_fallback else []
    return _sequence(broken), {
        "type": "Unigram",
        "unk_id": unknown,
        "vocab": vocab,
        "byte_fallback": model.byte_fallback,
    }


def _sequence(parts: list[Json]) -> Json | None:
    if len(parts) > 1:
        return {"type": "Sequence", "pretokenizers": parts}
    return parts[0] if parts else None


def _longest(texts: list[str]) -> str:
    escaped = ("".join(rf"\x{{{ord(one):x}}}" for one in text) for text in texts)
    return "|".join(sorted(escaped, key=len, reverse=True))


def _broken(model: Model, normal: list[Piece], origin: str) -> list[Json]:
    """Cuts inside the names of pieces that no text may give, where no piece reaches across.

    `tokenizers` would take the text `<0x41>` for the piece of that name.
    """
    pairs = {text[at : at + 2] for text in (one.text for one in normal) for at in range(len(text))}
    pairs |= {
        one.text[at : at + 2] for one in model.of_kind(USER_DEFINED) for at in range(len(one.text))
    }
    characters = {one.text for one in normal if len(one.text) == 1}
    kinds = (BYTE,) if model.kind == _UNIGRAM else (BYTE, CONTROL, UNKNOWN)
    places: dict[str, None] = {}
    for one in model.of_kind(*kinds):
        for at in range(1, len(one.text)):
            left, right = one.text[at - 1], one.text[at]
            fuses = not model.byte_fallback and not {left, right} & characters
            if left + right not in pairs and not fuses:
                before, after = (_longest([part]) for part in (one.text[:at], one.text[at:]))
                places[f"(?<={before})(?={after})"] = None
                break
        else:
            raise SubjectError(
                f"{origin}: tokenizers would take the text {one.text!r} for the piece of that "
                "name, and SentencePiece does not"
            )
    return [_isolated("|".join(places))] if places else []
