"""The bytes that each token of a vocabulary stands for."""

import json
import re
from typing import TYPE_CHECKING, Any

from tokbench.spelling import unspelled

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_FALLBACK = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def token_bytes(tokenizer: "Tokenizer") -> list[bytes | None]:
    """By id, the bytes of a token; None for added tokens and for ids that no token has.

    They are those of GPT-2's byte characters where the decoder is ByteLevel, the byte of `<0xE2>`
    where it has ByteFallback, the token's own elsewhere.
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    made: list[bytes | None] = [None] * (max(vocabulary.values(), default=-1) + 1)
    added = tokenizer.get_added_tokens_decoder()
    decoder = tokenizer.decoder
    state = json.loads(decoder.__getstate__()) if decoder is not None else None
    kinds = _types(state)
    in_bytes, falls_back = "ByteLevel" in kinds, "ByteFallback" in kinds
    for token, number in vocabulary.items():
        if number in added:
            continue
        if in_bytes and (found := unspelled(token)) is not None:
            made[number] = found
        elif falls_back and (byte := _FALLBACK.fullmatch(token)):
            made[number] = bytes([int(byte[1], 16)])
        else:
            made[number] = token.encode()
    return made


def _types(decoder: Any) -> list[str]:
    if decoder is None:
        return []
    if decoder["type"] == "Sequence":
        return [kind for part in decoder["decoders"] for kind in _types(part)]
    return [decoder["type"]]
