"""Where two tokenizers cut a text otherwise."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from tokbench.encoding.subjects import Subject
from tokbench.encoding.whole import refused
from tokbench.spelling import Meaning, Spelling, shown
from tokbench.values import Differing, OwnToken, Place, Vocabularies

Ints = NDArray[np.int64]
_DOCUMENTS = 500
"""Encoded at once."""
_AROUND = 24
"""Characters shown to each side."""
_STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_OF_MODELS = ("vocab", "merges", "dropout")
_SPACES = np.array([*range(9, 14), *range(28, 33), 133, 160, 5760, *range(8192, 8203), 8232, 8233,
                    8239, 8287, 12288], np.uint32)  # fmt: skip
"""What Python's `str.isspace` holds for white space."""


@dataclass
class _Seen:
    """A piece of text so far."""

    times: int = 0
    tokens: tuple[int, int] = (0, 0)
    unknown: tuple[int, int] = (0, 0)
    cuts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    before: str = ""
    after: str = ""


@dataclass
class _Sums:
    """Everything that is added up over documents."""

    documents: int = 0
    bytes: int = 0
    characters: int = 0
    alike: int = 0
    otherwise: int = 0
    blank: tuple[int, int] = (0, 0)
    unknown: tuple[int, int] = (0, 0)
    pieces: dict[str, _Seen] = field(default_factory=dict)
    ids: tuple[Counter[int], Counter[int]] = field(default_factory=lambda: (Counter(), Counter()))


def differing(
    first: Subject, second: Subject, documents: Iterable[str], *, top: int = 10
) -> Differing:
    """Put two tokenizers' cuts of a text side by side.

    Args:
        first: one of them.
        second: the other.
        documents: the text.
        top: how many pieces and tokens are kept of each.
    """
    both = first, second
    sums = _Sums()
    rest = iter(documents)
    while some := list(islice(rest, _DOCUMENTS)):
        encoded = []
        for one in both:
            with refused(one.name, "encode"):
                encoded.append(one.tokenizer.encode_batch(some, add_special_tokens=False))
        for text, *pair in zip(some, *encoded, strict=True):
            _add(sums, text, pair, [one.unk_id for one in both])
    places = [
        Place(text, one.times, one.tokens, one.cuts, one.before, one.after, one.unknown)
        for text, one in sums.pieces.items()
    ]
    dearer = [one for one in places if one.cost > 0]
    cheaper = [one for one in places if one.cost < 0]
    lost = [one for one in places if (one.unknown[0] > 0) != (one.unknown[1] > 0)]
    return Differing(
        names=(first.name, second.name),
        settings=tuple(_settings(*(json.loads(one.tokenizer.to_str()) for one in both))),
        documents=sums.documents,
        bytes=sums.bytes,
        tokens=(sums.ids[0].total(), sums.ids[1].total()),
        alike=sums.alike / max(sums.characters, 1),
        dearer=tuple(nlargest(top, dearer, key=lambda one: (one.cost, one.text))),
        cheaper=tuple(nlargest(top, cheaper, key=lambda one: (-one.cost, one.text))),
        costs=(sum(one.cost for one in dearer), -sum(one.cost for one in cheaper)),
        otherwise=sums.otherwise,
        lost=tuple(nlargest(top, lost, key=lambda one: (one.times, one.text))),
        blank=sums.blank,
        unknown=sums.unknown,
        vocabularies=_vocabularies(both, sums, top),
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )


def _add(sums: _Sums, text: str, pair: Sequence[Encoding], unk_ids: Sequence[int | None]) -> None:
    """Add a document."""
    letters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    spaces = np.isin(letters, _SPACES)
    begins = _words(spaces)
    places = [np.array(one.offsets, np.int64).reshape(-1, 2) for one in pair]
    there = [begins[one[:, 0]] < one[:, 1] for one in places]  # not white space alone
    starts = [begins[one[kept, 0]] for one, kept in zip(places, there, strict=True)]
    ends = [np.unique(np.append(one, [0, len(text)])) for one in starts]
    common = np.intersect1d(ends[0], ends[1], assume_unique=True)
    counts = [_per_piece(one, common) for one in starts]
    inner = [_per_piece(one[one < len(text)], common) for one in ends]
    ids = [np.array(one.ids, np.int64)[kept] for one, kept in zip(pair, there, strict=True)]
    unknown = [
        _per_piece(one[numbers == unk], common)  # nothing equals None
        for one, numbers, unk in zip(starts, ids, unk_ids, strict=True)
    ]
    alike = (counts[0] == counts[1]) & (inner[0] <= 1) & (inner[1] <= 1)
    alike &= (unknown[0] > 0) == (unknown[1] > 0)
    written = np.append(0, np.cumsum(~spaces))
    sizes = np.diff(written[common])
    sums.documents += 1
    sums.bytes += len(text.encode())
    sums.characters += int(written[-1])
    sums.alike += int(sizes[alike].sum())
    blank = [int((~kept).sum()) for kept in there]
    sums.blank = sums.blank[0] + blank[0], sums.blank[1] + blank[1]
    sums.unknown = sums.unknown[0] + int(unknown[0].sum()), sums.unknown[1] + int(unknown[1].sum())
    for number, encoding in enumerate(pair):
        sums.ids[number].update(encoding.ids)
    for at in np.flatnonzero(~alike).tolist():
        tokens = int(counts[0][at]), int(counts[1][at])
        start, end = int(common[at]), int(common[at + 1])
        sums.otherwise += tokens[0] == tokens[1]
        key = text[start:end].strip()
        seen = sums.pieces.setdefault(key, _Seen())
        if not seen.times:
            first, second = (
                _cut(text, one, unk, begins, start, end)
                for one, unk in zip(pair, unk_ids, strict=True)
            )
            seen.cuts = first, second
            seen.before = text[max(0, start - _AROUND) : start]
            behind = start + len(text[start:end].rstrip())
            seen.after = text[behind : behind + _AROUND]
        seen.times += 1
        seen.tokens = seen.tokens[0] + tokens[0], seen.tokens[1] + tokens[1]
        lost = int(unknown[0][at]), int(unknown[1][at])
        seen.unknown = seen.unknown[0] + lost[0], seen.unknown[1] + lost[1]


def _words(blank: NDArray[np.bool_]) -> Ints:
    """For each character, and the end, the first from there on that is no white space.

    >>> _words(np.array([False, True, True, False])).tolist()
    [0, 3, 3, 3, 4]
    """
    places = np.arange(len(blank) + 1)
    places[:-1][blank] = len(blank)
    return np.minimum.accumulate(places[::-1])[::-1]


def _per_piece(places: Ints, borders: Ints) -> Ints:
    """How many places lie in each piece; a border belongs to what begins there."""
    pieces = np.searchsorted(borders, places, "right") - 1
    count = len(borders) - 1
    return np.bincount(np.minimum(pieces, count - 1), minlength=count) if count > 0 else pieces[:0]


def _cut(
    text: str, encoding: Encoding, unk: int | None, begins: Ints, start: int, end: int
) -> tuple[str, ...]:
    """The tokens of a piece, as the text has them; those of one character share it.

    An unknown token goes by its name: what it stands for is lost.
    """
    return tuple(
        token.strip() if number == unk else text[first:behind].strip()
        for number, token, (first, behind) in zip(
            encoding.ids, encoding.tokens, encoding.offsets, strict=True
        )
        if start <= begins[first] < min(end, behind)
    )


def _settings(first: dict[str, Any], second: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What two pipelines have otherwise."""
    for stage in _STAGES:
        if first[stage] != second[stage]:
            yield stage, _said(first[stage]), _said(second[stage])
    models = [
        {key: value for key, value in one["model"].items() if key not in _OF_MODELS}
        for one in (first, second)
    ]
    both = models[0].keys() & models[1].keys()
    alike = models[0]["type"] == models[1]["type"]
    keys = models[0].keys() | models[1].keys() if alike else both  # else most are of one alone
    for key in sorted(keys, key=lambda key: (key != "type", key)):
        if models[0].get(key) != models[1].get(key):
            yield f"model.{key}", *(_said(one.get(key)) for one in models)  # type: ignore[misc] # two


def _said(value: Any) -> str:
    """A component by its types, anything else as JSON.

    >>> _said({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]})
    'NFC, Lowercase'
    """
    if isinstance(value, dict):
        if value["type"] == "TemplateProcessing":
            return "; ".join(" ".join(map(_place, value[name])) for name in ("single", "pair"))
        for name in ("normalizers", "pretokenizers", "processors", "decoders"):
            if name in value:
                return ", ".join(map(_said, value[name]))
        settings = [
            f"{key}={json.dumps(one, ensure_ascii=False)}"
            for key, one in value.items()
            if key not in ("type", "precompiled_charsmap") and one is not None
        ]
        return " ".join([str(value["type"]), *settings])
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _place(part: dict[str, Any]) -> str:
    """What stands somewhere in a template.

    >>> _place({"SpecialToken": {"id": "[SEP]", "type_id": 1}})
    '[SEP]:1'
    """
    said = next(iter(part.values()))
    return f"{said['id']}:{said['type_id']}" if said["type_id"] else str(said["id"])


def _vocabularies(both: tuple[Subject, Subject], sums: _Sums, top: int) -> Vocabularies:
    """What two vocabularies share, and what each has for itself."""
    meanings = [_meanings(one) for one in both]
    known = [set(map(_key, one.values())) for one in meanings]
    shared, used, own = [], [], []
    for number, (subject, learned) in enumerate(zip(both, meanings, strict=True)):
        other = known[1 - number]
        lacking = {key for key, meaning in learned.items() if _key(meaning) not in other}
        shared.append(len(learned) - len(lacking))
        times = sums.ids[number]
        of_text = sum(times[key] for key in learned)
        used.append(1 - sum(times[key] for key in lacking) / max(of_text, 1))
        most = nlargest(top, lacking & times.keys(), key=lambda key: (times[key], -key))
        own.append(tuple(_own(subject, both[1 - number], key, times[key], learned) for key in most))
    return Vocabularies(
        (len(meanings[0]), len(meanings[1])),
        (shared[0], shared[1]),
        (used[0], used[1]),
        (own[0], own[1]),
    )


def _meanings(subject: Subject) -> dict[int, Meaning]:
    """By id, what each learned token means."""
    tokenizer = subject.tokenizer
    added = tokenizer.get_added_tokens_decoder()
    spelling = Spelling(json.loads(tokenizer.to_str()))
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    return {
        number: spelling.meaning(token)
        for token, number in vocabulary.items()
        if number not in added
    }


def _key(meaning: Meaning) -> tuple[bytes, bool]:
    """What makes tokens of two vocabularies the same: their text, and a space in front of it."""
    return meaning.text, bool(meaning.begins)


def _own(
    subject: Subject, other: Subject, number: int, times: int, learned: dict[int, Meaning]
) -> OwnToken:
    """A token that the other lacks, with what that takes instead."""
    meaning = learned[number]
    instead: tuple[str, ...] = ()
    if text := meaning.string:
        encoding = other.tokenizer.encode(text, add_special_tokens=False)
        cuts = zip(encoding.tokens, encoding.offsets, strict=True)
        instead = tuple(text[start:end] or token for token, (start, end) in cuts)
    space = " " if meaning.begins else ""
    token = str(subject.tokenizer.id_to_token(number))
    return OwnToken(token, space + shown(meaning.text), times, instead)
