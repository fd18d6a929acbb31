"""What stands where words are hidden: a small encoder, in bits for each byte of hidden words."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import regex

from tokbench.downstream import byte_models, linear
from tokbench.downstream.alignment import IGNORED
from tokbench.downstream.kinds.base import KINDS, Judge, Predicted, Rival
from tokbench.downstream.kinds.language import Language, LanguageJudge, longest_piece, nats
from tokbench.downstream.residue import BYTE, Lost
from tokbench.values import TaskData, TaskKind

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from tokenizers import Encoding

    from tokbench.downstream.prepared import Prepared
    from tokbench.downstream.spec import TrainingSpec
    from tokbench.downstream.tokenized import Encoder, Given

SHARE = 0.15
"""Of the words, as Devlin et al. (2019) hide tokens."""
_BOUNDARY = regex.compile(r"(?w)\b")
_IN_WORD = regex.compile(r"[\p{L}\p{N}]")
_FRAME = 8
"""Tokens that stand around a text, and some to spare."""


@lru_cache(maxsize=1 << 16)
def hidden(text: str) -> tuple[tuple[int, int], ...]:
    """The words of a piece that are hidden: begin and end in characters, alike for everybody.

    Words are the segments of UAX 29 that hold a letter or a digit. A hash of the piece and of the
    word's number chooses 15% of them; of a piece of which it chooses none, the first word.

    >>> hidden("one two three, four five")
    ((0, 3),)
    """
    import xxhash  # noqa: PLC0415 - only who reads examples needs it

    edges = [0, *(found.start() for found in _BOUNDARY.finditer(text)), len(text)]
    words = [one for one in pairwise(edges) if _IN_WORD.search(text, *one)]
    data = text.encode()
    chosen = [
        word
        for number, word in enumerate(words)
        if xxhash.xxh3_64_intdigest(data, number) < SHARE * 2**64
    ]
    return tuple(chosen or words[:1])


def hidden_tokens(text: str, encoding: "Encoding") -> list[bool]:
    """Whether each token of a piece is hidden: those that reach into a word that is."""
    words = iter(hidden(text))
    word = next(words, None)
    found = []
    parts = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
    for (start, end), special in parts:
        while word is not None and not special and start >= word[1]:
            word = next(words, None)
        found.append(word is not None and not special and start < word[1] and end > word[0])
    return found


class MaskedLM(Language):
    """Whole words, all of whose tokens are hidden at once, and each guessed from what is left."""

    name: ClassVar[TaskKind] = "masked_lm"
    auto: ClassVar[str] = "MaskedLM"
    pipelines: ClassVar[tuple[str, ...]] = ("fill-mask",)
    says: ClassVar[str] = "with what stands where a word is hidden"

    def prepare(self, made: "Prepared") -> "Prepared":
        """With a token to hide words behind."""
        from tokbench.downstream.prepared import masking  # noqa: PLC0415 - in child processes alone

        return masking(made)

    def longest(self, data: TaskData, spec: "TrainingSpec") -> int:  # noqa: ARG002 - of all kinds
        """A token for each byte of the longest piece, alike for every tokenizer."""
        return longest_piece(data) + _FRAME

    def ids(
        self, rows: "pa.Table", encodings: "Sequence[Encoding]", encoder: "Encoder"
    ) -> list[list[int]]:
        """The mask token in place of every hidden one."""
        mask = encoder.mask_id
        return [
            [
                mask if gone else number
                for number, gone in zip(one.ids, hidden_tokens(text, one), strict=True)
            ]
            for text, one in zip(linear.column(rows, "text"), encodings, strict=True)
        ]

    def labels(
        self,
        rows: "pa.Table",
        given: "Sequence[Given]",  # noqa: ARG002 - as for all kinds
        encodings: "Sequence[Encoding]",
        data: TaskData,  # noqa: ARG002 - as for all kinds
        spec: "TrainingSpec",  # noqa: ARG002 - as for all kinds
    ) -> Any:
        """Each hidden token, at its place."""
        return self.as_lists(
            [
                [
                    number if gone else IGNORED
                    for number, gone in zip(one.ids, hidden_tokens(text, one), strict=True)
                ]
                for text, one in zip(linear.column(rows, "text"), encodings, strict=True)
            ]
        )

    def answers(
        self, model: Any, inputs: "Mapping[str, torch.Tensor]", labels: "torch.Tensor"
    ) -> list[Any]:
        """Nats of each row: the sum over its hidden tokens."""
        return nats(model(**inputs)["logits"], labels)

    def judge(self, encoder: "Callable[[], Encoder]", data: TaskData, table: "pa.Table") -> Judge:
        """Who adds what tokens of hidden words do not say."""
        return LanguageJudge(encoder(), data, table, _charged)

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """What needs no model, and counts of bytes, which look at what stands before alone."""
        return {"uniform bytes": _uniform, "order-5 bytes": _counted}


def _charged(text: str, lost: Lost, encoding: Any) -> tuple[float, float, int]:
    """What hidden tokens do not say of their text; hidden words without a token, byte by byte."""
    gone, special = hidden_tokens(text, encoding), encoding.special_tokens_mask
    own = [one for one, other in zip(gone, special, strict=True) if not other]
    # what was cut off is behind these, and has no token to guess
    bits, unknown = (
        sum(cost for cost, one in zip(costs, own, strict=False) if one)
        for costs in (lost.tokens, lost.unknown)
    )
    spans = [at for at, one in zip(encoding.offsets, gone, strict=True) if one]
    bare = [
        text[start:end]
        for start, end in hidden(text)
        if not any(begin < end and stop > start for begin, stop in spans)
    ]
    return bits + BYTE * sum(len(word.encode()) for word in bare), unknown, _size(text)


def _size(text: str) -> int:
    """Bytes of the hidden words."""
    return sum(len(text[start:end].encode()) for start, end in hidden(text))


def _uniform(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:  # noqa: ARG001 - needs none
    sizes = [_size(text) for text in linear.column(data.test, "text")]
    return [(BYTE * size, size) for size in sizes]


def _counted(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    model = byte_models.ByteModel(linear.column(train, "text"))
    made = []
    for text in linear.column(data.test, "text"):
        bits = model.bits(text)
        places = [tuple(len(text[:at].encode()) for at in word) for word in hidden(text)]
        made.append((float(sum(bits[start:end].sum() for start, end in places)), _size(text)))
    return made


KINDS.register("masked_lm")(MaskedLM())
