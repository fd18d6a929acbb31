"""A text for a text: a small encoder-decoder from scratch, scored by ROUGE."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tokbench.downstream import extra, linear, text_scores
from tokbench.downstream.alignment import IGNORED
from tokbench.downstream.kinds.base import DEVIATION, KINDS, Judge, Kind, Predicted, Rival
from tokbench.downstream.kinds.language import begin_with_shares
from tokbench.downstream.written import written
from tokbench.values import Continuation, TaskData, TaskKind

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from numpy.typing import NDArray

    from tokbench.downstream.bodies import Body
    from tokbench.downstream.prepared import Prepared
    from tokbench.downstream.tokenized import Encoder

_MULTIPLE = 16
"""Widths of labels are rounded up to this, so that compilers see few of them."""
_POSITIONS = 1024
"""Tokens that can be written, and read where `max_length` is no more."""
_SHOWN = 3
"""Test examples that people are shown."""


@dataclass(frozen=True)
class Seq2Seq(Kind):
    """Writes a text, token by token, with another one before its eyes.

    A model like Pegasus (Zhang et al. 2020): norms come first, positions are sines that nobody
    learns, so that bodies are alike however long texts are in tokens, and one table is for what is
    read and what is written.

    Attributes:
        most_bytes: how long a text may become: as long as the longest of the training examples.
        folder: of the tokenizer as models are fed with it; None until that is known.
    """

    most_bytes: int = 0
    folder: Path | None = None

    name: ClassVar[TaskKind] = "seq2seq"
    auto: ClassVar[str] = "Seq2SeqLM"
    pipelines: ClassVar[tuple[str, ...]] = ()
    says: ClassVar[str] = "with a text"
    classes: ClassVar[bool] = False
    typed: ClassVar[bool] = False
    continues: ClassVar[bool] = False
    stacks: ClassVar[int] = 2

    def refuse(self, data: TaskData) -> None:  # noqa: ARG002 - of any examples
        """Nothing but machines without what scores are computed by."""
        extra.require("rouge_score", "sacrebleu")

    def targets(self, rows: "pa.Table", encoder: "Encoder") -> list[list[int]]:
        """The tokens to be written, as many as models have positions, and one that ends them."""
        texts = linear.column(rows, "label")
        end = _end(encoder.tokenizer)
        made = encoder.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ids = (chain(one.ids, *(part.ids for part in one.overflowing)) for one in made)
        return [[*islice(one, _POSITIONS - 1), end] for one in ids]

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
        """Pegasus', with as many layers that write as layers that read."""
        from transformers import PegasusConfig  # noqa: PLC0415 - seconds, in child processes alone

        return PegasusConfig(
            vocab_size=rows,
            d_model=body.width,
            encoder_layers=body.layers,
            decoder_layers=body.layers,
            encoder_attention_heads=body.heads,
            decoder_attention_heads=body.heads,
            encoder_ffn_dim=inner,
            decoder_ffn_dim=inner,
            max_position_embeddings=max(max_length, _POSITIONS),
            scale_embedding=True,  # else they are nothing beside positions
            pad_token_id=pad_id,
            decoder_start_token_id=pad_id,
            bos_token_id=None,
            eos_token_id=None,
            forced_eos_token_id=None,
        )

    def begin(self, model: Any, labels: "NDArray[Any]") -> None:
        """Begin with the shares of tokens, as language models do; they stay as they are.

        And with larger weights: of 0.02 nothing is heard beside sines. Each matrix has a deviation
        of one over the root of its inputs (LeCun et al. 1998).
        """
        import torch  # noqa: PLC0415 - the extra

        begin_with_shares(model.final_logits_bias, labels)
        with torch.no_grad():
            for matrix in model.parameters():
                if matrix.requires_grad and matrix.ndim > 1:
                    matrix.mul_(matrix.shape[1] ** -0.5 / DEVIATION)

    def fitted(self, data: TaskData, made: "Prepared") -> "Seq2Seq":
        """Knowing how long texts are, and who reads them."""
        texts = linear.column(data.train, "label")
        longest = max((len(text.encode()) for text in texts), default=1)
        return Seq2Seq(min(longest, _POSITIONS - 2), made.folder)

    def padded(self, labels: "Sequence[NDArray[Any]]", shape: tuple[int, int]) -> "torch.Tensor":
        """Tokens to be written, as wide as the longest; no matter how wide the ids are."""
        longest = max(map(len, labels), default=1)
        return self.padded_rows(labels, (shape[0], -(-longest // _MULTIPLE) * _MULTIPLE))

    def beside(self, labels: "torch.Tensor", pad_id: int) -> "dict[str, torch.Tensor]":
        """What is written before each token: nothing, then the tokens that are right."""
        made = labels.new_full(labels.shape, pad_id)
        made[:, 1:] = labels[:, :-1].masked_fill(labels[:, :-1] == IGNORED, pad_id)
        return {"decoder_input_ids": made}

    def put_into(self, model: Any) -> None:
        """Let `generate` end where texts end."""
        end = _end(self._tokenizer)
        model.config.eos_token_id = end
        model.generation_config.update(
            eos_token_id=end,
            pad_token_id=model.config.pad_token_id,
            decoder_start_token_id=model.config.decoder_start_token_id,
            max_length=self.most_bytes + 2,
        )

    def answers(
        self,
        model: Any,
        inputs: "Mapping[str, torch.Tensor]",
        labels: "torch.Tensor",  # noqa: ARG002 - what is right is not looked at
    ) -> list[Any]:
        """The text that a model writes for each row."""
        told = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        tokenizer = self._tokenizer
        return written(model, told, tokenizer, most_bytes=self.most_bytes, end=_end(tokenizer))

    @property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer  # noqa: PLC0415 - in child processes alone

        return Tokenizer.from_file(str(Path(self.folder or "") / "tokenizer.json"))

    def continuations(self, folder: Path, data: TaskData) -> tuple[Continuation, ...]:
        """What it writes for the first test examples, beside what is right."""
        import torch  # noqa: PLC0415 - seconds, in child processes alone
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above
        from transformers import AutoModelForSeq2SeqLM  # noqa: PLC0415 - as above

        model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        some = data.test.slice(0, _SHOWN)
        longest = model.generation_config.max_length - 2
        made = []
        pairs = linear.column(some, "pair") if data.pair else [None] * len(some)
        for text, pair, right in zip(
            linear.column(some, "text"), pairs, linear.column(some, "label"), strict=True
        ):
            ids = torch.tensor([tokenizer.encode(text, pair).ids])
            told = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            with torch.no_grad():
                (own,) = written(model, told, tokenizer, most_bytes=longest, end=_end(tokenizer))
            prompt = text if pair is None else f"{text} / {pair}"
            made.append(Continuation(prompt, own, right=right))
        return tuple(made)

    def judge(self, encoder: "Callable[[], Encoder]", data: TaskData, table: "pa.Table") -> Judge:
        """Who compares texts."""
        return _Judge(encoder(), data, linear.column(table, "label"))

    def scores(self, labels: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - there are none
        """ROUGE-L first."""
        return text_scores.NAMES

    def gold(self, table: "pa.Table") -> "NDArray[Any] | None":  # noqa: ARG002 - as for all kinds
        """Predictions are scores already."""
        return None

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """The text's own beginning, frequent words, and the text of the most similar example."""
        return {"beginning": _beginning, "frequent words": _frequent, "nearest example": _nearest}


class _Judge(Judge):
    """Scores what was written."""

    def __init__(self, encoder: "Encoder", data: TaskData, gold: list[str]) -> None:
        self._metric, self._gold = data.metrics[0], gold
        self._tokenizer = encoder.tokenizer

    def predictions(self, answers: Sequence[Any]) -> tuple[Predicted, ...]:
        return tuple(text_scores.scores(self._gold, answers))

    def ceiling(self) -> float | None:
        """What remains of the right texts in tokens and back."""
        made = self._tokenizer.encode_batch_fast(self._gold, add_special_tokens=False)
        ids = [[*one.ids, *chain(*(part.ids for part in one.overflowing))] for one in made]
        back = self._tokenizer.decode_batch(ids, skip_special_tokens=True)
        place = text_scores.NAMES.index(self._metric)
        return float(np.mean([one[place] for one in text_scores.scores(self._gold, back)]))


def _end(tokenizer: Any) -> int:
    """The token that stands behind a text."""
    return int(tokenizer.encode("").ids[-1])


def _beginning(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    """As much of the text as texts to be written usually have."""
    usual = _usual(train)
    own = [" ".join(text_scores.words(text)[:usual]) for text in linear.column(data.test, "text")]
    return text_scores.scores(linear.column(data.test, "label"), own)


def _frequent(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    """The most frequent words, the same for all."""
    counts = Counter(chain.from_iterable(map(text_scores.words, linear.column(train, "label"))))
    own = " ".join(sorted(counts, key=lambda word: (-counts[word], word))[: _usual(train)])
    return text_scores.scores(linear.column(data.test, "label"), [own] * len(data.test))


def _nearest(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    """What belongs to the training text that is most like it."""
    labels = linear.column(train, "label")
    own = [labels[place] for place in linear.nearest(data, train)]
    return text_scores.scores(linear.column(data.test, "label"), own)


def _usual(train: "pa.Table") -> int:
    """Words of a text to be written."""
    return median_low([len(text_scores.words(one)) for one in linear.column(train, "label")])


KINDS.register("seq2seq")(Seq2Seq())
