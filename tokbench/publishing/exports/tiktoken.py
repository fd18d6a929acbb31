"""tiktoken: a file of ranks, and beside it the pattern and the special tokens.

tiktoken merges whichever neighbours spell the token of the lowest rank; `tokenizers` merges listed
pairs. Where each merge spells a new token and tokens have ids in the order of their merges, both do
the same, since a token that training made is made of the same two parts in every text.
"""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tokbench.chunks.patterns import GPT2
from tokbench.errors import PublishingError
from tokbench.publishing.exports.exported import Encoder, Exported, parts, refuse

_NAME = "tiktoken"
_BYTES = 256


def export(state: Mapping[str, Any], name: str) -> Exported:
    """The ranks, and a JSON file with what else `tiktoken.Encoding` wants.

    Raises:
        PublishingError: tiktoken cannot do what this tokenizer does.
    """
    for why in _reasons(state):
        refuse(_NAME, why)
    pattern = _pattern(state)
    special = {one["content"]: one["id"] for one in state["added_tokens"]}
    vocab: dict[str, int] = state["model"]["vocab"]
    ranks = {_bytes(token): rank for token, rank in vocab.items() if token not in special}
    lines = (
        base64.b64encode(token) + b" " + str(rank).encode() + b"\n"
        for token, rank in sorted(ranks.items(), key=lambda one: one[1])
    )
    settings = {"name": name, "pat_str": pattern, "special_tokens": special}
    return Exported(
        {
            f"{_NAME}/{name}.tiktoken": b"".join(lines),
            f"{_NAME}/{name}.json": (
                json.dumps(settings, ensure_ascii=False, indent=2) + "\n"
            ).encode(),
        }
    )


def encoder(exported: Exported) -> Encoder:
    """Tiktoken's own encoding by these files.

    Raises:
        PublishingError: tiktoken is not installed, or does not take the pattern.
    """
    try:
        from tiktoken import Encoding  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise PublishingError(
            "an export for tiktoken is proven by tiktoken itself: pip install 'tokbench[tiktoken]'"
        ) from error
    written, said = exported.files.values()
    settings = json.loads(said)
    pairs = (line.split() for line in written.splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    try:
        made = Encoding(
            settings["name"],
            pat_str=settings["pat_str"],
            mergeable_ranks=ranks,
            special_tokens=settings["special_tokens"],
        )
    except ValueError as error:
        refuse(_NAME, f"its pattern is none for tiktoken ({error})")
    encode: Encoder = made.encode_ordinary
    return encode


def _reasons(state: Mapping[str, Any]) -> Iterator[str]:
    """Why tiktoken cannot do the same."""
    model = state["model"]
    if model["type"] != "BPE":
        yield f"it is a {model['type']} model, and tiktoken knows byte-level BPE only"
    if found := parts(state, "normalizer"):
        yield f"it normalizes text ({found[0]['type']}), and tiktoken takes text as it is"
    yield from _wrong_cut(parts(state, "pre_tokenizer"))
    if model.get("dropout"):
        yield "it leaves out merges at random (dropout)"
    if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        yield "its tokens have a prefix or suffix, which is no bytes of the text"
    flags = ("lstrip", "rstrip", "single_word")
    for one in state["added_tokens"]:
        flag = next((flag for flag in flags if one[flag]), None)
        if flag:
            yield f"its token {one['content']!r} has {flag}, which tiktoken does not know"
    yield from _wrong_ranks(state)


def _wrong_cut(found: list[Mapping[str, Any]]) -> Iterator[str]:
    """What tiktoken cannot do of a pre-tokenizer: it has one pattern, and then bytes."""
    if not found or found[-1]["type"] != "ByteLevel":
        yield "its pre-tokenizer does not end in ByteLevel, and tiktoken merges bytes"
        return
    *before, level = found
    if level["add_prefix_space"]:
        yield "it puts a space before each text (add_prefix_space)"
    if len(before) + level["use_regex"] != 1:
        yield f"it cuts text in {len(before) + level['use_regex']} steps, tiktoken in one"
    for one in before:
        if one["type"] != "Split":
            yield f"it cuts text by {one['type']}, and tiktoken by a regular expression"
        elif one["behavior"] != "Isolated" or one["invert"]:
            yield "matches of its pattern do not stand alone (behavior), as tiktoken has it"


def _wrong_ranks(state: Mapping[str, Any]) -> Iterator[str]:
    vocab: dict[str, int] = state["model"]["vocab"]
    special = {one["content"] for one in state["added_tokens"]}
    missing = [one for one in _ALPHABET if one not in vocab]
    if missing:
        yield f"{len(missing)} of the 256 bytes have no token"
    made = [vocab.get("".join(pair), -1) for pair in _pairs(state)]
    if any(one >= following for one, following in pairwise(made)):
        yield "its tokens do not have ids in the order of their merges"
    ordinary = len([token for token in vocab if token not in special])
    if ordinary != len(made) + _BYTES - len(missing):
        yield "some of its tokens are made by no merge"


def _pairs(state: Mapping[str, Any]) -> Iterator[list[str]]:
    """The merges, which older files write as one string."""
    for one in state["model"]["merges"]:
        yield one.split(" ") if isinstance(one, str) else one


def _pattern(state: Mapping[str, Any]) -> str:
    """The regular expression that text is cut by.

    Raises:
        PublishingError: it leaves characters out, which tiktoken would drop.
    """
    first = parts(state, "pre_tokenizer")[0]
    if first["type"] == "ByteLevel":
        return GPT2
    said = first["pattern"]
    if "String" in said:
        refuse(_NAME, "it cuts text at a string, and tiktoken keeps what its pattern matches only")
    left = _left_out(said["Regex"])
    if left:
        refuse(
            _NAME,
            f"its pattern leaves out {left!r}, and tiktoken drops what its pattern does not match",
        )
    return str(said["Regex"])


def _left_out(pattern: str) -> str:
    r"""The first character that a pattern does not match where it stands alone, or nothing.

    >>> _left_out(r"\p{L}+|[\s\S]"), _left_out(r"[^\x41]+")
    ('', 'A')
    """
    from tokenizers import Regex, pre_tokenizers  # noqa: PLC0415 - the rest is plain data

    drop = pre_tokenizers.Split(Regex(pattern), "removed")
    codes = [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]
    for start in range(0, len(codes), _AT_ONCE):
        some = "".join(map(chr, codes[start : start + _AT_ONCE]))
        if drop.pre_tokenize_str(some):
            for one in some:
                if drop.pre_tokenize_str(one):
                    return one
    return ""


_AT_ONCE = 4096


def _alphabet() -> dict[str, int]:
    """ByteLevel's characters: a byte that can be seen is itself, the others follow from U+0100."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, _BYTES)]
    unseen = [byte for byte in range(_BYTES) if byte not in seen]
    moved = {chr(_BYTES + place): byte for place, byte in enumerate(unseen)}
    return {chr(byte): byte for byte in seen} | moved


_ALPHABET = _alphabet()


def _bytes(token: str) -> bytes:
    """What a token of ByteLevel's alphabet stands for."""
    return bytes(_ALPHABET[one] for one in token)
