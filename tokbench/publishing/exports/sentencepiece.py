"""SentencePiece: a .model file."""

from collections.abc import Mapping
from typing import Any

from tokbench.publishing.exports.exported import Encoder, Exported, refuse

_NAME = "sentencepiece"


def export(state: Mapping[str, Any], name: str) -> Exported:
    """The model."""
    del name
    refuse(_NAME, f"it is a {state['model']['type']} model")


def encoder(exported: Exported) -> Encoder:
    """SentencePiece's own encoding by this model."""
    del exported
    refuse(_NAME, "not yet")
