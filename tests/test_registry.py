"""Members that other packages bring along."""

from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from tokbench import registry
from tokbench.registry import Registry

FRUITS: Registry[int] = Registry("fruit", "tokbench.metrics")


class Apple(EntryPoint):
    """Loading it registers two members, as a module of rules does."""

    def load(self) -> Callable[[], int]:
        FRUITS.register("apple")(1)
        FRUITS.register("apricot")(2)
        return lambda: 0


class Pear(EntryPoint):
    """Loading it gives the member."""

    def load(self) -> int:
        return 3


def test_what_registers_itself_is_not_registered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Apple("apple", "x:apple", "fruits"), Pear("pear", "x:pear", "fruits")]
    monkeypatch.setattr(registry, "entry_points", lambda **_: found)
    assert FRUITS.items() == [("apple", 1), ("apricot", 2), ("pear", 3)]
