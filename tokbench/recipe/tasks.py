"""What a recipe, or a file of its own, says about a task: where examples are, what they mean.

>>> spec = TaskSpec(name="t", train="python_docs", test=0.2, label="area")
>>> spec.kind, spec.valid
('classification', 0.1)
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from tokbench.corpus.spec import Source
from tokbench.downstream import TrainingSpec
from tokbench.spec import Spec
from tokbench.values import TaskKind

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Share = Annotated[float, Field(gt=0, lt=1)]


class TaskSpec(Spec):
    """A task: examples, their labels and how answers are scored."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=NAME, max_length=60)]
    """What it is called in reports."""

    description: str = ""
    """One sentence: what is to be learned."""

    kind: TaskKind = "classification"
    """A class of each example, a number, or a label of each word or character."""

    train: Source
    """Where the examples are; its `text` is the sentence (of `kind: tokens`: see `words`)."""

    valid: Source | Share = 0.1
    """What learning rates are chosen on: a source, or a share of `train`, by hash."""

    test: Source | Share = 0.1
    """What scores are told of: a source, or a share of `train`, by hash."""

    pair: Annotated[str, Field(min_length=1)] | None = None
    """The column of the second sentence."""

    words: Annotated[str, Field(min_length=1)] | None = None
    """The column that is a list of words, each with a label; without it characters of the text
    have labels."""

    label: Annotated[str, Field(min_length=1)] = "label"
    """The column of the class, the number, or the list of labels; of `kind: tokens` without
    `words` also a list of `{start, end, label}`, in characters of the text."""

    labels: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """The names of the classes, in the order of their numbers; by default what the training
    examples have, sorted."""

    metric: (
        Annotated[str, Field(min_length=1)] | Annotated[tuple[str, ...], Field(strict=False)]
    ) = ()
    """Names of scores, the one that decides first; by default what suits the kind."""


class DownstreamSpec(TrainingSpec):
    """The models that a recipe's tokenizer is tried with, beside all its baselines."""

    tasks: Annotated[tuple[str | TaskSpec, ...], Field(strict=False)] = ()
    """Names of tasks that tokbench knows, paths of their files, or tasks written out here."""
