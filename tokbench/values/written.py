"""A corpus written as ids."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Format = Literal["arrow", "parquet", "bin"]


@dataclass(frozen=True)
class Layout:
    """How ids are written.

    Attributes:
        format: one of `writing.FORMATS`.
        special: with what the tokenizer's post-processor adds.
        end: the token that is put behind every document; None for none.
        pack: the length of all rows, cut from one long stream; None for a row a document.
    """

    format: Format = "arrow"
    special: bool = True
    end: str | None = None
    pack: int | None = None


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        folder: where it lies.
        tokenizer: its name.
        layout: how.
        dtype: of the ids: "<u2" or "<u4".
        documents: how many were encoded.
        rows: how many there are in the files.
        tokens: ids in them.
        bytes: UTF-8 bytes of the documents.
        by: "chunks" or "documents", how they were encoded.
        why: why not by chunks.
        sampled: documents of which the ids on disk were compared with encoding them again.
        returned: how many of these decode to their text, or to its normalized form.
        signature: of all that decides what is in the files.
        resumed: whether an earlier attempt was continued.
    """

    folder: Path
    tokenizer: str
    layout: Layout
    dtype: str
    documents: int
    rows: int
    tokens: int
    bytes: int
    by: str
    why: str
    sampled: int
    returned: int
    signature: str
    resumed: bool = False
