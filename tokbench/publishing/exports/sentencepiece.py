"""SentencePiece: a .model file, for BPE and Unigram whose spaces are visible.

A .model is a protocol buffer: pieces with scores and types, then the trainer's settings, then the
normalizer's. SentencePiece does not cut text before it encodes; that is the same where no token
reaches across a cut. It merges whichever neighbours spell the piece with the best score, as
`tiktoken.py` says of ranks.
"""

import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tokenizers import Tokenizer

from tokbench.publishing.exports import rules
from tokbench.publishing.exports.exported import Encoder, Exported, parts, refuse

_NAME = "sentencepiece"
SPACE = "\u2581"
_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 1, 2, 3, 4, 6
_KINDS = {"Unigram": 1, "BPE": 2}
_BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
_BYTES = 256
_CUTS = ("Metaspace", "Digits", "Punctuation")
"""Pre-tokenizers that cut by the characters beside the cut alone."""
_VARINT, _LENGTH, _FIXED = 0, 2, 5
_HIGH = 0x80


def export(state: Mapping[str, Any], name: str) -> Exported:
    """The model.

    Raises:
        PublishingError: SentencePiece cannot do what this tokenizer does.
    """
    for why in _reasons(state):
        refuse(_NAME, why)
    prefix, plain = _spaces(state)
    compiled = rules.compiled(plain)
    message = b"".join(
        [
            *(_field(1, piece) for piece in _pieces(state)),
            _field(2, _trainer(state)),
            _field(3, _normalizer(name, compiled, prefix=prefix)),
        ]
    )
    return Exported({f"{_NAME}/{name}.model": message}, tuple(_differs(state, plain)))


def encoder(exported: Exported) -> Encoder:
    """SentencePiece's own encoding by this model."""
    from sentencepiece import SentencePieceProcessor  # noqa: PLC0415 - slow to import

    (model,) = exported.files.values()
    try:
        made = SentencePieceProcessor(model_proto=model)
    except RuntimeError as error:
        refuse(_NAME, f"it does not take the model ({error})")
    encode: Encoder = made.encode
    return encode


def _reasons(state: Mapping[str, Any]) -> Iterator[str]:
    """Why SentencePiece cannot do the same."""
    model = state["model"]
    if model["type"] not in _KINDS:
        yield f"it is a {model['type']} model, and SentencePiece knows BPE and Unigram"
        return
    cuts = parts(state, "pre_tokenizer")
    foreign = next((one["type"] for one in cuts if one["type"] not in _CUTS), None)
    if foreign:
        yield f"it cuts text by {foreign}, and SentencePiece does not cut beforehand"
    yield from _wrong_spaces(state, cuts)
    if model["type"] == "BPE":
        yield from _wrong_bpe(state)
    if _unknown(state) is None:
        yield "it has no unknown token, and SentencePiece needs one"
    if model.get("byte_fallback") and sum(map(_is_byte, _vocabulary(state))) != _BYTES:
        yield "it falls back to bytes, and not all 256 have a token"
    yield from _across(state, cuts)


def _wrong_spaces(state: Mapping[str, Any], cuts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Spaces have to become U+2581, once, and nothing else may."""
    marks = [one for one in cuts if one["type"] == "Metaspace"]
    if cuts and cuts[0]["type"] != "Metaspace" and marks:
        yield f"it cuts text by {cuts[0]['type']} before spaces are written visibly"
    if any(one["replacement"] != SPACE for one in marks):
        yield f"its visible space is {marks[0]['replacement']!r}, SentencePiece's is {SPACE!r}"
    written = [one for one in parts(state, "normalizer") if _is_spaces(one)]
    if len(marks) + len(written) != 1:
        yield "it does not write spaces visibly, as SentencePiece does"
    known = ("Nmt", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents")
    others = [
        one["type"]
        for one in parts(state, "normalizer")
        if not _is_spaces(one) and not _is_prefix(one) and one["type"] not in known
    ]
    if others:
        yield f"its normalizer {others[0]} is none that rules for characters can express"


def _wrong_bpe(state: Mapping[str, Any]) -> Iterator[str]:
    model = state["model"]
    if model.get("dropout"):
        yield "it leaves out merges at random (dropout)"
    if model.get("ignore_merges"):
        yield "it takes whole words as tokens before it merges (ignore_merges)"
    if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        yield "its tokens have a prefix or suffix"
    if not model.get("byte_fallback") and not model.get("fuse_unk"):
        yield "it gives each unknown character a token (fuse_unk is off), SentencePiece a run"
    vocab = model["vocab"]
    pairs = [one.split(" ") if isinstance(one, str) else one for one in model["merges"]]
    made = [vocab.get("".join(pair), -1) for pair in pairs]
    if any(one >= following for one, following in pairwise(made)):
        yield "its tokens do not have ids in the order of their merges"
    special = {one["content"] for one in state["added_tokens"]}
    plain = [one for one in vocab if one not in special and not _is_byte(one)]
    longer = [one for one in plain if len(one) > 1]
    if len(longer) != len(made):
        yield "some of its tokens are made by no merge"


def _across(state: Mapping[str, Any], cuts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A token that reaches across a cut: SentencePiece would find it, `tokenizers` does not."""
    if not cuts:
        return
    cutter = Tokenizer.from_str(json.dumps({**state, "normalizer": None})).pre_tokenizer
    special = {one["content"] for one in state["added_tokens"]}
    for token in _vocabulary(state):
        if token in special or _BYTE_TOKEN.fullmatch(token):
            continue
        whole = token if token.startswith(SPACE) else f"{SPACE}{token}"
        if not {token, whole} & {piece for piece, _ in cutter.pre_tokenize_str(whole)}:
            yield f"its token {token!r} reaches across a cut of its pre-tokenizer"
            return


def _is_byte(token: str) -> bool:
    return _BYTE_TOKEN.fullmatch(token) is not None


def _is_spaces(part: Mapping[str, Any]) -> bool:
    wanted = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    return dict(part) == wanted


def _is_prefix(part: Mapping[str, Any]) -> bool:
    return part["type"] == "Prepend" and part["prepend"] in (SPACE, " ")


def _spaces(state: Mapping[str, Any]) -> tuple[bool, list[Mapping[str, Any]]]:
    """Whether a space is put before texts, and the normalizers without what writes spaces."""
    found = parts(state, "normalizer")
    scheme = next(
        (
            one["prepend_scheme"]
            for one in parts(state, "pre_tokenizer")
            if one["type"] == "Metaspace"
        ),
        "never",
    )
    prefix = scheme != "never" or any(map(_is_prefix, found))
    return prefix, [one for one in found if not _is_spaces(one) and not _is_prefix(one)]


def _differs(state: Mapping[str, Any], plain: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Texts of which it is known that the ids are others."""
    schemes = [one.get("prepend_scheme") for one in parts(state, "pre_tokenizer")]
    if "always" in schemes or "first" in schemes:
        yield (
            "A text that begins with a space has one more ▁ there: SentencePiece puts one before "
            "every text, this tokenizer where there is none yet"
        )
    if state["model"]["type"] == "Unigram" and state["model"].get("byte_fallback"):
        yield "A text that spells out a token of a byte, as <0x41>, is read as that byte here only"
    if any(one["type"].startswith("NF") for one in plain):
        yield (
            "Combining marks that are not in Unicode's order, or behind a character that "
            "normalizing replaces, may stay as they are there"
        )


def _vocabulary(state: Mapping[str, Any]) -> list[str]:
    """Every token in the order of its id, added ones included."""
    vocab = state["model"]["vocab"]
    if isinstance(vocab, list):
        found = [token for token, _ in vocab]
    else:
        found = sorted(vocab, key=vocab.__getitem__)
    known = set(found)
    added = sorted(state["added_tokens"], key=lambda one: int(one["id"]))
    return found + [one["content"] for one in added if one["content"] not in known]


def _unknown(state: Mapping[str, Any]) -> str | None:
    model = state["model"]
    if model["type"] == "Unigram":
        return None if model["unk_id"] is None else str(model["vocab"][model["unk_id"]][0])
    found: str | None = model["unk_token"]
    return found


def _pieces(state: Mapping[str, Any]) -> Iterator[bytes]:
    """Each token as a piece: text, score, type."""
    model = state["model"]
    unknown = _unknown(state)
    special = {one["content"]: one["special"] for one in state["added_tokens"]}
    scores = dict(model["vocab"]) if model["type"] == "Unigram" else {}
    for number, token in enumerate(_vocabulary(state)):
        kind = _NORMAL
        if token == unknown:
            kind = _UNKNOWN
        elif token in special:
            kind = _CONTROL if special[token] else _USER_DEFINED
        elif model.get("byte_fallback") and _BYTE_TOKEN.fullmatch(token):
            kind = _BYTE
        score = scores.get(token, 0.0) if scores else -float(number)
        yield _field(1, token.encode()) + _number(2, score) + _whole(3, kind)


def _trainer(state: Mapping[str, Any]) -> bytes:
    """What SentencePiece asks of the trainer's settings when it encodes."""
    unknown = _unknown(state) or ""
    every = _vocabulary(state)
    fallback = int(bool(state["model"].get("byte_fallback")))
    return b"".join(
        [
            _whole(3, _KINDS[state["model"]["type"]]),
            _whole(4, len(every)),
            _whole(35, fallback),
            _whole(40, every.index(unknown)),
            _field(45, unknown.encode()),
        ]
    )


def _normalizer(name: str, compiled: bytes, *, prefix: bool) -> bytes:
    return b"".join(
        [
            _field(1, name.encode()),
            _field(2, compiled),
            _whole(3, int(prefix)),
            _whole(4, 0),
            _whole(5, 1),
        ]
    )


def _varint(value: int) -> bytes:
    r"""An integer in groups of seven bits.

    >>> _varint(150)
    b'\x96\x01'
    """
    made = bytearray()
    while value >= _HIGH:
        made.append(value & (_HIGH - 1) | _HIGH)
        value >>= 7
    return bytes([*made, value])


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(value)) + value


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _number(number: int, value: float) -> bytes:
    return _varint(number << 3 | _FIXED) + struct.pack("<f", value)
