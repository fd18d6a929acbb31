"""What a recipe says about how much of each source training gets."""

from pydantic import ConfigDict, Field, model_validator

from tokbench.corpus.cleaning.options import Bytes
from tokbench.spec import Spec


class MixSpec(Spec):
    """How much of the training text comes from each source, in bytes of UTF-8 behind all steps.

    With `weight`s at the sources, those say it; with `alpha` or `temperature` their sizes do; with
    none of these each source has the share that it has anyway.

    >>> MixSpec(temperature=3.3, total="100MB").total
    100000000
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    alpha: float | None = Field(default=None, ge=0, le=1)
    """Shares are proportional to size ** alpha: 1 as they are, 0 all alike (Conneau 2019: 0.3)."""

    temperature: float | None = Field(default=None, ge=1)
    """The same with alpha = 1 / temperature (Arivazhagan 2019: 5)."""

    over: str | None = None
    """The name of a group, as `language`: shares are those of its values, and the sources of one
    value share in proportion to their sizes."""

    total: Bytes | None = None
    """How much text there is to be; by default the most at which every share comes out exactly."""

    max_repeats: float = Field(default=1, ge=1, allow_inf_nan=False)
    """How often training may get the text of a source; up to 4 costs little (Muennighoff 2023)."""

    @model_validator(mode="after")
    def _fits_together(self) -> "MixSpec":
        if self.alpha is not None and self.temperature is not None:
            raise ValueError("alpha and temperature say the same: leave one of them out")
        if self.over is not None and self.exponent is None:
            raise ValueError("over says whose sizes alpha or temperature is about: add one of them")
        return self

    @property
    def exponent(self) -> float | None:
        """What sizes are raised to; None where the recipe does not say."""
        return 1 / self.temperature if self.temperature is not None else self.alpha
