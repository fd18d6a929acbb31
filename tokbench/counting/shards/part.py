"""A part of the counts of a corpus, as a file: Parquet, which everything reads and writes.

Columns `source`, `text` and `count`; what the counts are of stands in the file's metadata under the
key `tokbench`, as JSON. Each row group holds strings of one source that fall into one part by hash,
so that whoever adds up the first eighth of many files reads an eighth of each. Docs: scale.md.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tokbench import store
from tokbench.chunks.arrow import large_strings, raw_strings
from tokbench.counting.keep import few_at_a_time
from tokbench.errors import CountsError
from tokbench.store import signature
from tokbench.values import Split

if TYPE_CHECKING:
    from tokbench.counting.spilling import Strings

FORMAT = 1
KEY = b"tokbench"
AT_ONCE = 1 << 14
"""Rows that are read at a time."""
_BUFFER = 1 << 20
_COLUMNS: dict[str, pa.DataType] = {
    "source": pa.string(),
    "text": pa.large_string(),
    "count": pa.int64(),
}
_SCHEMA = pa.schema(_COLUMNS)


@dataclass(frozen=True)
class Job:
    """What all parts of one count have in common.

    Attributes:
        recipe: its name.
        outline: changes with the corpus as it is read, and with how it is divided.
        of: how many shards there are.
        cut_set: the name of the cut set.
        split: which documents.
        classes: the identity of the table of characters by which documents are cut.
        sources: the names of all sources.
    """

    recipe: str
    outline: str
    of: int
    cut_set: str
    split: Split
    classes: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a part knows of a source beside its counts.

    Attributes:
        number: of the source.
        documents: how many were counted, likewise their `bytes` and `characters`.
        fingerprint: of these documents.
        sample: a few of them.
        about: what the corpus told of them (`values.Slice.about`).
    """

    number: int
    documents: int
    bytes: int
    characters: int
    fingerprint: str
    sample: tuple[str, ...]
    about: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A file that tokbench wrote.

    Attributes:
        path: the file.
        job: what it is a part of.
        shards: which shards it holds, from 1.
        told: of each source that it has something of.
        groups: of each row group the number of the source, and of the part by hash.
        version: of tokbench, that wrote it.
    """

    path: Path
    job: Job
    shards: tuple[int, ...]
    told: tuple[Told, ...]
    groups: tuple[tuple[int, int], ...]
    version: str = ""

    def read(self, source: int, partition: int | None = None) -> "Iterator[Strings]":
        """The strings of a source, some at a time; those of one part by hash, or all.

        Raises:
            CountsError: the file is damaged.
        """
        wanted = [
            number
            for number, (one, part) in enumerate(self.groups)
            if one == source and partition in (None, part)
        ]
        return strings_of(self.path, wanted)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size


def write(
    path: Path,
    job: Job,
    shards: tuple[int, ...],
    blocks: "Iterable[tuple[int, int, Strings]]",
    told: Callable[[], Iterable[Told]],
) -> None:
    """Write a part so that the file is there whole or not at all.

    Args:
        path: the file.
        job: what it is a part of.
        shards: which shards it holds.
        blocks: the number of a source, of a part by hash, and strings of both.
        told: called when all blocks were written.

    Raises:
        StoreError: the file cannot be written.
    """
    groups: list[tuple[int, int]] = []
    with (
        store.new_file(path) as file,
        pq.ParquetWriter(
            file, _SCHEMA, compression="zstd", use_dictionary=["source"],  # type: ignore[arg-type] # its stubs know flags only
            store_schema=False,
            write_statistics=False, write_page_checksum=True,
        ) as writer,
    ):  # fmt: skip
        for source, partition, strings in blocks:
            for few in few_at_a_time(strings):
                if len(few[2]):
                    writer.write_batch(_batch(job.sources[source], few))
                    groups.append((source, partition))
        said = {
            "job": asdict(job),
            "shards": shards,
            "told": [asdict(one) for one in told()],
            "groups": groups,
        }
        header = {"format": FORMAT, "tokbench": version("tokbench"), "check": signature(said)}
        writer.add_key_value_metadata({KEY.decode(): json.dumps({**header, "said": said})})


def name(shard: int, of: int) -> str:
    """What the file of a shard is called.

    >>> name(3, 16)
    'part-00003-of-00016.parquet'
    """
    return f"part-{shard:05}-of-{of:05}.parquet"


def rows(path: Path) -> int:
    """How many rows a part has."""
    return int(pq.read_metadata(path).num_rows)


def _batch(source: str, strings: "Strings") -> pa.RecordBatch:
    text, offsets, counts = strings
    # From buffers: pa.array imports pandas where it is installed.
    zeros = pa.Array.from_buffers(
        pa.int32(), len(counts), [None, pa.py_buffer(np.zeros(len(counts), np.int32).data)]
    )
    names = pa.DictionaryArray.from_arrays(zeros, pa.array([source])).dictionary_decode()
    numbers = pa.Array.from_buffers(pa.int64(), len(counts), [None, pa.py_buffer(counts.data)])
    columns: list[pa.Array[Any]] = [names, large_strings(text, offsets), numbers]
    return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def load(path: Path) -> Part | None:
    """A part; None where it is somebody else's.

    Raises:
        CountsError: it is no Parquet file, is damaged, or was written by another version.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except FileNotFoundError as error:
        raise CountsError(f"{path}: no such file") from error
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error
    if KEY not in metadata:
        return None
    try:
        found = json.loads(metadata[KEY])
        if found["format"] != FORMAT:
            raise CountsError(
                f"{path}: was written by tokbench {found['tokbench']}, which divides counts "
                "otherwise; count it again with this version"
            )
        said = found["said"]
        if found["check"] != signature(said):
            raise CountsError(f"{path}: is damaged; count it again")
        job = {**said["job"], "sources": tuple(said["job"]["sources"])}
        told = [{**one, "sample": tuple(one["sample"])} for one in said["told"]]
        return Part(
            path,
            Job(**job),
            tuple(said["shards"]),
            tuple(Told(**one) for one in told),
            tuple((source, part) for source, part in said["groups"]),
            found["tokbench"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def strings_of(path: Path, groups: list[int] | None = None) -> "Iterator[Strings]":
    """The strings and counts of some row groups, or of all, some at a time, looked at closely.

    Raises:
        CountsError: the file cannot be read, or a row is not what counts are made of.
    """
    if groups == []:
        return
    row = 0
    try:
        with pq.ParquetFile(
            path, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True
        ) as file:
            for batch in file.iter_batches(
                AT_ONCE, row_groups=groups, columns=["text", "count"], use_threads=False
            ):
                yield _checked(path, batch, row)
                row += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error


def _checked(path: Path, batch: pa.RecordBatch, row: int) -> "Strings":
    """The strings of a batch whose first row has this number among those that are read."""
    text, count = batch.column("text"), batch.column("count")
    for name, column in (("text", text), ("count", count)):
        if column.null_count:
            wrong = row + 1 + next(n for n, one in enumerate(column) if not one.is_valid)
            raise CountsError(
                f"{path}: row {wrong} has no {name}; every row has a text and a count"
            )
    try:
        text.validate(full=True)
    except pa.ArrowInvalid as error:
        raise CountsError(
            f"{path}: a text among rows {row + 1:,} to {row + len(batch):,} is not UTF-8; "
            "texts are not to be cut within a character"
        ) from error
    try:
        numbers = count.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise CountsError(f"{path}: a count does not fit 64 bits ({error})") from error
    data = memoryview(numbers.buffers()[1] or b"")
    counts = np.frombuffer(data, np.int64, len(batch), 8 * numbers.offset)
    if len(counts) and counts.min() < 1:
        wrong = int(np.argmax(counts < 1))
        raise CountsError(
            f"{path}: row {row + wrong + 1} has the count {counts[wrong]}; what does not occur "
            "has no row, and nothing occurs less than once"
        )
    return (*raw_strings(text), counts)


def damaged(path: Path, error: Exception) -> CountsError:
    """The error for a file that is not as it was written."""
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return CountsError(f"{path}: cannot be read as Parquet ({said}); write it again")
