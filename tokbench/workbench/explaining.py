"""The way of a text through a tokenizer, or through a recipe as far as it can go."""

from collections.abc import Sequence
from pathlib import Path

from tokbench import pipeline
from tokbench.encoding import Subject, explaining
from tokbench.errors import CorpusError
from tokbench.recipe import Recipe, load
from tokbench.values import Explained
from tokbench.workbench.find import RECIPES, find
from tokbench.workbench.plan import RUN_FILE, RUNS, Plan


def explain(
    name: str,
    text: str,
    pair: str | None = None,
    *,
    runs: Path = RUNS,
    overrides: Sequence[str] = (),
) -> Explained:
    """Take a text, or two, through a tokenizer and keep what every stage gave.

    Args:
        name: a run, folder, file or Hub name, or a recipe: where this was not run as it stands,
            the way ends at its pre-tokens.
        text: what is explained.
        pair: a second text.
        runs: where the runs of recipes are kept.
        overrides: `key.path=value` assignments for the recipe.

    Raises:
        RecipeError: the recipe is wrong.
        SubjectError: nothing there can be loaded, or a text is too long.
    """
    path = Path(name)
    if path.suffix in RECIPES and path.is_file():
        recipe = load(path, overrides)
        if not _is_trained(recipe, runs):
            return explaining.explain(_blank(recipe), text, pair, trained=False)
    subject = find(name, runs=runs, overrides=overrides).subject
    return explaining.explain(subject, text, pair)


def _is_trained(recipe: Recipe, runs: Path) -> bool:
    """Whether it was run as it stands; without its corpus nobody can know."""
    try:
        return (Plan.of(recipe).folder(runs) / RUN_FILE).is_file()
    except CorpusError:
        return False


def _blank(recipe: Recipe) -> Subject:
    """What a recipe says of texts before there is a vocabulary: its added tokens, how it cuts."""
    tokenizer = pipeline.assemble(recipe.pipeline)
    tokenizer.add_special_tokens([one.build() for one in recipe.special_tokens.tokens()])
    tokenizer.add_tokens([one.build(special=one.special) for one in recipe.added_tokens])
    note = f"{recipe.path} is not trained as it stands; `tokbench run {recipe.path}` gives tokens"
    return Subject(recipe.name, tokenizer, tokenizer.to_str(), None, (note,))
