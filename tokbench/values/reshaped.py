"""A tokenizer that was made larger or smaller."""

from dataclasses import dataclass
from pathlib import Path

from tokbench.values.differing import Differing
from tokbench.values.trained import Proof


@dataclass(frozen=True)
class Reencoded:
    """A text as a tokenizer encoded it before it was changed, and now.

    Attributes:
        name: what text it is.
        documents: how many there are.
        tokens: of all of them, before and now.
        unknown: how many of these are unknown.
        differing: how many documents have other ids now.
        changes: where; None where nobody looked, or nothing changed.
    """

    name: str
    documents: int
    tokens: tuple[int, int]
    unknown: tuple[int, int] = (0, 0)
    differing: int = 0
    changes: Differing | None = None


@dataclass(frozen=True)
class Extended:
    """A tokenizer with more tokens.

    Attributes:
        name: of the one that it was made of.
        folder: where it lies.
        model: the class name of its model.
        sizes: ids before and after, gaps included: rows of an embedding table.
        multiple: what the number of rows should be a multiple of.
        added: the new tokens, in the order of their ids.
        merges: how many new merges a BPE has.
        refused: how many candidates occur in the text whose tokens stay, and were left out.
        new: what became of the text that they were learned from.
        old: what became of the text whose tokens stay; None where none was given.
        examples: what some new tokens stand for.
        proof: that the folder loads to the same ids.
        notes: what users should know, a sentence each.
    """

    name: str
    folder: Path
    model: str
    sizes: tuple[int, int]
    multiple: int
    added: tuple[str, ...]
    merges: int
    refused: int
    new: Reencoded
    old: Reencoded | None
    examples: tuple[str, ...]
    proof: Proof
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Smaller:
    """A tokenizer with fewer tokens.

    Attributes:
        name: of the one that it was made of.
        folder: where it lies.
        model: the class name of its model.
        sizes: ids before and after, gaps included: rows of an embedding table.
        used: how many tokens the text takes.
        needed: how many stay for these, or for any text: parts, bytes, special and added tokens.
        filled: how many stay besides, to reach the size that was asked for.
        on: what text it is.
        documents: how many it has.
        tokens: of it, in the end the same.
        mapping: the file that says which old id each new one was.
        proof: that the folder loads to the same ids.
        notes: what users should know, a sentence each.
    """

    name: str
    folder: Path
    model: str
    sizes: tuple[int, int]
    used: int
    needed: int
    filled: int
    on: str
    documents: int
    tokens: int
    mapping: Path
    proof: Proof
    notes: tuple[str, ...] = ()
