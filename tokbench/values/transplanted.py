"""A checkpoint that was given another vocabulary."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Source = Literal["special", "kept", "pieces", "otherwise"]
SOURCES: tuple[Source, ...] = ("special", "kept", "pieces", "otherwise")
"""Where a row of a new embedding table can come from."""


@dataclass(frozen=True)
class Transplanted:
    """What became of a model's vocabulary.

    Attributes:
        checkpoint: the model, as it was named.
        tokenizer: the new tokenizer's name.
        folder: where the new model lies.
        architecture: its class in transformers.
        rows: of the embedding table, before and after.
        tables: the tensors that changed, with their shapes before and after.
        untouched: how many tensors did not change, and the SHA-256 of them all.
        otherwise: how rows were made that the old tokenizer has nothing for: "mean" or "random".
        sources: how many new tokens are special and kept by their role; kept; the mean of pieces;
            made otherwise.
        shares: the same of the tokens of a text, each from 0 to 1; empty where none was given.
        on: what that text is.
        examples: of each source a few new tokens, with the old ones that their rows are made of.
        longest: the most tokens that model and tokenizer take; None where nothing says.
        notes: what users should know, a sentence each.
        signature: of everything that the result depends on.
    """

    checkpoint: str
    tokenizer: str
    folder: Path
    architecture: str
    rows: tuple[int, int]
    tables: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    untouched: tuple[int, str]
    otherwise: str
    sources: dict[Source, int]
    examples: dict[Source, tuple[tuple[str, tuple[str, ...]], ...]]
    shares: dict[Source, float] = field(default_factory=dict)
    on: str = ""
    longest: int | None = None
    notes: tuple[str, ...] = ()
    signature: str = ""
