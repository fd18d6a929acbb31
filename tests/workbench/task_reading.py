"""What the tests of GLUE call in a process whose Hub is the one on this machine."""

import os
from pathlib import Path
from typing import Any

from tokbench.recipe.tasks import task
from tokbench.workbench.examples import examples


def prepare(environment: dict[str, str]) -> None:
    """Begin the process: the clients read these variables when they are imported."""
    os.environ.update(environment)


def read(name: str) -> dict[str, Any]:
    """The examples of a task."""
    data = examples(task(name), Path())
    splits = {split: getattr(data, split).to_pylist() for split in ("train", "valid", "test")}
    return {**splits, "labels": data.labels, "metrics": data.metrics, "kind": data.kind}
