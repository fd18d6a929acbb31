"""One document laid over another: maps merge, all else is replaced, everything keeps its place.

This is what `extends` and the values of a sweep mean.
"""

from typing import Any

from tokbench.recipe.document import Document, KeyPath, refuse, short_form
from tokbench.training import TRAINERS

_COMPONENTS = ("normalizer", "pre_tokenizer", "model", "post_processor", "decoder")
_WHOLE = ("pattern", "sweep")
"""Maps whose keys are alternatives: the upper one replaces the lower one."""


def lay(over: Document, base: Document) -> Document:
    """The two as one document that shares nothing with them.

    Maps merge key by key; lists and scalars of `over` replace those of `base`; null takes back
    what `base` says. A map with another `type` replaces the whole map, and where the model becomes
    another one, what only the old model's trainer knows is left out.

    Raises:
        RecipeError: special tokens whose order, which is that of their ids, is not clear; a
            position in a list that `base` does not have.
    """
    laying = _Laying(over, base)
    below = _for_the_model(base.value, over.value)
    laying.made.value = laying.merged((), below, over.value)
    return laying.made


class _Laying:
    """The state of one `lay`: the document in the making, and the two that it is made from."""

    def __init__(self, over: Document, base: Document) -> None:
        self.made = Document(over.file, texts={**base.texts, **over.texts})
        self._over = over
        self._base = base

    def merged(self, path: KeyPath, below: Any, above: Any) -> Any:
        """The value at a path where both say something."""
        below = self._opened(path, below, above)
        if isinstance(below, list) and _by_position(above):
            return self._items(path, below, above)
        if not isinstance(below, dict) or not isinstance(above, dict) or _by_position(above):
            return self._copied(self._over, path, above)
        if path[-1:] in [(name,) for name in _WHOLE] or _other_type(below, above):
            return self._copied(self._over, path, above)
        self._place(self._over, path)
        made: dict[str, Any] = {}
        for key in self._order(path, below, above):
            if key not in above:
                made[key] = self._copied(self._base, (*path, key), below[key])
            elif key not in below:
                made[key] = self._copied(self._over, (*path, key), above[key])
            elif above[key] is not None:
                made[key] = self.merged((*path, key), below[key], above[key])
        return made

    def _opened(self, path: KeyPath, below: Any, above: Any) -> Any:
        """A string that stands for a map, as that map, where it meets one."""
        opens = path[:1] == ("special_tokens",) or (path and path[0] in _COMPONENTS)
        if not (opens and isinstance(below, str) and isinstance(above, dict)):
            return below
        key = short_form(path[:-1])
        self._base.values.setdefault((*path, key), self._base.where(path))
        return {key: below}

    def _items(self, path: KeyPath, below: list[Any], above: dict[int, Any]) -> list[Any]:
        """A list with the items at some positions merged."""
        self._place(self._base, path)
        for position in above:
            if position >= len(below):
                said = ".".join(map(str, (*path, position)))
                where = self._over.where((*path, position))
                raise refuse(where, f"there is no {said} to set; set the whole list")
        return [
            self.merged((*path, i), item, above[i])
            if i in above
            else self._copied(self._base, (*path, i), item)
            for i, item in enumerate(below)
        ]

    def _copied(self, source: Document, path: KeyPath, value: Any) -> Any:
        if _by_position(value):
            said = ".".join(map(str, (*path, next(iter(value)))))
            raise refuse(source.where(path), f"there is no {said} to set; set the whole value")
        self._place(source, path)
        if isinstance(value, dict):
            return {key: self._copied(source, (*path, key), inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._copied(source, (*path, i), item) for i, item in enumerate(value)]
        return value

    def _place(self, source: Document, path: KeyPath) -> None:
        for places, found in ((self.made.keys, source.keys), (self.made.values, source.values)):
            if path in found:
                places[path] = found[path]

    def _order(self, path: KeyPath, below: dict[str, Any], above: dict[str, Any]) -> list[str]:
        """The keys of both; of special tokens, whose order means something, a clear one."""
        joined = list(dict.fromkeys((*below, *above)))
        if path != ("special_tokens",):
            return joined
        if below.keys() <= above.keys():
            return list(above)
        shared = [key for key in above if key in below]
        for key, expected in zip(shared, [key for key in below if key in above], strict=True):
            if key != expected:
                raise refuse(
                    self._over.where((*path, key), key=True),
                    f"special_tokens: the order is the order of ids, and "
                    f"{self._base.where((*path, key), key=True)} has another one "
                    f"({', '.join(below)}); keep to it, or name all of these here",
                )
        return joined


def _by_position(above: Any) -> bool:
    return isinstance(above, dict) and bool(above) and all(isinstance(key, int) for key in above)


def _other_type(below: dict[str, Any], above: dict[str, Any]) -> bool:
    return "type" in above and "type" in below and above["type"] != below["type"]


def _for_the_model(below: Any, above: Any) -> Any:
    """The lower recipe without what only its own model's trainer knows, if the model changes."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return below
    old, new = TRAINERS.get(_kind(below)), TRAINERS.get(_kind(above))
    trainer = below.get("trainer")
    if old is None or new is None or old is new or not isinstance(trainer, dict):
        return below
    foreign = old.model_fields.keys() - new.model_fields.keys()
    return {**below, "trainer": {key: one for key, one in trainer.items() if key not in foreign}}


def _kind(recipe: dict[str, Any]) -> str:
    model = recipe.get("model")
    kind = model.get("type") if isinstance(model, dict) else model
    return kind if isinstance(kind, str) else ""
