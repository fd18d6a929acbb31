"""What only several stages' specs together show."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tokbench import pipeline
from tokbench.recipe.tasks import downstream_problems
from tokbench.spec import Problem

if TYPE_CHECKING:
    from tokbench.recipe.recipe import Recipe


def problems(recipe: "Recipe") -> Iterator[Problem]:
    """Everything wrong with a recipe whose every field is right by itself."""
    yield from pipeline.problems(recipe)
    yield from _sources_named_alike(recipe)
    yield from _vocabulary_too_small(recipe)
    yield from _no_room_for_text(recipe)
    if recipe.downstream:
        yield from downstream_problems(recipe.downstream, recipe.base, ("downstream",))


def _sources_named_alike(recipe: "Recipe") -> Iterator[Problem]:
    """Two sources that no table could tell apart."""
    first: dict[str, int] = {}
    for number, source in enumerate(recipe.corpus.sources):
        name = source.called
        if name is not None and first.setdefault(name, number) != number:
            yield Problem(
                ("corpus", "sources", number, "name"),
                f"source {first[name] + 1} is called {name!r} as well; give each a name of its own",
            )


def _no_room_for_text(recipe: "Recipe") -> Iterator[Problem]:
    """A length that the special tokens of one text alone fill."""
    limit = recipe.wrap.model_max_length
    added = 0
    for part in recipe.post_processor:
        match part.type:
            case "TemplateProcessing":
                pieces = part.pieces("single", recipe.template_tokens)
                added += sum(piece.token is not None for piece in pieces)
            case "BertProcessing" | "RobertaProcessing":
                added += 2
    if limit is not None and limit <= added:
        yield Problem(
            ("wrap", "model_max_length"),
            f"{limit} leaves no room for text: the post_processor adds {added} tokens to each",
        )


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
