"""One long array of ids and where each document begins, for `numpy.memmap`.

ids = np.memmap("tokens.bin", dtype="<u2", mode="r")        # or "<u4": tokbench.json says it
starts = np.memmap("documents.idx", dtype="<i8", mode="r")  # one more than there are documents
third = ids[starts[2] : starts[3]]
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.writing.writer import FORMATS

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOKENS, DOCUMENTS = "tokens.bin", "documents.idx"


@FORMATS.register("bin")
class Bin:
    """Appends to `tokens.bin` and `documents.idx`."""

    def __init__(self, folder: Path, dtype: "np.dtype[Any]", state: Any = None) -> None:
        self._dtype = dtype
        self._tokens = (folder / TOKENS).open("ab")
        self._documents = (folder / DOCUMENTS).open("ab")
        self._end = state["tokens"] if state else 0
        self._tokens.truncate(self._end * dtype.itemsize)
        self._documents.truncate(8 * (state["documents"] + 1) if state else 0)
        self._count = state["documents"] if state else 0
        if not state:
            self._documents.write(np.zeros(1, "<i8").tobytes())

    def write(self, flat: "NDArray[Any]", lengths: "NDArray[np.int64]") -> None:
        """Append these documents."""
        self._tokens.write(flat.astype(self._dtype).tobytes())
        self._documents.write((self._end + np.cumsum(lengths)).astype("<i8").tobytes())
        self._end += len(flat)
        self._count += len(lengths)

    def checkpoint(self) -> Any:
        """Make both files safe on disk."""
        for file in (self._tokens, self._documents):
            file.flush()
            os.fsync(file.fileno())
        return {"tokens": self._end, "documents": self._count}

    def close(self) -> None:
        """Make both files safe on disk and close them."""
        self.checkpoint()
        self._tokens.close()
        self._documents.close()
