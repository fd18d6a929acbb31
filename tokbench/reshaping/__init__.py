"""From a tokenizer's JSON to that of a larger or smaller one, old tokens meaning what they did."""

from tokbench.reshaping.appending import appended, behind, next_id
from tokbench.reshaping.matching import Matching
from tokbench.reshaping.needing import needed
from tokbench.reshaping.renumbering import Pruned, renumbered
from tokbench.reshaping.state import held, ids

__all__ = [
    "Matching",
    "Pruned",
    "appended",
    "behind",
    "held",
    "ids",
    "needed",
    "next_id",
    "renumbered",
]
