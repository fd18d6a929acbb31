"""How answers are scored, and how a score spreads when the test examples are drawn anew.

Point values are those of scikit-learn, scipy and, for spans, `seqeval`. `resampled` gives the same
numbers for many resamples at once, from how often each example was drawn.

>>> import numpy as np
>>> weights = np.array([[1, 1, 1, 1], [0, 3, 0, 1]])
>>> resampled("accuracy", [0, 1, 1, 0], [0, 1, 0, 0], weights).tolist()
[0.75, 1.0]
>>> default("classification", ("no", "yes")), default("tokens", ("O", "B-X", "I-X"))
(('accuracy', 'macro_f1'), ('span_f1', 'span_f1_strict'))
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tokbench.downstream import extra, kinds, resamples, text_scores
from tokbench.downstream.kinds import KINDS
from tokbench.downstream.resamples import Answers, Floats, Ints
from tokbench.downstream.spans import is_scheme
from tokbench.errors import TokbenchError
from tokbench.registry import Registry
from tokbench.values import TaskData, TaskKind

if TYPE_CHECKING:
    import pyarrow as pa

Needs = Literal["", "two classes", "tags of spans"]

_COLUMNS = 3  # found, there, right
_FEWEST = 2  # examples that have a correlation


@dataclass(frozen=True)
class Scoring:
    """A way to score answers.

    Attributes:
        name: what tasks call it.
        title: what tables call it.
        kinds: what it fits.
        value: from gold and predicted answers; of tokens from tallies (examples by three).
        resampled: the same for each row of weights (resamples by examples).
        lowest: the least that it can be.
        needs: what the labels must be, beyond the kind.
        better: which of two scores is.
        about: what it is, where it is from, and what it is where it cannot be computed.
    """

    name: str
    title: str
    kinds: tuple[TaskKind, ...]
    value: Callable[[Answers, Answers], float]
    resampled: Callable[[Answers, Answers, Ints], Floats]
    about: str
    lowest: float = 0.0
    needs: Needs = ""
    better: Literal["higher", "lower"] = "higher"

    @property
    def sign(self) -> int:
        """What to multiply scores by, for the higher one to be better.

        >>> SCORES["accuracy"].sign, SCORES["bits_per_byte"].sign
        (1, -1)
        """
        return 1 if self.better == "higher" else -1

    def misfit(self, kind: TaskKind, labels: Sequence[str]) -> str:
        """Why it does not fit a task, or nothing.

        >>> SCORES["f1"].misfit("classification", ("a", "b", "c"))
        'needs two classes'
        """
        if kind not in self.kinds:
            return f"is for {' and '.join(self.kinds)}"
        fits = {
            "": True,
            "two classes": len(labels) == 2,  # noqa: PLR2004 - it is the number's name
            "tags of spans": is_scheme(labels),
        }[self.needs]
        return "" if fits else f"needs {self.needs}"


SCORES = Registry[Scoring]("score")

GLUE: dict[str, tuple[str, ...]] = {
    "cola": ("mcc",),
    "sst2": ("accuracy",),
    "mrpc": ("accuracy", "f1"),
    "qqp": ("accuracy", "f1"),
    "stsb": ("pearson", "spearman"),
    "mnli": ("accuracy",),
    "qnli": ("accuracy",),
    "rte": ("accuracy",),
    "wnli": ("accuracy",),
}
"""What GLUE scores its tasks by (Wang et al. 2019), the deciding one first."""


def default(kind: TaskKind, labels: Sequence[str]) -> tuple[str, ...]:
    """The scores of a task that names none, the deciding one first."""
    return KINDS[kind].scores(labels)


def fitting(names: Sequence[str], kind: TaskKind, labels: Sequence[str]) -> tuple[str, ...]:
    """The names, if every one of these scores fits the task; the defaults where there are none.

    Raises:
        TokbenchError: one is unknown or does not fit.

    >>> fitting(["span_f1"], "tokens", ("NOUN", "VERB"))
    Traceback (most recent call last):
    tokbench.errors.TokbenchError: score 'span_f1' needs tags of spans; what fits: accuracy
    """
    for name in names:
        misfit = SCORES[name].misfit(kind, labels)
        if misfit:
            fits = [one for one, score in SCORES.items() if not score.misfit(kind, labels)]
            raise TokbenchError(f"score {name!r} {misfit}; what fits: {', '.join(fits)}")
    return tuple(names) or default(kind, labels)


def scored(data: TaskData, table: "pa.Table", predictions: Sequence[Any]) -> dict[str, float]:
    """All scores of a task.

    Args:
        data: what says which.
        table: the split's examples.
        predictions: one for each, in order: a class, a number, or a tally.

    Raises:
        TokbenchError: scikit-learn or scipy, which have the last word, are not installed.
    """
    gold = kinds.of(data).gold(table)
    gold = np.zeros(table.num_rows) if gold is None else gold
    predicted = np.asarray(predictions)
    return {name: SCORES[name].value(gold, _part(name, predicted)) for name in data.metrics}


def resampled(name: str, gold: ArrayLike, predicted: ArrayLike, weights: ArrayLike) -> Floats:
    """A score on each of many resamples of the examples.

    Args:
        name: of the score.
        gold: (examples,): classes or numbers; of tokens not looked at.
        predicted: (examples,), or (examples, 9) tallies of tokens. Other columns are taken for
            what this very score needs: found, there and right, or bits and bytes.
        weights: (resamples, examples): how often each example was drawn.

    Returns:
        (resamples,): equal to scoring each resample written out; nan where the score is not
        defined, as a correlation of numbers that are all alike.
    """
    answers = _part(name, np.asarray(predicted))
    drawn = np.asarray(weights, dtype=np.int64)
    return SCORES[name].resampled(np.asarray(gold), answers, drawn)


def _part(name: str, predicted: Answers) -> Answers:
    """The columns of predictions that a score is about."""
    if name in text_scores.NAMES:
        place = text_scores.NAMES.index(name) if predicted.shape[1] > 1 else 0
        return predicted[:, place : place + 1]
    if predicted.ndim == 1 or predicted.shape[1] != 3 * _COLUMNS:
        return predicted
    first = {"span_f1": 0, "span_f1_strict": _COLUMNS}.get(name, 2 * _COLUMNS)
    return predicted[:, first : first + _COLUMNS]


def _quiet(compute: Callable[[], Any]) -> float:
    """What a library computes, without the warnings that it cannot always."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(compute())


def _by_sklearn(function: str, **options: Any) -> Callable[[Answers, Answers], float]:
    def value(gold: Answers, predicted: Answers) -> float:
        extra.require("sklearn")
        from sklearn import metrics  # noqa: PLC0415 - the extra

        return _quiet(lambda: getattr(metrics, function)(gold, predicted, **options))

    return value


def _by_scipy(function: str) -> Callable[[Answers, Answers], float]:
    def value(gold: Answers, predicted: Answers) -> float:
        extra.require("scipy")
        from scipy import stats  # noqa: PLC0415 - the extra

        if len(gold) < _FEWEST:
            return float("nan")
        return _quiet(lambda: getattr(stats, function)(gold, predicted).statistic)

    return value


def _accuracy_value(gold: Answers, predicted: Answers) -> float:
    if predicted.ndim > 1:
        return _one(resamples.accuracy)(gold, predicted)
    return _by_sklearn("accuracy_score")(gold, predicted)


def _one(
    many: Callable[[Answers, Answers, Ints], Floats],
) -> Callable[[Answers, Answers], float]:
    """The value of the examples as they are."""
    return lambda gold, predicted: float(
        many(gold, predicted, np.ones((1, len(predicted)), np.int64))[0]
    )


for _score in (
    Scoring(
        "accuracy",
        "accuracy",
        ("classification", "tokens"),
        _accuracy_value,
        resamples.accuracy,
        "The share of right answers: of examples, or of words or characters. One whose label no "
        "token decides is not right.",
    ),
    Scoring(
        "bits_per_byte",
        "bits per byte",
        ("causal_lm", "masked_lm"),
        _one(resamples.per_byte),
        resamples.per_byte,
        "What a language model needs for held-out text: the sum of `-log2` of the probabilities of "
        "its tokens, and of what its tokens do not say, over the bytes of the raw text; of masked "
        "words, what it needs for them over their bytes.",
        better="lower",
    ),
    Scoring(
        "f1",
        "F1",
        ("classification",),
        _by_sklearn("f1_score", zero_division=0),
        resamples.f1,
        "Of the second of two classes, as GLUE scores MRPC and QQP; 0 where it neither occurs nor "
        "is answered.",
        needs="two classes",
    ),
    Scoring(
        "macro_f1",
        "macro F1",
        ("classification",),
        _by_sklearn("f1_score", average="macro", zero_division=0),
        resamples.macro_f1,
        "The mean of the F1 of every class that occurs or is answered.",
    ),
    Scoring(
        "mcc",
        "MCC",
        ("classification",),
        _by_sklearn("matthews_corrcoef"),
        resamples.mcc,
        "Matthews' correlation coefficient, of several classes as by Gorodkin 2004; 0 where there "
        "is one class only or one answer only.",
        lowest=-1.0,
    ),
    Scoring(
        "pearson",
        "Pearson's r",
        ("regression",),
        _by_scipy("pearsonr"),
        resamples.pearson,
        "How far answers are a straight line of the numbers; n/a where the numbers of the test "
        "split are all alike. A model whose answers are all alike has 0.",
        lowest=-1.0,
    ),
    Scoring(
        "spearman",
        "Spearman's ρ",
        ("regression",),
        _by_scipy("spearmanr"),
        resamples.spearman,
        "Pearson's r of ranks, ties sharing the mean of theirs; n/a where the numbers of the "
        "test split are all alike. A model whose answers are all alike has 0.",
        lowest=-1.0,
    ),
    Scoring(
        "span_f1",
        "span F1",
        ("tokens",),
        _one(resamples.span_f1),
        resamples.span_f1,
        "Of all spans, right in both borders and type, as `seqeval` and `conlleval` find them: "
        "also one that begins with I-. 0 where there are none and none are found.",
        needs="tags of spans",
    ),
    Scoring(
        "span_f1_strict",
        "strict span F1",
        ("tokens",),
        _one(resamples.span_f1),
        resamples.span_f1,
        "Of well-formed spans only, as `seqeval`'s strict mode: by IOB2, or IOBES where tags have "
        "E- or S-.",
        needs="tags of spans",
    ),
    *(
        Scoring(name, title, ("seq2seq",), _one(resamples.mean), resamples.mean, about)
        for name, title, about in (
            (
                "rougeL",
                "ROUGE-L",
                (
                    "F1 of the longest common subsequence of words, of what was written and what "
                    "is right (Lin 2004), by rouge-score; the mean over examples. Words are "
                    "letters and digits of all scripts in lower case, one character each where a "
                    "script has no spaces; rouge-score's own know a to z alone."
                ),
            ),
            ("rouge1", "ROUGE-1", "As rougeL, of words that both have."),
            ("rouge2", "ROUGE-2", "As rougeL, of pairs of words that both have."),
            (
                "chrf",
                "chrF",
                (
                    "F2 of groups of one to six characters (Popović 2015), by sacrebleu, of each "
                    "example alone; the mean over examples, from 0 to 1."
                ),
            ),
        )
    ),
):
    SCORES.register(_score.name)(_score)
