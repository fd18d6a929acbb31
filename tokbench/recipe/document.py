"""A YAML 1.2 file as plain values, each with its line and column.

The nodes of ruamel.yaml's composer know where they stand; its constructor is used for scalars
only, so that a key given twice, a tag, a cycle of aliases or a huge expansion is refused here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from tokbench.errors import Finding, Location, RecipeError

KeyPath = tuple[str | int, ...]
_MOST_NODES = 100_000
_PLAIN = "tag:yaml.org,2002:"
_KNOWN_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "map", "seq"}


@dataclass
class Document:
    """A parsed file: its value and where every key and value in it was written.

    `texts` holds what was parsed by the name of its file, comments and all; `noun` is what the
    file is called in messages.
    """

    file: str
    value: Any = None
    keys: dict[KeyPath, Location] = field(default_factory=dict)
    values: dict[KeyPath, Location] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    noun: str = "recipe"

    def where(self, path: KeyPath, *, key: bool = False) -> Location:
        """The place of a key or value; of what surrounds it where it was not written."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Location(self.file, 1, 1))


def refuse(where: Location, message: str) -> RecipeError:
    """A format error at one place."""
    return RecipeError([Finding("format", "error", where, message)])


def read(path: Path, noun: str = "recipe") -> Document:
    """Parse a file; a `RecipeError` names the line and column of what YAML cannot mean.

    Args:
        path: the file.
        noun: what it is called in messages.
    """
    name = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        new = "; `tokbench new` writes a recipe" if noun == "recipe" else ""
        raise refuse(Location(name), f"no such file{new}") from None
    except IsADirectoryError:
        raise refuse(Location(name), f"is a folder; name the {noun} file in it") from None
    except UnicodeDecodeError as error:
        raise refuse(
            Location(name), f"is not UTF-8 text (byte {error.start}); save the {noun} as UTF-8"
        ) from error
    except (OSError, ValueError) as error:  # a null in a name
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(Location(name), f"cannot be read: {reason}") from error
    return parse(text, name, noun)


def parse(text: str, name: str, noun: str = "recipe") -> Document:
    """Parse YAML text; `name` stands for the file in locations."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except RecursionError as error:
        raise refuse(Location(name, 1, 1), f"is nested too deeply for a {noun}") from error
    except MarkedYAMLError as error:
        raise _unparsable(error, text, name) from error
    except ReaderError as error:
        before = text[: error.position].split("\n")
        where = Location(name, len(before), len(before[-1]) + 1)
        raise refuse(where, f"the control character U+{error.character:04X} is not text") from error
    document = Document(name, texts={name: text}, noun=noun)
    if node is not None:
        document.value = _Reader(document, yaml).convert(node, ())
    return document


def short_form(parent: KeyPath) -> str:
    """What a string below `parent` stands for, where a map could stand instead.

    >>> short_form(("special_tokens",)), short_form(())
    ('content', 'type')
    """
    return "content" if parent == ("special_tokens",) else "type"


def override(document: Document, assignments: Iterable[str]) -> None:
    """Apply `key.path=value` assignments, as `--set` gives them, to a document in place."""
    for assignment in assignments:
        label = Location(f"--set {assignment}")
        dotted, equals, text = assignment.partition("=")
        parts = [int(part) if part.isdecimal() else part for part in dotted.strip().split(".")]
        if not equals or not all(str(part) for part in parts):
            raise refuse(label, "expected key.path=value, for example trainer.vocab_size=8000")
        if document.value is None:
            document.value = {}
        parent, path = _descend(document.value, parts[:-1], label)
        path = (*path, _assign(parent, parts[-1], parse(text, label.file).value, label))
        for places in (document.keys, document.values):
            for known in [known for known in places if known[: len(path)] == path]:
                del places[known]
            places[path] = label


def _descend(node: Any, parts: list[str | int], label: Location) -> tuple[Any, KeyPath]:
    """The map or list that a path leads to, and the path as its keys are."""
    path: KeyPath = ()
    for part in parts:
        if isinstance(node, dict):
            key: str | int = str(part)
            if isinstance(node.get(str(part)), str):  # a short form: a token's content, or a type
                node[key] = {short_form(path): node[key]}
            child = node.setdefault(key, {})
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            key, child = part, node[part]
        else:
            raise refuse(label, f"there is no {part!r} to set a key of")
        if child is None:
            raise refuse(label, f"{part!r} is null in the recipe; set it as a whole")
        path, node = (*path, key), child
    return node, path


def _assign(parent: Any, last: str | int, value: Any, label: Location) -> str | int:
    """Set the value; the key as it is in the map or list."""
    if isinstance(parent, dict):
        parent[str(last)] = value
        return str(last)
    if isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        parent[last] = value
        return last
    raise refuse(label, f"there is no {last!r} to set; set the whole value that holds it")


class _Reader:
    """Turns nodes into plain values and notes where they stand."""

    def __init__(self, document: Document, yaml: YAML) -> None:
        self._document = document
        self._scalars = yaml.constructor
        self._open: list[Node] = []
        self._nodes = 0

    def convert(self, node: Node, path: KeyPath) -> Any:
        """The plain value of a node."""
        where = self._where(node)
        self._document.values[path] = where
        self._nodes += 1
        if str(node.tag).removeprefix(_PLAIN) not in _KNOWN_TAGS:
            said = str(node.tag).removeprefix(_PLAIN)
            raise refuse(where, f"the tag {said!r} means nothing in a {self._document.noun}")
        if any(node is other for other in self._open):
            raise refuse(where, "an alias refers to what it stands in; write the value out")
        if self._nodes > _MOST_NODES:
            raise refuse(
                where, f"the {self._document.noun} expands to more than {_MOST_NODES:,} values"
            )
        self._open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            if isinstance(node, SequenceNode):
                return [self.convert(item, (*path, i)) for i, item in enumerate(node.value)]
            return self._scalar(node, where)
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            where = self._where(key_node)
            if not isinstance(key_node, ScalarNode):
                raise refuse(where, "a key must be a word, not a list or a map")
            key = str(key_node.value)
            if key in made:
                first = self._document.keys[(*path, key)]
                raise refuse(
                    where, f"the key {key!r} is given twice, first in line {first.line}; keep one"
                )
            self._document.keys[(*path, key)] = where
            made[key] = self.convert(value_node, (*path, key))
            if (
                value_node.value == "" and value_node.style is None
            ):  # YAML puts what is not written on the next line
                self._document.values[(*path, key)] = where
        return made

    def _scalar(self, node: Node, where: Location) -> Any:
        if node.tag == f"{_PLAIN}timestamp":
            return node.value
        try:
            value = self._scalars.construct_object(node)
        except (YAMLError, ValueError) as error:
            raise refuse(where, f"cannot read {node.value!r}: {error}") from error
        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            raise refuse(where, "a lone surrogate is not text; write the whole character")
        return value

    def _where(self, node: Node) -> Location:
        mark = node.start_mark
        return Location(self._document.file, mark.line + 1, mark.column + 1)


def _unparsable(error: MarkedYAMLError, text: str, name: str) -> RecipeError:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem)
    if error.context_mark and ("stream end" in problem or "end of stream" in problem):
        mark = error.context_mark  # where it was opened says more than where the file ends
    if mark is None:
        return refuse(Location(name, 1, 1), f"is not YAML: {error.problem}")
    where = Location(name, mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent and mark.column <= len(indent):
        return refuse(where, "a tab indents this line; YAML wants spaces")
    context = f"{error.context}, " if error.context else ""
    return refuse(where, f"is not YAML: {context}{error.problem}")
