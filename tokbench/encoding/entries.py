"""What the entries of a vocabulary are worth: which no text produces, which are half characters.

An entry is reachable if a text that holds it encodes to it. That `encode(decode(id))` gives
something else proves nothing: WordPiece's `##er` decodes to `er`, which is another entry. So texts
are tried around it; only for BPE does the model itself decide, since what a merged token is made of
does not depend on what stands around it (`loading.merges` has the proof).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import BPE

from tokbench.encoding.loading.tiktoken import ALPHABET
from tokbench.encoding.subjects import Subject
from tokbench.values import Entries, Some

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTE_OF = {character: byte for byte, character in ALPHABET.items()}
_BYTE_TOKENS = {f"<0x{byte:02X}>": byte for byte in range(256)}
_SPACE = "\u2581"
_AROUND = ("{}", " {}", "a{}", "{}a", "1{}", ".{}", "a {} a", "\n{}", "{0}{0}")
_HEADS = 48
"""Characters tried before an entry that continues a word."""
_NEVER = {0xC0, 0xC1, *range(0xF5, 0x100)}
"""Bytes that UTF-8 never holds."""


def entries(subject: Subject, frequencies: "NDArray[np.int64] | None" = None) -> Entries:
    """Look at every entry of a vocabulary.

    Args:
        subject: whose.
        frequencies: by id, how often each was used in a text; those need no other witness.
    """
    state = json.loads(subject.tokenizer.to_str())
    added = subject.tokenizer.get_added_tokens_decoder()
    special = {number for number, one in added.items() if one.special} | set(subject.special)
    tokens = subject.tokenizer.get_vocab()
    if subject.unk_id is not None:
        special.add(subject.unk_id)
    ordinary = {text: number for text, number in tokens.items() if number not in special}
    ordinary = dict(sorted(ordinary.items(), key=lambda item: item[1]))
    as_bytes = _reader(state)
    used = _used(frequencies)
    unreachable, unwitnessed = _unreached(subject, state, ordinary, as_bytes, used)
    broken = {text: data for text in ordinary if not _is_utf8(data := as_bytes(text))}
    unused = [text for text, number in ordinary.items() if number not in used]
    forged = [one.content for number, one in added.items() if one.special
              and _forged(subject.tokenizer, one.content, number)]  # fmt: skip
    return Entries(
        ordinary=len(ordinary),
        special=len(special & set(tokens.values())),
        unreachable=Some.of(unreachable),
        unwitnessed=Some.of(unwitnessed),
        not_utf8=Some.of([data.hex(" ") for data in broken.values()]),
        fragments=sum(len(data) > 1 for data in broken.values()),
        unused=Some.of(unused if frequencies is not None else []),
        injectable=Some.of(forged),
    )


def _used(frequencies: "NDArray[np.int64] | None") -> set[int]:
    return set() if frequencies is None else set(np.flatnonzero(frequencies).tolist())


def _reader(state: dict[str, Any]) -> Callable[[str], bytes]:
    """How an entry is read as bytes: in ByteLevel's alphabet, as a byte token, or as it is."""
    parts = f"{state['pre_tokenizer']}{state['decoder']}{state['normalizer']}"
    if "'ByteLevel'" in parts:
        return lambda text: (
            bytes(_BYTE_OF[one] for one in text) if set(text) <= _BYTE_OF.keys() else text.encode()
        )
    if state["model"].get("byte_fallback"):
        return lambda text: bytes((_BYTE_TOKENS[text],)) if text in _BYTE_TOKENS else text.encode()
    return str.encode


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _forged(tokenizer: Tokenizer, content: str, number: int) -> bool:
    texts = (content, f"a {content} a", f"a{content}a")
    return any(number in tokenizer.encode(text, add_special_tokens=False).ids for text in texts)


def _unreached(
    subject: Subject,
    state: dict[str, Any],
    ordinary: dict[str, int],
    as_bytes: Callable[[str], bytes],
    used: set[int],
) -> tuple[list[str], list[str]]:
    """Entries that are proven to be unreachable, and those without a witness."""
    model = state["model"]
    left = {text: number for text, number in ordinary.items() if number not in used}
    impossible: list[str] = []
    unseen: list[str] = []
    ascii_ = {one for one in ordinary if len(one) == 1 and one.isascii()}
    if model.get("byte_fallback"):
        fallback = {text: left.pop(text) for text in _BYTE_TOKENS if text in left}
        silent = [text for text in fallback if not _falls_back(subject, fallback, text)]
        impossible = [
            text
            for text in silent
            if _BYTE_TOKENS[text] in _NEVER or chr(_BYTE_TOKENS[text]) in ascii_
        ]
        unseen = [text for text in silent if text not in impossible]
    decided = _decided(subject.tokenizer, model)
    if decided is not None:
        left = {text: number for text, number in left.items() if not decided(text)}
        if not model.get("ignore_merges"):
            return [*impossible, *left], unseen
    _witness(subject, model, left, as_bytes)
    return impossible, [*unseen, *left]


def _decided(tokenizer: Tokenizer, model: dict[str, Any]) -> Callable[[str], bool] | None:
    """Whether merging gives an entry; None for models whose merges do not say so."""
    affixes = model.get("continuing_subword_prefix") or model.get("end_of_word_suffix")
    if model["type"] != "BPE" or affixes:
        return None
    plain = tokenizer.model
    if model.get("ignore_merges"):
        plain = BPE(model["vocab"], [tuple(pair) for pair in model["merges"]])

    def gives(text: str) -> bool:
        return [one.value for one in plain.tokenize(text)] == [text]

    return gives


def _falls_back(subject: Subject, fallback: dict[str, int], token: str) -> bool:
    """Whether a character with this byte is written in bytes."""
    byte = _BYTE_TOKENS[token]
    if byte in _NEVER:
        return False
    texts = [text for code in _with_byte(byte) for text in (chr(code), f"a{chr(code)}a")]
    found = subject.tokenizer.encode_batch(texts, add_special_tokens=False)
    return any(fallback[token] in one.ids for one in found)


def _with_byte(byte: int) -> Iterable[int]:
    """Code points whose UTF-8 holds a byte: all of ASCII, a choice of the others."""
    if byte < 0x80:  # noqa: PLR2004 - ASCII
        return [byte]
    if byte < 0xC0:  # noqa: PLR2004 - continues a character
        low = byte & 0x3F
        planes = [0x80, 0x180, 0x240, 0x700, 0x800, 0xA500, 0x2D00, 0x13000, 0x1F300, 0xE000]
        return [(first & ~0x3F) | low for first in planes] + [low << 6 | 5 | 0x10000]
    if byte < 0xE0:  # noqa: PLR2004 - two bytes
        return range((byte & 0x1F) << 6, ((byte & 0x1F) + 1) << 6)
    if byte < 0xF0:  # noqa: PLR2004 - three bytes
        first = max(0x800, (byte & 0x0F) << 12)
        return [
            code for code in range(first, ((byte & 0x0F) + 1) << 12, 61) if not _surrogate(code)
        ]
    first = max(0x10000, (byte & 0x07) << 18)
    return range(first, min(0x110000, ((byte & 0x07) + 1) << 18), 4093)


def _surrogate(code: int) -> bool:
    return 0xD800 <= code < 0xE000  # noqa: PLR2004 - as Unicode has it


def _witness(
    subject: Subject,
    model: dict[str, Any],
    left: dict[str, int],
    as_bytes: Callable[[str], bytes],
) -> None:
    """Take out of `left` what some text encodes to."""
    prefix = model.get("continuing_subword_prefix") or ""
    texts = {text: _plain(as_bytes(text), model, prefix) for text in left}
    heads = _heads(subject, prefix) if prefix else []
    for around in [
        *_AROUND,
        *(head.replace("{", "{{").replace("}", "}}") + "{}" for head in heads),
    ]:
        waiting = [text for text in left if texts[text]]
        tried = [around.format(texts[text]) for text in waiting]
        for text, ids in zip(waiting, _ids(subject, tried), strict=True):
            if left[text] in ids:
                del left[text]
        if not left:
            return


def _plain(data: bytes, model: dict[str, Any], prefix: str) -> str:
    """The text that an entry stands for; half characters are left out."""
    text = data.decode(errors="ignore").replace(_SPACE, " ")
    suffix = model.get("end_of_word_suffix") or ""
    if prefix:
        text = text.removeprefix(prefix)
    return text.removesuffix(suffix) if suffix else text


def _heads(subject: Subject, prefix: str) -> list[str]:
    """Characters that begin words of the vocabulary, from all over it."""
    alone = sorted(
        text for text in subject.tokenizer.get_vocab() if len(text) == 1 and text not in prefix
    )
    return alone[:: max(1, len(alone) // _HEADS)][:_HEADS]


def _ids(subject: Subject, texts: Sequence[str]) -> list[list[int]]:
    found = subject.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    return [one.ids for one in found]
