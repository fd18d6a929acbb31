"""What tokens put into a text, where each does so by itself."""

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tokbench.chunks.structure import flattened
from tokbench.encoding.facts import look
from tokbench.encoding.token_bytes import token_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from tokbench.encoding.structure import Json

SPACE = "\u2581"
_REPLACED = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
_STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
_IN_BYTES = (
    ["ByteLevel"],
    ["Replace", "Fuse"],
    ["Replace", "ByteFallback", "Fuse"],
)
_IN_CHARACTERS: tuple[list[str], ...] = ([], ["Metaspace"], ["WordPiece"])
_BROKEN = "\ufffd"


class Spelled(NamedTuple):
    """The bytes of tokens, by id: where those of some are UTF-8 together, they decode to that.

    A token may stand for something else at the beginning of a text: then all are there twice, first
    as they are there.

    Attributes:
        text: uint8, all bytes.
        bounds: int64, where those of each begin in it, and the last one's end.
        known: of which they are known: not of added tokens and of what may be taken for a byte.
        whole: whether they are characters by themselves, U+FFFD not among them.
        letters: int64, how many of those are letters.
        behind: how many there are before those of tokens behind others; 0 if all are there once.
    """

    text: "NDArray[np.uint8]"
    bounds: "NDArray[np.int64]"
    known: "NDArray[np.bool_]"
    whole: "NDArray[np.bool_]"
    letters: "NDArray[np.int64]"
    behind: int


def spelled(tokenizer: "Tokenizer", unk: int | None) -> Spelled | None:
    """What each token stands for.

    Args:
        tokenizer: whose.
        unk: its unknown token.

    Returns:
        None if its decoder may do something else than join what each token is.
    """
    state = json.loads(tokenizer.decoder.__getstate__()) if tokenizer.decoder is not None else None
    parts = flattened(state, "decoders")
    kinds = None if parts is None else [part["type"] for part in parts]
    if kinds in _IN_CHARACTERS:
        ids = range(len(token_bytes(tokenizer)))
        leading = _asked(tokenizer, ids, [])
        behind = _asked(tokenizer, ids, [_some(tokenizer)])
        return _made([*leading, *behind], len(leading))
    stripped = parts is not None and parts[-1] == _STRIP
    parts = parts[:-1] if parts and stripped else parts
    found = _in_bytes(tokenizer, parts or [])
    if found is None:
        return None
    if unk is not None:
        found[unk] = _asked(tokenizer, range(unk, unk + 1), [_some(tokenizer)])[0]
    if not stripped:
        return _made(found, 0)
    leading = [one.removeprefix(b" ") if one else None for one in found]
    return _made([*leading, *found], len(found))


def _in_bytes(tokenizer: "Tokenizer", decoders: "list[Json]") -> list[bytes | None] | None:
    """By id what tokens are, where these decoders join bytes; None where they may do more."""
    kinds = [one["type"] for one in decoders]
    if kinds not in _IN_BYTES or (len(kinds) > 1 and decoders[0] != _REPLACED):
        return None
    found = token_bytes(tokenizer)
    if len(kinds) > 1:
        for token, number in tokenizer.get_vocab(with_added_tokens=True).items():
            if (one := found[number]) is not None and one == token.encode():
                odd = "ByteFallback" in kinds and token.startswith("<0x")
                found[number] = None if odd else token.replace(SPACE, " ").encode()
    return found


def _some(tokenizer: "Tokenizer") -> int:
    """The lowest id that a token has."""
    return min(tokenizer.get_vocab(with_added_tokens=True).values(), default=0)


def _asked(tokenizer: "Tokenizer", ids: range, before: list[int]) -> list[bytes | None]:
    """What tokens decode to behind these others, each by itself; None where that is no text."""
    said = tokenizer.decode(before, skip_special_tokens=False)
    backs = tokenizer.decode_batch([[*before, one] for one in ids], skip_special_tokens=False)
    return [None if _BROKEN in one else one[len(said) :].encode() for one in backs]


def _made(every: list[bytes | None], behind: int) -> Spelled:
    known = np.array([one is not None for one in every], np.bool_)
    whole = np.array([one is not None and _is_text(one) for one in every], np.bool_)
    text, bounds = _joined([one or b"" for one in every])
    pairs = zip(every, whole.tolist(), strict=True)
    letters = look(*_joined([one if one and is_text else b"" for one, is_text in pairs]))[1]
    return Spelled(text, bounds, known, whole, letters, behind)


def _joined(every: list[bytes]) -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
    bounds = np.zeros(len(every) + 1, np.int64)
    np.cumsum([len(one) for one in every], out=bounds[1:])
    return np.frombuffer(b"".join(every), np.uint8), bounds


def _is_text(one: bytes) -> bool:
    try:
        return _BROKEN not in one.decode()
    except UnicodeDecodeError:
        return False
