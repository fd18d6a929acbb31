"""What every kind of task has to say; by default what suits one label of a whole example."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from tokbench.downstream import linear
from tokbench.downstream.alignment import IGNORED
from tokbench.downstream.drawable import Drawable
from tokbench.registry import Registry
from tokbench.values import Continuation, Prediction, TaskData, TaskKind

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    import torch
    from numpy.typing import NDArray
    from tokenizers import Encoding

    from tokbench.downstream.bodies import Body
    from tokbench.downstream.prepared import Prepared
    from tokbench.downstream.spec import TrainingSpec
    from tokbench.downstream.tokenized import Encoder, Given

DEVIATION = 0.02
"""Of first weights, as BERT has it."""
Predicted = float | int | tuple[int | float, ...]
"""What `SeedOutcome.predictions` holds of an example."""
Rival = Callable[[TaskData, "pa.Table"], Sequence[Predicted]]
"""From a task, and as many of its training examples as are enough, to predictions of the test
split."""


class Judge:
    """Makes predictions of a model's answers to one split, and knows what no model can reach."""

    def predictions(self, answers: Sequence[Any]) -> tuple[Predicted, ...]:
        """What `SeedOutcome.predictions` holds.

        Args:
            answers: of `Kind.answers`, in the order of the split.
        """
        return tuple(answers)

    def cut_spans(self) -> int:
        """How many spans truncation cut off or split."""
        return 0

    def ceiling(self) -> float | None:
        """What no model on these tokens can pass by the deciding score; None where unknown."""
        return None

    def lost(self) -> float | None:
        """Bits of each byte that are charged for text that tokens do not say; None of no text."""
        return None

    def notes(self) -> Sequence[str]:
        """What users should know, a sentence each."""
        return ()


class Kind(ABC):
    """A kind of task: from labels to a loss, from a model's answers to what scores need.

    Attributes:
        name: what tasks call it.
        auto: what is trained: `AutoModelFor...` of transformers makes and loads it.
        problem: the `problem_type` of its configuration.
        pipelines: what `transformers.pipeline` can be asked of such a model, the plainest first.
        says: what such a model answers, in words.
        classes: whether its labels have names.
        pairs: whether an example may be two texts.
        unit: what carries a label in a model of which nobody says it.
        continues: whether its models may go on from a checkpoint.
        aligned: whether what a row becomes needs the offsets and word numbers of its tokens.
        labelled: whether examples have labels, beside their text.
        typed: whether models can be told which of two texts a token is of.
        cut: whether examples that are longer than models take are cut.
        limited: whether `max_length` says how long that is.
        stacks: how often a model has the layers of its body: once to read, once more to write.
        biased: how many numbers a row of the table has beside its own.
    """

    name: ClassVar[TaskKind]
    auto: ClassVar[str] = "SequenceClassification"
    problem: ClassVar[str | None] = None
    pipelines: ClassVar[tuple[str, ...]]
    says: ClassVar[str]
    classes: ClassVar[bool] = True
    pairs: ClassVar[bool] = True
    unit: ClassVar[Literal["", "words", "characters"]] = ""
    continues: ClassVar[bool] = True
    aligned: ClassVar[bool] = False
    labelled: ClassVar[bool] = True
    typed: ClassVar[bool] = True
    cut: ClassVar[bool] = True
    limited: ClassVar[bool] = True
    stacks: ClassVar[int] = 1
    biased: ClassVar[int] = 0

    # examples

    def refuse(self, data: TaskData) -> None:  # noqa: B027 - most can be trained on anything
        """Refuse examples that no model can be trained on.

        Raises:
            TokbenchError: names one.
        """

    def prepare(self, made: "Prepared") -> "Prepared":
        """A tokenizer as such models are fed with it, of one as BERT is fed; changes its folder."""
        return made

    def longest(self, data: TaskData, spec: "TrainingSpec") -> int:  # noqa: ARG002 - as it is set
        """How many tokens of an example models must be able to take."""
        return spec.max_length

    def count(self, table: "pa.Table") -> int:
        """How many examples a table holds, as reports and resamples count them."""
        return int(table.num_rows)

    def depends(self, spec: "TrainingSpec") -> Any:  # noqa: ARG002 - of most on nothing
        """Which settings decide what `labels` gives, beside the longest length."""
        return False

    def ids(
        self,
        rows: "pa.Table",  # noqa: ARG002 - who hides words needs them
        encodings: "Sequence[Encoding]",
        encoder: "Encoder",  # noqa: ARG002 - as above
    ) -> list[list[int]]:
        """What models are told of some rows."""
        return [one.ids for one in encodings]

    def labels(
        self,
        rows: "pa.Table",
        given: "Sequence[Given]",  # noqa: ARG002 - who labels tokens needs them
        encodings: "Sequence[Encoding]",  # noqa: ARG002 - as above
        data: TaskData,  # noqa: ARG002 - as above
        spec: "TrainingSpec",  # noqa: ARG002 - as above
    ) -> Any:
        """The column `labels` of some rows.

        Args:
            rows: of one of the task's tables.
            given: what the tokenizer was given of each.
            encodings: what it made of that.
            data: the task.
            spec: how models are trained.

        Returns:
            An Arrow array: a number for each row, or a list of numbers.
        """
        return rows["label"].combine_chunks()

    def targets(
        self,
        rows: "pa.Table",  # noqa: ARG002 - who writes text needs them
        encoder: "Encoder",  # noqa: ARG002 - as above
    ) -> list[list[int]] | None:
        """The tokens to be written of some rows, in place of `labels`; None where none are."""
        return None

    # what is learned

    def names(self, labels: Sequence[str]) -> dict[int, str]:
        """What a model calls its outputs, from the names of the task's labels."""
        return dict(enumerate(labels))

    def config(
        self,
        labels: Sequence[str],
        body: "Body",
        *,
        rows: int,
        pad_id: int,
        max_length: int,
        inner: int,
    ) -> Any:
        """The configuration of a model from scratch; by default BERT's, an encoder.

        Args:
            labels: the names of the task's labels.
            body: its measures.
            rows: of the embedding table.
            pad_id: the row that stands for nothing.
            max_length: positions that the model knows.
            inner: width of the inner layers.
        """
        from transformers import BertConfig  # noqa: PLC0415 - seconds, in child processes alone

        names = self.names(labels)
        return BertConfig(
            vocab_size=rows,
            hidden_size=body.width,
            num_hidden_layers=body.layers,
            num_attention_heads=body.heads,
            intermediate_size=inner,
            max_position_embeddings=max_length,
            pad_token_id=pad_id,
            id2label=names,
            label2id={name: number for number, name in names.items()},
            problem_type=self.problem,
        )

    def fitted(
        self,
        data: TaskData,  # noqa: ARG002 - most need to know nothing
        made: "Prepared",  # noqa: ARG002 - as above
    ) -> "Kind":
        """The same, knowing what it must of the training examples, and of the tokenizer."""
        return self

    def padded(self, labels: "Sequence[NDArray[Any]]", shape: tuple[int, int]) -> "torch.Tensor":
        """The labels of a batch.

        Args:
            labels: of each row that holds an example; `labels` gave them.
            shape: rows and columns of the batch's ids.

        Returns:
            A tensor whose first dimension is `shape[0]`; what fills up counts nowhere.
        """
        import torch  # noqa: PLC0415 - the extra

        made = torch.full(shape[:1], IGNORED, dtype=torch.long)
        made[: len(labels)] = torch.tensor([one.item() for one in labels], dtype=torch.long)
        return made

    @staticmethod
    def padded_rows(labels: "Sequence[NDArray[Any]]", shape: tuple[int, int]) -> "torch.Tensor":
        """Labels of tokens: one for each of the batch's."""
        import torch  # noqa: PLC0415 - the extra

        made = torch.full(shape, IGNORED, dtype=torch.long)
        for at, row in enumerate(labels):
            made[at, : len(row)] = torch.from_numpy(row.astype("int64"))
        return made

    @staticmethod
    def as_lists(labels: Sequence[Sequence[int]]) -> Any:
        """Labels of tokens as an Arrow array: a list for each row."""
        import pyarrow as pa  # noqa: PLC0415 - slow to import

        offsets: Any = pa.array(np.cumsum([0, *map(len, labels)]).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array([*chain(*labels)], pa.int64()))

    def beside(
        self,
        labels: "torch.Tensor",  # noqa: ARG002 - who writes text needs them
        pad_id: int,  # noqa: ARG002 - as above
    ) -> "dict[str, torch.Tensor]":
        """What models are told of a batch beside its ids, from its labels."""
        return {}

    def counted(self, labels: "torch.Tensor") -> "torch.Tensor":
        """Which labels are something to learn, as booleans of the same shape."""
        return labels != IGNORED

    def loss(
        self,
        logits: "torch.Tensor",
        labels: "torch.Tensor",
        items: "torch.Tensor | int | None" = None,
    ) -> "torch.Tensor":
        """The mean over what counts; by default the cross entropy.

        Args:
            logits: rows (by tokens) by classes.
            labels: of `padded`.
            items: how many labels count in all micro-batches of all processes of this step; by
                default in this one.
        """
        import torch  # noqa: PLC0415 - the extra

        total = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, -2), labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return total / (self.counted(labels).sum().clamp(min=1) if items is None else items)

    def begin(self, model: Any, labels: "NDArray[Any]") -> None:  # noqa: B027 - most know nothing
        """Tell a model that is not trained yet what the labels of training say by themselves.

        Args:
            model: with its first weights.
            labels: all of them.
        """

    def put_into(self, model: Any) -> None:  # noqa: B027 - most have nothing to put
        """Let a trained model itself answer as `answers` does, for whoever loads it."""

    # answers

    def answers(
        self,
        model: Any,
        inputs: "Mapping[str, torch.Tensor]",
        labels: "torch.Tensor",  # noqa: ARG002 - who scores by probabilities needs them
    ) -> list[Any]:
        """What a model answers to each row of a batch, as Python has it; by default the best class.

        Args:
            model: which is not learning.
            inputs: its arguments, on its device.
            labels: of the batch, on the CPU.
        """
        best: list[Any] = model(**inputs)["logits"].argmax(-1).cpu().tolist()
        return best

    def continuations(self, folder: "Path", data: TaskData) -> tuple[Continuation, ...]:  # noqa: ARG002 - few go on
        """How a saved model goes on with texts, for people to look at."""
        return ()

    def judge(
        self,
        encoder: "Callable[[], Encoder]",  # noqa: ARG002 - who labels tokens needs it
        data: TaskData,  # noqa: ARG002 - as above
        table: "pa.Table",  # noqa: ARG002 - as above
    ) -> Judge:
        """Who makes predictions of the answers to a split.

        Args:
            encoder: gives what turned the split's rows into tokens.
            data: the task.
            table: the split's examples.
        """
        return Judge()

    def read(
        self,
        made: Prediction,
        encoding: "Encoding",  # noqa: ARG002 - who labels tokens needs it
        given: str | list[str],  # noqa: ARG002 - as above
    ) -> Prediction:
        """What a saved model says of a text, with what follows from that."""
        return made

    # scores

    @abstractmethod
    def scores(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The scores of a task that names none, the deciding one first."""

    def gold(self, table: "pa.Table") -> "NDArray[Any] | None":
        """What is right of each example; None where predictions say it."""
        return np.asarray(table["label"].to_numpy())

    def undefined(self, gold: "NDArray[Any]") -> str:  # noqa: ARG002 - most always are defined
        """Why no score of these test examples is defined, or nothing."""
        return ""

    def drawable(
        self,
        gold: "NDArray[Any]",
        answers: "NDArray[Any]",
        group: "NDArray[np.int64]",
        groups: int,  # noqa: ARG002 - who adds up needs them
    ) -> Drawable:
        """Predictions as few rows that test examples can be drawn from.

        Args:
            gold: what is right of each example.
            answers: what a model predicts of each.
            group: of each example, which one it is drawn with.
            groups: how many there are.
        """
        return Drawable.each(gold, answers, group)

    # models without any of this

    @property
    @abstractmethod
    def rivals(self) -> Mapping[str, Rival]:
        """What models without a tokenizer there are, by name; they run in a child process."""

    def enough(self, train: "pa.Table") -> int:  # noqa: ARG002 - examples are what counts
        """How many training examples are enough for them."""
        return linear.MOST_EXAMPLES


KINDS = Registry[Kind]("kind of task", __package__)


def of(data: TaskData) -> Kind:
    """The kind of a task."""
    return KINDS[data.kind]
