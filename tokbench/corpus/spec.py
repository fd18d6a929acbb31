"""What a recipe says about its corpus.

>>> CorpusSpec(sources=["python_docs"], held_out=0.1).sources[0].type
'python_docs'
"""

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from tokbench.corpus.cleaning.step import Steps
from tokbench.corpus.groups import column_of
from tokbench.corpus.mixing.spec import MixSpec
from tokbench.corpus.registered import AnyOf
from tokbench.corpus.source import SOURCES, SourceSpec
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
    """Mixes, shuffles and samples; changes neither what is read nor what is held out."""

    mix: MixSpec | None = None
    """How much of each source training gets; without it, and without weights, all there is."""

    @model_validator(mode="after")
    def _mixable(self) -> "CorpusSpec":
        """Weights are for all sources or none, and groups are there."""
        trained = [(n, one) for n, one in enumerate(self.sources, 1) if one.held_out != 1]
        weighted = [one.weight is not None for _, one in trained]
        if any(weighted) and not all(weighted):
            lacking = trained[weighted.index(False)][0]
            raise ValueError(f"source {lacking} has no weight and others do: give all one, or none")
        if any(weighted) and self.mix is not None and self.mix.exponent is not None:
            raise ValueError("weights and mix.alpha or mix.temperature both say the shares: choose")
        over = self.mix.over if self.mix else None
        for number, one in trained if over else ():
            value = one.groups.get(over or "")
            if value is None or column_of(value):
                raise ValueError(
                    f"mix.over: source {number} has no {over!r} of its own; add for example "
                    f"`groups: {{{over}: ko}}`"
                )
        return self

    @property
    def mixing(self) -> MixSpec | None:
        """What says the shares of the sources, if anything does."""
        weighted = any(one.weight is not None for one in self.sources)
        return self.mix or (MixSpec() if weighted else None)
