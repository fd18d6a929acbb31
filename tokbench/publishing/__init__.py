"""From a finished run to the Hub: what goes up, its model card, and proof of what came back."""

from tokbench.publishing.bundle import CARD, FACTS, MODEL, RECIPE, REPORT, TOKENIZER, Bundle, File
from tokbench.publishing.spec import REPO, PublishSpec

__all__ = [
    "CARD",
    "FACTS",
    "MODEL",
    "RECIPE",
    "REPO",
    "REPORT",
    "TOKENIZER",
    "Bundle",
    "File",
    "PublishSpec",
]
