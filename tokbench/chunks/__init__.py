"""Cutting documents into chunks that can be pre-tokenized one by one, exactly.

`plan` reads the structure of a normalizer and a pre-tokenizer and says which cut set is exact for
them, or that none is known to be. The proofs are in `docs/cuts.md`.
"""

from tokbench.chunks.cut_sets import CUT_SETS, SPACED, SPACES, WORDS, CutSet
from tokbench.chunks.structure import Plan, Scanner, plan

__all__ = ["CUT_SETS", "SPACED", "SPACES", "WORDS", "CutSet", "Plan", "Scanner", "plan"]
