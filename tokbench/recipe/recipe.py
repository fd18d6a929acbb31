"""A recipe, format 1: the specs of all stages under one name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from tokbench.corpus import CorpusSpec
from tokbench.errors import Finding, RecipeError
from tokbench.metrics import BenchmarkSpec
from tokbench.pipeline import PipelineSpec
from tokbench.publishing import PublishSpec
from tokbench.recipe import checks, document, explain
from tokbench.recipe.document import Document
from tokbench.recipe.extends import compose
from tokbench.recipe.labels import LONGEST_NAME
from tokbench.recipe.sweep import SIZES, variants
from tokbench.recipe.tasks import DownstreamSpec
from tokbench.spec import Spec
from tokbench.training import TRAINERS, TrainerSpec
from tokbench.wrapping import WrapSpec

_SHOWN = 5
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""What a recipe may be called: it names a folder."""


class _Heading(Spec):
    """What a recipe begins with; a base of its own so that these fields come first."""

    name: Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)]
    description: str = ""
    corpus: CorpusSpec


class Recipe(PipelineSpec, _Heading):
    """Everything a YAML file says; see `load`.

    The pipeline's fields stand at the top level, so a recipe is a `PipelineSpec` with more around
    it; stages get `pipeline`, `corpus`, `trainer`, `wrap` or `benchmark`, never the recipe.
    """

    trainer: TrainerSpec
    wrap: WrapSpec = WrapSpec()
    benchmark: BenchmarkSpec = BenchmarkSpec()
    downstream: DownstreamSpec | None = None
    publish: PublishSpec | None = None

    _path: Path = PrivateAttr(default=Path("recipe.yaml"))
    _family: str = PrivateAttr(default="")
    _document: Document = PrivateAttr(default_factory=lambda: Document("recipe.yaml"))

    @model_validator(mode="before")
    @classmethod
    def _trainer_follows_model(cls, value: Any) -> Any:
        """Tell the trainer's fields by the model; a model that is wrong is reported alone."""
        if not isinstance(value, dict):
            return value
        model = value.get("model")
        kind = model.get("type") if isinstance(model, dict) else model
        trainer = value.get("trainer") or {}
        if not isinstance(trainer, dict):
            return value
        if not isinstance(kind, str) or kind not in TRAINERS:
            return {**value, "trainer": {"for_model": "BPE"}}
        return {**value, "trainer": {**trainer, "for_model": kind}}

    @property
    def base(self) -> Path:
        """The folder that the recipe's relative paths start from."""
        return self._path.parent

    @property
    def path(self) -> Path:
        """The file the recipe was read from."""
        return self._path

    @property
    def family(self) -> str:
        """The name in its file, which all variants of a sweep share; else the recipe's own."""
        return self._family or self.name

    @property
    def document(self) -> Document:
        """What was read, with the place of every key and value."""
        return self._document

    @property
    def pipeline(self) -> PipelineSpec:
        """What the pipeline stage gets."""
        return PipelineSpec.model_construct(
            **{name: getattr(self, name) for name in PipelineSpec.model_fields}
        )

    def resolved(self) -> dict[str, Any]:
        """The whole recipe as plain values, defaults written out."""
        return self.model_dump(mode="json")


def load(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe that stands for itself only.

    Args:
        path: the YAML file.
        overrides: `key.path=value` assignments that win over the file; values are YAML.

    Raises:
        RecipeError: with every finding, each with file, line and column; or that the file stands
            for several recipes, which `load_all` gives.
    """
    path = Path(path)
    read, found = _all(document.read(path), path, overrides)
    if len(found) == 1:
        return found[0]
    names = [one.name for one in found]
    shown = names if len(names) <= _SHOWN else [*names[: _SHOWN - 1], "...", names[-1]]
    raise document.refuse(
        read.where(("sweep",) if ("sweep",) in read.keys else SIZES, key=True),
        f"stands for {len(found)} recipes ({', '.join(shown)}), where one is wanted; "
        f"`tokbench run {path}` makes them all, and each lies in its own folder below runs",
    )


def load_all(path: str | Path, overrides: Sequence[str] = ()) -> tuple[Recipe, ...]:
    """Read a recipe and give all that it stands for: several where it has a sweep, else one.

    Args:
        path: the YAML file.
        overrides: `key.path=value` assignments that win over the file and its sweep.

    Raises:
        RecipeError: with every finding in any of them, each told once.
    """
    path = Path(path)
    return _all(document.read(path), path, overrides)[1]


def parsed_all(text: str, path: Path) -> tuple[Recipe, ...]:
    """As `load_all`, from a text that may be written to that file."""
    return _all(document.parse(text, str(path)), path, ())[1]


def _all(
    read: Document, path: Path, overrides: Sequence[str]
) -> tuple[Document, tuple[Recipe, ...]]:
    """A document with its bases, and the recipes that it stands for."""
    read = compose(read, path)
    found = variants(read, overrides)
    made: list[Recipe] = []
    wrong: dict[Finding, list[str]] = {}
    for one in found:
        try:
            made.append(validate(one, path))
        except RecipeError as error:
            for finding in error.findings:
                wrong.setdefault(finding, []).append(_name(one))
    if wrong:
        raise RecipeError(explain.told_once(wrong, len(found), str(path)))
    _refuse_twins(read, made)
    for recipe in made:
        recipe._family = _name(read)  # noqa: SLF001 - set once, here
    return read, tuple(made)


def _refuse_twins(read: Document, made: Sequence[Recipe]) -> None:
    """Raise where two variants are one recipe under two names."""
    known: dict[str, str] = {}
    for recipe in made:
        said = recipe.model_dump_json(exclude={"name"})
        if (other := known.setdefault(said, recipe.name)) != recipe.name:
            raise document.refuse(
                read.where(("sweep",) if ("sweep",) in read.keys else SIZES, key=True),
                f"{other} and {recipe.name} are the same recipe: a value is given twice, "
                "or one field of the sweep sets what another has set",
            )


def _name(read: Document) -> str:
    return str(read.value.get("name", "")) if isinstance(read.value, dict) else ""


def validate(read: document.Document, path: Path) -> Recipe:
    """The recipe in a parsed document, or a `RecipeError` with everything that is wrong."""
    top = read.where(())
    if read.value is None:
        raise document.refuse(top, "the file is empty; `tokbench new NAME` writes a whole recipe")
    if not isinstance(read.value, dict):
        kind = explain.kind(read.value)
        raise document.refuse(top, f"a recipe is a map of keys such as name and corpus, not {kind}")
    try:
        recipe = Recipe.model_validate(read.value, context={"base": path.parent})
    except ValidationError as error:
        raise RecipeError(explain.findings(error, read, Recipe)) from error
    recipe._path, recipe._document = path, read  # noqa: SLF001 - set once, here
    if problems := list(checks.problems(recipe)):
        raise RecipeError(explain.problem_findings(problems, read))
    return recipe
