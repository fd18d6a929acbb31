"""What a recipe says about the training of models.

>>> TrainingSpec(seeds=2, learning_rate=1e-3).learning_rates
(0.001,)
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tokbench.errors import nearest
from tokbench.spec import Spec

GRID = (1e-4, 3e-4, 1e-3)
Hold = Literal["body", "total"]
GENTLE = (2e-5, 5e-5, 1e-4)
"""What is tried where a model was trained before."""
SIZES = ("tiny", "mini", "small")
"""Of models from scratch."""
LATER = {"hold": "body", "embeddings": "both"}
"""Settings that came later, and what they were before: so said, signatures are what they were."""


def _some(value: Any) -> Any:
    return (value,) if isinstance(value, int | float) else value


class TrainingSpec(Spec):
    """How every model is trained, whatever its tokenizer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: Annotated[str, Field(min_length=1, examples=[*SIZES])] = "tiny"
    """The body, trained from scratch: `tiny` (2 layers of width 128), `mini` (4 of 256) or
    `small` (4 of 512). Or a checkpoint to go on from: its folder, `./name`, or its name on the
    Hub, `owner/name` or `name@main`."""

    embeddings: Literal["transplant", "random", "both"] = "both"
    """Of models that go on from a checkpoint: transplanted to each tokenizer, random but for
    special tokens, or each tokenizer with both, side by side."""

    seeds: int = Field(default=5, ge=1)
    """How many models of each tokenizer, each with weights and an order of examples of its own."""

    epochs: float = Field(default=3.0, gt=0, le=1e6)
    """How often each example is seen."""

    batch_size: int = Field(default=32, ge=1)
    """Examples an optimizer step, over all devices and accumulated batches."""

    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added up to one step."""

    learning_rate: Annotated[
        tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...],
        Field(strict=False, min_length=1),
        BeforeValidator(_some, json_schema_input_type=float | tuple[float, ...]),
    ] = GRID
    """One, or several of which the validation split chooses for each tokenizer alike; by default
    2e-5, 5e-5 and 1e-4 of models that go on from a checkpoint."""

    warmup: float = Field(default=0.1, ge=0, lt=1)
    """The share of the steps in which the learning rate rises; then it falls to zero, linearly."""

    weight_decay: float = Field(default=0.01, ge=0, allow_inf_nan=False)
    """Of AdamW, of weights but neither biases nor norms."""

    max_length: int = Field(default=128, ge=8, le=8192)
    """The most tokens of an example, special ones included; what is longer is cut, and counted.
    Of language models a task's `context_bytes` says how long pieces are."""

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """By default bf16 where a GPU or TPU has it."""

    hold: Hold = "body"
    """What is alike whatever the vocabulary: the parameters of the body, or `total`: those of body
    and embeddings together; inner layers then are as wide as leaves as many as with 16,384 rows."""

    static_shapes: bool | None = None
    """Whether batches are padded to few lengths and filled up, as compilers like it; by default
    on XLA devices alone."""

    buckets: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)] = ()
    """The lengths that static shapes have; by default powers of two from 32 to `max_length`."""

    patience: int | None = Field(default=None, ge=1)
    """Stop when the validation score has not got better for so many epochs; by default never."""

    inside: bool = False
    """Whether, of tokens, the second and later pieces of a word carry a label too (B- as I-)."""

    log: Annotated[
        tuple[Literal["tensorboard", "trackio"], ...],
        Field(strict=False),
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    ] = ()
    """Who is told of every step beside the JSON lines that are always written."""

    @model_validator(mode="before")
    @classmethod
    def _gentle(cls, said: Any) -> Any:
        """Other learning rates for what was trained before."""
        if isinstance(said, Mapping) and said.get("model", "tiny") not in SIZES:
            return {"learning_rate": GENTLE, **said}
        return said

    @field_validator("model")
    @classmethod
    def _known(cls, model: str) -> str:
        """A size, or what can only be the folder of a checkpoint or its name on the Hub."""
        if model not in SIZES and not set(model) & set("/@\\"):
            raise ValueError(
                f"no model {model!r}: {nearest(model, SIZES)}; a checkpoint is the path of a "
                "folder (./name) or a name on the Hub (owner/name, name@main)"
            )
        return model

    @field_validator("embeddings")
    @classmethod
    def _about_checkpoints(cls, embeddings: str, info: ValidationInfo) -> str:
        """Models from scratch have nothing to transplant."""
        if embeddings != "both" and info.data.get("model") in SIZES:
            raise ValueError(
                f"is about models that go on from a checkpoint, and {info.data['model']} is "
                "trained from scratch"
            )
        return embeddings

    @field_validator("buckets")
    @classmethod
    def _fit(cls, buckets: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        """None is longer than examples may be."""
        longest = info.data.get("max_length")
        for one in buckets:
            if longest is not None and one > longest:
                raise ValueError(f"no example is longer than max_length, {longest:,}: got {one:,}")
        return buckets

    def plain(self, *without: str) -> dict[str, Any]:
        """The settings as plain data, but those named; later ones only where they change a thing.

        >>> "hold" in TrainingSpec().plain(), "hold" in TrainingSpec(hold="total").plain()
        (False, True)
        """
        told = set(TrainingSpec.model_fields) - set(without)
        made = self.model_dump(mode="json", include=told)
        return {name: value for name, value in made.items() if LATER.get(name, ...) != value}

    @property
    def from_scratch(self) -> bool:
        """Whether models do not go on from a checkpoint."""
        return self.model in SIZES

    @property
    def learning_rates(self) -> tuple[float, ...]:
        """What is tried, each once."""
        return tuple(dict.fromkeys(self.learning_rate))
