"""A step for recipes whose texts kill the worker that meets them, each once."""

import os
import signal
from pathlib import Path


def at_once(text: str) -> str:
    """The text; whoever is told to die of it does, before it can say so."""
    for mark in Path(os.environ["TOKBENCH_TEST_DYING"]).glob("*"):
        if mark.read_text("utf-8") == text:
            mark.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
    return text
