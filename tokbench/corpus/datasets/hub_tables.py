"""The tables of a dataset on the Hub, through `datasets`, streamed or downloaded."""

import copy
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import datasets
import httpx2
import pyarrow as pa
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from tokbench.corpus.datasets.hub_repository import (
    WAITS,
    explained,
    longer,
    look,
    passes,
    patiently,
)
from tokbench.corpus.datasets.tables import Roots, roots
from tokbench.corpus.documents import BATCH_BYTES
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError, nearest

_FEWEST_ROWS, _ROWS, _MOST_ROWS = 16, 256, 4096
# What its readers write to the log, they raise as well.
logging.getLogger("datasets.packaged_modules").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Shard:
    """One file of a split, or the whole split where it was downloaded.

    Attributes:
        shown: what users call it.
        dataset: `Dataset` or `IterableDataset`.
        size: bytes on the Hub, 0 where that is not known.
        rows: how many there are, None where that is not known.
    """

    shown: str
    dataset: Any
    size: int = 0
    rows: int | None = None

    def done(self, row: int, guess: float) -> int:
        """About how many bytes of it were consumed, behind a row or by a guess."""
        return self.size * row // self.rows if self.rows else min(int(guess), self.size)

    def tables(self, chosen: Roots | None, limit: int) -> Iterator[tuple[pa.Table, int]]:
        """All rows, each once.

        A stream that broke is begun again and what it gave before is passed over.

        Args:
            chosen: chooses among the columns, given the schema and what to call it; None for all.
            limit: how many rows to take at once.

        Yields:
            Some rows, and the number of the first, from 1.

        Raises:
            CorpusError: it broke again and again, or what it holds cannot be read.
        """
        given, waits = 0, iter(WAITS)
        while True:
            row = 0
            try:
                for table in self._formatted(chosen).iter(limit):
                    row += len(table)
                    if row > given:
                        first, given, waits = given + 1, row, iter(WAITS)
                        yield table.slice(len(table) - (row - first + 1)), first
            except CorpusError:
                raise
            except Exception as error:
                wait = next(waits, None)
                if wait is None or not passes(error):
                    raise unread(self.shown, error) from error
                time.sleep(longer(wait, error))
            else:
                return

    def _formatted(self, chosen: Roots | None) -> Any:
        arrow = self.dataset.with_format("arrow")
        if chosen is None or self.dataset.features is None:
            return arrow
        return arrow.select_columns(chosen(self.dataset.features.arrow_schema, self.shown))


@dataclass(frozen=True)
class Where:
    """Which rows of which dataset.

    Attributes:
        name: owner and name.
        config: one of its configurations; None for the only or the default one.
        splits: in the order of reading.
        commit: the full hash.
        streaming: whether nothing is kept on disk.
        sizes: of the files that hold the splits, in order; none where they are not known.
    """

    name: str
    config: str | None
    splits: tuple[str, ...]
    commit: str
    streaming: bool = True
    sizes: tuple[int, ...] = ()

    def sized(self, files: dict[str, int] | None) -> "Where":
        """The same with sizes.

        Args:
            files: the size of each file of the repository; None where the Hub cannot be asked.

        Raises:
            CorpusError: there is no such configuration or split.
        """
        if files is None:
            with suppress(CorpusError):  # to be known by its identity it need not be there
                splits = _builder(self.name, self.config, self.commit).info.splits or {}
                cached = tuple(splits[name].num_bytes for name in self.splits if name in splits)
                return replace(self, sizes=cached)
            return self
        found = _builder(self.name, self.config, self.commit).config.data_files or {}
        _check_splits(self, list(found))
        root = f"hf://datasets/{self.name}@{self.commit}/"
        paths = [path.removeprefix(root) for split in self.splits for path in found[split]]
        return replace(self, sizes=tuple(files.get(path, 0) for path in paths))

    def shards(self, wanted: Wanted) -> list[Shard]:
        """All shards of all splits, in order.

        Args:
            wanted: what is wanted of each row.

        Raises:
            CorpusError: a column is not there, or the dataset cannot be read.
        """
        builder = self._reader(tuple(sorted(wanted.fields)))
        if not self.streaming:
            return self._sized([self._downloaded(builder, split) for split in self.splits])
        with _blamed(self.name):
            found = patiently(builder.as_streaming_dataset)
            _check_splits(self, list(found))
            features = found[self.splits[0]].features
            if hasattr(builder.config, "columns") and features is not None:
                # Parquet: `select_columns` alone would download all columns and drop some.
                builder = copy.deepcopy(builder)
                builder.config.columns = roots(wanted)(features.arrow_schema, self.name)
                builder.config.batch_size = _ROWS
                found = patiently(builder.as_streaming_dataset)
        paths = builder.config.data_files or {}
        return self._sized(
            [
                shard
                for split in self.splits
                for shard in self._streamed(found[split], split, paths.get(split, ()))
            ]
        )

    def _reader(self, columns: tuple[str, ...]) -> Any:
        """What reads the dataset; of csv these columns as they stand there."""
        if constants.is_offline_mode():
            # A csv is in the cache under the columns that were read as text.
            with suppress(CorpusError):
                return _builder(self.name, self.config, self.commit, columns)
        builder = _builder(self.name, self.config, self.commit)
        if not hasattr(builder.config, "converters"):
            return builder
        return _builder(self.name, self.config, self.commit, columns)

    def _streamed(self, dataset: Any, split: str, paths: Sequence[str]) -> Iterator[Shard]:
        count = dataset.num_shards
        for number in range(count):
            shown = f"{self.name} ({split}, shard {number + 1} of {count})"
            if len(paths) == count:
                shown = f"{self.name}{paths[number].rpartition(self.commit)[2]}"
            yield Shard(shown, dataset.shard(count, number))

    def _downloaded(self, builder: Any, split: str) -> Shard:
        with _blamed(self.name):
            patiently(builder.download_and_prepare)
            _check_splits(self, list(builder.info.splits or ()))
            dataset = builder.as_dataset(split=split)
        return Shard(f"{self.name} ({split})", dataset, rows=len(dataset))

    def _sized(self, shards: list[Shard]) -> list[Shard]:
        """With the bytes of each: its file's, or an equal share of all."""
        sizes = self.sizes
        if len(sizes) != len(shards):
            total, count = sum(sizes), len(shards)
            ends = [total * number // count for number in range(count + 1)]
            sizes = tuple(end - start for start, end in pairwise(ends))
        return [replace(shard, size=size) for shard, size in zip(shards, sizes, strict=True)]


def rows_a_batch(nbytes: int, rows: int) -> int:
    """So many rows that they hold about as much as a batch, going by those seen."""
    fitting = BATCH_BYTES * rows // max(nbytes, 1)
    return min(max(fitting, _FEWEST_ROWS), _MOST_ROWS) if rows else _ROWS


@lru_cache(maxsize=16)
def _builder(name: str, config: str | None, commit: str, texts: tuple[str, ...] = ()) -> Any:
    """What `datasets` reads the dataset by: it has asked for its card and for its files by then.

    The columns `texts` of a csv file are read as they stand there. Else pandas makes null of the
    text "NA" and of an empty one, and numbers where all texts of some rows look like numbers.
    """
    as_text = {"converters": dict.fromkeys(texts, str), "keep_default_na": False}
    options = as_text if texts else {}
    # With the prefix a folder of this name in the working directory is not taken for it.
    path = f"hf://datasets/{name}"
    with _blamed(name, config, commit):
        builder = patiently(
            lambda: datasets.load_dataset_builder(path, config, revision=commit, **options)
        )
    if builder.hash != commit:
        # What `datasets` does where it cannot load what was asked for.
        look(name, commit)
        what = f"commit {commit} is not in the cache, and cannot be loaded"
        raise refused(name, f"{what}; go online, or write the revision that was downloaded")
    return builder


def _check_splits(where: Where, known: Sequence[str]) -> None:
    for split in where.splits:
        if split not in map(str, known):
            there = nearest(split, [str(one) for one in known])
            raise refused(where.name, f"no split {split!r}; {there}; name one with `split:`")


@contextmanager
def _blamed(name: str, config: str | None = None, commit: str | None = None) -> Iterator[None]:
    """Without bars; what goes wrong in the block becomes a `CorpusError`."""
    shown = not are_progress_bars_disabled(), not datasets.are_progress_bars_disabled()
    disable_progress_bars()
    datasets.disable_progress_bars()
    try:
        yield
    except CorpusError:
        raise
    except Exception as error:
        if commit is not None:
            raise _not_loaded(name, config, commit, error) from error
        raise unread(name, error) from error
    finally:
        if shown[0]:
            enable_progress_bars()
        if shown[1]:
            datasets.enable_progress_bars()


def _not_loaded(name: str, config: str | None, commit: str, error: Exception) -> CorpusError:
    try:
        look(name, commit)  # `datasets` drops the reason of the Hub
        path = f"hf://datasets/{name}"
        known = datasets.get_dataset_config_names(path, revision=commit)
    except CorpusError as reason:
        return reason
    except Exception:  # noqa: BLE001 - the first error is the one to tell
        known = []
    if config is None and len(known) > 1:
        said = f"has several configurations; choose one with `config:`: {', '.join(known)}"
        return refused(name, said)
    if config is not None and known and config not in known:
        return refused(name, f"no configuration {config!r}; {nearest(config, known)}")
    return unread(name, error)


def unread(shown: str, error: Exception) -> CorpusError:
    """The sentence for whatever a reader of `datasets` or the way to the Hub raised."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    for one in (cause, error):
        if isinstance(one, HfHubHTTPError | httpx2.HTTPError | ConnectionError):
            return explained(shown, one)
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()] or [""]
    reason = f"{type(cause).__name__}: {lines[0]}".rstrip(": .")
    what = f"cannot be read by `datasets` ({reason})"
    return refused(shown, f"{what}; name other splits, or read its files as `type: files`")
