"""What tokens mean: their text, whether a word begins with it, and whether one ends.

Vocabularies write that differently: `Ġlow` (bytes as characters), `▁low`, `low` beside `##er`,
`low</w>`.

>>> bert = Spelling({"model": {"type": "WordPiece", "continuing_subword_prefix": "##"}})
>>> bert.meaning("##er")
Meaning(text=b'er', begins=False, ends=None)
>>> gpt2 = Spelling({"model": {"type": "BPE"}, "decoder": {"type": "ByteLevel"}})
>>> gpt2.meaning("Ġlow")
Meaning(text=b'low', begins=True, ends=None)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FALLBACK = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = "▁"


def _byte_characters() -> dict[str, int]:
    """GPT-2's byte characters: printable Latin-1 stands for itself, the rest is moved up."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + shift): byte for shift, byte in enumerate(others)
    }


BYTES = _byte_characters()
"""The byte that each of those characters stands for."""
_TO_LATIN_1 = dict.fromkeys(range(256), "\uffff") | {
    ord(character): chr(byte) for character, byte in BYTES.items()
}


def unspelled(token: str) -> bytes | None:
    """What a token written in those characters stands for; None where it has others.

    >>> unspelled("Ġlow"), unspelled("a b")
    (b' low', None)
    """
    try:
        return token.translate(_TO_LATIN_1).encode("latin-1")
    except UnicodeEncodeError:
        return None


@dataclass(frozen=True)
class Meaning:
    """What a token stands for.

    Attributes:
        text: its bytes in UTF-8, without what marks words; parts of characters are possible.
        begins: whether a space, or the begin of a word, comes before; None where spelling says
            nothing of it.
        ends: the same of the end of a word.
    """

    text: bytes
    begins: bool | None = None
    ends: bool | None = None

    @property
    def string(self) -> str | None:
        """The text, None where it is no whole characters."""
        try:
            return self.text.decode()
        except UnicodeDecodeError:
            return None


def shown(data: bytes) -> str:
    r"""Text, or hexadecimal numbers where bytes are none by themselves.

    >>> shown(b"low"), shown(b"\xe2\x82")
    ('low', 'E2 82')
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.hex(" ").upper()


class Spelling:
    """How a vocabulary writes its tokens, by the parts of its tokenizer.json."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        """Read it off.

        Args:
            state: the tokenizer.json.
        """
        parts = [part for name in _PLACES for part in _flat(state.get(name))]
        model = state["model"]
        kinds = {part["type"] for part in parts}
        self.bytes = "ByteLevel" in kinds
        self._fallback = "ByteFallback" in kinds or bool(model.get("byte_fallback"))
        marks = [part["replacement"] for part in parts if part["type"] == "Metaspace"]
        if any(_writes_space(part) for part in parts):
            marks.append(_SPACE)
        self.space = marks[0] if marks else None
        self._prefix = model.get("continuing_subword_prefix") or None
        self._suffix = model.get("end_of_word_suffix") or None

    def meaning(self, token: str) -> Meaning:
        """What a learned token means."""
        if self._fallback and (found := _FALLBACK.fullmatch(token)):
            return Meaning(bytes([int(found[1], 16)]), begins=False)
        begins = ends = None
        if self._suffix:
            ends = token.endswith(self._suffix)
            token = token.removesuffix(self._suffix)
        if self._prefix:
            begins = not token.startswith(self._prefix)
            token = token.removeprefix(self._prefix)
        text = token.encode()
        if self.bytes and all(one in BYTES for one in token):
            text = bytes(BYTES[one] for one in token)
        elif self.space:
            text = token.replace(self.space, " ").encode()
        if self.bytes or self.space:
            begins = text.startswith(b" ")
            text = text.removeprefix(b" ")
        return Meaning(text, begins, ends)


_PLACES = ("normalizer", "pre_tokenizer", "decoder")


def _flat(part: Any) -> Iterator[Mapping[str, Any]]:
    """The parts of a sequence, and of the sequences in it."""
    if part is None:
        return
    inside = [
        one for name in ("normalizers", "pretokenizers", "decoders") for one in part.get(name, ())
    ]
    if part["type"] == "Sequence":
        for one in inside:
            yield from _flat(one)
    else:
        yield part


def _writes_space(part: Mapping[str, Any]) -> bool:
    """Whether a normalizer writes U+2581 for spaces, or a decoder reads it so."""
    if part["type"] == "Prepend":
        return bool(part["prepend"] == _SPACE)
    pattern = part.get("pattern", {})
    pair = (pattern.get("String"), part.get("content")) if isinstance(pattern, Mapping) else ()
    return part["type"] == "Replace" and pair in ((" ", _SPACE), (_SPACE, " "))
