"""Runs a recipe's stages in order, skips what is done, and compares what came of it."""

from tokbench.workbench.comparisons import compare, named_corpus
from tokbench.workbench.curves import curve
from tokbench.workbench.demonstrations import demonstrate, demonstrate_lost_bytes
from tokbench.workbench.find import Found, find
from tokbench.workbench.plan import RUNS, Plan
from tokbench.workbench.runs import Run, run, train
from tokbench.workbench.sweeps import Failure, Runs, attempt, finish, learn_largest, run_all

__all__ = [
    "RUNS",
    "Failure",
    "Found",
    "Plan",
    "Run",
    "Runs",
    "attempt",
    "compare",
    "curve",
    "demonstrate",
    "demonstrate_lost_bytes",
    "find",
    "finish",
    "learn_largest",
    "named_corpus",
    "run",
    "run_all",
    "train",
]
