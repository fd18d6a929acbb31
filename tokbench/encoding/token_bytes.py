"""The bytes that each token of a vocabulary stands for."""

import json
import re
from typing import TYPE_CHECKING, Any

from tokbench.spelling import BYTES

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
    kinds = set(_types(state))
    for token, number in vocabulary.items():
        if number in added:
            continue
        if "ByteLevel" in kinds and all(one in BYTES for one in token):
            made[number] = bytes(BYTES[one] for one in token)
        elif "ByteFallback" in kinds and (found := _FALLBACK.fullmatch(token)):
            made[number] = bytes([int(found[1], 16)])
        else:
            made[number] = token.encode()
    return made


def _types(decoder: Any) -> list[str]:
    if decoder is None:
        return []
    if decoder["type"] == "Sequence":
        return [kind for part in decoder["decoders"] for kind in _types(part)]
    return [decoder["type"]]
