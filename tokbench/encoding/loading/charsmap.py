"""SentencePiece's compiled normalization rules, as parts of `tokenizers`.

SentencePiece replaces, from left to right, the longest rule that matches. `tokenizers`' own reading
of the same rules (`Precompiled`) goes by graphemes, and of each takes the shortest rule that begins
it: it loses marks behind a replaced letter, and leaves か゛ in two. What is built here instead:

1. Behind each longest match, U+E0FFF is put where the next character could be drawn to it.
2. What a newer Unicode has is replaced; NFKC (or NFC, or neither) normalizes; nothing composes
   across U+E0FFF.
3. `Precompiled`, with rules of our own for single characters, does the rest and takes U+E0FFF out.

That it is the same is checked when a model is loaded, for every code point that may be assigned and
every rule. Since
matches never touch each other across U+E0FFF, it then holds for every text without U+E0FFF and
without the few noncharacters (U+FDD0 and following) that stand in for characters which NFKC changes
and the rules do not.
"""

import base64
import struct
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from tokenizers import Regex, normalizers

from tokbench.errors import SubjectError

Json = dict[str, Any]

BETWEEN = "\U000e0fff"
"""Unassigned, ignorable: parts graphemes, and nothing composes with it."""
_PLACEHOLDERS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
_ASSIGNED = (range(0xD800), range(0xE000, 0x40000), range(0xE0000, 0xE1000))
"""Where code points are or may be assigned; what lies between, and private planes, is inert."""
_LEAF = 1 << 31
_MOST_LEFT = 64
_HAS_LEAF = 1 << 8
_LABEL = _LEAF | 0xFF


def rules(compiled: bytes, origin: str) -> dict[str, str]:
    """What a `precompiled_charsmap` replaces, and by what.

    The format is that of SentencePiece's `Normalizer::DecodePrecompiledCharsMap`: the size of a
    double array (Darts), the array, then the replacements, each ended by NUL.

    Raises:
        SubjectError: it is damaged.
    """
    try:
        (size,) = struct.unpack_from("<I", compiled)
        units = struct.unpack_from(f"<{size // 4}I", compiled, 4)
        texts = compiled[4 + size :]
        below: dict[int, list[tuple[int, int]]] = {}
        for place, unit in enumerate(units):
            if (label := unit & _LABEL) in range(1, 256):
                below.setdefault(place ^ label, []).append((label, place))
        found: dict[str, str] = {}
        waiting = [(_offset(units[0]), b"")]
        while waiting:
            base, key = waiting.pop()
            for label, place in below.get(base, ()):
                longer = key + bytes((label,))
                children = place ^ _offset(units[place])
                if units[place] & _HAS_LEAF:
                    start = units[children] & ~_LEAF
                    found[longer.decode()] = texts[start : texts.index(0, start)].decode()
                if len(longer) <= len(units):  # a damaged array may go round in circles
                    waiting.append((children, longer))
    except (struct.error, ValueError, IndexError) as error:
        raise SubjectError(f"{origin}: its normalization rules are damaged ({error})") from error
    return found


def _offset(unit: int) -> int:
    return (unit >> 10) << ((unit & (1 << 9)) >> 6)


def normalizer(found: Mapping[str, str], protected: Iterable[str], origin: str) -> list[Json]:
    """The same rules as normalizers of `tokenizers`, in order.

    Args:
        found: the rules.
        protected: user-defined symbols, which are left as they are.
        origin: whose rules they are, for errors.

    Raises:
        SubjectError: `tokenizers` cannot express them.
    """
    for form in (None, "NFC", "NFKC"):
        if parts := _in_form(found, form, protected):
            return parts
    raise SubjectError(
        f"{origin}: its normalization rules are not NFC or NFKC with changes of single characters, "
        "and tokenizers cannot express others"
    )


def _in_form(found: Mapping[str, str], form: str | None, protected: Iterable[str]) -> list[Json]:
    """The normalizers on top of a normal form; empty if it cannot be the base of these rules."""
    longer = [key for key in found if len(key) > 1]
    if not set("".join(found)) <= _known() or not _may_be(form, longer, found):
        return []
    formed = dict(zip([*_characters(), *longer], _formed(form, longer), strict=True))
    own = {
        one: found.get(one, one)
        for one in _characters()
        if formed[one] == one and found.get(one, one) != one
    }

    def made(text: str) -> str:
        return "".join(own.get(one, one) for one in formed[text])

    odd = [one for one in _characters() if formed[one] != one and made(one) != found.get(one, one)]
    if len(odd) > len(_PLACEHOLDERS):
        return []
    # letters of a newer Unicode than tokenizers knows become what they stand for beforehand
    unlike = [key for key in longer if made(key) != found[key]]
    newer = {key[0] for key in unlike} & own.keys()
    stand_ins = dict(zip(odd, _PLACEHOLDERS, strict=False))
    own |= {stand_ins[one]: found.get(one, one) for one in odd} | {BETWEEN: ""}
    parts = [_parted(longer, protected)]
    if before := stand_ins | {one: own[one] for one in newer}:
        parts.append(_precompiled(before))
    parts += [{"type": form}] if form else []
    parts.append(_precompiled(own))
    applied = build(parts[1:])
    left = [key for key in unlike if applied.normalize_str(key) != found[key]]
    if len(left) > _MOST_LEFT:
        return []
    for key in sorted(left, key=len):  # unparted, they stand only where they were matched
        replaced = {"type": "Replace", "pattern": {"String": key}, "content": found[key]}
        parts.insert(1, replaced)
    return parts if _holds(parts, found, longer) else []


def _may_be(form: str | None, longer: list[str], found: Mapping[str, str]) -> bool:
    """Whether some rules, lower-cased to be safe, are what the normal form does."""
    if form is None:
        return not longer
    normal = getattr(normalizers, form)()
    some = longer[:: max(1, len(longer) // 100)]
    return all(normal.normalize_str(key).lower() == found[key].lower() for key in some)


@cache
def _known() -> frozenset[str]:
    return frozenset(_characters())


def _formed(form: str | None, longer: list[str]) -> list[str]:
    texts = [*_characters(), *longer]
    if form is None:
        return texts
    normal = getattr(normalizers, form)()
    made: str = normal.normalize_str(BETWEEN.join(texts))
    parts = made.split(BETWEEN)
    at = texts.index(BETWEEN)  # it is a character too, and splits into two empty parts
    return [*parts[:at], BETWEEN, *parts[at + 2 :]]


def _holds(parts: list[Json], found: Mapping[str, str], longer: list[str]) -> bool:
    """Whether every code point and every rule gives what the rules say.

    A single one must not draw a letter behind it to itself, either.
    """
    made = build(parts[1:])
    single = [one for one in _characters() if one not in (BETWEEN, *_PLACEHOLDERS)]
    letter = next(one for one in "xyz字ꙮ" if found.get(one, one) == one)
    texts = [*single, *longer, *(one + letter for one in single if one in found)]
    expected = [found.get(one, one) for one in (*single, *longer)]
    expected += [found[one] + letter for one in single if one in found]
    return bool(made.normalize_str(BETWEEN.join(texts)) == "".join(expected))


def build(parts: list[Json]) -> normalizers.Sequence:
    """Normalizers that can be applied."""
    made: list[normalizers.Normalizer] = []
    for part in parts:
        if part["type"] == "Precompiled":
            made.append(normalizers.Precompiled(base64.b64decode(part["precompiled_charsmap"])))
        elif part["type"] == "Replace":
            pattern = part["pattern"]
            looked_for = Regex(pattern["Regex"]) if "Regex" in pattern else pattern["String"]
            made.append(normalizers.Replace(looked_for, part["content"]))
        else:
            made.append(getattr(normalizers, part["type"])())
    return normalizers.Sequence(made)


@cache
def _characters() -> tuple[str, ...]:
    return tuple(chr(code) for codes in _ASSIGNED for code in codes)


def _parted(longer: list[str], protected: Iterable[str]) -> Json:
    r"""Puts U+E0FFF behind every match that a character follows which could be drawn to it.

    `drawn` holds all characters but the first of every rule, so matches begin anew at every
    other character, and `\G`, the end of the match before, finds those that begin with one. The
    second character of a match is such a one as well, or what follows the match is: looking for
    that first rules out most places.
    """
    later = "[" + drawn() + _members({one for key in longer for one in key[1:]}) + "]"
    rest = "".join(_escaped(one) + "|" for one in sorted(protected, key=len, reverse=True))
    together = _trie_pattern(longer)
    units = f"(?>{rest}{together + '|' if together else ''}(?m:.))"
    pattern = rf"(?=(?m:.){later})(?:\G|(?!{later})){units}\K(?={later})"
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": BETWEEN}


@cache
def drawn() -> str:
    """Members of a character class: all that a grapheme may continue with, or that composes.

    Grapheme clusters continue with marks, joiners, emoji modifiers, tags, Hangul's vowels and
    finals, halfwidth voice marks, Thai and Lao am, and a line feed behind a carriage return.
    """
    seconds = set()
    for one in _characters():
        seconds |= set(unicodedata.normalize("NFKD", one)[1:])
    composed = {one for one in seconds if not one.isascii()}
    ranges = (
        r"\x{1100}-\x{11ff}\x{a960}-\x{a97f}\x{d7b0}-\x{d7ff}\x{ff9e}\x{ff9f}\x{1f3fb}-\x{1f3ff}"
    )
    return rf"\p{{M}}\p{{Cf}}\p{{Cn}}\n\x{{e33}}\x{{eb3}}{ranges}" + _members(composed)


def _trie_pattern(keys: Iterable[str]) -> str:
    """A regular expression for the longest of these, common endings written once."""
    trie: dict[str, Any] = {}
    for key in keys:
        node = trie
        for one in key:
            node = node.setdefault(one, {})
        node[""] = {}
    return _branches(trie)


def _branches(node: dict[str, Any]) -> str:
    alike: dict[str, set[str]] = {}
    for one, below in node.items():
        if one:
            alike.setdefault(_branches(below), set()).add(one)
    if not alike:
        return ""
    choices = "|".join(f"[{_members(heads)}]{rest}" for rest, heads in alike.items())
    return f"(?:{choices})" + ("?" if "" in node else "")


def _members(characters: Iterable[str]) -> str:
    """These as members of a character class, runs as ranges."""
    spans: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(
        rf"\x{{{first:x}}}" + (rf"-\x{{{last:x}}}" if last > first else "") for first, last in spans
    )


def _escaped(text: str) -> str:
    return "".join(rf"\x{{{ord(one):x}}}" for one in text)


def _precompiled(single: Mapping[str, str]) -> Json:
    compiled = base64.b64encode(compile_rules(single)).decode()
    return {"type": "Precompiled", "precompiled_charsmap": compiled}


def compile_rules(found: Mapping[str, str]) -> bytes:
    """Rules as SentencePiece compiles them.

    >>> rules(compile_rules({"a": "b", "é": "", "éa": "x"}), "") == {"a": "b", "é": "", "éa": "x"}
    True
    """
    texts = bytearray()
    trie: dict[int, Any] = {}
    for key, value in sorted(found.items()):
        node = trie
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = len(texts)
        texts += value.encode() + b"\0"
    units: dict[int, int] = {0: 0}
    _place(trie, 0, units, set())
    length = (max(units) | 0xFF) + 1
    array = struct.pack(f"<{length}I", *(units.get(place, 0) for place in range(length)))
    return struct.pack("<I", len(array)) + array + bytes(texts)


def _place(node: dict[int, Any], at: int, units: dict[int, int], bases: set[int]) -> None:
    """Put the children of a node where all of them find room, and say in its unit where.

    No two nodes have the same base, or the children of one would be the other's.
    """
    base = 1
    while base in bases or any(base ^ label in units for label in node):
        base += 1
    bases.add(base)
    units[at] |= (at ^ base) << 10 | (_HAS_LEAF if 0 in node else 0)
    for label, below in node.items():
        units[base ^ label] = _LEAF | below if label == 0 else label
    for label, below in node.items():
        if label:
            _place(below, base ^ label, units, bases)
