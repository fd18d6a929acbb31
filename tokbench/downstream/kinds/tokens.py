"""A label of each word, or of each character."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from statistics import mean
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from tokbench.downstream import alignment, linear, spans
from tokbench.downstream.drawable import Drawable
from tokbench.downstream.kinds.base import KINDS, Judge, Kind, Predicted, Rival
from tokbench.values import Labelled, Prediction, TaskData, TaskKind

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import torch
    from numpy.typing import NDArray
    from tokenizers import Encoding

    from tokbench.downstream.spec import TrainingSpec
    from tokbench.downstream.tokenized import Encoder, Given

T = TypeVar("T")


class Tokens(Kind):
    """Labels of words or characters, carried to tokens and back (`alignment`)."""

    name: ClassVar[TaskKind] = "tokens"
    auto: ClassVar[str] = "TokenClassification"
    pipelines: ClassVar[tuple[str, ...]] = ("token-classification", "ner")
    says: ClassVar[str] = "with a label of every token"
    pairs: ClassVar[bool] = False
    unit: ClassVar[Literal["", "words", "characters"]] = "words"
    aligned: ClassVar[bool] = True

    def depends(self, spec: "TrainingSpec") -> Any:
        """Whether later tokens of a word carry its label too."""
        return spec.inside

    def labels(
        self,
        rows: "pa.Table",
        given: "Sequence[Given]",
        encodings: "Sequence[Encoding]",
        data: TaskData,
        spec: "TrainingSpec",
    ) -> Any:
        """For each row a list as long as its ids, `IGNORED` where nothing is to be predicted."""
        return self.as_lists(
            [
                alignment.labelled(encoding, one, row, data.labels, inside=spec.inside)
                for encoding, one, row in zip(encodings, given, _gold(rows), strict=True)
            ]
        )

    def padded(self, labels: "Sequence[NDArray[Any]]", shape: tuple[int, int]) -> "torch.Tensor":
        """A label for each token of the batch."""
        return self.padded_rows(labels, shape)

    def answers(
        self, model: Any, inputs: "Mapping[str, torch.Tensor]", labels: "torch.Tensor"
    ) -> list[Any]:
        """The best label of each of a row's tokens."""
        lengths = inputs["attention_mask"].sum(-1).tolist()
        best = super().answers(model, inputs, labels)
        return [row[:length] for row, length in zip(best, lengths, strict=True)]

    def judge(self, encoder: "Callable[[], Encoder]", data: TaskData, table: "pa.Table") -> Judge:
        """Who carries labels of tokens back to words or characters."""
        return _Judge(encoder(), data, table)

    def read(self, made: Prediction, encoding: "Encoding", given: str | list[str]) -> Prediction:
        """The same with the labels of words, or of characters, and the spans that they make."""
        by_words = isinstance(given, list)
        pieces = made.text.split() if by_words else list(made.text)
        best = [max(range(len(row)), key=row.__getitem__) for row in made.probabilities]
        tags = [made.labels[one] for one in alignment.read_back(encoding, given, best, made.labels)]
        sure = _probabilities(made, encoding, given)
        found = []
        for label, start, end in spans.spans(tags) if spans.is_scheme(made.labels) else ():
            known = [sure[place] for place in range(start, end) if place in sure]
            text = (" " if by_words else "").join(pieces[start:end])
            found.append(Labelled(text, label, mean(known) if known else 0.0, start, end))
        each = [
            Labelled(word, tag, sure.get(place, 0.0), place, place + 1, read=place in sure)
            for place, (word, tag) in enumerate(zip(pieces, tags, strict=True))
        ]
        return replace(made, words=tuple(each) if by_words else (), spans=tuple(found))

    def scores(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Those of spans where there are any."""
        return ("span_f1", "span_f1_strict") if spans.is_scheme(labels) else ("accuracy",)

    def gold(self, table: "pa.Table") -> "NDArray[Any] | None":  # noqa: ARG002 - as for all kinds
        """The tallies know."""
        return None

    def drawable(
        self,
        gold: "NDArray[Any]",  # noqa: ARG002 - the tallies know
        answers: "NDArray[Any]",
        group: "NDArray[np.int64]",
        groups: int,
    ) -> Drawable:
        """Tallies add up."""
        return Drawable.summed(answers, group, groups)

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """The most frequent label of all, and a linear model."""
        return {"majority": _majority, "bag of words": _linear}

    def enough(self, train: "pa.Table") -> int:
        """As many as hold `MOST_UNITS` words or characters."""
        units = sum(map(len, _gold(train)))
        return max(1, linear.MOST_UNITS * len(train) // max(units, linear.MOST_UNITS))


def tally(
    gold: Sequence[int],
    predicted: Sequence[int],
    names: Sequence[str],
    undecided: Sequence[int] = (),
) -> tuple[int, ...]:
    """What scores need to know of one example: nine numbers.

    Spans found, there and right, leniently; the same, strictly (`spans.counts`; zeros where labels
    are no tags of spans); words or characters answered, there and right.

    Args:
        gold: places in `names`, one for each word or character.
        predicted: the same of what the model says (`alignment.read_back`).
        names: of the labels.
        undecided: what no token decided: counts as there, but not as answered.

    >>> tally([1, 2, 0], [1, 2, 1], ("O", "B-X", "I-X"))
    (2, 1, 1, 2, 1, 1, 3, 3, 2)
    """
    found = (0,) * 6
    if spans.is_scheme(names):
        tags = [names[one] for one in gold], [names[one] for one in predicted]
        found = spans.counts(*tags, "default") + spans.counts(*tags, "strict")
    without = set(undecided)
    right = sum(
        one == other and place not in without
        for place, (one, other) in enumerate(zip(gold, predicted, strict=True))
    )
    return (*found, len(gold) - len(without), len(gold), right)


class _Judge(Judge):
    """Encodes the split once more, so that labels of tokens find their words."""

    def __init__(self, encoder: "Encoder", data: TaskData, table: "pa.Table") -> None:
        self._data = data
        self._given: list[Any] = encoder.given(table)
        self._encodings = encoder.encode(self._given)
        self._undecided = list(map(alignment.undecided, self._encodings, self._given))
        self._gold = _gold(table)

    def predictions(self, answers: Sequence[Any]) -> tuple[Predicted, ...]:
        return tuple(map(self._counted, range(len(answers)), answers))

    def cut_spans(self) -> int:
        return sum(self._of_each(alignment.cut_spans))

    def ceiling(self) -> float | None:
        in_spans = spans.is_scheme(self._data.labels)
        if in_spans != self._data.metrics[0].startswith("span_"):
            return None
        found, there, right = map(sum, zip(*self._of_each(alignment.attainable), strict=True))
        return spans.f1(found, there, right) if in_spans else right / max(there, 1)

    def _of_each(self, function: Callable[..., T]) -> list[T]:
        """What a function of `alignment` says of every example."""
        parts = zip(self._encodings, self._given, self._gold, strict=True)
        return [function(*part, self._data.labels) for part in parts]

    def _counted(self, place: int, answer: Sequence[int]) -> tuple[int, ...]:
        names, given, encoding = self._data.labels, self._given[place], self._encodings[place]
        back = alignment.read_back(encoding, given, answer, names)
        return tally(self._gold[place], back, names, self._undecided[place])


def _gold(table: "pa.Table") -> list[list[int]]:
    labels: list[Any] = table["label"].to_pylist()
    return labels


def _probabilities(
    made: Prediction, encoding: "Encoding", given: str | list[str]
) -> dict[int, float]:
    """How sure the model is of the words or characters that tokens decide, by their place."""
    deciding = enumerate(alignment.deciding(encoding, given))
    return {place: max(made.probabilities[token]) for place, token in deciding if token >= 0}


def _majority(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:  # noqa: ARG001 - of all
    most = linear.most_frequent(chain(*_gold(data.train)))
    return _tallied(data, [[most] * len(one) for one in _gold(data.test)])


def _linear(data: TaskData, train: "pa.Table") -> Sequence[Predicted]:
    return _tallied(data, linear.tags(data, train))


def _tallied(data: TaskData, answers: Sequence[Sequence[int]]) -> Sequence[Predicted]:
    pairs = zip(_gold(data.test), answers, strict=True)
    return [tally(gold, given, data.labels) for gold, given in pairs]


KINDS.register("tokens")(Tokens())
