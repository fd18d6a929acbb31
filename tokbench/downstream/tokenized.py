"""The examples of a task in one tokenizer's ids, as Arrow on disk.

Kept in the data cache by a signature of tokenizer, examples and settings, so that five seeds, three
learning rates and the next run all read one file. Of several processes one writes it, the others
wait.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tokenizers import Encoding, Tokenizer
from tokenizers import __version__ as library

from tokbench import store
from tokbench.downstream import alignment, extra, kinds
from tokbench.downstream.spec import TrainingSpec
from tokbench.errors import StoreError
from tokbench.values import TaskData

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

Split = Literal["train", "valid", "test"]
Given = str | tuple[str, str] | list[str]
_VERSION = 1
"""Raised when the same examples come out otherwise than before."""
_ROWS = 1000
"""Rows that are encoded at once."""
_THREADS = "TOKENIZERS_PARALLELISM"
_AFTER = "off"
"""What tokenizers reads as false, and tells our own setting from what users say."""


class Encoder:
    """A prepared tokenizer that cuts examples at a length, as training and testing see them.

    Attributes:
        types: whether models are told which of two texts a token belongs to.
        state: its tokenizer.json.
        tokenizer: itself.
    """

    def __init__(self, folder: Path, data: TaskData, spec: TrainingSpec) -> None:
        """Load it.

        Args:
            folder: of `Prepared`.
            data: the task, whose kind decides how examples are read.
            spec: says how long an example may be.

        Raises:
            StoreError: the folder holds no such tokenizer.
        """
        config = store.read_json(folder / "tokenizer_config.json")
        kind = kinds.of(data)
        self.types: bool = kind.typed and "token_type_ids" in config["model_input_names"]
        self.state = (folder / "tokenizer.json").read_text("utf-8")
        self.tokenizer = Tokenizer.from_str(self.state)
        if kind.cut:
            longest = kind.longest(data, spec)
            self.tokenizer.enable_truncation(longest, strategy="longest_first")
        self._aligned = kind.aligned
        self._mask: str = config.get("mask_token", "")

    @property
    def mask_id(self) -> int:
        """The id of what stands in place of hidden words, where the tokenizer has such a token."""
        number = self.tokenizer.token_to_id(self._mask)
        assert number is not None  # noqa: S101 - `prepared.masking` has added it
        return number

    def given(self, table: "pa.Table") -> list[Given]:
        """Rows as the tokenizer is given them: texts, pairs, or the pieces that words become."""
        if "words" in table.column_names:
            space = alignment.space_of(self.tokenizer)
            return [alignment.as_pieces(words, space) for words in _values(table, "words")]
        if "pair" in table.column_names:
            return list(zip(_values(table, "text"), _values(table, "pair"), strict=True))
        return _values(table, "text")

    def encode(self, given: Sequence[Given]) -> list[Encoding]:
        """Special tokens around, cut at the longest length; what is cut off is in `overflowing`.

        Offsets are there where tokens have labels.
        """
        with _threads():
            if self._aligned:
                words = any(isinstance(one, list) for one in given)
                return self.tokenizer.encode_batch(given, is_pretokenized=words)
            return self.tokenizer.encode_batch_fast(given)


def tokenized(folder: Path, data: TaskData, split: Split, spec: TrainingSpec) -> "datasets.Dataset":
    """A split in a tokenizer's ids.

    Args:
        folder: of `Prepared`.
        data: the task.
        split: which of its three tables.
        spec: `max_length` and, of tokens, `inside`.

    Returns:
        One row an example, in order, with the columns

        - `input_ids` (list of int32), special tokens included, without padding;
        - `token_type_ids` (list of int8), where the folder's `model_input_names` has them;
        - `labels`: int64 (classification), float64 (regression), a list of int64 as long as
          `input_ids`, -100 where nothing is to be predicted (tokens); the ids of the text to be
          written and the one that ends it (seq2seq);
        - `length` (int32): tokens;
        - `bytes` (int64): of the example in UTF-8, the same for every tokenizer;
        - `truncated` (bool): whether something was cut off.

    Raises:
        TokbenchError: `datasets` is not installed.
        StoreError: the disk is full.
    """
    extra.require("datasets")
    import datasets  # noqa: PLC0415 - the extra

    kind, encoder = kinds.of(data), Encoder(folder, data, spec)
    table: pa.Table = getattr(data, split)
    signature = store.signature(
        hashlib.sha256(encoder.state.encode()).hexdigest(), encoder.types,
        data.fingerprint or fingerprint(table), len(table), split, data.kind, data.unit,
        data.labels, spec.max_length, kind.depends(spec), library, _VERSION,
    )  # fmt: skip
    path = store.cache_dir() / "tokenized" / f"{signature}.arrow"

    def make(file: Path | None) -> "datasets.Dataset":
        return _mapped(table, _columns(encoder, data, spec), signature, file)

    try:
        with store.lock(path.with_suffix(".lock")):
            if not _is_whole(path):
                _written(path, make)
            return datasets.Dataset.from_file(str(path))
    except StoreError as error:
        if store.not_ours(error):
            return make(None)
        raise


def fingerprint(table: "pa.Table") -> str:
    """What a table holds, as sixteen hexadecimal digits."""
    digest = hashlib.sha256(str(table.schema).encode())

    for batch in table.combine_chunks().to_batches():
        digest.update(batch.serialize())
    return digest.hexdigest()[:16]


def _columns(
    encoder: Encoder, data: TaskData, spec: TrainingSpec
) -> Callable[["pa.Table"], "pa.Table"]:
    """What `Dataset.map` calls with each thousand rows."""
    import numpy as np  # noqa: PLC0415 - slow to import
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    kind = kinds.of(data)

    def columns(rows: "pa.Table") -> "pa.Table":
        given = encoder.given(rows)
        encodings = encoder.encode(given)
        lengths = np.fromiter(map(len, encodings), np.int32, len(encodings))
        offsets: Any = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))

        def lists(values: list[list[int]], kind: Any) -> Any:
            flat = [one for value in values for one in value]
            return pa.ListArray.from_arrays(offsets, pa.array(flat, kind))

        made = {"input_ids": lists(kind.ids(rows, encodings, encoder), pa.int32())}
        if encoder.types:
            made["token_type_ids"] = lists([one.type_ids for one in encodings], pa.int8())
        targets = kind.targets(rows, encoder)
        if targets is None:
            made["labels"] = kind.labels(rows, given, encodings, data, spec)
        else:
            made["labels"] = kind.as_lists(targets)
        made["length"] = pa.array(lengths)
        made["bytes"] = pa.array(sizes(rows))
        made["truncated"] = pa.array([bool(one.overflowing) for one in encodings])
        return pa.table(made)

    return columns


def sizes(table: "pa.Table") -> Any:
    """UTF-8 bytes of each example, as an int64 array; words are parted by a space."""
    import numpy as np  # noqa: PLC0415 - slow to import
    import pyarrow.compute as pc  # noqa: PLC0415 - slow to import

    found = np.zeros(len(table), np.int64)
    for name in ("text", "pair"):
        if name in table.column_names:
            found += pc.binary_length(table[name]).to_numpy()
    if "words" in table.column_names:
        for row, words in enumerate(_values(table, "words")):
            found[row] += sum(len(word.encode()) + 1 for word in words) - bool(words)
    return found


def _values(table: "pa.Table", name: str) -> list[Any]:
    return table[name].to_pylist()


def _mapped(
    table: "pa.Table",
    columns: Callable[["pa.Table"], "pa.Table"],
    signature: str,
    file: Path | None,
) -> "datasets.Dataset":
    """`Dataset.map` into a file, or in memory."""
    import datasets  # noqa: PLC0415 - the extra

    datasets.disable_progress_bars()
    given = datasets.Dataset(table).with_format("arrow")
    made = given.map(
        columns,
        batched=True,
        batch_size=_ROWS,
        remove_columns=table.column_names,
        keep_in_memory=file is None,
        load_from_cache_file=False,
        cache_file_name=None if file is None else str(file),
        new_fingerprint=signature,
    )
    return made.with_format(None)


def _written(path: Path, make: Callable[[Path | None], "datasets.Dataset"]) -> None:
    """Make the file, and beside it what it is known by.

    In a folder of its own, since `datasets` leaves what it was writing when it is killed.
    """
    try:
        with store.scratch(path) as folder:
            part = folder() / path.name
            make(part)
            part.replace(path)
    except OSError as error:
        raise store.unwritable(path, error) from error
    store.write_json(path.with_suffix(".json"), {"sha256": _digest(path)})


def _is_whole(path: Path) -> bool:
    """Whether a file is there as it was written."""
    with suppress(StoreError, OSError, KeyError, TypeError):
        return bool(store.read_json(path.with_suffix(".json"))["sha256"] == _digest(path))
    return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _threads() -> Iterator[None]:
    """Encode on all cores unless told otherwise, and let later forks neither warn nor hang."""
    if os.environ.get(_THREADS) == _AFTER:
        del os.environ[_THREADS]
    try:
        yield
    finally:
        os.environ.setdefault(_THREADS, _AFTER)
