"""Tables with a column `input_ids`, in files of some hundred megabytes.

datasets.load_dataset("arrow", data_files="out/part-*.arrow")
datasets.load_dataset("parquet", data_files="out/part-*.parquet")
"""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench import store
from tokbench.writing.writer import FORMATS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

COLUMN = "input_ids"
_ROWS_TOGETHER = 1 << 22
"""Ids that are written at once: a batch of an Arrow file, a row group of a Parquet file."""


class _Tables(ABC):
    """Writes parts, one file after another; a checkpoint ends a part."""

    ending: str

    def __init__(self, folder: Path, dtype: "np.dtype[Any]", state: Any = None) -> None:
        self._folder = folder
        self._dtype = dtype
        self._part = state["parts"] if state else 0
        self._waiting: list[tuple[NDArray[Any], NDArray[np.int64]]] = []
        self._size = 0
        self._batches: list[pa.RecordBatch] = []
        for path in folder.glob(f"part-*.{self.ending}"):
            if int(path.stem.split("-")[1]) >= self._part:
                path.unlink()

    def write(self, flat: "NDArray[Any]", lengths: "NDArray[np.int64]") -> None:
        """Put these rows into the part that is being written."""
        self._waiting.append((flat.astype(self._dtype), lengths))
        self._size += len(flat)
        if self._size >= _ROWS_TOGETHER:
            self._gather()

    def _gather(self) -> None:
        """One batch of all rows that wait."""
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

        if not self._waiting:
            return
        flats, lengths = zip(*self._waiting, strict=True)
        offsets = np.zeros(sum(map(len, lengths)) + 1, np.int64)
        np.cumsum(np.concatenate(lengths), out=offsets[1:])
        places: Any = pa.array(offsets)
        column = pa.LargeListArray.from_arrays(places, pa.array(np.concatenate(flats)))
        self._batches.append(pa.RecordBatch.from_arrays([column], names=[COLUMN]))
        self._waiting, self._size = [], 0

    def checkpoint(self) -> Any:
        """End the part, if anything is in it."""
        self._gather()
        if self._batches:
            path = self._folder / f"part-{self._part:05}.{self.ending}"
            with store.new_file(path) as file:
                self._save(file, self._batches)
            self._batches = []
            self._part += 1
        return {"parts": self._part}

    def close(self) -> None:
        """End the last part."""
        self.checkpoint()

    @abstractmethod
    def _save(self, file: Any, batches: "list[pa.RecordBatch]") -> None:
        """Write a whole part."""


@FORMATS.register("arrow")
class Arrow(_Tables):
    """Arrow's streaming format, which `datasets` maps into memory as it is."""

    ending = "arrow"

    def _save(self, file: Any, batches: "list[pa.RecordBatch]") -> None:
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

        with pa.ipc.new_stream(file, batches[0].schema) as stream:
            for batch in batches:
                stream.write_batch(batch)


@FORMATS.register("parquet")
class Parquet(_Tables):
    """Parquet, compressed with zstd."""

    ending = "parquet"

    def _save(self, file: Any, batches: "list[pa.RecordBatch]") -> None:
        from pyarrow import parquet  # noqa: PLC0415 - 0.15 s to import

        schema = batches[0].schema
        with parquet.ParquetWriter(file, schema, compression="zstd") as table:
            for batch in batches:
                table.write_batch(batch)
