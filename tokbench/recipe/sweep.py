"""`sweep:` and lists of sizes: one recipe that stands for several, which are called variants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from tokbench.errors import Location, nearest
from tokbench.recipe.document import Document, KeyPath, override, refuse
from tokbench.recipe.explain import dotted, kind
from tokbench.recipe.labels import LONGEST_NAME, label, labels, name_problem, unique
from tokbench.recipe.layers import lay

SIZES: KeyPath = ("trainer", "vocab_size")
"""Where a list means a sweep by itself."""
_FIXED = ("name", "sweep", "extends")
_MOST = 1000


@dataclass(frozen=True)
class _Choice:
    """One value of an axis.

    Attributes:
        label: its part of the variant's name.
        layers: what is laid over the recipe.
    """

    label: str
    layers: tuple[Document, ...]


@dataclass(frozen=True)
class _Axis:
    """Something that varies; `paths` are the fields that its choices set."""

    choices: tuple[_Choice, ...]
    paths: tuple[KeyPath, ...]


def variants(read: Document, assignments: Sequence[str] = ()) -> list[Document]:
    """The recipes that a document stands for, each without `sweep` and with its own name.

    Args:
        read: a composed document; it is used up.
        assignments: `key.path=value`, as `--set` gives them. They win over every variant; an axis
            that varies only what they set is dropped.

    Raises:
        RecipeError: the sweep cannot be read, or an assignment cannot be made.
    """
    early = [one for one in assignments if _head(one) in _FIXED]
    late = [one for one in assignments if _head(one) not in _FIXED]
    for one in early:
        if _head(one) == "extends":
            raise refuse(Location(f"--set {one}"), "extends belongs into the recipe's file")
    override(read, early)
    if not isinstance(read.value, dict) or "sweep" not in read.value:
        override(read, late)
        return _named(read, _sizes([], read))
    sweep = read.value.pop("sweep")
    if sweep is None:
        read.keys.pop(("sweep",), None)  # it is no sweep that makes several of it
    set_ = [tuple(one.partition("=")[0].strip().split(".")) for one in late]
    axes = [one for one in _axes(read, sweep) if not _settled(one, set_)]
    if prod(len(one.choices) for one in axes) > _MOST:
        raise refuse(read.where(("sweep",)), f"sweep: makes more than {_MOST:,} recipes")
    found: list[tuple[list[str], Document]] = []
    for choices in product(*(one.choices for one in axes)):
        made = lay(read, Document(read.file))
        layers = [one for choice in choices for one in choice.layers]
        for layer in sorted(layers, key=lambda one: "model" not in one.value):
            made = lay(layer, made)  # a new model first: what else is said, is said of it
        override(made, late)
        found += _sizes([choice.label for choice in choices], made)
    return _named(read, found)


def _head(assignment: str) -> str:
    return assignment.partition("=")[0].strip().partition(".")[0]


def _settled(axis: _Axis, assigned: Sequence[tuple[str, ...]]) -> bool:
    """Whether all that an axis varies is assigned anyway."""
    paths = [tuple(map(str, path)) for path in axis.paths]
    return bool(paths) and all(any(path[: len(one)] == one for one in assigned) for path in paths)


def _named(read: Document, found: list[tuple[list[str], Document]]) -> list[Document]:
    """The variants under names made from their labels: short, different, fit for a folder."""
    own = read.value.get("name") if isinstance(read.value, dict) else None
    if not isinstance(own, str):
        return [made for _, made in found]
    names = ["-".join((own, *parts)) for parts, _ in found]
    names = [
        one if len(one) <= LONGEST_NAME else f"{own}-{number}"
        for number, one in enumerate(names, 1)
    ]
    for (parts, made), name in zip(found, unique(names), strict=True):
        if parts:
            made.value["name"] = name
    return [made for _, made in found]


def _sizes(parts: list[str], made: Document) -> list[tuple[list[str], Document]]:
    """One variant for each of a list of vocabulary sizes."""
    trainer = made.value.get("trainer") if isinstance(made.value, dict) else None
    sizes = trainer.get("vocab_size") if isinstance(trainer, dict) else None
    if not isinstance(sizes, list):
        return [(parts, made)]
    if not sizes:
        raise refuse(made.where(SIZES), f"{dotted(SIZES)}: the list is empty")
    where = made.where(SIZES)
    layers = [_layer(made, (*SIZES, i), size, SIZES, where) for i, size in enumerate(sizes)]
    named = labels("vocab_size", sizes)
    return [([*parts, one], lay(layer, made)) for one, layer in zip(named, layers, strict=True)]


def _axes(read: Document, sweep: Any) -> Iterator[_Axis]:
    if sweep is None:
        return
    _refuse_strange(read, sweep)
    if "cases" in sweep:
        yield _cases(read, sweep["cases"])
    if "grid" in sweep:
        grid, where = sweep["grid"], read.where(("sweep", "grid"))
        if not isinstance(grid, dict) or not grid:
            raise refuse(where, f"sweep.grid: expected a map of fields to lists, got {kind(grid)}")
        for key, values in grid.items():
            yield _axis(read, key, values)


def _refuse_strange(read: Document, sweep: Any) -> None:
    """Raise where a sweep is no map of grid and cases."""
    if not isinstance(sweep, dict):
        hint = "a list of cases is `sweep: {cases: [...]}`" if isinstance(sweep, list) else ""
        said = f"sweep: expected a map with the key grid or cases, got {kind(sweep)}"
        raise refuse(read.where(("sweep",)), "; ".join(filter(None, (said, hint))))
    for key in sweep:
        if key not in ("grid", "cases"):
            where = read.where(("sweep", key), key=True)
            said = nearest(key, ["grid", "cases"])
            if not said.startswith("did you mean"):
                said = f"fields are listed below grid: `sweep: {{grid: {{{key}: [...]}}}}`"
            raise refuse(where, f"unknown key {key!r} in sweep: {said}")
    if not sweep:
        raise refuse(read.where(("sweep",)), "sweep: is empty; say grid or cases, or leave it out")


def _axis(read: Document, key: str, values: Any) -> _Axis:
    """A field of the grid: a list of values, or a map of names to values."""
    path: KeyPath = ("sweep", "grid", key)
    key_where, where = read.where(path, key=True), read.where(path)
    target = _target(key, key_where)
    if isinstance(values, list) and values:
        named = labels(str(target[-1]), values)
        sources: list[KeyPath] = [(*path, i) for i in range(len(values))]
    elif isinstance(values, dict) and values and "type" not in values:
        _refuse_nested(key, values, key_where)
        named = [_own_name(read, (*path, name), name) for name in values]
        sources = [(*path, name) for name in values]
    else:
        raise refuse(
            where,
            f"sweep.grid.{key}: expected a list of values, or a map of names to values, got "
            + ("one value" if isinstance(values, dict) and values else kind(values)),
        )
    given = values if isinstance(values, list) else values.values()
    choices = (
        _Choice(one, (_layer(read, source, value, target, key_where),))
        for one, source, value in zip(named, sources, given, strict=True)
    )
    return _Axis(tuple(choices), (target,))


def _refuse_nested(key: str, values: Mapping[str, Any], where: Location) -> None:
    """A map of fields where a map of names was wanted: `trainer: {vocab_size: [...]}`."""
    if key in ("trainer", "wrap", "corpus", "benchmark"):
        inner = next(iter(values))
        if isinstance(values[inner], list):
            said = f"write `{key}.{inner}: [...]`: fields of a grid are named by dotted keys"
            raise refuse(where, f"sweep.grid.{key}: {said}")


def _cases(read: Document, cases: Any) -> _Axis:
    where = read.where(("sweep", "cases"))
    if not isinstance(cases, list) or not cases:
        raise refuse(where, f"sweep.cases: expected a list of maps, got {kind(cases)}")
    made = [_case(read, position, case) for position, case in enumerate(cases)]
    named = [choice.label for choice, _ in made]
    for position, one in enumerate(named):
        if "name" in cases[position] and one in named[:position]:
            place = read.where(("sweep", "cases", position, "name"))
            raise refuse(place, f"sweep.cases: the name {one!r} is given twice")
    paths = tuple(path for _, paths in made for path in paths)
    choices = (
        _Choice(one, choice.layers) for one, (choice, _) in zip(unique(named), made, strict=True)
    )
    return _Axis(tuple(choices), paths)


def _case(read: Document, position: int, case: Any) -> tuple[_Choice, list[KeyPath]]:
    """What a case lays over the recipe, and which fields that sets."""
    path: KeyPath = ("sweep", "cases", position)
    if not isinstance(case, dict):
        said = f"sweep.cases.{position}: expected a map of what differs, got {kind(case)}"
        raise refuse(read.where(path), said)
    layers: list[Document] = []
    paths: list[KeyPath] = []
    for key in case:
        if key == "name":
            continue
        key_where = read.where((*path, key), key=True)
        target = _target(key, key_where)
        layers.append(_layer(read, (*path, key), case[key], target, key_where))
        paths.append(target)
    if "name" in case:
        return _Choice(_own_name(read, (*path, "name"), case["name"]), tuple(layers)), paths
    said = "-".join(
        label(str(target[-1]), case[key]) for key, target in zip(case, paths, strict=True)
    )
    return _Choice(said or f"case-{position + 1}", tuple(layers)), paths


def _own_name(read: Document, path: KeyPath, name: Any) -> str:
    if problem := name_problem(name):
        raise refuse(read.where(path, key=path[1] == "grid"), f"{dotted(path[:3])}: {problem}")
    return str(name)


def _target(key: str, where: Location) -> KeyPath:
    """The field that a dotted key names."""
    parts = key.split(".")
    if not all(parts):
        raise refuse(where, f"{key!r} is no field; write key.path, as in trainer.vocab_size")
    if parts[0] in _FIXED:
        why = "names are made from what varies" if parts[0] == "name" else "it cannot vary"
        raise refuse(where, f"sweep: {parts[0]!r} cannot be swept over: {why}")
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def _layer(
    read: Document, source: KeyPath, value: Any, target: KeyPath, where: Location
) -> Document:
    """A part of a document, as a document that says only this, at another path.

    Args:
        read: the document, whose `sweep` may have been taken out already.
        source: where the part is in what was parsed.
        value: the part.
        target: where it is to be.
        where: the place of what stands around it.
    """
    for part in reversed(target):
        value = {part: value}
    made = Document(read.file, value, texts=read.texts)
    for depth in range(len(target) + 1):
        made.values[target[:depth]] = where
        made.keys[target[:depth]] = where
    for places, found in ((made.keys, read.keys), (made.values, read.values)):
        for path, place in found.items():
            if path[: len(source)] == source and (places is made.values or path != source):
                places[*target, *path[len(source) :]] = place
    return made
