"""What a recipe, or a file of its own, says about a task: where examples are, what they mean.

>>> spec = TaskSpec(name="t", train="python_docs", test=0.2, label="area")
>>> spec.kind, spec.valid
('classification', 0.1)
"""

import io
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    model_validator,
)
from ruamel.yaml import YAML

from tokbench import downstream
from tokbench.corpus.spec import Source
from tokbench.downstream import SCORES, TrainingSpec
from tokbench.downstream.kinds import KINDS
from tokbench.errors import RecipeError, UnknownNameError, nearest
from tokbench.recipe import document, explain
from tokbench.recipe.document import Document, KeyPath
from tokbench.spec import OneOrMany, Problem, Spec
from tokbench.values import TaskKind

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
TokenUnit = Literal["words", "characters"]
_GROUP = "tokbench.tasks"
_BUILT_IN = Path(downstream.__file__).parent / "tasks"


def _measure(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "source"
    return "count" if isinstance(value, int) else "share"


SourceOrPart = Annotated[
    Annotated[Source, Tag("source")]
    | Annotated[float, Field(gt=0, lt=1), Tag("share")]
    | Annotated[int, Field(ge=1), Tag("count")],
    Discriminator(_measure),
]
"""A split: a source of its own, a share of the training examples, or so many of them."""
Column = Annotated[str, Field(min_length=1)]
Strings = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]


class LocalSpec(Spec):
    """What a task says otherwise where its files lie in a folder of the user's."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    train: Source
    """Where the examples are, in the folder."""

    valid: SourceOrPart | None = None
    """As for the task; by default what that says."""

    test: SourceOrPart
    """As for the task."""

    pair: Column | None = None
    """As for the task; by default what that says."""

    label: Column | None = None
    """As for the task; by default what that says."""


class TaskSpec(Spec):
    """A task: examples, their labels and how answers are scored."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=NAME, max_length=60)]
    """What it is called in reports."""

    description: str = ""
    """One sentence: what is to be learned."""

    like: Annotated[str, Field(min_length=1)] | None = None
    """The name of a known task; what is not said here is as it is there."""

    kind: TaskKind = "classification"
    """A class of each example, a number (`regression`), a label of each word or character
    (`tokens`), or a text to be written (`seq2seq`); or nothing but text: what comes next
    (`causal_lm`), or what stands where words are hidden (`masked_lm`)."""

    train: Source
    """Where the examples are; its `text` is the sentence (of `kind: tokens`: see `words`)."""

    valid: SourceOrPart = 0.1
    """What learning rates are chosen on: a source, a share of `train`, or so many of its
    examples, by hash."""

    test: SourceOrPart = 0.1
    """What scores are told of: a source, a share of `train`, or so many of its examples, by
    hash."""

    limit: Annotated[int, Field(ge=1)] | None = None
    """At most so many examples are trained on, of those that are left when `valid` and `test` have
    theirs; by hash, alike for all tokenizers. By default all."""

    pair: Column | None = None
    """The column of the second sentence."""

    words: Column | None = None
    """The column that is a list of words, each with a label; without it characters of the text
    have labels."""

    unit: TokenUnit | None = None
    """What has a label where `kind` is tokens. `characters` with `words`: these are joined by
    nothing, and each character carries its word's label. By default words where `words` names
    them."""

    label: Column = "label"
    """The column of the class, the number, the text to be written, or the list of labels; of
    `kind: tokens` without `words` also a list of `{start, end, label}`, in characters of the
    text."""

    context_bytes: Annotated[int, Field(ge=32, le=65_536)] | None = None
    """Of language models: documents are cut into pieces of at most so many bytes, at line ends,
    else between words; alike for every tokenizer. By default 512."""

    labels: Strings = ()
    """The names of the classes, in the order of their numbers; by default what the
    examples have, sorted. Labels that are numbers but no names are places in this list."""

    metric: Annotated[Strings, OneOrMany()] = ()
    """Names of scores, the one that decides first; by default what suits the kind."""

    folder: Annotated[str, Field(min_length=1)] | None = None
    """The folder that relative paths start from, itself relative to the task's file; by default
    that of the file. Where a task says what is `local`, that is read in it."""

    local: LocalSpec | None = None
    """What is read where `folder` names a folder, in place of what stands above."""

    _base: Path | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _laid_over(cls, value: Any) -> Any:
        """Lay what is said over the task that it is like."""
        if not isinstance(value, dict) or not isinstance(value.get("like"), str):
            return value
        try:
            return {**_plain(value["like"]), **value}
        except UnknownNameError as error:
            raise ValueError(str(error)) from error

    @property
    def of_what(self) -> TokenUnit:
        """What carries a label where the task is about tokens."""
        return self.unit or ("words" if self.words else "characters")

    @property
    def labelled(self) -> bool:
        """Whether examples have labels beside their text."""
        return KINDS[self.kind].labelled

    def base(self, otherwise: Path) -> Path:
        """The folder that relative paths start from.

        Args:
            otherwise: where a task that was read from no file of its own stands.
        """
        base = otherwise if self._base is None else self._base
        return base / Path(self.folder).expanduser() if self.folder else base

    def here(self) -> "TaskSpec":
        """The task as it is read: what is local, where a folder is named for it."""
        if self.folder is None or self.local is None:
            return self
        said = {name: getattr(self.local, name) for name in LocalSpec.model_fields}
        changed = {name: value for name, value in said.items() if value is not None}
        return self.model_copy(update={**changed, "local": None})


class DownstreamSpec(TrainingSpec):
    """The models that a recipe's tokenizer is tried with, beside all its baselines."""

    tasks: Annotated[
        tuple[
            Annotated[
                Annotated[str, Field(min_length=1), Tag("name")] | Annotated[TaskSpec, Tag("task")],
                Discriminator(lambda value: "name" if isinstance(value, str) else "task"),
            ],
            ...,
        ],
        Field(strict=False, min_length=1),
        OneOrMany(),
    ]
    """Names of tasks that tokbench knows, paths of their files, or tasks written out here."""

    def specs(self, base: Path) -> tuple[TaskSpec, ...]:
        """The tasks, those that are named read.

        Args:
            base: the folder of the recipe, which paths start from.

        Raises:
            RecipeError: a file of a task is wrong; with every finding.
            UnknownNameError: there is no such task.
        """
        return tuple(task(one, base) if isinstance(one, str) else one for one in self.tasks)


def known_tasks() -> dict[str, str]:
    """The tasks that have a name, tokbench's and those of other packages, with what they say."""
    return {name: str(_plain(name).get("description", "")) for name in sorted(known_places())}


def written(name: str) -> str:
    """The file of a known task, or what it would say, as YAML.

    Raises:
        UnknownNameError: there is no task of this name.
    """
    read = _document(name)
    if read.texts:
        return next(iter(read.texts.values())).strip()
    text = io.StringIO()
    YAML().dump(read.value, text)
    return text.getvalue().strip()


def task(name: str | Path, base: Path = Path(), overrides: Sequence[str] = ()) -> TaskSpec:
    """Read a task.

    Args:
        name: of a known task, or the path of a YAML file.
        base: the folder that the path starts from, and of a known task its `folder`.
        overrides: `key.path=value` assignments that win over the file; values are YAML.

    Raises:
        RecipeError: with everything that is wrong, each with file, line and column.
        UnknownNameError: there is no task of this name.
    """
    text = str(name)
    if not _is_path(text):
        made = _known_one(text)
        if isinstance(made, TaskSpec) and not overrides:
            return made
        return validated(_document(text), base, overrides)
    path = base / Path(text).expanduser()
    spec = validated(document.read(path, "task"), path.parent, overrides)
    spec._base = path.parent  # noqa: SLF001 - set once, here
    return spec


def validated(read: Document, base: Path, overrides: Sequence[str] = ()) -> TaskSpec:
    """The task in a parsed document, or a `RecipeError` with everything that is wrong."""
    document.override(read, overrides)
    if not isinstance(read.value, dict):
        what = "the file is empty" if read.value is None else explain.kind(read.value)
        where = read.where(())
        raise document.refuse(where, f"a task is a map of keys such as name and train, not: {what}")
    try:
        spec = TaskSpec.model_validate(read.value, context={"base": base})
    except ValidationError as error:
        raise RecipeError(explain.findings(error, read, TaskSpec)) from error
    if found := list(problems(spec)):
        raise RecipeError(explain.problem_findings(found, read))
    return spec


def problems(spec: TaskSpec) -> Iterator[Problem]:
    """What is wrong with a task whose every field is right by itself."""
    yield from _of_kind(spec)
    yield from _labels(spec)
    yield from _metrics(spec)
    yield from _splits(spec)


def downstream_problems(spec: DownstreamSpec, base: Path, above: KeyPath) -> Iterator[Problem]:
    """The same for the tasks of a recipe, those that it names too."""
    names: dict[str, int] = {}
    for number, one in enumerate(spec.tasks):
        path = (*above, "tasks", number)
        try:
            made = task(one, base) if isinstance(one, str) else one
        except (RecipeError, UnknownNameError) as error:
            yield Problem(path, "; ".join(str(error).splitlines()))
            continue
        if made is one:
            for problem in problems(made):
                yield Problem((*path, *problem.path), problem.message)
        if names.setdefault(made.name, number) != number:
            first = names[made.name] + 1
            what = f"task {first} is called {made.name!r} as well"
            yield Problem(path, f"{what}; give each a name of its own")


def _of_kind(spec: TaskSpec) -> Iterator[Problem]:
    if not spec.labelled:
        for name in ("pair", "words", "unit", "labels"):
            if getattr(spec, name):
                what = f"is about labels or second texts, and `kind: {spec.kind}` has text alone"
                yield Problem((name,), f"{what}; leave `{name}` out")
        return
    if spec.context_bytes:
        what = f"cuts text for language models, and `kind` is {spec.kind}"
        yield Problem(("context_bytes",), f"{what}; leave it out, or say `kind: causal_lm`")
    if spec.kind == "tokens":
        if spec.pair:
            what = "a task about tokens labels one sentence, so it has no second one"
            yield Problem(("pair",), f"{what}; leave `pair` out, or say `kind: classification`")
        if spec.unit == "words" and not spec.words:
            what = "needs `words`, the column that is a list of words"
            yield Problem(("unit",), f"{what}; without it characters of the text have labels")
        return
    for name in ("words", "unit"):
        if getattr(spec, name):
            what = f"says what has a label where `kind` is tokens, and it is {spec.kind}"
            yield Problem((name,), f"{what}; say `kind: tokens`, or leave `{name}` out")


def _labels(spec: TaskSpec) -> Iterator[Problem]:
    if spec.kind in {"regression", "seq2seq"} and spec.labels:
        what = f"{'numbers' if spec.kind == 'regression' else 'texts'} have no classes"
        yield Problem(("labels",), f"{what}; leave it out, or say `kind: classification`")
    elif len(spec.labels) == 1:
        yield Problem(("labels",), "one class alone teaches nothing; name all of them")
    for place, label in enumerate(spec.labels):
        if label in spec.labels[:place]:
            first = spec.labels.index(label) + 1
            what = f"{label!r} is the name of class {first} as well"
            yield Problem(("labels", place), f"{what}; give each a name of its own")
    columns = {"pair": spec.pair, "words": spec.words}
    for name, column in columns.items():
        if column == spec.label:
            what = f"{column!r} is the column of the label too; a model would be told the answer"
            yield Problem((name,), f"{what}: name another column")


def _metrics(spec: TaskSpec) -> Iterator[Problem]:
    for place, name in enumerate(spec.metric):
        path = ("metric", place)
        if name not in SCORES.names():
            yield Problem(path, f"unknown metric {name!r}: {nearest(name, SCORES.names())}")
        elif spec.kind not in (score := SCORES[name]).kinds:
            fits = [one for one, score in SCORES.items() if spec.kind in score.kinds]
            what = f"{name!r} is for {' and '.join(score.kinds)}, and `kind` is {spec.kind}"
            yield Problem(path, f"{what}; take one of {', '.join(fits)}")
        elif spec.labels and score.needs == "two classes" and (why := _misfit(spec, name)):
            yield Problem(path, why)
        elif name in spec.metric[:place]:
            yield Problem(path, f"{name!r} is named twice; once is enough")


def _misfit(spec: TaskSpec, name: str) -> str:
    why = SCORES[name].misfit(spec.kind, spec.labels)
    return f"{name!r} {why}, and there are {len(spec.labels)}; take macro_f1" if why else ""


def _splits(spec: TaskSpec) -> Iterator[Problem]:
    shares = [one for one in (spec.valid, spec.test) if isinstance(one, float)]
    if sum(shares) >= 1:
        what = f"valid and test take {sum(shares):g} of the examples, and training gets none"
        yield Problem(("test",), f"{what}; let them be less than 1 together")
    for name in ("valid", "test"):
        if getattr(spec, name) == spec.train:
            what = "is what `train` is, so that scores would be of what was learned by heart"
            yield Problem((name,), f"{what}; give a share, as 0.1, or another source")


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name


@cache
def known_places() -> dict[str, Any]:
    """What each known name stands for: the file of a task, or an entry point; looked up once."""
    others = {entry.name: entry for entry in entry_points(group=_GROUP)}
    return {**others, **{path.stem: path for path in sorted(_BUILT_IN.glob("*.yaml"))}}


def _known_one(name: str) -> Path | TaskSpec:
    found = known_places().get(name)
    if found is None:
        hint = nearest(name, sorted(known_places()))
        raise UnknownNameError(
            f"unknown task {name!r}: {hint}; or give the path of its file, which ends in .yaml"
        )
    if isinstance(found, Path):
        return found
    loaded = found.load()
    return loaded if isinstance(loaded, TaskSpec) else Path(str(loaded))


def _document(name: str) -> Document:
    """A known task, parsed anew."""
    found = _known_one(name)
    if isinstance(found, TaskSpec):
        return Document(name, value=found.model_dump(mode="json", exclude_unset=True), noun="task")
    read = document.read(found, "task")
    if found.parent != _BUILT_IN and isinstance(read.value, dict):
        read.value.setdefault("folder", str(found.parent))
    return read


def _plain(name: str, above: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a known task says, as plain values, over what it is like."""
    value = _document(name).value
    if not isinstance(value, dict):
        return {}
    like = value.get("like")
    if not isinstance(like, str) or like in (*above, name):
        return value
    return {**_plain(like, (*above, name)), **value}
