"""What recipes are made of: frozen, strict pydantic models and the short forms they accept.

A stage defines the specs it understands; `tokbench.recipe` composes them into a recipe and gives
every error its line and column. Nothing here knows YAML.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, ValidationInfo
from pydantic.annotated_handlers import GetCoreSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema


def _without_examples(schema: dict[str, Any]) -> None:
    """Leave out of a JSON Schema what is for readers of the code."""
    if "description" in schema:
        schema["description"] = schema["description"].split("\n\n>>>")[0]


class Spec(BaseModel):
    """What a recipe says about one thing: frozen, strict, no key that nobody reads."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", json_schema_extra=_without_examples
    )


@dataclass(frozen=True)
class Problem:
    """Something wrong with a spec that only several of its fields together show.

    Attributes:
        path: keys and list positions from the top of the recipe to the value to blame.
        message: one sentence: what is wrong, what to write instead.
    """

    path: tuple[str | int, ...]
    message: str


class Named:
    """Lets a discriminated union also be written as the bare name of its type: `NFC`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Expand a string to a map before the union is told apart by `type`."""
        return core_schema.no_info_before_validator_function(_expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The union's own schema, or one of its names."""
        full = handler(schema)
        mapping = handler.resolve_ref_schema(full)["discriminator"]["mapping"]
        bare = [
            name
            for name, place in mapping.items()
            if not handler.resolve_ref_schema({"$ref": place}).get("required")
        ]
        return {"anyOf": [{"enum": sorted(bare)}, full]}


class OrString:
    """Mix into a spec that can also be written as a plain string: shown in its JSON Schema."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A plain string, or the map."""
        full = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"type": "string"}, dict(full)]}


def _expand(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


class OneOrMany:
    """Lets a tuple be written as a list, as one item alone, or as null for none."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Make a tuple of whatever was written."""
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The array, one of its items, or null."""
        full = handler(schema)
        return {"anyOf": [full["items"], full, {"type": "null"}]}


def _listed(value: Any) -> Any:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def listed(value: Any) -> Any:
    """A YAML list as the tuple that a strict field asks for; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


AsTuple = BeforeValidator(listed)
"""Lets a tuple field accept a YAML list."""


def read_relative(value: Any, info: ValidationInfo) -> Any:
    """`{file: path}` as the path's bytes, relative to the `base` of the validation context."""
    if not isinstance(value, dict):
        return value
    if set(value) != {"file"} or not isinstance(value["file"], str):
        raise PydanticCustomError("file", "expected a string or {file: path}")
    base = (info.context or {}).get("base", Path())
    try:
        return (base / Path(value["file"]).expanduser()).read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # no such user's home, a null in a name
        reason = getattr(error, "strerror", None) or str(error)
        raise PydanticCustomError(
            "file",
            "the file {path} cannot be read: {reason}",
            {"path": value["file"], "reason": reason},
        ) from error


def _text_file(value: Any, info: ValidationInfo) -> Any:
    read = read_relative(value, info)
    if not isinstance(read, bytes):
        return read
    try:
        return read.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PydanticCustomError(
            "file", "the file {path} is not UTF-8 text", {"path": value["file"]}
        ) from error


TextOrFile = Annotated[
    str, BeforeValidator(_text_file, json_schema_input_type=str | dict[str, str])
]
"""A string written in the recipe, or `{file: ...}` read when the recipe is loaded."""
