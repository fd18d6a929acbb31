"""Decoders: from tokens back to text, written out or chosen to fit the pipeline (`auto`)."""

from typing import Annotated, Literal

from pydantic import Field
from tokenizers import decoders

from tokbench.pipeline import models, normalizers, pre_tokenizers
from tokbench.pipeline.patterns import Pattern
from tokbench.pipeline.pre_tokenizers import Character, PrependScheme
from tokbench.spec import Named, OneOrMany, Spec
from tokbench.values import Trained

Count = Annotated[int, Field(ge=0, le=1_000_000)]
METASPACE = "▁"


class ByteLevel(Spec):
    """Visible byte characters back to bytes."""

    type: Literal["ByteLevel"] = "ByteLevel"

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.ByteLevel()


class WordPiece(Spec):
    """Joins continuing pieces; `cleanup` also removes spaces before punctuation."""

    type: Literal["WordPiece"] = "WordPiece"
    prefix: str = "##"
    cleanup: bool = True

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.WordPiece(prefix=self.prefix, cleanup=self.cleanup)


class BPEDecoder(Spec):
    """The suffix back to a space."""

    type: Literal["BPEDecoder"] = "BPEDecoder"
    suffix: str = "</w>"

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.BPEDecoder(suffix=self.suffix)


class Metaspace(Spec):
    """The visible space back to a space."""

    type: Literal["Metaspace"] = "Metaspace"
    replacement: Character = METASPACE
    prepend_scheme: PrependScheme = "always"
    split: bool = True

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.Metaspace(
            replacement=self.replacement, prepend_scheme=self.prepend_scheme, split=self.split
        )


class ByteFallback(Spec):
    """`<0xNN>` back to bytes."""

    type: Literal["ByteFallback"] = "ByteFallback"

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.ByteFallback()


class Fuse(Spec):
    """All tokens as one string, without spaces between them."""

    type: Literal["Fuse"] = "Fuse"

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.Fuse()


class Replace(Spec):
    """Replace every match of a pattern by a string, token by token."""

    type: Literal["Replace"] = "Replace"
    pattern: Pattern
    content: str

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.Replace(self.pattern.build(), self.content)


class Strip(Spec):
    """Remove up to so many of one character at the ends."""

    type: Literal["Strip"] = "Strip"
    content: Character = " "
    left: Count = 0
    right: Count = 0

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.Strip(content=self.content, left=self.left, right=self.right)


class CTC(Spec):
    """Collapses repeated tokens, as speech models emit them."""

    type: Literal["CTC"] = "CTC"
    pad_token: str = "<pad>"  # noqa: S105 - a token of a vocabulary, not a secret
    word_delimiter_token: str = "|"  # noqa: S105 - likewise
    cleanup: bool = True

    def build(self) -> decoders.Decoder:
        """The `tokenizers` object."""
        return decoders.CTC(
            pad_token=self.pad_token,
            word_delimiter_token=self.word_delimiter_token,
            cleanup=self.cleanup,
        )


class Auto(Spec):
    """The decoder that fits the pipeline; stands alone."""

    type: Literal["auto"] = "auto"


Decoder = Annotated[
    ByteLevel
    | WordPiece
    | BPEDecoder
    | Metaspace
    | ByteFallback
    | Fuse
    | Replace
    | Strip
    | CTC
    | Auto,
    Field(discriminator="type"),
    Named(),
]
Decoders = Annotated[tuple[Decoder, ...], OneOrMany()]


def build(specs: tuple[Decoder, ...]) -> decoders.Decoder | None:
    """One decoder; a `Sequence` when there are several, None when there is none."""
    built = [spec.build() for spec in specs if not isinstance(spec, Auto)]
    return decoders.Sequence(built) if len(built) > 1 else next(iter(built), None)


def fitting(
    normalizer: tuple[normalizers.Normalizer, ...],
    pre_tokenizer: tuple[pre_tokenizers.PreTokenizer, ...],
    model: models.Model,
    trained: Trained | None,
) -> tuple[Decoder, ...]:
    """What `decoder: auto` stands for: the first that fits, from the most specific on."""
    if any(part.type == "ByteLevel" for part in (*normalizer, *pre_tokenizer)):
        return (ByteLevel(),)
    metaspace = next((p for p in pre_tokenizer if isinstance(p, pre_tokenizers.Metaspace)), None)
    if getattr(model, "byte_fallback", False):
        return _byte_fallback(normalizer, metaspace)
    if metaspace:
        return (
            Metaspace(
                replacement=metaspace.replacement,
                prepend_scheme=metaspace.prepend_scheme,
                split=metaspace.split,
            ),
        )
    prefix = trained.continuing_subword_prefix if trained else None
    if isinstance(model, models.WordPiece) or prefix:
        return (WordPiece(prefix="##" if prefix is None else prefix, cleanup=False),)
    if trained and trained.end_of_word_suffix:
        return (BPEDecoder(suffix=trained.end_of_word_suffix),)
    return (Fuse(),) if _cuts_characters(pre_tokenizer) else ()


def _byte_fallback(
    normalizer: tuple[normalizers.Normalizer, ...], metaspace: pre_tokenizers.Metaspace | None
) -> tuple[Decoder, ...]:
    """SentencePiece's way back; a marker that the pipeline never writes is left alone."""
    replaced = [part.content for part in normalizer if isinstance(part, normalizers.Replace)]
    prepended = [part.prepend for part in normalizer if isinstance(part, normalizers.Prepend)]
    marker = metaspace.replacement if metaspace else METASPACE
    back: tuple[Decoder, ...] = (ByteFallback(), Fuse())
    if metaspace or marker in (*replaced, *prepended):
        back = (Replace(pattern=Pattern(literal=marker), content=" "), *back)
    if (metaspace and metaspace.prepend_scheme != "never") or prepended in ([marker], [" "]):
        back = (*back, Strip(content=" ", left=1))
    return back


def _cuts_characters(pre_tokenizer: tuple[pre_tokenizers.PreTokenizer, ...]) -> bool:
    if not pre_tokenizer:
        return False
    last = pre_tokenizer[-1]
    if isinstance(last, pre_tokenizers.FixedLength):
        return last.length == 1
    return (
        isinstance(last, pre_tokenizers.Split)
        and last.pattern.source in (r"[\s\S]", r"(?s:.)", r"(?s).", r"[\S\s]")
        and last.behavior == "isolated"
    )
