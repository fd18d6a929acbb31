"""What a recipe says about its corpus.

>>> CorpusSpec(sources=["python_docs"], held_out=0.1).sources
(PythonDocsSpec(type='python_docs'),)
"""

from typing import Annotated, Any, Union

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from tokbench.corpus.source import SOURCES, SourceSpec
from tokbench.spec import Spec


def spelled_out(value: Any) -> Any:
    """A source written as its bare name, as the map that it stands for.

    >>> spelled_out("python_docs")
    {'type': 'python_docs'}
    """
    return {"type": value} if isinstance(value, str) else value


class _AnyRegistered:
    """The union of all registered sources, told apart by `type`, or a bare name."""

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        members = tuple(member for _, member in SOURCES.items())
        union = handler.generate_schema(Annotated[Union[members], Field(discriminator="type")])  # noqa: UP007 - made at run time
        return core_schema.no_info_before_validator_function(spelled_out, union)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        bare = [name for name, member in SOURCES.items() if not _required(member)]
        return {"anyOf": [{"type": "string", "enum": bare}, handler(schema)]}


def _required(member: type[SourceSpec]) -> list[str]:
    return [name for name, field in member.model_fields.items() if field.is_required()]


Source = Annotated[SourceSpec, _AnyRegistered()]


class CorpusSpec(Spec):
    """Where the text comes from, and how much of it training never sees."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    sources: Annotated[tuple[Source, ...], Field(strict=False, min_length=1)]
    """Read one after the other; a source without options can be written as its bare name."""

    held_out: float = Field(default=0.05, ge=0, lt=1)
    """The share of documents that training never sees, chosen by their hash."""

    seed: int = Field(default=0, ge=0)
    """Shuffles and samples; changes neither what is read nor what is held out."""
