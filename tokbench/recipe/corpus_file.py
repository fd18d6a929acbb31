"""A YAML file that names text to measure on: what a recipe says under `corpus`, alone or in one."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tokbench.corpus import CorpusSpec
from tokbench.errors import RecipeError
from tokbench.recipe import document, explain
from tokbench.recipe.extends import compose
from tokbench.spec import Spec

_CORPUS = "corpus"


class _File(Spec):
    """The only section that is looked at."""

    corpus: CorpusSpec


def is_corpus_alone(path: Path) -> bool:
    """Whether a file begins with what is else under `corpus`, and so is no recipe.

    Raises:
        RecipeError: it is no YAML.
    """
    value = document.read(path).value
    return isinstance(value, dict) and "sources" in value


def load_corpus(path: Path) -> CorpusSpec:
    """The corpus of a recipe, whatever else it says, or of a file that is only that.

    Raises:
        RecipeError: with every finding, each with file, line and column.
    """
    read = compose(document.read(path), path)
    value: Any = read.value
    if not isinstance(value, dict) or not value.keys() & {_CORPUS, "sources"}:
        raise document.refuse(
            read.where(()), "names no text: write `sources:`, or a recipe's `corpus:`, into it"
        )
    alone = _CORPUS not in value
    model: type[Spec] = CorpusSpec if alone else _File
    context = {"base": path.parent}
    try:
        if alone:
            return CorpusSpec.model_validate(value, context=context)
        return _File.model_validate({_CORPUS: value[_CORPUS]}, context=context).corpus
    except ValidationError as error:
        raise RecipeError(explain.findings(error, read, model)) from error
