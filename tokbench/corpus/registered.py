"""A field of a spec that takes any member of a registry, told apart by `type`, or a bare name."""

from typing import Annotated, Any, Union

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from tokbench.registry import Registry
from tokbench.spec import Spec


def spelled_out(value: Any) -> Any:
    """A member written as its bare name, as the map that it stands for.

    >>> spelled_out("python_docs")
    {'type': 'python_docs'}
    """
    return {"type": value} if isinstance(value, str) else value


class AnyOf:
    """The union of all members of a registry of specs."""

    def __init__(self, registry: Registry[Any]) -> None:
        self._registry = registry

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The members' own schemas, behind what spells out a bare name."""
        members = tuple(member for _, member in self._registry.items())
        union = handler.generate_schema(Annotated[Union[members], Field(discriminator="type")])  # noqa: UP007 - made at run time
        return core_schema.no_info_before_validator_function(spelled_out, union)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """One of the names that need no options, or a map."""
        bare = [name for name, member in self._registry.items() if not _required(member)]
        return {"anyOf": [{"type": "string", "enum": bare}, handler(schema)]}


def _required(member: type[Spec]) -> list[str]:
    return [name for name, field in member.model_fields.items() if field.is_required()]
