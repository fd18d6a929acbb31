"""From a finished run to the Hub: what goes up, its model card, and proof of what came back."""

from tokbench.publishing.card import Card, card
from tokbench.publishing.card_use import CHAT
from tokbench.publishing.exports import ENCODERS, FORMATS, Exported
from tokbench.publishing.exports.exported import parts
from tokbench.publishing.facts import (
    Allowed,
    Example,
    Export,
    Facts,
    SourceFacts,
    Vocabulary,
)
from tokbench.publishing.spec import PublishSpec

__all__ = [
    "CHAT",
    "ENCODERS",
    "FORMATS",
    "Allowed",
    "Card",
    "Example",
    "Export",
    "Exported",
    "Facts",
    "PublishSpec",
    "SourceFacts",
    "Vocabulary",
    "card",
    "parts",
]
