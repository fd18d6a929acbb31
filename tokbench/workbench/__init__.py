"""Runs a recipe's stages in order, skips what is done, and compares what came of it."""

from tokbench.workbench.comparisons import compare, named_corpus
from tokbench.workbench.curves import curve
from tokbench.workbench.demonstrations import demonstrate, demonstrate_lost_bytes
from tokbench.workbench.estimates import estimate
from tokbench.workbench.find import Found, find
from tokbench.workbench.plan import RUNS, Plan
from tokbench.workbench.runs import Run, run, train

__all__ = [
    "RUNS",
    "Found",
    "Plan",
    "Run",
    "compare",
    "curve",
    "demonstrate",
    "demonstrate_lost_bytes",
    "estimate",
    "find",
    "named_corpus",
    "run",
    "train",
]
