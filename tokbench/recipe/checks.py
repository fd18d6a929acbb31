"""What only several stages' specs together show."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tokbench import pipeline
from tokbench.spec import Problem

if TYPE_CHECKING:
    from tokbench.recipe.recipe import Recipe


def problems(recipe: "Recipe") -> Iterator[Problem]:
    """Everything wrong with a recipe whose every field is right by itself."""
    yield from pipeline.problems(recipe)
    yield from _vocabulary_too_small(recipe)


def _vocabulary_too_small(recipe: "Recipe") -> Iterator[Problem]:
    """Special tokens, byte tokens and the byte alphabet need room in the vocabulary."""
    parts = {"special tokens": len(recipe.special_tokens.contents())}
    if recipe.byte_fallback:
        parts["byte tokens"] = len(pipeline.BYTE_TOKENS)
    if recipe.byte_level and recipe.trainer.for_model != "WordLevel":
        parts["byte characters"] = len(pipeline.byte_alphabet())
    needed = sum(parts.values())
    if recipe.trainer.vocab_size <= needed and any(parts.values()):
        said = " and ".join(f"{noun} ({count})" for noun, count in parts.items() if count)
        yield Problem(
            ("trainer", "vocab_size"),
            f"{recipe.trainer.vocab_size} leaves no room to learn anything: "
            f"{said} come first; ask for more than {needed}",
        )
