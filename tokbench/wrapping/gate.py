"""The gate after training: what comes back of every kind of text, and what must never be wrong.

A tokenizer may lose text by design, as one that lower-cases does: the verdict says so. It may not
cut text elsewhere than its offsets say, run two texts into each other, miss its own special tokens,
or lose bytes in a pipeline that exists to lose none.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import regex
from tokenizers import Encoding, Tokenizer

from tokbench.errors import WrappingError
from tokbench.values import Kind, Verdict
from tokbench.wrapping import probes

_SHOWN_DIFFERENCES = 3
_AROUND = 16
_MOST_TOKENS = 64
_SHORT = 300
_SHORT_TEXTS = 30
_MARK = "▁"
_LEADING = "▁Ġ"
_SPACES = regex.compile(r"[\s▁]+")
_BYTE_TOKEN = regex.compile(r"<0x([0-9A-F]{2})>")
_SCRIPTS = (
    "Latin", "Cyrillic", "Greek", "Armenian", "Georgian", "Hebrew", "Arabic", "Devanagari",
    "Bengali", "Gurmukhi", "Gujarati", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai",
    "Lao", "Khmer", "Myanmar", "Tibetan", "Ethiopic", "Hangul", "Hiragana", "Katakana", "Han",
)  # fmt: skip
_OF_SCRIPT = [(name, regex.compile(rf"\p{{{name}}}")) for name in _SCRIPTS]


def judge(tokenizer: Tokenizer, texts: Sequence[str]) -> Verdict:
    """Try a tokenizer on probes of every script and on real documents.

    Args:
        tokenizer: as it is saved; dropout is switched off on a copy.
        texts: documents of its corpus.

    Returns:
        Whether text comes back, and where it first does not.

    Raises:
        WrappingError: offsets, pairs or special tokens are wrong, it cannot encode something, or
            bytes are lost that the normalizer and pre-tokenizer had left.
    """
    gate = _Gate(tokenizer)
    short = [text[:_SHORT] for text in texts[:_SHORT_TEXTS]]
    tried = list(dict.fromkeys((*probes.TEXTS, *probes.BYTES, *short, *texts)))
    gate.special_tokens()
    gate.pairs()
    differing: list[tuple[str, str]] = []
    normalized_only = True
    for text in tried:
        encoding = gate.encode(text)
        back = gate.back(encoding)
        if back != text:
            normalized = gate.normalized(text)
            normalized_only &= back == normalized
            gate.bytes_kept(normalized, encoding, back)
            differing.append((text, back))
        gate.offsets(text, encoding)
    differing.sort(key=lambda pair: not pair[0].strip())  # blank text shows little
    kind: Kind = "equal after normalizing" if normalized_only else "lossy by design"
    everything = "".join(texts)
    return Verdict(
        kind=kind if differing else "lossless",
        texts=len(tried),
        differing=len(differing),
        differences=tuple(_around(*pair) for pair in differing[:_SHOWN_DIFFERENCES]),
        scripts=tuple(name for name, pattern in _OF_SCRIPT if pattern.search(everything)),
    )


class _Gate:
    """One tokenizer and what its JSON says of it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        model: Any = self._tokenizer.model
        if getattr(model, "dropout", None):
            model.dropout = None
        state = json.loads(self._tokenizer.to_str())
        self._model = state["model"]
        self._added = self._tokenizer.get_added_tokens_decoder()
        self._byte_level = any(
            '"ByteLevel"' in json.dumps(state[section])
            for section in ("normalizer", "pre_tokenizer")
        )
        kind = self._model["type"]
        closed = kind == "WordLevel"
        self._keeps_bytes = not closed and (self._byte_level or self._model.get("byte_fallback"))
        unk = self._model.get("unk_token")
        if kind == "Unigram" and self._model.get("unk_id") is not None:
            unk = self._model["vocab"][self._model["unk_id"]][0]
        self._unk = unk
        self._bytes = _bytes_of_characters()

    def encode(self, text: str, second: str | None = None, *, special: bool = False) -> Encoding:
        try:
            return self._tokenizer.encode(text, second, add_special_tokens=special)
        except Exception as error:  # tokenizers raises plain Exception
            raise WrappingError(f"{_short(text)} cannot be encoded: {error}") from error

    def back(self, encoding: Encoding) -> str:
        return str(self._tokenizer.decode(encoding.ids, skip_special_tokens=False))

    def normalized(self, text: str) -> str:
        normalizer = self._tokenizer.normalizer
        return str(normalizer.normalize_str(text)) if normalizer else text

    def special_tokens(self) -> None:
        """Each is found as itself, alone and inside text, and gone when it is skipped."""
        named = dict(list(self._added.items())[:_MOST_TOKENS])
        contents = [added.content for added in self._added.values()]
        for number, added in named.items():
            text = added.content
            ids = self.encode(text).ids
            if ids != [number]:
                cut = " ".join(self.encode(text).tokens)
                raise WrappingError(f"the token {text!r} is not read as itself but as {cut!r}")
            inside = f"a{text}b {text} c.{text}"
            others = [other for other in contents if other != text and other in inside]
            if added.normalized or added.single_word or others:
                continue
            encoding = self.encode(inside)
            cuts = [
                inside[start:end].strip()
                for one, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
                if one == number
            ]
            if (times := cuts.count(text.strip())) != inside.count(text):
                raise WrappingError(f"in {inside!r} the token {text!r} is found {times} times")
        encoding = self.encode("low", special=True)
        for token, number in zip(encoding.tokens, encoding.ids, strict=True):
            if self._tokenizer.id_to_token(number) != token:
                raise WrappingError(
                    f"{token!r} is put around texts as id {number}, which is "
                    f"{self._tokenizer.id_to_token(number)!r}"
                )
        self.encode("", special=True)
        self.encode("", "", special=True)

    def pairs(self) -> None:
        """Both texts arrive whole, each of one type, with something between them if it can be."""
        for first, second in zip(probes.TEXTS, reversed(probes.TEXTS), strict=True):
            pair = self.encode(first, second, special=True)
            for sequence, text in enumerate((first, second)):
                of_text = [at for at, one in enumerate(pair.sequence_ids) if one == sequence]
                if [pair.ids[at] for at in of_text] != self.encode(text).ids:
                    raise WrappingError(f"in a pair, {_short(text)} does not arrive as it is")
                if len({pair.type_ids[at] for at in of_text}) > 1:
                    raise WrappingError(f"in a pair, {_short(text)} has more than one type id")
        single = self.encode("low", special=True)
        pair = self.encode("low", "sea", special=True)
        if any(single.special_tokens_mask) and not any(pair.special_tokens_mask):
            raise WrappingError(
                "one text gets special tokens and two get none, so nothing parts the texts of a "
                f"pair ({' '.join(pair.tokens)}); write the post_processor's pair"
            )

    def offsets(self, text: str, encoding: Encoding) -> None:
        """Each token's offsets cut out what it stands for, as far as that can be told."""
        same = len(text) <= _SHORT and self.normalized(text) == text
        local = same or (len(text) <= _SHORT and self._is_local(text))
        last = 0
        for token, number, (start, end) in zip(
            encoding.tokens, encoding.ids, encoding.offsets, strict=True
        ):
            if not 0 <= start <= end <= len(text) or (start < end and start < last):
                raise self._wrong_offsets(text, token, start, end)
            last = start if start < end else last
            piece = text[start:end]
            if not local or number in self._added or token == self._unk:
                continue
            if same and token.lstrip(_LEADING) == piece.lstrip(" "):
                continue  # as most are
            piece = piece if same else self.normalized(piece)
            if not self._stands_for(token, piece, exactly=same):
                raise self._wrong_offsets(text, token, start, end)

    def _wrong_offsets(self, text: str, token: str, start: int, end: int) -> WrappingError:
        silent = self._unk is None and not self._keeps_bytes
        why = "; characters that it does not know vanish, as it has no unknown token"
        return WrappingError(
            f"in {_short(text)} the token {token!r} has the offsets {start} to {end}, where the "
            f"text is {_short(text[start:end])}{why if silent else ''}"
        )

    def _is_local(self, text: str) -> bool:
        """Whether normalizing each character alone gives the same, so that pieces can be."""
        return "".join(map(self.normalized, text)) == self.normalized(text)

    def _stands_for(self, token: str, piece: str, *, exactly: bool) -> bool:
        """Whether a token is a piece of text, white space aside.

        Of a character that is cut into bytes each token has the whole; so it is where a character
        is normalized to several, and tokens that are several normalized to one have more.
        """
        if found := _BYTE_TOKEN.fullmatch(token):
            return int(found[1], 16) in piece.encode() or token in piece
        plain = token.removeprefix(self._model.get("continuing_subword_prefix") or "")
        plain = plain.removesuffix(self._model.get("end_of_word_suffix") or "")
        if not self._byte_level:
            own, cut = _SPACES.sub("", plain), _SPACES.sub("", piece)
            if exactly or not own or not cut:
                return own in ("", cut)
            return own in cut or cut in own
        made = self._in_bytes(plain.replace(_MARK, "")).strip()
        there = [self._in_bytes(piece.replace(_MARK, "")).strip(), piece.encode().strip()]
        if exactly and _is_text(made):
            return made in (b"", *there)
        return any(made in one or one in made for one in there)

    def _in_bytes(self, characters: str) -> bytes:
        """The bytes that ByteLevel's characters stand for; others as they are in UTF-8."""
        known = self._bytes
        return b"".join(
            bytes((known[one],)) if one in known else one.encode() for one in characters
        )

    def bytes_kept(self, normalized: str, encoding: Encoding, back: str) -> None:
        """A pipeline of bytes gives back all that normalizer and pre-tokenizer left.

        Text that spells out a byte token is another matter: a Unigram that knows none of its
        letters reads it as that byte.
        """
        if not self._keeps_bytes or any(number in self._added for number in encoding.ids):
            return
        if not self._byte_level and _BYTE_TOKEN.search(normalized):
            return
        pre_tokenizer = self._tokenizer.pre_tokenizer
        words = [normalized]
        if pre_tokenizer:
            words = [word for word, _ in pre_tokenizer.pre_tokenize_str(normalized)]
        left = "".join(words)
        if self._byte_level:
            left = self._in_bytes(left).decode("utf-8", "replace")
        left = left.replace(_MARK, " ").strip(" ")
        got = back.replace(_MARK, " ")
        if got.count(" ") < left.count(" ") or not _is_within(left.replace(" ", ""), got):
            was, came = _around(left, got.strip(" "))
            raise WrappingError(
                f"bytes are lost that a {'byte-level' if self._byte_level else 'byte_fallback'} "
                f"pipeline should keep: {was!r} comes back as {came!r}"
            )


def _bytes_of_characters() -> dict[str, int]:
    """ByteLevel's characters: a byte that can be seen is itself, the others follow from U+0100."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in seen]
    moved = {chr(0x100 + place): byte for place, byte in enumerate(others)}
    return {**{chr(byte): byte for byte in seen}, **moved}


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_within(characters: str, text: str) -> bool:
    """Whether all characters stand in a text in this order.

    >>> _is_within("ace", "abcde"), _is_within("ca", "abcde")
    (True, False)
    """
    rest: Iterator[str] = iter(text)
    return all(character in rest for character in characters)


def _around(text: str, back: str) -> tuple[str, str]:
    """Both from a little before the place where they first differ.

    >>> _around("a naïve text", "a naive text")
    ('a naïve text', 'a naive text')
    """
    pairs = zip(text, back, strict=False)
    differ = (place for place, (one, other) in enumerate(pairs) if one != other)
    place = next(differ, min(len(text), len(back)))
    cut = slice(max(0, place - _AROUND), place + _AROUND)
    return text[cut], back[cut]


def _short(text: str) -> str:
    return repr(text if len(text) <= 2 * _AROUND else text[: 2 * _AROUND] + "...")
