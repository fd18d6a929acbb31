"""The JSON Schema of a recipe, for editors to complete and check from."""

from typing import Any, ClassVar

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from tokbench.recipe.recipe import Recipe

_HIDDEN = "for_model"


class _Generator(GenerateJsonSchema):
    """Warnings about defaults that JSON cannot say are of no use to an editor."""

    ignored_warning_kinds: ClassVar[set[JsonSchemaWarningKind]] = {  # type: ignore[misc]
        "non-serializable-default",
        "skipped-choice",
    }


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of format 1."""
    made = Recipe.model_json_schema(schema_generator=_Generator, mode="validation")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "tokbench recipe, format 1"
    _follow_model(made)
    _compose(made)
    return made


def _compose(made: dict[str, Any]) -> None:
    """What is gone when a recipe is validated: bases, sweeps, lists of sizes."""
    needed = [name for name in made.pop("required") if name != "name"]
    made["required"] = ["name"]
    made["if"] = {"not": {"anyOf": [{"required": ["extends"]}, {"required": ["sweep"]}]}}
    made["then"] = {"required": needed}
    text, some = {"type": "string"}, {"minItems": 1, "type": "array"}
    case = {"type": "object", "properties": {"name": text}}
    values = {"anyOf": [some, {"type": "object", "minProperties": 1}]}
    made["properties"] |= {
        "extends": {
            "title": "Extends",
            "description": "Recipes to lay this one over, relative to this file.",
            "anyOf": [text, {**some, "items": text}],
        },
        "sweep": {
            "title": "Sweep",
            "description": "Fields that vary: dotted keys to lists of values, or a list of cases.",
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "grid": {"type": "object", "minProperties": 1, "additionalProperties": values},
                "cases": {**some, "items": case},
            },
        },
    }
    for definition in made["$defs"].values():
        size = definition.get("properties", {}).get("vocab_size")
        if size:
            plain = {key: size.pop(key) for key in ("type", "minimum") if key in size}
            size["anyOf"] = [plain, {**some, "items": plain}]


def _follow_model(made: dict[str, Any]) -> None:
    """The trainer follows from the model: take out the field that tells them apart inside."""
    for definition in made["$defs"].values():
        definition.get("properties", {}).pop(_HIDDEN, None)
        if _HIDDEN in definition.get("required", []):
            definition["required"].remove(_HIDDEN)
    trainer = made["properties"]["trainer"]
    trainer.pop("discriminator", None)
    trainer["anyOf"] = trainer.pop("oneOf")
    made["required"] = [name for name in made["required"] if name != "trainer"]
