"""What a recipe says about its corpus.

>>> CorpusSpec(sources=["python_docs"], held_out=0.1).sources[0].type
'python_docs'
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from tokbench.corpus.registered import AnyOf
from tokbench.corpus.source import SOURCES, SourceSpec
from tokbench.corpus.step import Steps
from tokbench.spec import Spec

Source = Annotated[SourceSpec, AnyOf(SOURCES)]


class CorpusSpec(Spec):
    """Where the text comes from, what is done to it, and how much of it training never sees."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    sources: Annotated[tuple[Source, ...], Field(strict=False, min_length=1)]
    """Read one after the other; a source without options can be written as its bare name."""

    steps: Steps = ()
    """What is done to the documents of every source, in order, behind the source's own steps."""

    held_out: float = Field(default=0.05, ge=0, lt=1)
    """The share of documents that training never sees, chosen by their hash."""

    seed: int = Field(default=0, ge=0)
    """Shuffles and samples; changes neither what is read nor what is held out."""
