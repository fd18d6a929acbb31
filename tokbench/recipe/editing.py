"""Small changes to a recipe's text; comments and layout stay as they are.

What is changed is found by the marks of ruamel.yaml's nodes and written over in the text. The
result is parsed again and must mean what was asked for: where it does not (an alias that stands in
two places, say), nothing is changed.
"""

import copy
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from tokbench.errors import RecipeError
from tokbench.recipe.document import KeyPath, parse

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")


@dataclass(frozen=True)
class Put:
    """The value at a path, written over or added; maps on the way are made."""

    path: KeyPath
    value: Any


@dataclass(frozen=True)
class Remove:
    """A key with its value; the map around it too if nothing else is in it."""

    path: KeyPath


@dataclass(frozen=True)
class Insert:
    """An item before the one at a path; a value that is no list becomes one."""

    path: KeyPath
    value: Any


Edit = Put | Remove | Insert


def edited(text: str, edit: Edit) -> str | None:
    r"""The text of a recipe after one change, None where it cannot be made in place.

    >>> print(edited("model: BPE  # fast\n", Put(("model", "dropout"), 0.1)), end="")
    model: {type: BPE, dropout: 0.1}  # fast
    >>> edited("a: {b: 1, c: 2}", Remove(("a", "b")))
    'a: {c: 2}'
    >>> edited("normalizer: [Lowercase, NFC]", Insert(("normalizer", 1), "NFD"))
    'normalizer: [Lowercase, NFD, NFC]'
    """
    wanted = _changed(parse(text, "").value, edit)
    root = YAML(typ="safe", pure=True).compose(text)
    if wanted is None or not isinstance(root, MappingNode):
        return None
    match edit:
        case Put():
            made = _put(text, root, edit.path, edit.value)
        case Remove():
            made = _remove(text, root, edit.path)
        case Insert():
            made = _insert(text, root, edit.path, edit.value)
    try:
        return made if made is not None and parse(made, "").value == wanted else None
    except RecipeError:
        return None


def flow(value: Any) -> str:
    r"""A value in YAML's flow style.

    >>> print(flow({"type": "Split", "pattern": {"regex": "\\s+"}, "invert": True}))
    {type: Split, pattern: {regex: "\\s+"}, invert: true}
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    bare = isinstance(value, str) and value and _BARE.issuperset(value)
    if bare and parse(value, "").value == value:
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _changed(value: Any, edit: Edit) -> Any:
    """The plain value that the edit asks for, None where the path leads nowhere."""
    made = copy.deepcopy(value)
    node, last = _parent(made, edit.path), edit.path[-1]
    if not isinstance(node, dict | list):
        return None
    match edit:
        case Put():
            node[last] = edit.value  # type: ignore[index] # a wrong kind of key raises below
        case Remove() if len(node) > 1:
            del node[last]  # type: ignore[arg-type] # likewise
        case Remove():
            return _changed(value, Remove(edit.path[:-1])) if len(edit.path) > 1 else None
        case Insert() if isinstance(node, list) and isinstance(last, int):
            node.insert(last, edit.value)
        case Insert() if isinstance(node, dict):
            node[str(last)] = [edit.value, node[str(last)]]
    return made


def _parent(node: Any, path: KeyPath) -> Any:
    """What holds the value at a path; short forms are spelled out, missing maps are made."""
    for part, following in pairwise(path):
        known = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if isinstance(node, dict) and isinstance(part, str):
            node.setdefault(part, {})
        elif not known:
            return None
        if isinstance(node[part], str) and isinstance(following, str):
            node[part] = {"type": node[part]}
        node = node[part]
    return node


def _find(node: Node, path: KeyPath) -> Node | None:
    for part in path:
        if isinstance(node, MappingNode):
            found = [value for key, value in node.value if str(key.value) == part]
        elif isinstance(node, SequenceNode) and isinstance(part, int):
            found = node.value[part : part + 1]
        else:
            found = []
        if not found:
            return None
        node = found[0]
    return node


def _begin(node: Node) -> int:
    return int(node.start_mark.index)


def _end(node: Node) -> int:
    """Where the text of a node ends; a block collection ends with its last value."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        key, value = last if isinstance(node, MappingNode) else (last, last)
        return max(_end(key), _end(value))
    return int(node.end_mark.index)


def _block(node: Node) -> bool:
    return isinstance(node, CollectionNode) and not node.flow_style


def _put(text: str, root: MappingNode, path: KeyPath, value: Any) -> str | None:
    node, parent = _find(root, path), _find(root, path[:-1])
    if node is not None:
        start = _begin(node)
        before = text[:start].rstrip() + " " if _block(node) else text[:start]
        return before + flow(value) + text[_end(node) :]
    if parent is None:
        return _put(text, root, path[:-1], {path[-1]: value})
    pair = f"{path[-1]}: {flow(value)}"
    if isinstance(parent, MappingNode) and parent.value:
        return _append(text, parent, pair)
    start, end = _begin(parent), _end(parent)
    if isinstance(parent, MappingNode):
        return f"{text[:start]}{{{pair}}}{text[end:]}"
    if isinstance(parent, CollectionNode) or not parent.value:
        return None
    return f"{text[:start]}{{type: {text[start:end]}, {pair}}}{text[end:]}"


def _append(text: str, parent: MappingNode, pair: str) -> str:
    """A map with one more pair at its end."""
    last = _end(parent)
    if parent.flow_style:
        last = _end(parent.value[-1][1])
        return f"{text[:last]}, {pair}{text[last:]}"
    line_end = text.find("\n", max(last - 1, 0))
    at = len(text) if line_end < 0 else line_end
    indent = " " * parent.value[0][0].start_mark.column
    return f"{text[:at]}\n{indent}{pair}{text[at:] or chr(10)}"


def _remove(text: str, root: MappingNode, path: KeyPath) -> str | None:
    parent = _find(root, path[:-1])
    keys = [str(key.value) for key, _ in parent.value] if isinstance(parent, MappingNode) else []
    if parent is None or path[-1] not in keys:
        return None
    if len(keys) == 1 and len(path) > 1:
        return _remove(text, root, path[:-1])
    position = keys.index(str(path[-1]))
    key, value = parent.value[position]
    start, end = _begin(key), _end(value)
    following = _begin(parent.value[position + 1][0]) if position + 1 < len(keys) else None
    line = text.rfind("\n", 0, start) + 1
    if _block(parent) and not text[line:start].strip():
        line_end = text.find("\n", max(end - 1, 0))
        return text[:line] + (text[line_end + 1 :] if line_end >= 0 else "")
    if following is not None:  # in a flow map, or the first key of an item: `- type: Split`
        return text[:start] + text[following:]
    return text[: _end(parent.value[position - 1][1])] + text[end:]


def _insert(text: str, root: MappingNode, path: KeyPath, value: Any) -> str | None:
    node, parent = _find(root, path), _find(root, path[:-1])
    if node is None or parent is None:
        return None
    start, end = _begin(node), _end(node)
    if isinstance(parent, MappingNode):
        if _block(node):
            return None
        return f"{text[:start]}[{flow(value)}, {text[start:end]}]{text[end:]}"
    if not _block(parent):
        return f"{text[:start]}{flow(value)}, {text[start:]}"
    indent = " " * parent.start_mark.column
    return f"{text[:start]}{flow(value)}\n{indent}- {text[start:]}"
