"""From a finished run to the Hub: what goes up, its model card, and proof of what came back."""

from tokbench.publishing.bundle import CARD, FACTS, MODEL, RECIPE, REPORT, TOKENIZER, Bundle, File
from tokbench.publishing.card import Card, card
from tokbench.publishing.card_use import CHAT
from tokbench.publishing.exports import ENCODERS, FORMATS, Exported
from tokbench.publishing.exports.exported import parts, tied
from tokbench.publishing.facts import (
    Allowed,
    Example,
    Export,
    Facts,
    SourceFacts,
    Vocabulary,
)
from tokbench.publishing.spec import REPO, PublishSpec

__all__ = [
    "CARD",
    "CHAT",
    "ENCODERS",
    "FACTS",
    "FORMATS",
    "MODEL",
    "RECIPE",
    "REPO",
    "REPORT",
    "TOKENIZER",
    "Allowed",
    "Bundle",
    "Card",
    "Example",
    "Export",
    "Exported",
    "Facts",
    "File",
    "PublishSpec",
    "SourceFacts",
    "Vocabulary",
    "card",
    "parts",
    "tied",
]
