"""From pydantic's errors to sentences: where, what, what instead."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tokbench.errors import Finding, nearest
from tokbench.recipe.document import Document, KeyPath
from tokbench.spec import Problem

_BEFORE = ("extends", "sweep")
"""Keys of a file that are gone when its recipe is validated."""
_TAGS = ("type", "for_model")
_KINDS = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a string",
    "tuple_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "finite_number": "a finite number",
}
_SHORT_FORMS = {
    "special_tokens": "a string or a map",
    "added_tokens": "a string or a map",
    "normalizer": "a name or a map",
    "pre_tokenizer": "a name or a map",
    "model": "a name or a map",
    "post_processor": "a name or a map",
    "decoder": "a name or a map",
}
"""Sections whose items may be written as a string."""
_SPLITS = {
    "train": "a name or a map",
    **dict.fromkeys(("valid", "test"), "a source, a share as 0.1, or a number of examples"),
}
"""What the examples of a task may be."""
_EXAMPLES = {
    ("recipe", "name"): "name: my-tokenizer",
    ("recipe", "model"): "model: BPE",
    ("recipe", "corpus"): "corpus: {sources: [python_docs]}",
    ("task", "name"): "name: my-task",
    ("task", "train"): "train: {type: files, paths: train.csv}",
}
"""How a key may look that a file lacks."""
_ONE_OF = {"steps": "step", **dict.fromkeys(("sources", "train", "valid", "test"), "source")}
"""What an item of a list is called."""
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def findings(error: ValidationError, document: Document, recipe: type[BaseModel]) -> list[Finding]:
    """One finding for each thing wrong, in the order of the file."""
    told = [one for one in error.errors() if not _follows(one, error.errors())]
    unique = dict.fromkeys(_finding(details, document, recipe) for details in told)
    return in_order(unique, document.file)


def told_once(wrong: dict[Finding, list[str]], of: int, file: str) -> list[Finding]:
    """Findings in the order of the files; in which of the variants, where it is not in all."""
    told = []
    for finding, names in wrong.items():
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        where = "" if len(names) == of else f" (in {names[0]}{others})"
        told.append(replace(finding, message=finding.message + where))
    return in_order(told, file)


def in_order(told: Iterable[Finding], file: str) -> list[Finding]:
    """Findings by their place, those in `file` first, those in the recipes it extends after."""
    return sorted(
        told,
        key=lambda one: (
            one.where.file != file and one.where.line is not None,
            one.where.file if one.where.line else "",
            one.where.line or 0,
            one.where.column or 0,
        ),
    )


def _follows(details: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Whether an error only follows from another: a list short of wrong items, a misspelt key."""
    if details["type"] == "too_short":
        return bool(details["input"])
    if details["type"] != "missing":
        return False
    *parent, key = details["loc"]
    unknown = [
        str(one["loc"][-1])
        for one in others
        if one["type"] == "extra_forbidden" and list(one["loc"][:-1]) == parent
    ]
    return bool(get_close_matches(str(key).lower(), [name.lower() for name in unknown], n=1))


def problem_findings(problems: Iterable[Problem], document: Document) -> list[Finding]:
    """The same for problems that a stage reports by path."""
    return [
        Finding(
            "format",
            "error",
            document.where(as_written(problem.path, document.value)),
            f"{_called(as_written(problem.path, document.value), document)}: {problem.message}",
        )
        for problem in problems
    ]


def kind(value: Any) -> str:
    """What a YAML value is, in words.

    >>> kind("30000"), kind(3), kind([1]), kind(None), kind(True)
    ("the string '30000'", 'the number 3', 'a list', 'null', 'true')
    """
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the string {value!r}" if len(value) < 40 else "a long string"  # noqa: PLR2004
        case int() | float():
            return f"the number {value}"
        case None:
            return "null"
        case dict():
            return "a map"
        case _:
            return "a list"


def dotted(path: KeyPath) -> str:
    """A path as users write it for `--set`.

    >>> dotted(("corpus", "sources", 0, "paths"))
    'corpus.sources.0.paths'
    """
    return ".".join(str(part) for part in path) or "the recipe"


def _called(path: KeyPath, document: Document) -> str:
    return dotted(path) if path else f"the {document.noun}"


def _finding(details: ErrorDetails, document: Document, recipe: type[BaseModel]) -> Finding:
    loc = details["loc"]
    path = _written(loc, document.value)
    by_key = details["type"] in ("extra_forbidden", "missing")
    if details["type"] == "missing":
        message = _missing(loc, path, document.noun)
    elif details["type"] == "extra_forbidden":
        message = _unknown_key(loc, path, document, recipe)
    else:
        message = f"{_called(path, document)}: {_wrong_value(details, path)}"
    return Finding("format", "error", document.where(path, key=by_key), message)


def _written(loc: Iterable[str | int], value: Any) -> KeyPath:
    """The part of pydantic's path that the user wrote: union tags and short forms left out."""
    path: KeyPath = ()
    for part in loc:
        known = isinstance(value, dict) and part in value
        known |= isinstance(value, list) and isinstance(part, int) and part < len(value)
        if known:
            path, value = (*path, part), value[part]
    return path


def as_written(path: KeyPath, value: Any) -> KeyPath:
    """A path without the list positions that a short form left out; absent keys stay.

    >>> as_written(("normalizer", 0, "type"), {"normalizer": "NFC"})
    ('normalizer', 'type')
    """
    kept: KeyPath = ()
    for part in path:
        known = isinstance(value, dict) and part in value
        known |= isinstance(value, list) and isinstance(part, int) and part < len(value)
        if known or isinstance(part, str):
            kept, value = (*kept, part), value[part] if known else None
    return kept or path


def _missing(loc: KeyPath, path: KeyPath, noun: str) -> str:
    key = loc[-1]
    where = f"{dotted(path)} needs" if path else f"a {noun} needs"
    example = None if path else _EXAMPLES.get((noun, str(key)))
    return f"{where} the key {key!r}" + (f", for example {example}" if example else "")


def _unknown_key(loc: KeyPath, path: KeyPath, document: Document, recipe: type[BaseModel]) -> str:
    key, parent = str(loc[-1]), path[:-1]
    if parent == ("trainer",) and key == "type":
        return "trainer.type: a trainer has no type, it follows from the model; leave it out"
    where = f" in {dotted(parent)}" if parent else ""
    known = [name for model in _models_at(loc[:-1], recipe) for name in _user_fields(model)]
    known = list(dict.fromkeys((*known, *(_BEFORE if _is_recipe(document, parent) else ()))))
    elsewhere = [home for home in _homes(key, recipe, document) if home[:-1] != parent]
    if parent:  # its keys are like those of many sections, and are meant only at the top
        elsewhere = [home for home in elsewhere if home[0] != "downstream"]
    if elsewhere:
        return f"unknown key {key!r}{where}: it belongs at {dotted(elsewhere[0])}"
    if parent in (("model",), ("trainer",)):
        of = [
            str(_tag(one))
            for one in _members(recipe.model_fields[str(parent[0])].annotation)
            if key in _user_fields(one)
        ]
        if of:
            return f"unknown key {key!r}{where}: only {' and '.join(of)} has it"
    return f"unknown key {key!r}{where}: {nearest(key, known)}"


def _is_recipe(document: Document, parent: KeyPath) -> bool:
    return not parent and document.noun == "recipe"


def _homes(key: str, recipe: type[BaseModel], document: Document) -> list[KeyPath]:
    """The sections of the recipe, as its model has them, that know this key."""
    model = document.value.get("model")
    tag = model.get("type") if isinstance(model, dict) else model
    homes: list[KeyPath] = [(key,)] if key in _user_fields(recipe) else []
    for section in _user_fields(recipe):
        members = _members(recipe.model_fields[section].annotation)
        if section in ("model", "trainer"):
            members = [one for one in members if _tag(one) == tag]
        elif len(members) != 1:
            continue
        homes += [(section, key) for one in members if key in _user_fields(one)]
    return homes


def _wrong_value(details: ErrorDetails, path: KeyPath) -> str:
    sort, value, context = details["type"], details["input"], details.get("ctx", {})
    if sort in _BOUNDS:
        words, bound = _BOUNDS[sort]
        return f"must be {words} {context[bound]}, got {value}"
    if sort in _KINDS:
        wanted = _KINDS[sort]
        if wanted == "a map" and path:
            wanted = _SPLITS.get(str(path[-1]), _SHORT_FORMS.get(str(path[0]), wanted))
        return f"expected {wanted}, got {kind(value)}{_remedy(sort, value, path)}"
    if sort == "string_pattern_mismatch":
        return f"{value!r} is not a name: use letters, digits, dots, dashes and underscores"
    if sort in ("string_too_short", "too_short"):
        return "must not be empty"
    if sort == "string_too_long":
        return f"must have at most {context['max_length']} character(s), got {value!r}"
    return _wrong_choice(details, path) or details["msg"].removeprefix("Value error, ")


def _wrong_choice(details: ErrorDetails, path: KeyPath) -> str:
    """What to say of a name that is not among the known; nothing for another kind of error."""
    value, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "union_tag_invalid":
            known = [tag.strip("'") for tag in context["expected_tags"].split(", ")]
            keys = [part for part in path if isinstance(part, str) and part != "type"]
            noun = _ONE_OF.get(keys[-1], keys[-1])
            return f"unknown {noun} {context['tag']!r}: {nearest(context['tag'], known)}"
        case "union_tag_not_found":
            return f"expected a name or a map with the key 'type', got {kind(value)}"
        case "literal_error" if isinstance(value, str):
            listed = context["expected"].replace(" or ", ", ").split(",")
            known = [one.strip("' ") for one in listed]
            return f"unknown value {value!r}: {nearest(value, known)}"
        case "literal_error":
            return f"expected {context['expected']}, got {kind(value)}"
    return ""


def _remedy(sort: str, value: Any, path: KeyPath) -> str:
    if sort in ("int_type", "float_type") and isinstance(value, str):
        plain = value.replace("_", "").replace(",", "")
        if plain.replace(".", "", 1).isdecimal():
            return f"; write {plain} without quotes"
    if sort in ("int_type", "float_type", "bool_type") and isinstance(value, list):
        return "; several values are a sweep: `sweep: {grid: {" + dotted(path) + ": [...]}}`"
    if sort == "string_type" and isinstance(value, bool | int | float):
        written = str(value).lower() if isinstance(value, bool) else value
        return f'; put it in quotes: "{written}"'
    if sort.startswith("model") and isinstance(value, list) and len(value) == 1:
        return f'; YAML takes [{value[0]}] for a list: put it in quotes, "[{value[0]}]"'
    if sort == "tuple_type":
        return "; a list is written [a, b]"
    return ""


def _models_at(loc: KeyPath, recipe: type[BaseModel]) -> list[type[BaseModel]]:
    """The specs that pydantic was filling at a path of its own."""
    models = [recipe]
    for part in loc:
        if isinstance(part, int):
            continue
        fields = [one.model_fields[part] for one in models if part in one.model_fields]
        if fields:
            models = [member for one in fields for member in _members(one.annotation)]
        else:  # the tag of a member, or of a choice that has none of its own
            models = [one for one in _with_subclasses(models) if _tag(one) == part] or models
    return models


def _with_subclasses(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    """The classes and those made from them, as a union of registered members is annotated."""
    return [one for model in models for one in (model, *_with_subclasses(model.__subclasses__()))]


def _members(annotation: Any) -> list[type[BaseModel]]:
    """The specs inside an annotation, through Annotated, unions and tuples."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        return [one for argument in get_args(annotation) for one in _members(argument)]
    return []


def _user_fields(model: type[BaseModel]) -> Iterator[str]:
    return (name for name, one in model.model_fields.items() if not one.exclude)


def _tag(model: type[BaseModel]) -> Any:
    return next((model.model_fields[t].default for t in _TAGS if t in model.model_fields), None)
