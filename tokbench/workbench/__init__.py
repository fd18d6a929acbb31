"""Runs a recipe's stages in order, skips what is done, and compares what came of it."""

from tokbench.workbench.again import check_determinism
from tokbench.workbench.comparisons import compare, named_corpus
from tokbench.workbench.curves import curve
from tokbench.workbench.demonstrations import demonstrate, small_tokenizer
from tokbench.workbench.find import Found, find, tokenizer_folder
from tokbench.workbench.plan import RUNS, Plan
from tokbench.workbench.runs import Run, run, train

__all__ = [
    "RUNS",
    "Found",
    "Plan",
    "Run",
    "check_determinism",
    "compare",
    "curve",
    "demonstrate",
    "find",
    "named_corpus",
    "run",
    "small_tokenizer",
    "tokenizer_folder",
    "train",
]
