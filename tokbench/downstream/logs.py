"""What every training says of itself, as JSON lines: always, and whatever else is told."""

import json
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.errors import TokbenchError

NAME = "log.jsonl"
_PACKAGES = {"tensorboard": "tensorboard", "trackio": "trackio"}


def require(log: tuple[str, ...]) -> None:
    """Refuse a log whose package is not installed.

    Raises:
        TokbenchError: with the line that installs it.
    """
    for name in log:
        if find_spec(_PACKAGES[name]) is None:
            raise TokbenchError(
                f"--log {name} needs the package {name}, not installed here: "
                f"pip install {_PACKAGES[name]}"
            )


class Log:
    """Lines of one training in a file that several trainings share.

    Each line has `run` (a seed and a learning rate), `step` and what it says: `loss` (the mean
    since the last line), `learning_rate`, `epoch`, `seconds` of training and `tokens` so far, or
    the scores on a split as `valid` or `test`.
    """

    def __init__(self, out: Path, run: str, step: int = 0) -> None:
        """Go on behind a step; what was said of later ones by a training that was killed goes.

        Args:
            out: the folder of the file.
            run: the training's name.
            step: where it goes on.
        """
        self._path = out / NAME
        self._run = run
        self._keep(lambda line: line["run"] != run or (line["step"] <= step and "test" not in line))

    def say(self, step: int, **said: Any) -> None:
        """Write one line; what is not a number is null, as JSON has it."""
        line = json.dumps(store.finite({"run": self._run, "step": step, **said}))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _keep(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        kept = []
        with suppress(FileNotFoundError):
            for line in self._path.read_text("utf-8").splitlines():
                with suppress(ValueError):  # cut short by a kill
                    if wanted(json.loads(line)):
                        kept.append(line + "\n")
        store.write_bytes(self._path, "".join(kept).encode())
