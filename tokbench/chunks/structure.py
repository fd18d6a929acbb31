"""Which cuts are exact for a pipeline, read off the structure of its two first parts.

A cut is exact if pre-tokenizing the two sides gives what pre-tokenizing the whole gives. For a
normalizer followed by a chain of pre-tokenizers that holds if

1. the normalizer works on each side as it does on the whole, and does not change what kind of
   characters stand at the cut (`_NORMALIZERS`: each with what it may do);
2. some pre-tokenizer of the chain always splits there, without looking across (`_splitter`);
3. those before it neither split differently nor change the text because of the cut (`_neutral`);
4. those after it see the pieces of the whole, so they may be anything that looks at nothing but
   its piece.

Anything else is unknown, and whole documents are counted. `docs/cuts.md` has the proofs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tokbench.chunks.cut_sets import SPACES, WORDS, CutSet
from tokbench.chunks.patterns import PATTERNS

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Scanner:
    """A pre-tokenizer that can be followed by rule on text of known kinds (`counting.pieces`).

    Attributes:
        pattern: "gpt2", "cl100k", "qwen2", "o200k"; "bert" (words and single punctuation, without
            white space), "white" (what stands between white space), "whitespace" (`Whitespace`),
            "metaspace".
        digits: what `Digits` does before it: "" (there is none), "each" digit or "runs" of them.
        bytes: the words are written in ByteLevel's alphabet.
        prefix: put before a text that does not begin with it: "" or U+0020 (ByteLevel), Metaspace's
            replacement.
        replacement: what Metaspace writes for U+0020.
    """

    pattern: str
    digits: str = ""
    bytes: bool = False
    prefix: str = ""
    replacement: str = ""


@dataclass(frozen=True)
class Plan:
    """How a corpus may be cut for a pipeline, and how its chunks may be cut further."""

    cut_set: CutSet
    scanner: Scanner | None


@dataclass(frozen=True)
class _Effects:
    """What normalizers may do beyond giving characters of the same kind.

    Attributes:
        decomposes: a letter may become a letter and marks (NFD, NFKD, BERT's stripped accents).
        composes: a character and the mark after it may become one (NFC, NFKC).
        spaces: spaces at the ends may go, and appear around some letters (Strip, BERT's CJK).
    """

    decomposes: bool = False
    composes: bool = False
    spaces: bool = False


_NORMALIZERS = {
    "NFC": _Effects(composes=True),
    "NFKC": _Effects(composes=True),
    "NFD": _Effects(decomposes=True),
    "NFKD": _Effects(decomposes=True),
    "Lowercase": _Effects(),
    "StripAccents": _Effects(),
    "Nmt": _Effects(),
    "Strip": _Effects(spaces=True),
}


def plan(normalizer: Json | None, pre_tokenizer: Json | None) -> Plan | None:
    """The finest cut set known to be exact, or None: count whole documents.

    Args:
        normalizer: as `json.loads(tokenizer.to_str())["normalizer"]` gives it.
        pre_tokenizer: likewise.

    >>> found = plan({"type": "NFC"}, {"type": "ByteLevel", "use_regex": True,
    ...     "add_prefix_space": False, "trim_offsets": True})
    >>> found.cut_set.name, found.scanner.pattern
    ('words', 'gpt2')
    >>> plan(None, {"type": "Punctuation", "behavior": "Isolated"}) is None
    True
    """
    effects = _effects(normalizer)
    chain = flattened(pre_tokenizer, "pretokenizers")
    if effects is None or chain is None:
        return None
    place = next((place for place, part in enumerate(chain) if _splitter(part)), None)
    if place is None or not all(map(_neutral, chain[:place])):
        return None
    before, splitter, after = chain[:place], chain[place], chain[place + 1 :]
    if effects.spaces and (before or splitter["type"] not in _DROPPING):
        return None
    if any(map(_looks_at_offsets, after if normalizer is None else chain)):
        return None
    cut_set = WORDS if _splits_words(before, splitter, after, effects) else SPACES
    return Plan(cut_set, _scanner(before, splitter, after))


def flattened(part: Json | None, inner: str) -> list[Json] | None:
    """The parts of a Sequence, and of Sequences in it, in order; None if it is not understood.

    >>> flattened({"type": "Sequence", "normalizers": [{"type": "NFC"}]}, "normalizers")
    [{'type': 'NFC'}]
    """
    if part is None:
        return []
    if part.get("type") != "Sequence":
        return [part] if isinstance(part.get("type"), str) else None
    parts: list[Json] = []
    for member in part.get(inner, [{}]):
        members = flattened(member, inner)
        if members is None:
            return None
        parts += members
    return parts


def _effects(normalizer: Json | None) -> _Effects | None:
    parts = flattened(normalizer, "normalizers")
    if parts is None:
        return None
    found = []
    for part in parts:
        if part["type"] == "BertNormalizer":
            stripped = part.get("strip_accents")
            stripped = part.get("lowercase", True) if stripped is None else stripped
            spaces = bool(part.get("handle_chinese_chars", True))
            found.append(_Effects(decomposes=bool(stripped), spaces=spaces))
        elif part["type"] in _NORMALIZERS:
            found.append(_NORMALIZERS[part["type"]])
        else:
            return None
    return _Effects(
        decomposes=any(effects.decomposes for effects in found),
        composes=any(effects.composes for effects in found),
        spaces=any(effects.spaces for effects in found),
    )


_DROPPING = frozenset({"Whitespace", "WhitespaceSplit", "BertPreTokenizer"})
"""Pre-tokenizers that split at all white space and throw it away."""


def _pattern(part: Json) -> str | None:
    """The name of the published pattern that a pre-tokenizer splits by, if it is one."""
    if part["type"] == "ByteLevel" and part.get("use_regex", True):
        return "gpt2"
    if part["type"] != "Split" or not isinstance(part.get("pattern"), Mapping):
        return None
    # each pattern matches every text throughout, so to keep the matches is to split at them
    kept = (part.get("behavior"), bool(part.get("invert"))) in (
        ("Isolated", False),
        ("Isolated", True),
        ("Removed", True),
    )
    return PATTERNS.get(part["pattern"].get("Regex", "")) if kept else None


def _splitter(part: Json) -> bool:
    """Whether it always splits before a U+0020 that follows something visible."""
    return (
        part["type"] in _DROPPING
        or _pattern(part) is not None
        or (part["type"] == "Metaspace" and part.get("split", True) is True)
        or (part["type"] == "CharDelimiterSplit" and part.get("delimiter") == " ")
    )


def _neutral(part: Json) -> bool:
    """Whether it leaves U+0020 alone and splits two sides of a cut as it splits the whole."""
    return part["type"] in ("Digits", "Punctuation") or (
        part["type"] == "CharDelimiterSplit" and part.get("delimiter") != " "
    )


def _looks_at_offsets(part: Json) -> bool:
    """Whether it does something else where the document begins, whatever the piece it is given.

    It goes by offsets in the text before normalizing. In a chain without a normalizer, every chunk
    that does not begin a document begins with U+0020, and Metaspace leaves that one alone.
    """
    return part["type"] == "Metaspace" and part.get("prepend_scheme") == "first"


def _splits_words(before: list[Json], splitter: Json, after: list[Json], effects: _Effects) -> bool:
    """Whether the cuts of WORDS are exact as well, where those of SPACES are."""
    digits_only = all(part["type"] == "Digits" for part in before)
    if _pattern(splitter):
        prefixed = splitter["type"] == "ByteLevel" and splitter.get("add_prefix_space", True)
        return digits_only and not effects.decomposes and not prefixed
    if effects.composes or before:
        return False
    if splitter["type"] == "BertPreTokenizer":
        return True
    return splitter["type"] == "WhitespaceSplit" and bool(after) and _isolates(after[0])


def _isolates(part: Json) -> bool:
    """Whether it splits on both sides of each punctuation mark."""
    return part["type"] == "Punctuation" and part.get("behavior") in (
        "Isolated",
        "Removed",
        "Contiguous",
    )


def _scanner(before: list[Json], splitter: Json, after: list[Json]) -> Scanner | None:
    """The rules to follow, where the whole chain is one that they cover."""
    digits = ""
    if [part["type"] for part in before] == ["Digits"]:
        digits = "each" if before[0].get("individual_digits") else "runs"
    elif before:
        return None
    if (pattern := _pattern(splitter)) is None:
        return None if digits else _simple_scanner(splitter, after)
    if splitter["type"] == "ByteLevel":
        prefix = " " if splitter.get("add_prefix_space", True) else ""
        covered = not after and not (digits and prefix)
        return Scanner("gpt2", digits, bytes=True, prefix=prefix) if covered else None
    covered = len(after) <= 1 and all(map(_only_writes_bytes, after))
    return Scanner(pattern, digits, bytes=bool(after)) if covered else None


def _simple_scanner(splitter: Json, after: list[Json]) -> Scanner | None:
    """The same for a chain that begins with a splitter that goes by no pattern."""
    simple = {"BertPreTokenizer": "bert", "WhitespaceSplit": "white", "Whitespace": "whitespace"}
    kind = splitter["type"]
    if kind == "WhitespaceSplit" and [part["type"] for part in after] == ["Punctuation"]:
        return Scanner("bert") if after[0].get("behavior") == "Isolated" else None
    if after:
        return None
    if kind == "Metaspace":
        mark = splitter.get("replacement", "\u2581")
        prefix = "" if splitter.get("prepend_scheme") == "never" else mark
        return Scanner("metaspace", prefix=prefix, replacement=mark)
    return Scanner(simple[kind]) if kind in simple else None


def _only_writes_bytes(part: Json) -> bool:
    plain = not part.get("use_regex", True) and not part.get("add_prefix_space", True)
    return part["type"] == "ByteLevel" and plain
