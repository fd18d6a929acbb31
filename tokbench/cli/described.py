"""The options of a step or a source, in words, as their JSON Schema has them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tokbench.spec import Spec

_WORDS = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "a map",
    "array": "a list",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


@dataclass(frozen=True)
class Option:
    """What can be said of one thing.

    Attributes:
        name: its key; with a dot inside a map.
        type: what it may be, in words.
        default: what it is where nothing is said, as JSON; None where something must be.
        meaning: in a sentence.
    """

    name: str
    type: str
    default: str | None
    meaning: str


def summary(spec: type[Spec]) -> str:
    """The first paragraph of what a spec says of itself, in one line."""
    first = (spec.__doc__ or "").split("\n\n", maxsplit=1)[0]
    return " ".join(first.split())


def options(spec: type[Spec], last: frozenset[str] = frozenset()) -> list[Option]:
    """All options of a spec in its order, those in `last` behind the others.

    >>> from tokbench.corpus.steps.max_chars import MaxChars
    >>> for one in options(MaxChars):
    ...     print(one.name, one.type, one.default, sep=": ")
    chars: an integer, at least 1: None
    too_long: split, cut or drop: split
    """
    schema = spec.model_json_schema()
    found = list(_options(schema, schema.get("$defs", {})))
    return sorted(found, key=lambda one: one.name.partition(".")[0] in last)


def _options(schema: dict[str, Any], named: dict[str, Any], before: str = "") -> Iterator[Option]:
    for name, one in schema["properties"].items():
        if name == "type" and not before:
            continue
        must = name in schema.get("required", ())
        meaning = " ".join(one.get("description", "").split())
        default = None if must else _written(one.get("default"))
        yield Option(before + name, _words(one, named), default, meaning)
        for inner in _maps(one, named):
            yield from _options(inner, named, f"{before}{name}.")


def _maps(schema: dict[str, Any], named: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The maps of known keys that an option itself may be."""
    for one in schema.get("anyOf", [schema]):
        target = named.get(one.get("$ref", "").rpartition("/")[2], {})
        if "properties" in target:
            yield target


def _words(schema: dict[str, Any], named: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _words(named[schema["$ref"].rpartition("/")[2]], named)
    if "discriminator" in schema:
        return "a map"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _any_of([one for one in schema[key] if one.get("type") != "null"], named)
    if "enum" in schema or "const" in schema:
        return _either([_written(one) for one in schema.get("enum", [schema.get("const")])])
    said = _WORDS.get(schema.get("type", ""), "anything")
    if said == "a list" and "discriminator" not in str(schema.get("items", {})):
        said = f"a list of {_words(schema['items'], named)}" if "items" in schema else said
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    return ", ".join([said, *bounds])


def _any_of(schemas: list[dict[str, Any]], named: dict[str, Any]) -> str:
    one, *more = schemas
    if more and more[0].get("items") == one:
        return f"{_words(one, named)}, or several in a list"
    kinds = list(dict.fromkeys(_words(each, named) for each in schemas))
    if _WORDS["number"] in kinds and _WORDS["integer"] in kinds:
        kinds.remove(_WORDS["integer"])
    return _either(kinds)


def _either(kinds: list[str]) -> str:
    *others, last = kinds
    return f"{', '.join(others)} or {last}" if others else last


def _written(value: Any) -> str:
    if value is None or value in ([], {}):
        return "none"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
