"""How models are trained, as options of a command say it.

>>> training({"seeds": "2"}, {"seeds": "--seeds 2"}, ["warmup=0.2"]).warmup
0.2
"""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from tokbench.downstream import TrainingSpec
from tokbench.errors import Location, RecipeError
from tokbench.recipe import document, explain
from tokbench.recipe.document import Document


def is_about_training(assignment: str) -> bool:
    """Whether `key=value` sets something that an option of its own does not, and no recipe has.

    >>> is_about_training("warmup=0.1"), is_about_training("trainer.vocab_size=8000")
    (True, False)
    """
    head = assignment.partition("=")[0].strip()
    return head in TrainingSpec.model_fields and head != "model"


def training(
    given: Mapping[str, str], labels: Mapping[str, str], overrides: Sequence[str] = ()
) -> TrainingSpec:
    """The settings that options give, defaults for the others.

    Args:
        given: what stands behind each option, by the name of the field; values are YAML, and with
            commas a list.
        labels: each option as it was written, for errors.
        overrides: `key=value` assignments.

    Raises:
        RecipeError: with everything that is wrong, by option.
    """
    read = Document("the settings", value={}, noun="training")
    for name, text in given.items():
        yaml = f"[{text}]" if "," in text else text
        read.value[name] = document.parse(yaml, labels[name]).value
        for places in (read.keys, read.values):
            places[name,] = Location(labels[name])
    document.override(read, overrides)
    try:
        return TrainingSpec.model_validate(read.value)
    except ValidationError as error:
        raise RecipeError(explain.findings(error, read, TrainingSpec)) from error
