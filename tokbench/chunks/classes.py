"""What kind of character each code point is, in the eyes of everything that looks at kinds.

The rules that cut documents speak of letters, numbers, punctuation and white space. They are only
right where everybody agrees what those are: Python's `unicodedata`, the regular expressions of
`tokenizers`, its `Digits`, `BertPreTokenizer` and `Punctuation`, each with a Unicode version of its
own. So there are two tables, both strict:

- **raw**: what the character itself is; OTHER where the installed `tokenizers` disagrees with
  `unicodedata`, or where nobody's rules should rest on it (controls, format characters, U+000B,
  U+0085, U+001C-001F, unassigned and private ones).
- **stable**: the same, but OTHER as well where a normalizer turns the character into another kind:
  `⒈` becomes `1.`, `İ` becomes a letter and a mark, `▁` a space. A letter may
  become letters and marks under NFD and NFKD only (`é`); where that matters the structure of the
  pipeline decides (`tokbench.chunks.structure`).

Cuts of raw documents use the stable table, since normalizers run later; a cut of text that has
been normalized already may use the raw one.
"""

import unicodedata
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from tokbench import store
from tokbench.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

OTHER, UPPER, LOWER, CASELESS, NUMBER, PUNCTUATION, SYMBOL, APOSTROPHE, MARK, WHITE = range(10)
"""The kinds. UPPER is Lu and Lt, LOWER is Ll, CASELESS is Lm and Lo; PUNCTUATION is P and the ASCII
symbols (what BERT calls punctuation) without the apostrophe, SYMBOL the other symbols."""

LETTERS = frozenset({UPPER, LOWER, CASELESS})
VISIBLE = frozenset({*LETTERS, NUMBER, PUNCTUATION, SYMBOL, APOSTROPHE})
CODE_POINTS = 0x110000

_BY_CATEGORY = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Lm": CASELESS, "Lo": CASELESS}
_BY_MAJOR = {"N": NUMBER, "P": PUNCTUATION, "S": SYMBOL, "M": MARK, "Z": WHITE}
_MAPPINGS: tuple[Callable[[str], str], ...] = (
    str.lower,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFKC", text),
)
_DECOMPOSITIONS: tuple[Callable[[str], str], ...] = (
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFKD", text),
)


@dataclass(frozen=True)
class Classes:
    """The two tables, each with one uint8 for every code point, and a name for their content."""

    raw: "NDArray[np.uint8]"
    stable: "NDArray[np.uint8]"
    identity: str


@cache
def load() -> Classes:
    """The tables for the installed Python and `tokenizers`, from the cache or built in a second."""
    path = (
        store.cache_dir() / f"classes-2-{unicodedata.unidata_version}-{version('tokenizers')}.bin"
    )
    tables = _read(path)
    if tables is None:
        tables = np.concatenate(build())
        packed = zlib.compress(tables.tobytes(), 6)
        with suppress(StoreError):  # a folder that cannot be written costs a second at every start
            store.write_bytes(path, xxhash.xxh3_128_digest(packed) + packed)
    tables.flags.writeable = False
    return Classes(
        tables[:CODE_POINTS], tables[CODE_POINTS:], xxhash.xxh3_64_hexdigest(tables.tobytes())
    )


def _read(path: "Path") -> "NDArray[np.uint8] | None":
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if xxhash.xxh3_128_digest(data[16:]) != data[:16]:
        return None
    return np.frombuffer(zlib.decompress(data[16:]), np.uint8).copy()


def build() -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
    """The raw and the stable table, from `unicodedata` and the installed `tokenizers`.

    >>> raw, stable = load().raw, load().stable
    >>> raw[[ord("é"), ord("½")]].tolist() == [LOWER, NUMBER]
    True
    >>> stable[[ord("é"), ord("½")]].tolist() == [LOWER, OTHER]
    True
    """
    raw = np.array([_kind(code) for code in range(CODE_POINTS)], np.uint8)
    for code in _disagreements(raw):
        raw[code] = OTHER
    stable = raw.copy()
    for code in _cleaned_away(stable):
        stable[code] = OTHER
    images = {
        code: seen
        for code in np.flatnonzero(stable).tolist()
        if (seen := _images(chr(code))) != ((), ())
    }
    while unstable := [
        code for code, seen in images.items() if not _keeps_kind(code, seen, stable)
    ]:  # a character that becomes an unstable one is unstable
        for code in unstable:
            stable[code] = OTHER
            del images[code]
    return raw, stable


def _kind(code: int) -> int:
    category = unicodedata.category(chr(code))
    if category in _BY_CATEGORY:
        return _BY_CATEGORY[category]
    if code == ord("'"):
        return APOSTROPHE
    if chr(code) in "\t\n\f\r":
        return WHITE
    if category[0] == "S" and code < 128:  # noqa: PLR2004 - ASCII
        return PUNCTUATION
    return _BY_MAJOR.get(category[0], OTHER)


Images = tuple[tuple[str, ...], tuple[str, ...]]


def _images(character: str) -> Images:
    """What normalizers make of a character: without, and with decomposition into marks."""
    return (
        tuple(text for change in _MAPPINGS if (text := change(character)) != character),
        tuple(text for change in _DECOMPOSITIONS if (text := change(character)) != character),
    )


def _keeps_kind(code: int, images: Images, stable: "NDArray[np.uint8]") -> bool:
    kind = _family(stable[code])
    for text in images[0]:
        if not text or any(_family(stable[ord(new)]) != kind for new in text):
            return False
    for text in images[1]:
        tail = {kind, MARK} if kind == UPPER else {kind}
        if not text or _family(stable[ord(text[0])]) != kind:
            return False
        if any(_family(stable[ord(new)]) not in tail for new in text[1:]):
            return False
    return True


def _family(kind: int) -> int:
    return UPPER if kind in LETTERS else int(kind)


def _disagreements(raw: "NDArray[np.uint8]") -> set[int]:
    """Code points whose kind some part of the installed `tokenizers` sees differently."""
    from tokenizers import Regex, pre_tokenizers  # noqa: PLC0415 - only to build the table

    def left_by(pattern: str, *kinds: int) -> set[int]:
        split = pre_tokenizers.Split(Regex(pattern), "removed")
        left = split.pre_tokenize_str(_characters(raw, kinds))
        return {ord(character) for piece, _ in left for character in piece}

    def wrong(splitter: pre_tokenizers.PreTokenizer, kinds: Iterable[int], size: int) -> set[int]:
        """Those that `splitter` does not cut into pieces of `size` among letters."""
        text = "".join(f"a{character}" for character in _characters(raw, kinds))
        pieces = [piece for piece, _ in splitter.pre_tokenize_str(text)]
        if size == 0:  # white space: nothing but the letters may be left
            return {ord(new) for piece in pieces for new in piece} - {ord("a")}
        if size == 1:
            return {ord(new) for piece in pieces if len(piece) > 1 for new in piece} - {ord("a")}
        return {ord(piece) for piece in pieces if len(piece) == 1} - {ord("a")}

    visible = (PUNCTUATION, SYMBOL, APOSTROPHE)
    plain = (*LETTERS, SYMBOL, MARK)
    found = left_by(r"[\p{Lu}\p{Lt}]+", UPPER) | left_by(r"\p{Ll}+", LOWER)
    found |= left_by(r"[\p{Lm}\p{Lo}]+", CASELESS) | left_by(r"\p{L}+", *LETTERS)
    found |= left_by(r"\p{N}+", NUMBER) | left_by(r"\s+", WHITE)
    found |= left_by(r"[^\s\p{L}\p{N}\p{M}]+", *visible) | left_by(r"[^\s\p{L}\p{N}]+", MARK)
    found |= left_by(r"\p{M}+", MARK)
    for splitter in (pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Punctuation()):
        found |= wrong(splitter, (PUNCTUATION, APOSTROPHE), 1) | wrong(
            splitter, (*plain, NUMBER), 2
        )
    found |= wrong(pre_tokenizers.Digits(individual_digits=True), (NUMBER,), 1)
    found |= wrong(pre_tokenizers.Digits(individual_digits=True), (*plain, *visible, WHITE), 2)
    for dropping in (pre_tokenizers.BertPreTokenizer(), pre_tokenizers.WhitespaceSplit()):
        found |= wrong(dropping, (WHITE,), 0)
    return found | wrong(pre_tokenizers.WhitespaceSplit(), (*plain, *visible, NUMBER), 2)


def _cleaned_away(raw: "NDArray[np.uint8]") -> set[int]:
    """Characters that a normalizer removes, or visible ones that it turns into white space.

    Among them the form feed, which BERT's cleaning takes for a control character.
    """
    from tokenizers import normalizers  # noqa: PLC0415 - only to build the table

    text = _characters(raw, (*LETTERS, NUMBER, PUNCTUATION, SYMBOL, APOSTROPHE))
    found: set[int] = set()
    clean = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False
    )
    for normalizer in (clean, normalizers.Nmt(), normalizers.StripAccents()):
        found |= set(map(ord, text)) - set(map(ord, normalizer.normalize_str(text)))
        found |= {
            ord(white)
            for white in _characters(raw, [WHITE])
            if not normalizer.normalize_str(f"a{white}a")[1:-1].isspace()
        }
    return found


def _characters(raw: "NDArray[np.uint8]", kinds: Iterable[int]) -> str:
    return "".join(map(chr, np.flatnonzero(np.isin(raw, list(kinds))).tolist()))
