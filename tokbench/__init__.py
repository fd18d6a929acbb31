"""A workbench for people who build tokenizers.

>>> import tokbench
>>> run = tokbench.run("recipes/demo.yaml")  # doctest: +SKIP
>>> run.measurements["fertility"].value  # doctest: +SKIP
"""

from importlib import import_module
from typing import Any

_PUBLIC = {
    "run": "tokbench.workbench",
    "train": "tokbench.workbench",
    "compare": "tokbench.workbench",
    "load": "tokbench.recipe",
}
__all__ = ["compare", "load", "run", "train"]  # noqa: F822 - found by __getattr__


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import tokbench` takes no time."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'tokbench' has no attribute {name!r}")
