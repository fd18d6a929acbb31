"""Normalizers of `tokenizers` as SentencePiece's rules: strings of characters by others.

Each character that normalizing changes becomes a rule, and each way to write a composed character
in parts. SentencePiece replaces, from left to right, the longest rule that matches, so what
normalizing does to longer strings (marks put in order) is done as far as there is a rule for it.
"""

import json
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.normalizers import Normalizer

from tokbench.child import run_in_child

_ASSIGNED = (range(1, 0xD800), range(0xE000, 0x33480), range(0xE0000, 0xE0200))
"""Where characters are that something may change; NUL ends a rule's text and cannot be in one."""
_MOST_MARKS = 3


def compiled(parts: Sequence[Mapping[str, Any]]) -> bytes:
    """The `precompiled_charsmap` of these normalizers; empty where they change nothing."""
    return _compiled(json.dumps(list(parts))) if parts else b""


@cache
def _compiled(parts: str) -> bytes:
    found = rules(_normalizer(json.loads(parts)))
    if not found:
        return b""
    lines = (f"{_hex(text)}\t{_hex(made)}\n" for text, made in sorted(found.items()))
    made: bytes = run_in_child(_compile, "".join(lines))
    return made


def rules(normalizer: Normalizer) -> dict[str, str]:
    """What SentencePiece is to replace, and by what."""
    made = {}
    for codes in _ASSIGNED:
        for one in map(chr, codes):
            became = str(normalizer.normalize_str(one))
            if became != one:
                made[one] = became
    for text in _written_in_parts():
        became = str(normalizer.normalize_str(text))
        if became != "".join(made.get(one, one) for one in text):
            made[text] = became
    return made


def _normalizer(parts: Sequence[Mapping[str, Any]]) -> Normalizer:
    """The object that `tokenizers` makes of them."""
    whole = {"type": "Sequence", "normalizers": list(parts)}
    blank = json.loads(Tokenizer.from_str(_BLANK).to_str())
    made: Normalizer = Tokenizer.from_str(json.dumps({**blank, "normalizer": whole})).normalizer
    return made


_BLANK = json.dumps(
    {
        "version": "1.0",
        "added_tokens": [],
        "model": {"type": "WordLevel", "vocab": {}, "unk_token": ""},
    }
)


def _written_in_parts() -> Iterator[str]:
    """Every string of several characters that NFC composes into one, marks in any order."""
    for codes in _ASSIGNED:
        for one in map(chr, codes):
            base, *marks = list(unicodedata.normalize("NFD", one))
            if not marks or len(marks) > _MOST_MARKS:
                continue
            for order in permutations(marks):
                for count in range(len(marks)):
                    first = unicodedata.normalize("NFC", base + "".join(order[:count]))
                    text = first + "".join(order[count:])
                    if len(text) > 1:
                        yield text


def _hex(text: str) -> str:
    """As SentencePiece's tables write characters.

    >>> _hex("aé")
    '61 E9'
    """
    return " ".join(f"{ord(one):X}" for one in text)


def _compile(table: str) -> bytes:
    """The compiled rules, by SentencePiece itself; it talks to stderr, so this runs in a child."""
    from sentencepiece import SentencePieceNormalizer  # noqa: PLC0415 - only in the child

    with tempfile.TemporaryDirectory(prefix="tokbench-") as folder:
        path = Path(folder) / "rules.tsv"
        path.write_text(table, "ascii")
        made = SentencePieceNormalizer(rule_tsv=str(path))
    return _charsmap(made.serialized_model_proto())


def _charsmap(model: bytes) -> bytes:
    """Field 2 of field 3 of a model: the compiled rules of its normalizer."""
    return _inside(_inside(model, 3), 2)


def _inside(message: bytes, wanted: int) -> bytes:
    """A field of a message, its bytes; fields of other kinds than bytes are integers here."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        value, place = _varint(message, place)
        if key & 7 == _BYTES:
            if key >> 3 == wanted:
                return message[place : place + value]
            place += value
    raise ValueError(f"the message has no field {wanted}")


_BYTES = 2


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - more follows where the highest bit is set
            return value, place
