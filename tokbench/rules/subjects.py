"""What rules look at: a recipe with the parts that `tokenizers` makes of it, and some text."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import regex
from tokenizers import decoders, normalizers, pre_tokenizers

from tokbench.pipeline import decoders as own_decoders
from tokbench.pipeline import normalizers as own_normalizers
from tokbench.pipeline import pre_tokenizers as own_pre_tokenizers
from tokbench.recipe import KeyPath, Recipe, as_written
from tokbench.rules.samples import NO_SAMPLE, Sample
from tokbench.values import Trained

_LETTER = regex.compile(r"\p{L}")
_EXCERPT = 2000
_ALL_EXCERPTS = 60_000


@dataclass(frozen=True)
class RecipeSubject:
    """A recipe and the first documents of its text.

    Attributes:
        recipe: what is checked.
        sample: its text, or another that the user named.
    """

    recipe: Recipe
    sample: Sample = field(default=NO_SAMPLE)

    @cached_property
    def normalizer(self) -> normalizers.Normalizer | None:
        """The library's normalizer."""
        return own_normalizers.build(self.recipe.normalizer)

    @cached_property
    def pre_tokenizer(self) -> pre_tokenizers.PreTokenizer | None:
        """The library's pre-tokenizer."""
        return own_pre_tokenizers.build(self.recipe.pre_tokenizer)

    @cached_property
    def decoder(self) -> decoders.Decoder | None:
        """The library's decoder; where the recipe says `auto`, the one that is chosen."""
        recipe = self.recipe
        chosen = recipe.decoder
        if self.decoder_is_auto:
            marks = Trained(
                recipe.model.type, (), continuing_subword_prefix=self.prefix,
                end_of_word_suffix=self.suffix,
            )  # fmt: skip
            chosen = own_decoders.fitting(
                recipe.normalizer, recipe.pre_tokenizer, recipe.model, marks
            )
        return own_decoders.build(chosen)

    @property
    def decoder_is_auto(self) -> bool:
        """Whether the decoder follows from the rest."""
        return [part.type for part in self.recipe.decoder] == ["auto"]

    @property
    def prefix(self) -> str | None:
        """What marks a token that continues a word."""
        return getattr(self.recipe.trainer, "continuing_subword_prefix", None) or None

    @property
    def suffix(self) -> str | None:
        """What marks a token that ends a word."""
        return getattr(self.recipe.trainer, "end_of_word_suffix", None) or None

    @cached_property
    def excerpts(self) -> list[str]:
        """The beginnings of the sampled documents, some ten thousand characters in all."""
        found, left = [], _ALL_EXCERPTS
        for text in self.sample.texts:
            if left > 0:
                found.append(text[: min(_EXCERPT, left)])
                left -= len(found[-1])
        return found

    @cached_property
    def words_of_excerpts(self) -> list[list[str]]:
        """The pre-tokens of each excerpt."""
        return [self.words(text) for text in self.excerpts]

    def normalized(self, text: str) -> str:
        """The text as the normalizer leaves it."""
        return self.normalizer.normalize_str(text) if self.normalizer else text

    def words(self, text: str) -> list[str]:
        """The pre-tokens of a text."""
        text = self.normalized(text)
        if self.pre_tokenizer is None:
            return [text] if text else []
        return [word for word, _ in self.pre_tokenizer.pre_tokenize_str(text)]

    def decoded(self, tokens: list[str]) -> str:
        """What the decoder makes of tokens; without one, they are joined by spaces."""
        return str(self.decoder.decode(tokens)) if self.decoder else " ".join(tokens)

    def written(self, path: KeyPath) -> bool:
        """Whether the recipe says this itself and does not leave it to the default."""
        document = self.recipe.document
        return as_written(path, document.value) in document.values

    def option(self, path: KeyPath, default: Any = None) -> Any:
        """The value at a path as it was written, before it became a spec."""
        value = self.recipe.document.value
        for part in as_written(path, value):
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return default
        return value


def letters(text: str) -> int:
    """How many letters a text has.

    >>> letters("naïve 12, 한글")
    7
    """
    return len(_LETTER.findall(text))


def shown(text: str, around: int = 0, width: int = 48) -> str:
    r"""A short piece of a text, with what cannot be seen written out.

    >>> shown("a\tb\n", 0), shown("x" * 99 + "here" + "y" * 99, 99, 8)
    ("'a\\tb\\n'", "...'xxhereyy'...")
    """
    start = max(0, min(around - width // 4, len(text) - width))
    end = start + width
    return ("..." if start else "") + repr(text[start:end]) + ("..." if end < len(text) else "")
