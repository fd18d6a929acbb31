"""Rules: what is wrong with a recipe or a finished tokenizer; one file a family.

A rule takes a subject (a recipe with a sample of its text, or a tokenizer's files) and yields
faults. It never imports anything heavy, and reads no more than the sample. What is wrong with a
tokenizer is judged by what it does: it is loaded, encodes and decodes.
"""

from tokbench.rules.allowing import Allowed, allowances
from tokbench.rules.checking import Checked, check, check_all, check_tokenizer, known_ids
from tokbench.rules.fixing import Mended, mend
from tokbench.rules.registry import RULES, Fault, Rule, rule, rules_named, rules_of
from tokbench.rules.samples import NO_SAMPLE, Sample, sample, sample_of
from tokbench.rules.saved import TokenizerSubject
from tokbench.rules.settled import SETTLED, Settled
from tokbench.rules.subjects import RecipeSubject

__all__ = [
    "NO_SAMPLE",
    "RULES",
    "SETTLED",
    "Allowed",
    "Checked",
    "Fault",
    "Mended",
    "RecipeSubject",
    "Rule",
    "Sample",
    "Settled",
    "TokenizerSubject",
    "allowances",
    "check",
    "check_all",
    "check_tokenizer",
    "known_ids",
    "mend",
    "rule",
    "rules_named",
    "rules_of",
    "sample",
    "sample_of",
]
