"""Names that recipes use, and the members they stand for.

A registry is filled by the modules of one package: a file that registers a member is found because
it is there, no list needs an entry. Third-party packages add theirs through entry points.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from tokbench.errors import UnknownNameError, nearest

T = TypeVar("T")


class Registry(Generic[T]):
    """Members by name, in the order of their names.

    Args:
        noun: what a member is called in an error message ("metric").
        package: the package whose modules register the members.

    >>> fruits = Registry[int]("fruit")
    >>> fruits.register("apple")(1)
    1
    >>> fruits["aple"]
    Traceback (most recent call last):
    tokbench.errors.UnknownNameError: unknown fruit 'aple': did you mean 'apple'? known: apple
    """

    def __init__(self, noun: str, package: str | None = None) -> None:
        self.noun = noun
        self._package = package
        self._members: dict[str, T] = {}
        self._discovered = package is None

    def register(self, name: str) -> Callable[[T], T]:
        """Add the decorated member under `name`; a name can be taken only once."""

        def add(member: T) -> T:
            if name in self._members:
                raise ValueError(f"{self.noun} {name!r} is registered twice")
            self._members[name] = member
            return member

        return add

    def __getitem__(self, name: str) -> T:
        self._discover()
        if name not in self._members:
            raise UnknownNameError(f"unknown {self.noun} {name!r}: {nearest(name, self.names())}")
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """All registered names, sorted."""
        self._discover()
        return sorted(self._members)

    def items(self) -> list[tuple[str, T]]:
        """All names with their members, sorted by name."""
        return [(name, self._members[name]) for name in self.names()]

    def _discover(self) -> None:
        if self._discovered or self._package is None:
            return
        self._discovered = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        for entry in entry_points(group=self._package):
            known = len(self._members)
            loaded = entry.load() if entry.name not in self._members else None
            if loaded is not None and len(self._members) == known:
                self._members[entry.name] = loaded  # one that loading did not register itself
