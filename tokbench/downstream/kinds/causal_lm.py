"""What comes next: a small decoder, in bits for each byte of held-out text."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tokbench.downstream import byte_models, linear
from tokbench.downstream.alignment import IGNORED
from tokbench.downstream.kinds.base import KINDS, Judge, Predicted, Rival
from tokbench.downstream.kinds.language import Language, LanguageJudge, ends, longest_piece, nats
from tokbench.downstream.residue import BYTE, Lost
from tokbench.values import Continuation, TaskData, TaskKind

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from tokenizers import Encoding

    from tokbench.downstream.bodies import Body
    from tokbench.downstream.prepared import Prepared
    from tokbench.downstream.spec import TrainingSpec
    from tokbench.downstream.tokenized import Encoder, Given

_EIGHT = 8


class CausalLM(Language):
    """The next token, of a decoder like Phi: rotary positions, one table to read and to predict.

    It learns no positions, so that bodies are alike whatever a piece is in tokens.
    """

    name: ClassVar[TaskKind] = "causal_lm"
    auto: ClassVar[str] = "CausalLM"
    pipelines: ClassVar[tuple[str, ...]] = ("text-generation",)
    says: ClassVar[str] = "with what comes next"
    cut: ClassVar[bool] = False

    def prepare(self, made: "Prepared") -> "Prepared":
        """A text begins with a token, and nothing ends it."""
        from tokbench.downstream.prepared import begun  # noqa: PLC0415 - in child processes alone

        return begun(made)

    def longest(self, data: TaskData, spec: "TrainingSpec") -> int:  # noqa: ARG002 - of all kinds
        """A token for each byte, and those in front; more would do, as no table holds positions."""
        return longest_piece(data) + _EIGHT

    def labels(
        self,
        rows: "pa.Table",  # noqa: ARG002 - as for all kinds
        given: "Sequence[Given]",  # noqa: ARG002 - as for all kinds
        encodings: "Sequence[Encoding]",
        data: TaskData,  # noqa: ARG002 - as for all kinds
        spec: "TrainingSpec",  # noqa: ARG002 - as for all kinds
    ) -> Any:
        """Each token of the text, at its own place; `IGNORED` for those in front."""
        return self.as_lists(
            [
                [
                    IGNORED if special else number
                    for number, special in zip(one.ids, one.special_tokens_mask, strict=True)
                ]
                for one in encodings
            ]
        )

    def config(
        self,
        labels: Sequence[str],  # noqa: ARG002 - there are none
        body: "Body",
        *,
        rows: int,
        pad_id: int,
        max_length: int,
        inner: int,
    ) -> Any:
        """Phi's (Li et al. 2023), with one table for what is read and what is predicted."""
        from transformers import PhiConfig  # noqa: PLC0415 - seconds, in child processes alone

        return PhiConfig(
            vocab_size=rows,
            hidden_size=body.width,
            num_hidden_layers=body.layers,
            num_attention_heads=body.heads,
            intermediate_size=inner,
            max_position_embeddings=max_length,
            pad_token_id=pad_id,
            bos_token_id=None,
            eos_token_id=None,
            tie_word_embeddings=True,
        )

    def loss(
        self,
        logits: "torch.Tensor",
        labels: "torch.Tensor",
        items: "torch.Tensor | int | None" = None,
    ) -> "torch.Tensor":
        """The mean cross entropy of the tokens of texts, each predicted from those before it."""
        return super().loss(logits[:, :-1].contiguous(), labels[:, 1:].contiguous(), items)

    def answers(
        self, model: Any, inputs: "Mapping[str, torch.Tensor]", labels: "torch.Tensor"
    ) -> list[Any]:
        """Nats of each row: the sum over the tokens of its text."""
        return nats(model(**inputs)["logits"][:, :-1], labels[:, 1:])

    def judge(self, encoder: "Callable[[], Encoder]", data: TaskData, table: "pa.Table") -> Judge:
        """Who adds what tokens do not say."""
        return LanguageJudge(encoder(), data, table, _charged)

    def continuations(self, folder: Path, data: TaskData) -> tuple[Continuation, ...]:
        """How it goes on with the beginnings of a few test documents."""
        from tokbench.downstream.generation import continuations  # noqa: PLC0415 - imports transformers

        texts = linear.column(data.test, "text")
        return continuations(folder, [texts[start] for start in [0, *ends(data.test)[:-1]]])

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """What needs no model, a compressor, and counts of bytes."""
        return {"uniform bytes": _uniform, "xz": _packed, "order-5 bytes": _counted}


def _charged(text: str, lost: Lost, encoding: Any) -> tuple[float, float, int]:  # noqa: ARG001
    return lost.bits, sum(lost.unknown), len(text.encode())


def _sizes(data: TaskData) -> list[int]:
    return [len(text.encode()) for text in linear.column(data.test, "text")]


def _uniform(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:  # noqa: ARG001 - it needs none
    return [(BYTE * size, size) for size in _sizes(data)]


def _packed(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    texts = [linear.column(table, "text") for table in (train, data.test)]
    return [(byte_models.packed(*texts), sum(_sizes(data)))]


def _counted(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    model = byte_models.ByteModel(linear.column(train, "text"))
    return [
        (float(model.bits(text).sum()), len(text.encode()))
        for text in linear.column(data.test, "text")
    ]


KINDS.register("causal_lm")(CausalLM())
