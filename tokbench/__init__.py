"""A workbench for people who build tokenizers.

>>> import tokbench
>>> run = tokbench.run("recipes/demo.yaml")  # doctest: +SKIP
>>> run.measurements["fertility"].value  # doctest: +SKIP
"""

from importlib import import_module
from typing import Any

_PUBLIC = {
    "run": "tokbench.workbench",
    "run_all": "tokbench.workbench",
    "train": "tokbench.workbench",
    "compare": "tokbench.workbench",
    "finetune": "tokbench.workbench",
    "load": "tokbench.recipe",
    "load_all": "tokbench.recipe",
}
__all__ = ["compare", "corpus", "finetune", "load", "load_all", "run", "run_all", "train"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import tokbench` takes no time."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name == "corpus":
        return import_module("tokbench.corpus")
    raise AttributeError(f"module 'tokbench' has no attribute {name!r}")
