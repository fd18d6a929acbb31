"""What a recipe says about measuring."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from tokbench.errors import UnknownNameError
from tokbench.metrics.registry import ALL, meant
from tokbench.spec import AsTuple, Spec


def _default(value: Any) -> Any:
    return {"default": (), ALL: (ALL,)}.get(value, value) if isinstance(value, str) else value


def _paths(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class BenchmarkSpec(Spec):
    """Which metrics to compute, and whom to compare with."""

    metrics: Annotated[
        tuple[str, ...], AsTuple, BeforeValidator(_default, json_schema_input_type=Any)
    ] = Field(
        default=(), description="names of metrics, or of files of them (speed), or default, or all"
    )
    baselines: Annotated[tuple[str, ...], AsTuple] = Field(
        default=(), description="folders, tokenizer.json files or Hub names"
    )
    parallel: Annotated[tuple[str, ...], AsTuple, BeforeValidator(_paths)] = Field(
        default=(),
        description="the same text in several languages, as `compare --parallel` takes it",
    )
    reference: str | None = Field(
        default=None, description="the language of it that the others are compared with"
    )

    @field_validator("metrics")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                meant(name)
            except UnknownNameError as error:
                raise PydanticCustomError("metric", "{why}", {"why": str(error)}) from error
        return names
