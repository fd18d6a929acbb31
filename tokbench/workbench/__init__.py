"""Runs a recipe's stages in order, skips what is done, and compares what came of it."""

from tokbench.workbench.again import check_determinism
from tokbench.workbench.comparisons import compare, named_corpus
from tokbench.workbench.curves import curve
from tokbench.workbench.demonstrations import demonstrate, small_tokenizer
from tokbench.workbench.differing import diff
from tokbench.workbench.encodings import Beside
from tokbench.workbench.estimates import estimate
from tokbench.workbench.explaining import explain
from tokbench.workbench.extending import extended
from tokbench.workbench.failures import Failure
from tokbench.workbench.find import Found, checkable, find, run_folder
from tokbench.workbench.finetuning import Finetuned, finetune, refuse_unready, saved_model
from tokbench.workbench.gates import Condition
from tokbench.workbench.ids import encode_corpus
from tokbench.workbench.looks import head, look
from tokbench.workbench.plan import RUNS, Plan
from tokbench.workbench.pruning import pruned
from tokbench.workbench.runs import Run, run, train
from tokbench.workbench.sweeps import Runs, attempt, finish, learn_largest, run_all
from tokbench.workbench.tables import gold_segmentations, parallel_text
from tokbench.workbench.transplants import transplanted
from tokbench.workbench.trials import tried
from tokbench.workbench.verifying import verify

__all__ = [
    "RUNS",
    "Beside",
    "Condition",
    "Failure",
    "Finetuned",
    "Found",
    "Plan",
    "Run",
    "Runs",
    "attempt",
    "check_determinism",
    "checkable",
    "compare",
    "curve",
    "demonstrate",
    "diff",
    "encode_corpus",
    "estimate",
    "explain",
    "extended",
    "find",
    "finetune",
    "finish",
    "gold_segmentations",
    "head",
    "learn_largest",
    "look",
    "named_corpus",
    "parallel_text",
    "pruned",
    "refuse_unready",
    "run",
    "run_all",
    "run_folder",
    "saved_model",
    "small_tokenizer",
    "train",
    "transplanted",
    "tried",
    "verify",
]
