"""Post-processors: what is put around one text or a pair. Ids come from the vocabulary."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from tokenizers import processors

from tokbench.errors import TrainingError
from tokbench.spec import Named, OneOrMany, Spec

TokenId = Callable[[str], int | None]
_SEQUENCE = re.compile(r"\$(?P<sequence>[AB])?(?::(?P<type_id>\d{1,9}))?|\$(?P<short>\d{1,9})")
_TYPED = re.compile(r"(?P<token>.+):(?P<type_id>\d{1,9})", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """One piece of a template: a sequence ("A" or "B") or a special token, and its type id."""

    sequence: str | None
    token: str | None
    type_id: int

    @classmethod
    def parse(cls, text: str, tokens: tuple[str, ...] = ()) -> "Piece":
        """Read `$A`, `$B:1`, `[SEP]` or `[SEP]:1`; a name in `tokens` wins over its reading.

        >>> Piece.parse("$B:1"), Piece.parse("[SEP]:1")
        (Piece(sequence='B', token=None, type_id=1), Piece(sequence=None, token='[SEP]', type_id=1))
        >>> Piece.parse("<a:1>", ("<a:1>",)).token
        '<a:1>'
        """
        if text not in tokens and (match := _SEQUENCE.fullmatch(text)):
            type_id = int(match["type_id"] or match["short"] or 0)
            return cls(match["sequence"] or "A", None, type_id)
        if text not in tokens and (match := _TYPED.fullmatch(text)):
            return cls(None, match["token"], int(match["type_id"]))
        return cls(None, text, 0)

    def dump(self) -> dict[str, Any]:
        """As `tokenizer.json` writes it."""
        if self.sequence:
            return {"Sequence": {"id": self.sequence, "type_id": self.type_id}}
        return {"SpecialToken": {"id": self.token, "type_id": self.type_id}}


def _pieces(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(value) if isinstance(value, list) else value


Template = Annotated[
    tuple[str, ...],
    BeforeValidator(_pieces, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]


class TemplateProcessing(Spec):
    """Puts special tokens around `$A` and `$B`: `"[CLS] $A [SEP]"`; `:1` sets the type id."""

    type: Literal["TemplateProcessing"] = "TemplateProcessing"
    single: Template = ("$A",)
    pair: Template = ("$A:0", "$B:1")

    def pieces(self, field: Literal["single", "pair"], tokens: tuple[str, ...] = ()) -> list[Piece]:
        """The parsed template."""
        return [Piece.parse(text, tokens) for text in getattr(self, field)]

    def build(self, token_id: TokenId, tokens: tuple[str, ...]) -> processors.PostProcessor:
        """The `tokenizers` object, made from its state so that a token may hold a colon."""
        single, pair = self.pieces("single", tokens), self.pieces("pair", tokens)
        used = {piece.token: piece for piece in (*single, *pair) if piece.token}
        state = {
            "type": "TemplateProcessing",
            "single": [piece.dump() for piece in single],
            "pair": [piece.dump() for piece in pair],
            "special_tokens": {
                token: {"id": token, "ids": [required(token_id, token)], "tokens": [token]}
                for token in used
            },
        }
        built = processors.TemplateProcessing()
        built.__setstate__(json.dumps(state).encode())
        return built


class BertProcessing(Spec):
    """`[CLS] A [SEP] B [SEP]` with type ids, from the roles cls and sep."""

    type: Literal["BertProcessing"] = "BertProcessing"

    def build(self, cls: tuple[str, int], sep: tuple[str, int]) -> processors.PostProcessor:
        """The `tokenizers` object."""
        return processors.BertProcessing(sep, cls)


class RobertaProcessing(Spec):
    """`<s> A </s></s> B </s>`, from the roles cls and sep."""

    type: Literal["RobertaProcessing"] = "RobertaProcessing"
    trim_offsets: bool = True
    add_prefix_space: bool = True

    def build(self, cls: tuple[str, int], sep: tuple[str, int]) -> processors.PostProcessor:
        """The `tokenizers` object."""
        return processors.RobertaProcessing(
            sep, cls, trim_offsets=self.trim_offsets, add_prefix_space=self.add_prefix_space
        )


class ByteLevel(Spec):
    """Takes the space that a byte-level token begins with out of its offsets."""

    type: Literal["ByteLevel"] = "ByteLevel"
    add_prefix_space: bool = True
    trim_offsets: bool = True
    use_regex: bool = True

    def build(self) -> processors.PostProcessor:
        """The `tokenizers` object."""
        return processors.ByteLevel(
            add_prefix_space=self.add_prefix_space,
            trim_offsets=self.trim_offsets,
            use_regex=self.use_regex,
        )


PostProcessor = Annotated[
    TemplateProcessing | BertProcessing | RobertaProcessing | ByteLevel,
    Field(discriminator="type"),
    Named(),
]
PostProcessors = Annotated[tuple[PostProcessor, ...], OneOrMany()]


def build(
    specs: tuple[PostProcessor, ...],
    token_id: TokenId,
    tokens: tuple[str, ...],
    roles: dict[str, str],
) -> processors.PostProcessor | None:
    """One post-processor; a `Sequence` when there are several, None when there is none.

    Args:
        specs: what the recipe says.
        token_id: token to id, None for what is not in the vocabulary.
        tokens: every special token, for templates whose tokens look like something else.
        roles: role to token, for the two that know only cls and sep.
    """
    built: list[processors.PostProcessor] = []
    for spec in specs:
        match spec:
            case TemplateProcessing():
                built.append(spec.build(token_id, tokens))
            case BertProcessing() | RobertaProcessing():
                cls, sep = (
                    (roles[role], required(token_id, roles[role])) for role in ("cls", "sep")
                )
                built.append(spec.build(cls, sep))
            case ByteLevel():
                built.append(spec.build())
    return processors.Sequence(built) if len(built) > 1 else next(iter(built), None)


def required(token_id: TokenId, token: str) -> int:
    """The id of a special token, which must be there."""
    found = token_id(token)
    if found is None:
        raise TrainingError(f"the special token {token!r} is not in the trained vocabulary")
    return found
