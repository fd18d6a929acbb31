"""What language models of both kinds share: text in pieces, scored in bits for each byte of it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tokbench.downstream import linear
from tokbench.downstream.alignment import IGNORED
from tokbench.downstream.drawable import Drawable
from tokbench.downstream.kinds.base import Judge, Kind, Predicted
from tokbench.downstream.residue import BYTE, Lost, Residue
from tokbench.values import TaskData

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from numpy.typing import NDArray

    from tokbench.downstream.tokenized import Encoder

_LEARNED = 4000
"""Pieces of the training split that say what tokens stand for."""
_MOST_BYTES = 8_000_000
"""Of training text that models without a tokenizer learn from."""
_SEEN = 5e-4


class Language(Kind):
    """Learns text itself: an example is a piece of a document, of so many bytes for everybody."""

    aligned: ClassVar[bool] = True
    labelled: ClassVar[bool] = False
    pairs: ClassVar[bool] = False
    typed: ClassVar[bool] = False
    continues: ClassVar[bool] = False
    limited: ClassVar[bool] = False
    biased: ClassVar[int] = 1
    classes: ClassVar[bool] = False

    def count(self, table: "pa.Table") -> int:
        """Documents."""
        return len(ends(table))

    def padded(self, labels: "Sequence[NDArray[Any]]", shape: tuple[int, int]) -> "torch.Tensor":
        """A label for each token of the batch."""
        return self.padded_rows(labels, shape)

    def begin(self, model: Any, labels: "NDArray[Any]") -> None:
        """Begin with the shares of tokens, which any short training finds first.

        Otherwise it would spend its first steps on what never occurs, the more of it the larger
        the vocabulary. Tokens that training does not have share what Witten and Bell (1991) leave
        for them.
        """
        begin_with_shares(model.get_output_embeddings().bias, labels)

    def scores(self, labels: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - there are none
        """Bits for each byte."""
        return ("bits_per_byte",)

    def gold(self, table: "pa.Table") -> "NDArray[Any] | None":  # noqa: ARG002 - as for all kinds
        """Predictions say bits and bytes."""
        return None

    def drawable(
        self,
        gold: "NDArray[Any]",  # noqa: ARG002 - as for all kinds
        answers: "NDArray[Any]",
        group: "NDArray[np.int64]",
        groups: int,
    ) -> Drawable:
        """Bits and bytes of documents add up."""
        return Drawable.summed(answers, group, groups)

    def enough(self, train: "pa.Table") -> int:
        """As many pieces as hold eight megabytes."""
        size = sum(len(text.encode()) for text in linear.column(train, "text"))
        return max(1, len(train) * _MOST_BYTES // max(size, _MOST_BYTES))


class LanguageJudge(Judge):
    """Adds what tokens do not say to what a model needs for them, document by document."""

    def __init__(
        self,
        encoder: "Encoder",
        data: TaskData,
        table: "pa.Table",
        parts: "Callable[[str, Lost, Any], tuple[float, float, int]]",
    ) -> None:
        """Charge every piece.

        Args:
            encoder: what turned the split's pieces into tokens.
            data: the task.
            table: one of its splits.
            parts: from a piece, what it lost and its encoding to the bits that count, those of
                them for unknown tokens, and the bytes that they are all about.
        """
        texts = linear.column(table, "text")
        encodings = encoder.encode(texts)
        residue = Residue(encoder.tokenizer)
        if not all(map(residue.comes_back, texts, encodings)):
            some = linear.column(data.train.slice(0, _LEARNED), "text")
            residue.learn(some, encoder.encode(some))
        losses = [residue.of(text, one) for text, one in zip(texts, encodings, strict=True)]
        charged = [parts(*one) for one in zip(texts, losses, encodings, strict=True)]
        self._bits, self._unknown, self._bytes = (
            np.array(some) for some in zip(*charged, strict=True)
        )
        self._ends = ends(table)

    def predictions(self, answers: Sequence[Any]) -> tuple[Predicted, ...]:
        """Of each document bits and bytes; what is not a number is 8 bits a byte.

        Args:
            answers: of each piece, nats.
        """
        bits = np.asarray(answers, np.float64) / np.log(2) + self._bits
        bits = np.where(np.isfinite(bits), bits, BYTE * self._bytes)
        return tuple(
            (float(bits[start:end].sum()), int(self._bytes[start:end].sum()))
            for start, end in pairwise([0, *self._ends])
        )

    def lost(self) -> float | None:
        """Bits of each byte for text that tokens do not say."""
        return float(self._bits.sum() / max(self._bytes.sum(), 1))

    def notes(self) -> Iterator[str]:  # type: ignore[override] # as good as a sequence
        """What was charged, where it matters."""
        every = max(self._bytes.sum(), 1)
        lost, unknown = self._bits.sum() / every, self._unknown.sum() / every
        if lost >= _SEEN:
            beside = f", {unknown:.3f} of them for unknown tokens" if unknown >= _SEEN else ""
            yield (
                "its tokens do not say all of the text; what they leave out is charged with "
                f"{lost:.3f} bits per byte{beside}"
            )


def begin_with_shares(bias: "torch.Tensor", labels: "NDArray[Any]") -> None:
    """Let the last numbers before a softmax be the logarithms of shares of tokens.

    Args:
        bias: one for each row of the table.
        labels: all of training, negative ones not counted.
    """
    import torch  # noqa: PLC0415 - the extra

    counts = np.bincount(labels[labels >= 0], minlength=bias.numel()).astype(np.float64)
    seen, absent = int((counts > 0).sum()), int((counts == 0).sum())
    if not seen:
        return
    counts[counts == 0] = seen / max(absent, 1)
    with torch.no_grad():
        bias.copy_(torch.from_numpy(np.log(counts / counts.sum())).reshape(bias.shape))


def nats(logits: "torch.Tensor", labels: "torch.Tensor") -> list[float]:
    """Of each row the sum over the labels that count; a row at a time, as vocabularies are wide."""
    import torch  # noqa: PLC0415 - the extra

    each = (
        torch.nn.functional.cross_entropy(
            row.float(), own, ignore_index=IGNORED, reduction="none"
        ).double()
        for row, own in zip(logits, labels.to(logits.device), strict=True)
    )
    return [float(one.sum()) for one in each]


def ends(table: "pa.Table") -> list[int]:
    """Behind which piece each document ends."""
    numbers = table["document"].to_numpy()
    return [
        *(np.flatnonzero(np.diff(numbers)) + 1).tolist(),
        *([len(numbers)] if len(numbers) else []),
    ]


def longest_piece(data: TaskData) -> int:
    """Bytes of the longest piece of all splits."""
    tables = (data.train, data.valid, data.test)
    return max(
        (len(text.encode()) for table in tables for text in linear.column(table, "text")), default=1
    )
