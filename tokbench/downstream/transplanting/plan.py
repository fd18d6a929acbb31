"""From which rows of the old embedding table each row of the new one is made.

A row is *kept* where the old tokenizer writes one token for the same text in the same place; else
it is the mean of the rows of the *pieces* that the old tokenizer writes there (Fast Vocabulary
Transfer, Gee et al. 2022); what has neither is made *otherwise*. Special tokens are kept by their
roles. A token's place is where the new tokenizer writes it: behind a letter, or behind a space.

That a token of the same spelling is in the old vocabulary does not do: BERT's tokenizer never
writes its `##,`, so its row was never trained, while that of `,` was. Tokens that the new tokenizer
never writes either are kept by their spelling, so that a tokenizer keeps all of its own table.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from tokbench.downstream.transplanting.reading import PLACES, Place, alone, read
from tokbench.downstream.transplanting.roles import LIKE
from tokbench.spelling import Meaning, Spelling
from tokbench.values import Source

Row = tuple[Source, tuple[int, ...]]


@dataclass(frozen=True)
class Plan:
    """What becomes of the ids of a new tokenizer.

    Attributes:
        rows: by new id, why, and the old ids whose rows are averaged: one where it is special or
            kept, none where it is made otherwise. Ids that no token has are missing.
        size: one more than the highest new id.
        old: one more than the highest old id that the table has.
    """

    rows: Mapping[int, Row]
    size: int
    old: int

    @property
    def identical(self) -> bool:
        """Whether every token keeps its own row, and there are no others."""
        return self.size == self.old and all(ids == (new,) for new, (_, ids) in self.rows.items())

    def of(self, source: Source) -> list[int]:
        """The new ids whose rows come from there."""
        return [number for number, (why, _) in self.rows.items() if why == source]


class Side:
    """A tokenizer as two of them are compared.

    Attributes:
        tokenizer: itself, which neither pads nor cuts.
        vocabulary: all its tokens, by their ids.
        roles: the token that has a role.
        special: ids of tokens that are no text.
        meanings: of all others, by their ids.
    """

    def __init__(self, tokenizer: Tokenizer, roles: Mapping[str, str]) -> None:
        """Read its vocabulary.

        Args:
            tokenizer: which neither pads nor cuts.
            roles: its tokens that have one.
        """
        state = json.loads(tokenizer.to_str())
        self.tokenizer = tokenizer
        self.vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
        self.roles = dict(roles)
        if unk := _unk(state["model"]):
            self.roles.setdefault("unk", unk)
        added = tokenizer.get_added_tokens_decoder()
        self.special = {number for number, token in added.items() if token.special}
        self.special |= {self.vocabulary[token] for token in self.roles.values()}
        spelling = Spelling(state)
        self.meanings = {
            number: Meaning(token.encode()) if number in added else spelling.meaning(token)
            for token, number in sorted(self.vocabulary.items(), key=lambda item: item[1])
            if number not in self.special
        }

    @property
    def rows(self) -> int:
        """One more than the highest id."""
        return max(self.vocabulary.values(), default=-1) + 1


def _unk(model: Mapping[str, Any]) -> str | None:
    """The token for what a model does not know."""
    if model["type"] == "Unigram":
        place = model.get("unk_id")
        return None if place is None else str(model["vocab"][place][0])
    found = model.get("unk_token")
    return found if found in model["vocab"] else None


def plan(old: Side, new: Side, table: int) -> Plan:
    """Which old rows make each new one.

    Args:
        old: the checkpoint's tokenizer.
        new: the one that is to take its place.
        table: rows of the checkpoint's embedding table; tokens beyond it are unknown.
    """
    made: dict[int, Row] = dict(_special(old, new))
    places = dict(_places(new))
    made |= _read(old, new, places)
    left = [number for number in new.meanings if number not in made]
    made |= _spelled(old, new, left)
    guessed = {n: Place(bool(new.meanings[n].begins)) for n in left if n not in made}
    made |= _read(old, new, {n: one for n, one in guessed.items() if new.meanings[n].string})
    made |= _bytes(old, new, [number for number in left if number not in made])
    made |= {number: ("otherwise", ()) for number in left if number not in made}
    known = {
        number: (why, tuple(one for one in ids if one < table))
        for number, (why, ids) in sorted(made.items())
    }
    rows: dict[int, Row] = {n: row if row[1] else ("otherwise", ()) for n, row in known.items()}
    return Plan(rows, new.rows, min(old.rows, table))


def _special(old: Side, new: Side) -> Iterator[tuple[int, Row]]:
    """Special tokens: from the old one of the same role, of the same name, of a like role."""
    for number in new.special:
        token = str(new.tokenizer.id_to_token(number))
        mine = [role for role, one in new.roles.items() if one == token]
        named = [old.roles.get(role) for role in mine]
        named += [token if old.vocabulary.get(token, -1) in old.special else None]
        named += [old.roles.get(LIKE.get(role, "")) for role in mine]
        kept = next((one for one in named if one is not None), None)
        yield number, ("otherwise", ()) if kept is None else ("special", (old.vocabulary[kept],))


def _places(new: Side) -> Iterator[tuple[int, Place]]:
    """Where a tokenizer writes its tokens, of those that it writes for their texts alone."""
    left = {number: text for number, one in new.meanings.items() if (text := one.string)}
    left |= {
        n: "" for n, one in new.meanings.items() if one == Meaning(b"", begins=True, ends=one.ends)
    }
    for place in PLACES:
        found = read(new.tokenizer, list(left.values()), [place] * len(left))
        written = {number for number, ids in zip(left, found, strict=True) if ids == [number]}
        yield from ((number, place) for number in left if number in written)
        left = {number: text for number, text in left.items() if number not in written}


def _read(old: Side, new: Side, places: Mapping[int, Place]) -> dict[int, Row]:
    """Tokens whose texts the old tokenizer writes with tokens that it knows.

    What it joins with every letter is read alone.
    """
    texts = [new.meanings[number].string or "" for number in places]
    found = read(old.tokenizer, texts, list(places.values()))
    without = alone(old.tokenizer, texts)
    made: dict[int, Row] = {}
    for number, inside, own in zip(places, found, without, strict=True):
        ids = own if inside is None else inside
        known = tuple(one for one in ids if one in old.meanings)
        if not known:
            continue
        alike = len(ids) == 1 and old.meanings[known[0]].text == new.meanings[number].text
        made[number] = ("kept" if alike else "pieces", known)
    return made


def _spelled(old: Side, new: Side, numbers: Sequence[int]) -> dict[int, Row]:
    """Tokens that the old vocabulary has too, as far as spelling says."""
    index = _index(old)
    made: dict[int, Row] = {}
    for number in numbers:
        alike = index.get(new.meanings[number], [])
        own = old.vocabulary.get(str(new.tokenizer.id_to_token(number)), -1)
        if alike:
            made[number] = ("kept", (own if own in alike else alike[0],))
    return made


def _bytes(old: Side, new: Side, numbers: Sequence[int]) -> dict[int, Row]:
    """Parts of characters, from the tokens of their bytes."""
    index = _index(old)
    made: dict[int, Row] = {}
    for number in numbers:
        text = new.meanings[number].text
        parts = [index.get(Meaning(bytes([one]), begins=False)) for one in text]
        if text and new.meanings[number].string is None and all(parts):
            made[number] = ("pieces", tuple(part[0] for part in parts if part))
    return made


def _index(side: Side) -> dict[Meaning, list[int]]:
    """Ids by what they mean."""
    index: dict[Meaning, list[int]] = {}
    for number, meaning in side.meanings.items():
        index.setdefault(meaning, []).append(number)
    return index
