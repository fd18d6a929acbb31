"""Whether a tokenizer may encode documents through their chunks, read off its structure.

A document that holds no added token is normalized, pre-tokenized, and each pre-token is given to
the model by itself. `chunks.plan` says where cutting leaves the pre-tokens what they are; then the
tokens of a document are those of its chunks, one after another. `docs/cuts.md` has the proofs, of
decoding as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import regex

from tokbench.chunks import SPACED, CutSet, plan
from tokbench.chunks.structure import flattened
from tokbench.encoding.spaced import Way, way

Json = Mapping[str, Any]

NO_CUT = "no cut is known to be exact for its normalizer and pre-tokenizer"
_MODELS = frozenset({"BPE", "WordPiece", "WordLevel", "Unigram"})
_LEAVES_TOKENS = frozenset({"ByteLevel", "BertProcessing", "RobertaProcessing"})
_TOKEN_BY_TOKEN = frozenset({"Replace", "Strip", "ByteFallback"})
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True)
class Route:
    """How documents go through chunks.

    Attributes:
        cut_set: where they are cut.
        decoding: "joined" if the text of a document is that of its chunks, "first" if the first
            chunk with tokens decodes otherwise than those behind it, "whole" if more than that may
            depend on what stands around.
        joins: the normalized text of a document is that of its chunks.
        way: how chunks of SPACED are treated; None for other cut sets.
    """

    cut_set: CutSet
    decoding: Literal["joined", "first", "whole"]
    joins: bool
    way: Way | None = None


def route(state: Json) -> Route | str:
    """How a tokenizer may encode through chunks, or why it may not.

    Args:
        state: the tokenizer's JSON.
    """
    found = plan(state["normalizer"], state["pre_tokenizer"])
    model = state["model"]
    if found is None:
        spaced = way(state)
        if spaced is None or not _leaves_tokens(state["post_processor"], model):
            return NO_CUT
        return Route(SPACED, "joined", joins=True, way=spaced)
    if model.get("type") not in _MODELS:
        return f"a model of type {model.get('type')!r} may look beyond single words"
    if not _leaves_tokens(state["post_processor"], model):
        return "its post-processor may do more than add special tokens"
    normalizers = flattened(state["normalizer"], "normalizers") or []
    joins = all(part["type"] != "Strip" for part in normalizers)
    decoding = _decoding(state["decoder"], model) if joins else "whole"
    return Route(found.cut_set, decoding, joins)


def _leaves_tokens(processor: Json | None, model: Json) -> bool:
    """Whether the tokens stay what they are, as long as no special tokens are asked for.

    ByteLevel and Roberta trim the offsets of tokens that are written with white space around, by
    another rule where a text begins: that matters for the unknown token, which tells the
    characters that it stands for. Unigram writes those themselves, the other models its name.
    """
    parts = flattened(processor, "processors")
    if parts is None:
        return False
    unk = str(model.get("unk_token") or "")
    spaced = model["type"] == "Unigram" or "Ġ" in unk or any(map(str.isspace, unk))
    for part in parts:
        if part["type"] == "TemplateProcessing":
            sequences = [piece["Sequence"]["id"] for piece in part["single"] if "Sequence" in piece]
            if sequences != ["A"]:
                return False
        elif part["type"] not in _LEAVES_TOKENS or (spaced and part.get("trim_offsets")):
            return False
    return True


def _decoding(decoder: Json | None, model: Json) -> Literal["joined", "first", "whole"]:
    """What the text of a token depends on, besides the token.

    >>> _decoding({"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Strip",
    ...     "content": " ", "start": 1, "stop": 0}]}, {})
    'first'
    """
    parts = flattened(decoder, "decoders")
    if parts is None:
        return "whole"
    found: Literal["joined", "first", "whole"] = "whole"
    match [part["type"] for part in parts]:
        case [] | ["Metaspace"]:
            found = "first"
        case ["ByteLevel"]:
            found = "joined"
        case ["WordPiece"] if _keeps_letters(parts[0], model):
            found = "first"
        case [*tokens, "Fuse", "Strip"] if set(tokens) <= _TOKEN_BY_TOKEN:
            last = parts[-1]
            found = "whole" if last["stop"] or _LETTER.search(last["content"]) else "first"
        case [*tokens, "Fuse"] if set(tokens) <= _TOKEN_BY_TOKEN:
            found = "joined"
        case tokens if set(tokens) <= _TOKEN_BY_TOKEN:
            found = "joined"
    return found


def _keeps_letters(decoder: Json, model: Json) -> bool:
    """Whether a token has as many letters where a text begins as elsewhere.

    Not where its prefix has letters, or where it begins with what cleaning up shortens.
    """
    if _LETTER.search(decoder["prefix"]):
        return False
    return not decoder["cleanup"] or not any("do not" in token for token in model["vocab"])
