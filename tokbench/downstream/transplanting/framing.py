"""A tokenizer with the special tokens and the frame that a checkpoint knows.

A checkpoint was trained on texts in a frame, such as `[CLS] A [SEP]`. A tokenizer that is to take
the place of its own has to give the same, with tokens of the same roles; those that it lacks are
added behind its vocabulary. Which tokens a text has in between does not change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tokenizers import AddedToken, Tokenizer

from tokbench.downstream.prepared import any_text, set_template
from tokbench.downstream.transplanting.roles import LIKE, roles
from tokbench.errors import TokbenchError

Frame = tuple[tuple[str, str, int], ...]
"""What stands around texts: ("special", token, type id), ("A", "", type id), ("B", "", type id)."""


@dataclass(frozen=True)
class Fitted:
    """A tokenizer that can take the place of a checkpoint's own.

    Attributes:
        tokenizer: itself.
        roles: the token that has a role.
        notes: what was changed, a sentence each.
    """

    tokenizer: Tokenizer
    roles: dict[str, str]
    notes: tuple[str, ...]


def plain(state: str) -> Tokenizer:
    """The tokenizer without truncation, padding and dropout."""
    tokenizer = Tokenizer.from_str(state)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    model: Any = tokenizer.model
    if getattr(model, "dropout", None):
        model.dropout = None
    return tokenizer


def fitted(
    state: str,
    config: Mapping[str, Any],
    old: Tokenizer,
    old_config: Mapping[str, Any],
    *,
    pad_id: int | None = None,
) -> Fitted:
    """Give a tokenizer what a checkpoint's own has beside its vocabulary.

    Args:
        state: its tokenizer.json.
        config: its tokenizer_config.json.
        old: the checkpoint's own tokenizer.
        old_config: the tokenizer_config.json of that.
        pad_id: the id that its padding must have, for models that count positions from it; None
            where any will do.
    """
    tokenizer = plain(state)
    theirs, mine = roles(old, old_config), roles(tokenizer, config)
    before = tokenizer.get_vocab_size()
    for role, token in theirs.items():
        if role == "unk" or role in mine:
            continue
        same = [mine[one] for one, other in theirs.items() if other == token and one in mine]
        like = [mine[LIKE[role]]] if LIKE.get(role) in mine else []
        mine[role] = (same + like or [_added(tokenizer, token)])[0]
    notes = []
    if new := tokenizer.get_vocab_size() - before:
        added = [token for token in dict.fromkeys(mine.values()) if _id(tokenizer, token) >= before]
        notes.append(f"{' '.join(added[:new])} added behind its vocabulary, as the checkpoint's")
    by_token = {theirs[role]: mine[role] for role in reversed(mine) if role in theirs}
    if said := _reframed(tokenizer, old, by_token):
        notes.append(said)
    if pad_id is not None and "pad" in mine and _id(tokenizer, mine["pad"]) != pad_id:
        there = tokenizer.id_to_token(pad_id)
        tokenizer = _exchanged(tokenizer, mine["pad"], pad_id)
        notes.append(
            f"{mine['pad']} has the id {pad_id}, and {there} that which it had: the checkpoint "
            "counts positions from the id of its padding"
        )
    return Fitted(tokenizer, mine, tuple(notes))


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    assert found is not None  # noqa: S101 - tokens with a role are there
    return found


def _added(tokenizer: Tokenizer, token: str) -> str:
    """A new special token; under another name where a piece of text is called so already."""
    names = (token, f"<|{token.strip('[]<>|').lower()}|>", f"[{token.strip('[]<>|')} of tokbench]")
    free = next(name for name in names if tokenizer.token_to_id(name) is None)
    tokenizer.add_special_tokens([AddedToken(free, special=True, normalized=False)])
    return free


def frame(tokenizer: Tokenizer, first: str, second: str | None = None) -> Frame:
    """What stands around one text, or two."""
    encoding = tokenizer.encode(first, second)
    found: list[tuple[str, str, int]] = []
    for token, sequence, kind in zip(
        encoding.tokens, encoding.sequence_ids, encoding.type_ids, strict=True
    ):
        one = ("special", token, kind) if sequence is None else ("AB"[sequence], "", kind)
        if sequence is None or one not in found:
            found.append(one)
    return tuple(found)


def is_framed(tokenizer: Tokenizer) -> bool:
    """Whether anything but texts stands in a pair."""
    return any(token for _, token, _ in frames(tokenizer)[1])


def inputs(tokenizer: Tokenizer, old_config: Mapping[str, Any]) -> list[str]:
    """What a checkpoint's models are told, as its own tokenizer's configuration says.

    Where that says nothing: which text a token is of, if its frame says that.

    Args:
        tokenizer: with the checkpoint's frame.
        old_config: the tokenizer_config.json of its own tokenizer.
    """
    kinds = {kind for _, _, kind in frames(tokenizer)[1]}
    typed = is_framed(tokenizer) and kinds != {0}
    if said := old_config.get("model_input_names"):
        typed = "token_type_ids" in said
    names = ["input_ids", "attention_mask"]
    return [names[0], "token_type_ids", names[1]] if typed else names


def frames(tokenizer: Tokenizer) -> list[Frame]:
    """What stands around any text, and around any two."""
    text = any_text(tokenizer)
    return [frame(tokenizer, text), frame(tokenizer, text, text)]


def _reframed(tokenizer: Tokenizer, old: Tokenizer, by_token: Mapping[str, str]) -> str:
    """Put the other tokenizer's frame around texts, and say so; "" where it was there."""
    wanted = [
        tuple((what, by_token.get(token, token), kind) for what, token, kind in one)
        for one in frames(old)
    ]
    for _, token, _ in wanted[1]:
        if token and tokenizer.token_to_id(token) is None:
            _added(tokenizer, token)
    if frames(tokenizer) == wanted:
        return ""
    one, two = ([_piece(*part) for part in some] for some in wanted)
    set_template(tokenizer, one, two)
    shown = [" ".join(token or what for what, token, _ in some) for some in wanted]
    return f"a text is given as {shown[0]}, a pair as {shown[1]}, as the checkpoint knows them"


def _piece(what: str, token: str, kind: int) -> dict[str, Any]:
    """A part of a frame as TemplateProcessing writes it."""
    if what == "special":
        return {"SpecialToken": {"id": token, "type_id": kind}}
    return {"Sequence": {"id": what, "type_id": kind}}


def _exchanged(tokenizer: Tokenizer, token: str, wanted: int) -> Tokenizer:
    """The same with another id for a token, whose own goes to the token that had that."""
    state = json.loads(tokenizer.to_str())
    number, other = _id(tokenizer, token), str(tokenizer.id_to_token(wanted))
    swap = {number: wanted, wanted: number}
    vocabulary = state["model"]["vocab"]
    if isinstance(vocabulary, list):
        _exchange_places(state["model"], token, number, wanted)
    else:
        vocabulary[token] = number  # a token that was added behind is one of the model's then
        state["model"]["vocab"] = {one: swap.get(at, at) for one, at in vocabulary.items()}
    for added in state["added_tokens"]:
        added["id"] = swap.get(added["id"], added["id"])
    state["added_tokens"].sort(key=lambda added: added["id"])
    _exchange_frame(state["post_processor"], swap)
    made = Tokenizer.from_str(json.dumps(state))
    if (made.token_to_id(token), made.token_to_id(other)) != (wanted, number):
        raise TokbenchError(
            f"{token} cannot have the id {wanted}, which the checkpoint counts positions from: "
            f"train a tokenizer whose {token} has it"
        )
    return made


def _exchange_places(model: dict[str, Any], token: str, number: int, wanted: int) -> None:
    """The same of Unigram, whose ids are places in a list."""
    pieces = model["vocab"]
    if number >= len(pieces):  # never cut out of a text: what added tokens are comes first
        pieces.append([token, min(score for _, score in pieces)])
        number = len(pieces) - 1
    pieces[number], pieces[wanted] = pieces[wanted], pieces[number]
    swap = {number: wanted, wanted: number}
    model["unk_id"] = swap.get(model["unk_id"], model["unk_id"])


def _exchange_frame(part: Any, swap: Mapping[int, int]) -> None:
    """The same of ids in a post-processor."""
    for one in (part or {}).get("processors", [part] if part else []):
        tokens = one.get("special_tokens")
        for known in tokens.values() if isinstance(tokens, dict) else ():
            known["ids"] = [swap.get(number, number) for number in known["ids"]]
        for name in ("cls", "sep"):
            if isinstance(one.get(name), list):
                one[name][1] = swap.get(one[name][1], one[name][1])
