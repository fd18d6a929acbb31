"""A recipe with everything written out, and where each value of it comes from."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.representer import RoundTripRepresenter

from tokbench.errors import Location
from tokbench.recipe.document import Document, KeyPath
from tokbench.recipe.recipe import Recipe

DEFAULT = "default"
_WIDTH = 50
_COLUMN = 44
"""Long texts are folded so early that a comment fits beside them in 80 columns."""
_SHORT_FORMS = ("type", "content", "literal")


class _Representer(RoundTripRepresenter):
    """Writes null as a word, where ruamel's own leaves nothing."""

    def represent_none(self, data: None) -> Any:  # noqa: ARG002 - ruamel passes it
        """The node of a null."""
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_none)


def origin(document: Document, path: KeyPath) -> Location | None:
    """Where a value of a resolved recipe was written; None for a default.

    Args:
        document: what the recipe was read from.
        path: of the value in `Recipe.resolved()`, where short forms are written out.
    """
    value: Any = document.value
    written: KeyPath = ()
    for part in path:
        if isinstance(value, dict) and part in value:
            written, value = (*written, part), value[part]
        elif isinstance(value, list):
            if not isinstance(part, int) or part >= len(value):
                return None
            written, value = (*written, part), value[part]
        elif not (isinstance(value, str) and part in _SHORT_FORMS) and not isinstance(part, int):
            return None  # an int is the place of an item that stands without a list
    return document.where(written)


def origins(recipe: Recipe) -> dict[KeyPath, Location | None]:
    """The place of every plain value of the resolved recipe."""
    return {path: origin(recipe.document, path) for path in _leaves(recipe.resolved(), ())}


def _leaves(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for position, inner in enumerate(value):
            yield from _leaves(inner, (*path, position))
    else:
        yield path


def annotated(recipe: Recipe) -> str:
    """The resolved recipe as YAML that loads as the same recipe, each value with its origin.

    The origin is a comment, "file:line" or "default", at the end of the line; of the file its name,
    where that is clear.
    """
    said = {path: _said(where, recipe.document) for path, where in origins(recipe).items()}
    return as_yaml(_commented(recipe.resolved(), (), said))


def as_yaml(value: Any) -> str:
    r"""Plain values as YAML that keeps their order.

    >>> as_yaml({"b": [1, None], "a": {}})
    'b:\n  - 1\n  - null\na: {}\n'
    """
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.Representer = _Representer
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(value, text)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _commented(value: Any, path: KeyPath, said: dict[KeyPath, str]) -> Any:
    if not isinstance(value, dict | list) or not value:
        return value
    items = value.items() if isinstance(value, dict) else enumerate(value)
    made = CommentedMap() if isinstance(value, dict) else CommentedSeq()
    for key, inner in items:
        put = _commented(inner, (*path, key), said)
        if isinstance(made, CommentedMap):
            made[key] = put
        else:
            made.append(put)
        if (*path, key) in said:
            made.yaml_add_eol_comment(said[*path, key], key, column=_COLUMN)
    return made


def _said(where: Location | None, document: Document) -> str:
    if where is None:
        return DEFAULT
    name = Path(where.file).name
    clear = where.line and [Path(one).name for one in document.texts].count(name) == 1
    return str(Location(name if clear else where.file, where.line))
