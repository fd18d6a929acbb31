"""Which examples stand in which batch, and how batches are padded.

Batches are put together by the bytes of the raw text, so that every tokenizer's model sees the same
examples in the same order and in the same batches, on one device or on several:

    epoch -> batches of an optimizer step (`order`) -> micro-batches to accumulate -> shares

`Batches` yields the share of one process, `Rows` looks examples up, `Collator` pads them, the loss
(`Kind.loss`) leaves out rows that only fill up. What all that costs (`Batches.shapes`) follows from
the lengths alone, so a resumed training counts like an uninterrupted one.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tokbench.downstream.kinds import Kind
from tokbench.downstream.spec import TrainingSpec
from tokbench.errors import TokbenchError

if TYPE_CHECKING:
    import datasets
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch.utils.data import DataLoader

MEGABATCH = 50
"""Batches whose examples are sorted together: long enough to pad little, short enough to mix."""
FILLER = -1
"""The index of a row that fills up a batch."""
_SHORTEST = 32
Key = tuple[int, int]
"""An example's index, or `FILLER`, and the most tokens of any example in its micro-batch."""


def order(sizes: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """The batches of an epoch: each example once, those of alike size together.

    Shuffled, cut in megabatches of 50 batches, sorted inside by size, cut in batches, and these
    shuffled; a last batch that is not full stays the last. Sizes are bytes of the raw text, which
    no tokenizer has a part in.

    >>> order([5, 1, 4, 2, 3], 2, seed=0, epoch=0) == order([5, 1, 4, 2, 3], 2, seed=0, epoch=0)
    True
    >>> sorted(sum(order([5, 1, 4, 2, 3], 2, seed=0, epoch=1), []))
    [0, 1, 2, 3, 4]
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    chance = np.random.default_rng([seed, epoch])
    every = np.asarray(sizes)
    shuffled = chance.permutation(len(every))
    width = MEGABATCH * batch_size
    batches: list[list[int]] = []
    for start in range(0, len(shuffled), width):
        mega = shuffled[start : start + width]
        mega = mega[np.argsort(-every[mega], kind="stable")].tolist()
        batches += [mega[at : at + batch_size] for at in range(0, len(mega), batch_size)]
    last = [batches.pop()] if batches and len(batches[-1]) < batch_size else []
    return [batches[at] for at in chance.permutation(len(batches))] + last


def buckets(spec: TrainingSpec, longest: int | None = None) -> tuple[int, ...]:
    """The lengths that static shapes have: as the recipe says, else powers of two from 32.

    Args:
        spec: of the training.
        longest: the most tokens of an example, by default `max_length`.

    >>> buckets(TrainingSpec(max_length=128)), buckets(TrainingSpec(max_length=100))
    ((32, 64, 128), (32, 64, 100))
    >>> buckets(TrainingSpec(buckets=(16, 100))), buckets(TrainingSpec(max_length=20))
    ((16, 100, 128), (20,))
    """
    longest = longest or spec.max_length
    powers = [_SHORTEST << at for at in range(longest.bit_length())]
    shorter = {one for one in spec.buckets or powers if one < longest}
    return (*sorted(shorter), longest)


@dataclass(frozen=True)
class Padding:
    """How wide and how high batches are.

    Attributes:
        buckets: the lengths to choose from; none: as wide as the longest example.
        rows: how many rows every batch has; 0: as many as there are examples.
        multiple: widths without buckets are rounded up to this (8 suits GPUs).
    """

    buckets: tuple[int, ...] = ()
    rows: int = 0
    multiple: int = 1

    def shape(self, lengths: Sequence[int], longest: int = 0) -> tuple[int, int]:
        """Rows and columns of a batch.

        Args:
            lengths: tokens of each of its examples.
            longest: of all processes' examples that are computed at the same time; static shapes
                follow it, as compiled programs that talk to each other must be alike.

        >>> Padding().shape([3, 7]), Padding(multiple=8).shape([3, 7])
        ((2, 7), (2, 8))
        >>> Padding((32, 64), rows=4).shape([3, 7]), Padding((32, 64), rows=4).shape([3], 33)
        ((4, 32), (4, 64))
        """
        height = max(self.rows, len(lengths))
        if self.buckets:
            widest = max(longest, *lengths, 1)
            return height, self.buckets[bisect_left(self.buckets, widest)]
        return height, -(-max(*lengths, 1) // self.multiple) * self.multiple


@dataclass(frozen=True)
class Shapes:
    """What batches cost, over all processes.

    Attributes:
        distinct: how many distinct shapes (rows by columns) they had.
        examples: rows that hold one.
        tokens: of examples, special ones included.
        padding: what was computed beside them, in examples' rows and in rows that fill up.
    """

    distinct: tuple[tuple[int, int], ...] = ()
    examples: int = 0
    tokens: int = 0
    padding: int = 0

    def __add__(self, other: "Shapes") -> "Shapes":
        return Shapes(
            tuple(sorted({*self.distinct, *other.distinct})),
            self.examples + other.examples,
            self.tokens + other.tokens,
            self.padding + other.padding,
        )

    @property
    def waste(self) -> float:
        """The share of all computed tokens that is padding."""
        return self.padding / max(self.tokens + self.padding, 1)


class Batches:
    """A batch sampler: the micro-batches of one process, epoch by epoch.

    Every process has equally many, and together they have each example once an epoch. No library
    is to split them again: `loader` sees to that. A training that is resumed sets the epoch and
    skips what it has done, as `Trainer` does through accelerate's `skip_first_batches`.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        lengths: Sequence[int],
        batch_size: int,
        *,
        seed: int | None,
        accumulate: int = 1,
        processes: int = 1,
        process: int = 0,
    ) -> None:
        """Batches of these examples.

        Args:
            sizes: bytes of each example.
            lengths: tokens of each example.
            batch_size: examples of an optimizer step, over all processes and micro-batches.
            seed: of the order of training; None for testing: the longest first, always alike.
            accumulate: micro-batches of a step.
            processes: how many work together.
            process: which of them this is.

        Raises:
            TokbenchError: a batch cannot be parted so often.
        """
        if accumulate > batch_size:
            raise TokbenchError(
                f"accumulate: {accumulate} parts of a batch of {batch_size} cannot be; use a "
                f"batch_size of at least {accumulate}"
            )
        self.sizes, self.lengths = list(sizes), list(lengths)
        self.batch_size, self.seed, self.accumulate = batch_size, seed, accumulate
        self.processes, self.process = processes, process
        self.drop_last = False
        self.epoch = 0

    @property
    def rows(self) -> int:
        """The most examples of a share: what static shapes are filled up to."""
        return -(-self.batch_size // (self.accumulate * self.processes))

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Micro-batches of an epoch, the same for every process."""
        full, rest = divmod(len(self.sizes), self.batch_size)
        return full * self.accumulate + min(rest, self.accumulate)

    def __iter__(self) -> Iterator[list[Key]]:
        for share, longest in self.shares(self.epoch, self.process):
            yield [(index, longest) for index in share or [FILLER]]

    def shares(self, epoch: int, process: int) -> list[tuple[list[int], int]]:
        """Of each micro-batch a process's examples, and the most tokens of any in all of it.

        A step learns from the whole batch, so inside of it examples may stand by their tokens: the
        micro-batches of a batch hold neighbours, and a process has every so manieth of one, about
        as much to do as each other.
        """
        result = []
        for batch in self._order(epoch):
            by_tokens = sorted(batch, key=lambda index: -self.lengths[index])
            for part in _parts(by_tokens, self.accumulate):
                longest = self.lengths[part[0]]
                result.append((part[process :: self.processes], longest))
        return result

    def _order(self, epoch: int) -> list[list[int]]:
        if self.seed is not None:
            return order(self.sizes, self.batch_size, self.seed, epoch)
        every = sorted(range(len(self.sizes)), key=lambda index: -self.sizes[index])
        return [every[at : at + self.batch_size] for at in range(0, len(every), self.batch_size)]

    def shapes(self, padding: Padding, micro_batches: int) -> Shapes:
        """What the first so many micro-batches of all processes cost, from the first epoch on."""
        found = Shapes()
        whole, rest = divmod(micro_batches, max(len(self), 1))
        for epoch in range(whole + bool(rest)):
            upto = len(self) if epoch < whole else rest
            for process in range(self.processes):
                found += self._cost(padding, epoch, process, upto)
        return found

    def _cost(self, padding: Padding, epoch: int, process: int, upto: int) -> Shapes:
        distinct, examples, tokens, computed = set(), 0, 0, 0
        for share, longest in self.shares(epoch, process)[:upto]:
            lengths = [self.lengths[index] for index in share]
            shape = padding.shape(lengths or [1], longest)
            distinct.add(shape)
            examples += len(share)
            tokens += sum(lengths)
            computed += shape[0] * shape[1]
        return Shapes(tuple(sorted(distinct)), examples, tokens, computed - tokens)


def _parts(batch: list[int], count: int) -> list[list[int]]:
    """A batch in so many parts of neighbours, as even as can be, none of them empty.

    >>> _parts([1, 2, 3, 4, 5], 2), _parts([1], 2)
    ([[1, 2, 3], [4, 5]], [[1]])
    """
    count = min(count, len(batch))
    width, more = divmod(len(batch), count)
    starts = [at * width + min(at, more) for at in range(count + 1)]
    return [batch[start:end] for start, end in pairwise(starts)]


class Rows:
    """The examples of `tokenized`, looked up by the keys of `Batches`: a map-style dataset.

    Attributes:
        sizes: bytes of each example.
        lengths: tokens of each example.
    """

    def __init__(self, dataset: "datasets.Dataset") -> None:
        """Read the columns once; they stay mapped from the disk."""
        given = dataset.with_format("arrow")[:]
        self.sizes: list[int] = given["bytes"].to_pylist()
        self.lengths: list[int] = given["length"].to_pylist()
        self._columns: dict[str, Any] = {}
        for name in ("input_ids", "token_type_ids", "labels"):
            if name in given.column_names:
                column = given[name].combine_chunks()
                is_list = hasattr(column, "offsets")
                self._columns[name] = _Lists(column) if is_list else column.to_numpy()

    @property
    def labels(self) -> "NDArray[Any]":
        """All labels of all examples, one after another."""
        found = self._columns["labels"]
        return found.values if isinstance(found, _Lists) else found

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """Columns of an example, its `index`, and the `longest` of its micro-batch."""
        index, longest = key
        at = max(index, 0)  # a filler looks like any other and is emptied by the collator
        row = {name: column[at] for name, column in self._columns.items()}
        return row | {"index": index, "longest": longest}

    def __getitems__(self, keys: Sequence[Key]) -> list[dict[str, Any]]:
        """Several at once, as torch asks for them."""
        return [self[key] for key in keys]


class _Lists:
    """A column of lists as slices of one flat array, `values`."""

    def __init__(self, column: Any) -> None:
        self._offsets = column.offsets.to_numpy()
        self.values: NDArray[Any] = column.values.to_numpy()

    def __getitem__(self, at: int) -> "NDArray[np.int64]":
        return self.values[self._offsets[at] : self._offsets[at + 1]]


class Collator:
    """Rows as the tensors of a batch: `input_ids`, `attention_mask`, `labels` and the like.

    Rows that fill up hold one padding token that is attended to, since attention over nothing is
    not a number, and labels that `Kind.counted` leaves out.
    """

    def __init__(self, kind: Kind, pad_id: int, padding: Padding, *, index: bool = False) -> None:
        """Pad with a token.

        Args:
            kind: of the task: it pads labels.
            pad_id: of `Prepared`.
            padding: how wide and how high.
            index: whether batches say in `index` which example a row is, `FILLER` for none; no
                argument of models.
        """
        self.padding = padding
        self._kind, self._pad_id, self._index = kind, pad_id, index

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, "torch.Tensor"]:
        """A batch of rows, in their order, fillers behind them."""
        import torch  # noqa: PLC0415 - the extra

        there = [row for row in rows if row["index"] != FILLER]
        lengths = [len(row["input_ids"]) for row in there]
        shape = self.padding.shape(lengths or [1], max(row["longest"] for row in rows))
        made = {
            "input_ids": torch.full(shape, self._pad_id, dtype=torch.long),
            "attention_mask": torch.zeros(shape, dtype=torch.long),
        }
        made["attention_mask"][len(there) :, 0] = 1
        if "token_type_ids" in rows[0]:
            made["token_type_ids"] = torch.zeros(shape, dtype=torch.long)
        made["labels"] = self._kind.padded([row["labels"] for row in there], shape)
        made |= self._kind.beside(made["labels"], self._pad_id)
        for at, row in enumerate(there):
            made["attention_mask"][at, : lengths[at]] = 1
            for name in ("input_ids", "token_type_ids"):
                if name in made:
                    made[name][at, : lengths[at]] = _long(row[name])
        if self._index:
            made["index"] = torch.full(shape[:1], FILLER, dtype=torch.long)
            made["index"][: len(there)] = torch.tensor([row["index"] for row in there])
        return made


def _long(values: "NDArray[Any]") -> "torch.Tensor":
    import torch  # noqa: PLC0415 - the extra

    return torch.from_numpy(values.astype("int64"))


def loader(
    rows: Rows, batches: Batches, collator: Collator, device: "torch.device | None" = None
) -> "DataLoader[Any]":
    """What `Trainer` reads: batches on the device, which accelerate does not split once more.

    Drawing a batch uses up none of torch's chance, so dropout is the same after resuming.
    """
    import torch  # noqa: PLC0415 - the extra
    from accelerate.data_loader import prepare_data_loader  # noqa: PLC0415 - the extra

    plain = torch.utils.data.DataLoader(
        rows,
        batch_sampler=batches,
        collate_fn=collator,
        generator=torch.Generator(),
    )
    return prepare_data_loader(
        plain, device=device, num_processes=1, process_index=0, put_on_device=device is not None
    )
