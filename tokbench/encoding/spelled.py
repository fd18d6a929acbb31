"""The bytes that tokens put into a text wherever they stand."""

import json
from typing import TYPE_CHECKING

import numpy as np

from tokbench.chunks.structure import flattened
from tokbench.encoding.token_bytes import token_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

SPACE = "\u2581"
_REPLACED = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
_KNOWN = (
    ["ByteLevel"],
    ["Replace", "Fuse"],
    ["Replace", "ByteFallback", "Fuse"],
)


def spelled(
    tokenizer: "Tokenizer", unk: int | None
) -> "tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]] | None":
    """The bytes of tokens: where those of some are UTF-8 together, that is what they decode to.

    Args:
        tokenizer: whose.
        unk: its unknown token.

    Returns:
        All bytes, where those of each id begin and the last end, and of which ids they are known:
        not of the unknown token, of added tokens and of what may be taken for a byte. None if its
        decoder may do something else than join bytes.
    """
    state = json.loads(tokenizer.decoder.__getstate__()) if tokenizer.decoder is not None else None
    parts = flattened(state, "decoders") or []
    kinds = [part["type"] for part in parts]
    if kinds not in _KNOWN or (kinds[0] == "Replace" and parts[0] != _REPLACED):
        return None
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    found = token_bytes(tokenizer)
    if kinds[0] == "Replace":
        for token, number in vocabulary.items():
            if (one := found[number]) is not None and one == token.encode():
                odd = "ByteFallback" in kinds and token.startswith("<0x")
                found[number] = None if odd else token.replace(SPACE, " ").encode()
    if unk is not None:
        found[unk] = None
    bounds = np.zeros(len(found) + 1, np.int64)
    np.cumsum([len(one or b"") for one in found], out=bounds[1:])
    known = np.array([one is not None for one in found], np.bool_)
    return np.frombuffer(b"".join(one or b"" for one in found), np.uint8), bounds, known
