"""Written ids read back from disk, to see that they are what was meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.writing.bin import DOCUMENTS, TOKENS
from tokbench.writing.tables import COLUMN

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DOCUMENTS = 1 << 16


def blocks(folder: Path, dtype: "np.dtype[Any]") -> "Iterator[tuple[NDArray[Any], NDArray[Any]]]":
    """All rows of a folder in order, whatever its format, some thousands at a time.

    Yields:
        Their ids one behind another, and how many each has.
    """
    if (folder / TOKENS).exists():
        size = (folder / TOKENS).stat().st_size
        ids = np.memmap(folder / TOKENS, dtype, "r") if size else np.empty(0, dtype)
        starts = np.memmap(folder / DOCUMENTS, "<i8", "r")
        for first in range(0, len(starts) - 1, _DOCUMENTS):
            bounds = np.asarray(starts[first : first + _DOCUMENTS + 1])
            yield np.asarray(ids[bounds[0] : bounds[-1]]), np.diff(bounds)
        return
    for path in sorted(folder.glob("part-*")):
        for batch in _batches(path):
            column: Any = batch.column(COLUMN)
            bounds = column.offsets.to_numpy()
            yield column.values.to_numpy()[bounds[0] : bounds[-1]], np.diff(bounds)


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
    from pyarrow import parquet  # noqa: PLC0415 - as above

    if path.suffix == ".parquet":
        yield from parquet.ParquetFile(path).iter_batches()
        return
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
        yield from stream
