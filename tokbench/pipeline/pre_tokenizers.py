"""Pre-tokenizers: where text may be cut. Names and defaults are those of `tokenizers`."""

from typing import Annotated, Literal

from pydantic import Field
from tokenizers import pre_tokenizers

from tokbench.pipeline.patterns import Pattern
from tokbench.spec import Named, OneOrMany, Spec

Behavior = Literal["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
PrependScheme = Literal["always", "first", "never"]
Character = Annotated[str, Field(min_length=1, max_length=1)]


class ByteLevel(Spec):
    """Write every byte as one of 256 visible characters; cut by GPT-2's pattern (use_regex)."""

    type: Literal["ByteLevel"] = "ByteLevel"
    add_prefix_space: bool = True
    trim_offsets: bool = True
    use_regex: bool = True

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.ByteLevel(
            add_prefix_space=self.add_prefix_space,
            trim_offsets=self.trim_offsets,
            use_regex=self.use_regex,
        )


class Whitespace(Spec):
    r"""Runs of word characters and runs of the rest (`\w+|[^\w\s]+`); drops white space."""

    type: Literal["Whitespace"] = "Whitespace"

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.Whitespace()


class WhitespaceSplit(Spec):
    """Cut at white space and drop it."""

    type: Literal["WhitespaceSplit"] = "WhitespaceSplit"

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.WhitespaceSplit()


class Punctuation(Spec):
    """Cut at punctuation."""

    type: Literal["Punctuation"] = "Punctuation"
    behavior: Behavior = "isolated"

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.Punctuation(behavior=self.behavior)


class Digits(Spec):
    """Cut numbers off, whole or digit by digit."""

    type: Literal["Digits"] = "Digits"
    individual_digits: bool = False

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.Digits(individual_digits=self.individual_digits)


class Split(Spec):
    """Cut at (or, inverted, around) the matches of a pattern."""

    type: Literal["Split"] = "Split"
    pattern: Pattern
    behavior: Behavior
    invert: bool = False

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.Split(self.pattern.build(), self.behavior, invert=self.invert)


class Metaspace(Spec):
    """Write spaces as a visible character and cut before it, as SentencePiece does."""

    type: Literal["Metaspace"] = "Metaspace"
    replacement: Character = "▁"
    prepend_scheme: PrependScheme = "always"
    split: bool = True

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.Metaspace(
            replacement=self.replacement, prepend_scheme=self.prepend_scheme, split=self.split
        )


class BertPreTokenizer(Spec):
    """Cut at white space and around punctuation; drops white space."""

    type: Literal["BertPreTokenizer"] = "BertPreTokenizer"

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.BertPreTokenizer()


class CharDelimiterSplit(Spec):
    """Cut at one character and drop it."""

    type: Literal["CharDelimiterSplit"] = "CharDelimiterSplit"
    delimiter: Character

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.CharDelimiterSplit(self.delimiter)


class UnicodeScripts(Spec):
    """Cut where the script changes."""

    type: Literal["UnicodeScripts"] = "UnicodeScripts"

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.UnicodeScripts()


class FixedLength(Spec):
    """Cut into pieces of so many characters."""

    type: Literal["FixedLength"] = "FixedLength"
    length: Annotated[int, Field(ge=1)] = 5

    def build(self) -> pre_tokenizers.PreTokenizer:
        """The `tokenizers` object."""
        return pre_tokenizers.FixedLength(length=self.length)


PreTokenizer = Annotated[
    ByteLevel
    | Whitespace
    | WhitespaceSplit
    | Punctuation
    | Digits
    | Split
    | Metaspace
    | BertPreTokenizer
    | CharDelimiterSplit
    | UnicodeScripts
    | FixedLength,
    Field(discriminator="type"),
    Named(),
]
PreTokenizers = Annotated[tuple[PreTokenizer, ...], OneOrMany()]


def build(specs: tuple[PreTokenizer, ...]) -> pre_tokenizers.PreTokenizer | None:
    """One pre-tokenizer; a `Sequence` when there are several, None when there is none."""
    built = [spec.build() for spec in specs]
    return pre_tokenizers.Sequence(built) if len(built) > 1 else next(iter(built), None)
