"""Normalizers: what text becomes before it is cut. Names and defaults are those of `tokenizers`."""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError
from tokenizers import normalizers

from tokbench.pipeline.patterns import Pattern
from tokbench.spec import Named, OneOrMany, Spec, read_relative


class NFC(Spec):
    """Unicode canonical composition."""

    type: Literal["NFC"] = "NFC"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.NFC()


class NFD(Spec):
    """Unicode canonical decomposition."""

    type: Literal["NFD"] = "NFD"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.NFD()


class NFKC(Spec):
    """Unicode compatibility composition; loses distinctions such as `²` and `2`."""

    type: Literal["NFKC"] = "NFKC"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.NFKC()


class NFKD(Spec):
    """Unicode compatibility decomposition."""

    type: Literal["NFKD"] = "NFKD"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.NFKD()


class Lowercase(Spec):
    """Lower case, by Unicode."""

    type: Literal["Lowercase"] = "Lowercase"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.Lowercase()


class Strip(Spec):
    """Remove white space at the ends of a document."""

    type: Literal["Strip"] = "Strip"
    left: bool = True
    right: bool = True

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.Strip(left=self.left, right=self.right)


class StripAccents(Spec):
    """Remove combining marks; needs NFD or NFKD before it."""

    type: Literal["StripAccents"] = "StripAccents"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.StripAccents()


class Replace(Spec):
    """Replace every match of a pattern by a string."""

    type: Literal["Replace"] = "Replace"
    pattern: Pattern
    content: str

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.Replace(self.pattern.build(), self.content)


class Prepend(Spec):
    """Put a string before every document that is not empty."""

    type: Literal["Prepend"] = "Prepend"
    prepend: Annotated[str, Field(min_length=1)]

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.Prepend(self.prepend)


class Nmt(Spec):
    """Remove control characters and map odd spaces, as Google's NMT systems do."""

    type: Literal["Nmt"] = "Nmt"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.Nmt()


class BertNormalizer(Spec):
    """BERT's own: clean text, spaces around CJK, accents (null: as lowercase), lower case."""

    type: Literal["BertNormalizer"] = "BertNormalizer"
    clean_text: bool = True
    handle_chinese_chars: bool = True
    strip_accents: bool | None = None
    lowercase: bool = True

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.BertNormalizer(
            clean_text=self.clean_text,
            handle_chinese_chars=self.handle_chinese_chars,
            strip_accents=self.strip_accents,
            lowercase=self.lowercase,
        )


class ByteLevel(Spec):
    """Write every byte as one of 256 visible characters, before cutting."""

    type: Literal["ByteLevel"] = "ByteLevel"

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.ByteLevel()


def _charsmap(value: Any, info: ValidationInfo) -> Any:
    read = read_relative(value, info)
    if isinstance(read, bytes):
        read = base64.b64encode(read).decode("ascii")
    if isinstance(read, str):
        try:
            normalizers.Precompiled(base64.b64decode(read, validate=True))
        except (binascii.Error, ValueError) as error:
            raise PydanticCustomError(
                "charsmap", "expected base64 or {file: ...}: {reason}", {"reason": str(error)}
            ) from error
        except Exception as error:  # tokenizers raises plain Exception
            raise PydanticCustomError(
                "charsmap",
                "is not a SentencePiece precompiled_charsmap: {reason}",
                {"reason": str(error)},
            ) from error
    return read


class Precompiled(Spec):
    """A SentencePiece normalizer: base64 of its `precompiled_charsmap`, or `{file: ...}`."""

    type: Literal["Precompiled"] = "Precompiled"
    precompiled_charsmap: Annotated[
        str, BeforeValidator(_charsmap, json_schema_input_type=str | dict[str, str])
    ]

    def build(self) -> normalizers.Normalizer:
        """The `tokenizers` object."""
        return normalizers.Precompiled(base64.b64decode(self.precompiled_charsmap))


Normalizer = Annotated[
    NFC
    | NFD
    | NFKC
    | NFKD
    | Lowercase
    | Strip
    | StripAccents
    | Replace
    | Prepend
    | Nmt
    | BertNormalizer
    | ByteLevel
    | Precompiled,
    Field(discriminator="type"),
    Named(),
]
Normalizers = Annotated[tuple[Normalizer, ...], OneOrMany()]


def build(specs: tuple[Normalizer, ...]) -> normalizers.Normalizer | None:
    """One normalizer; a `Sequence` when there are several, None when there is none."""
    built = [spec.build() for spec in specs]
    return normalizers.Sequence(built) if len(built) > 1 else next(iter(built), None)
