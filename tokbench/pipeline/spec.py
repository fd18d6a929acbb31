"""What a recipe says about the pipeline, and what its parts demand of each other."""

from collections.abc import Iterator
from typing import Annotated

from tokbench.errors import nearest
from tokbench.pipeline.decoders import Auto, Decoders
from tokbench.pipeline.models import BPE, BYTE_TOKENS, Model
from tokbench.pipeline.normalizers import Normalizers
from tokbench.pipeline.post_processors import (
    BertProcessing,
    PostProcessors,
    RobertaProcessing,
    TemplateProcessing,
)
from tokbench.pipeline.pre_tokenizers import PreTokenizers
from tokbench.pipeline.special_tokens import AddedToken, SpecialTokens
from tokbench.spec import AsTuple, Problem, Spec


class PipelineSpec(Spec):
    """Everything that `tokenizers.Tokenizer` is assembled from, but the trained vocabulary."""

    normalizer: Normalizers = ()
    pre_tokenizer: PreTokenizers = ()
    model: Model
    special_tokens: SpecialTokens = SpecialTokens()
    added_tokens: Annotated[tuple[AddedToken, ...], AsTuple] = ()
    post_processor: PostProcessors = ()
    decoder: Decoders = (Auto(),)

    @property
    def template_tokens(self) -> tuple[str, ...]:
        """Every token that a template may name."""
        added = tuple(token.content for token in self.added_tokens if token.special)
        return self.special_tokens.contents() + added

    @property
    def byte_level(self) -> bool:
        """Whether text is written with the 256 byte characters."""
        return any(part.type == "ByteLevel" for part in (*self.normalizer, *self.pre_tokenizer))

    @property
    def byte_fallback(self) -> bool:
        """Whether unknown characters are written with the 256 `<0xNN>` tokens."""
        return bool(getattr(self.model, "byte_fallback", False))


def problems(spec: PipelineSpec) -> Iterator[Problem]:
    """What no single field shows: tokens named twice or not at all, roles that are missing."""
    yield from _repeated_tokens(spec)
    for path, token in spec.special_tokens.by_path():
        if spec.byte_fallback and token.content in BYTE_TOKENS:
            yield Problem(
                ("special_tokens", *path),
                f"{token.content!r} is a byte token of byte_fallback; give it another text",
            )
    if spec.special_tokens.unk is None and not isinstance(spec.model, BPE):
        yield Problem(
            ("special_tokens",),
            f"a {spec.model.type} model needs an unknown token: "
            'add it in its place in the order of ids, for example unk: "[UNK]"',
        )
    for position, part in enumerate(spec.post_processor):
        path = ("post_processor", position)
        if isinstance(part, TemplateProcessing):
            yield from _template_problems(spec, part, path)
        elif isinstance(part, BertProcessing | RobertaProcessing):
            for role in ("cls", "sep"):
                if getattr(spec.special_tokens, role) is None:
                    yield Problem(path, f"{part.type} needs special_tokens.{role}, which is absent")
    if len(spec.decoder) > 1 and any(isinstance(part, Auto) for part in spec.decoder):
        yield Problem(("decoder",), "auto stands alone: write the whole decoder, or auto only")


def _repeated_tokens(spec: PipelineSpec) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    named = [(("special_tokens", *path), token) for path, token in spec.special_tokens.by_path()]
    named += [(("added_tokens", i), token) for i, token in enumerate(spec.added_tokens)]
    for path, token in named:
        where = ".".join(str(key) for key in path)
        if token.content in seen:
            yield Problem(
                path,
                f"the token {token.content!r} is already {seen[token.content]}: "
                "the library would keep one and shift every id after it; give each its own text",
            )
        seen.setdefault(token.content, where)


def _template_problems(
    spec: PipelineSpec, part: TemplateProcessing, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    known = spec.template_tokens
    for field, wanted in (("single", {"A"}), ("pair", {"A", "B"})):
        pieces = part.pieces(field, known)  # type: ignore[arg-type]
        for piece in pieces:
            if piece.token is not None and piece.token not in known:
                yield Problem(
                    (*path, field),
                    f"the template names {piece.token!r}, which is not a special token: "
                    + (nearest(piece.token, known) if known else "special_tokens is empty"),
                )
        used = {piece.sequence for piece in pieces if piece.sequence}
        if used != wanted:
            sequences = " and ".join(f"${name}" for name in sorted(wanted))
            yield Problem((*path, field), f"the template for {field} must use {sequences}")
