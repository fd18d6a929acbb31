"""What models without a tokenizer reach on a task: what a score is to be read against.

"majority" answers the same to everything: the most frequent class, the most frequent label of all
words, the mean of all numbers. "bag of words" is a linear model of scikit-learn's over words and
their letters: of a sentence TF-IDF of words, pairs of words and groups of letters; of two
sentences also what they share; of words and characters those around them, their first and last
letters and what they look like. Neither is tuned.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tokbench.child import ChildError, run_in_child
from tokbench.downstream.extra import require
from tokbench.downstream.scores import scored, tally
from tokbench.errors import TokbenchError
from tokbench.values import TaskData

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_EXAMPLES, MOST_UNITS = 40_000, 300_000
"""Training examples, and words or characters of them, that the linear model learns from."""

_AROUND = 4
"""How many characters to each side it looks at; of words half as many."""

_WORD = r"\w+|[^\w\s]"

Answers = Sequence[Any]


def rivals(data: TaskData) -> dict[str, dict[str, float]]:
    """The scores of "majority" and "bag of words" on the test split, by metric.

    They work in a child process, and give the same every time. Larger training splits than
    `MOST_EXAMPLES` and `MOST_UNITS` are drawn from. nan where a score is not defined, as a
    correlation with numbers that are all alike.

    Raises:
        TokbenchError: scikit-learn is not installed, or cannot do with these examples.
    """
    require("sklearn", "scipy")
    try:
        return run_in_child(reached, data)
    except ChildError as error:
        raise TokbenchError(
            f"what simple models reach is not known, as they failed: {error.last}"
        ) from error


def reached(data: TaskData) -> dict[str, dict[str, float]]:
    """What `rivals` gives, computed in this process."""
    train = _drawn(data)
    ways = {"majority": _majority, "bag of words": _LINEAR[data.kind]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that iterations ended before all digits stood still
        return {name: _scores(data, answer(data, train)) for name, answer in ways.items()}


def _scores(data: TaskData, answers: Answers) -> dict[str, float]:
    if data.kind == "tokens":
        gold = _column(data.test, "label")
        pairs = zip(gold, answers, strict=True)
        answers = [tally(one, list(given), data.labels) for one, given in pairs]
    return scored(data, data.test, answers)


def _column(table: "pa.Table", name: str) -> list[Any]:
    """Its values, as Python has them; none is null."""
    return cast("list[Any]", table[name].to_pylist())


def _drawn(data: TaskData) -> "pa.Table":
    """The training examples, or as many of them as are enough."""
    most, train = MOST_EXAMPLES, data.train
    if data.kind == "tokens":
        units = sum(map(len, _column(train, "label")))
        most = max(1, MOST_UNITS * len(train) // max(units, MOST_UNITS))
    if len(train) <= most:
        return train
    chosen = np.random.default_rng(0).choice(len(train), most, replace=False)
    return train.take(np.sort(chosen))


def _majority(data: TaskData, train: "pa.Table") -> Answers:  # noqa: ARG001 - it counts all of it
    labels = _column(data.train, "label")
    if data.kind == "regression":
        return [float(np.mean(labels))] * len(data.test)
    if data.kind == "classification":
        return [_most_frequent(labels)] * len(data.test)
    most = _most_frequent(label for one in labels for label in one)
    return [[most] * len(one) for one in _column(data.test, "label")]


def _most_frequent(labels: Any) -> int:
    """The first in the order of the labels where several are."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label), default=0)


def _classes(data: TaskData, train: "pa.Table") -> Answers:
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - takes a second

    labels = _column(train, "label")
    if len(set(labels)) == 1:
        return [labels[0]] * len(data.test)
    known, asked = _features(data, train)
    model = LinearSVC(C=0.3, random_state=0)
    return list(map(int, model.fit(known, labels).predict(asked)))


def _numbers(data: TaskData, train: "pa.Table") -> Answers:
    from sklearn.linear_model import Ridge  # noqa: PLC0415 - takes a second

    known, asked = _features(data, train)
    model = Ridge(solver="sparse_cg", random_state=0).fit(known, _column(train, "label"))
    return list(map(float, model.predict(asked)))


def _features(data: TaskData, train: "pa.Table") -> tuple[Any, Any]:
    """Of each training and each test example a sparse row."""
    columns = ["text", "pair"] if data.pair else ["text"]
    texts = [text for name in columns for text in _column(train, name)]
    kinds = [kind for kind in map(_vectorizer, ("word", "char_wb")) if _fitted(kind, texts)]
    return _rows(train, columns, kinds), _rows(data.test, columns, kinds)


def _vectorizer(kind: str) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - takes a second

    letters = (1, 4) if kind == "char_wb" else (1, 2)
    return TfidfVectorizer(
        analyzer=kind,
        ngram_range=letters,
        token_pattern=_WORD,
        min_df=2,
        sublinear_tf=True,
        dtype=np.float32,
    )


def _fitted(vectorizer: Any, texts: Sequence[str]) -> bool:
    """Whether there is anything to count."""
    try:
        vectorizer.fit(texts)
    except ValueError:  # no word is there twice
        return False
    return True


def _rows(table: "pa.Table", columns: Sequence[str], kinds: Sequence[Any]) -> Any:
    from scipy import sparse  # noqa: PLC0415 - slow to import

    blocks = [sparse.csr_matrix((len(table), 1), dtype=np.float32)]
    for kind in kinds:
        sides = [kind.transform(_column(table, name)) for name in columns]
        blocks += sides
        if len(sides) > 1:
            shared = sides[0].multiply(sides[1]).tocsr()
            blocks += [shared, abs(sides[0] - sides[1]), sparse.csr_matrix(shared.sum(axis=1))]
    return sparse.hstack(blocks, format="csr")


def _labels(data: TaskData, train: "pa.Table") -> Answers:
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415 - takes a second

    labels = [label for one in _column(train, "label") for label in one]
    if len(set(labels)) <= 1:
        return _majority(data, train)
    units = [_units(data, table) for table in (train, data.test)]
    rows = _around([*units[0], *units[1]], words=data.unit == "words")
    model = SGDClassifier(
        loss="log_loss", alpha=1e-6, max_iter=8, tol=None, average=True, random_state=0
    )
    answers = model.fit(rows[: len(labels)], labels).predict(rows[len(labels) :]).tolist()
    ends = np.cumsum([0, *map(len, units[1])]).tolist()
    return [answers[start:end] for start, end in pairwise(ends)]


def _units(data: TaskData, table: "pa.Table") -> list[Sequence[str]]:
    """The words, or the characters, of each example."""
    return _column(table, "words" if data.unit == "words" else "text")


def _around(examples: Sequence[Sequence[str]], *, words: bool) -> Any:
    """Of each unit a sparse row: a one for what each template says of it and those around it.

    What is in no training example gets no weight, so that all are numbered together.
    """
    from scipy import sparse  # noqa: PLC0415 - slow to import

    reach = _AROUND // 2 if words else _AROUND
    edge = [""] * reach
    units = [unit for example in examples for unit in (*example, *edge)]
    inside = [kind for example in examples for kind in (*[True] * len(example), *[False] * reach)]
    places = np.flatnonzero(inside) + reach
    distinct, codes = np.unique(np.array([*edge, *units], dtype=object), return_inverse=True)
    columns: list[NDArray[np.int64]] = []
    for view, offsets in _VIEWS if words else _LETTERS:
        seen = np.unique([view(unit) for unit in distinct], return_inverse=True)[1][codes]
        columns += [_together(seen, places, group) for group in offsets]
    width = np.cumsum([0, *(int(column.max(initial=0)) + 1 for column in columns)])
    indices = np.stack(columns, axis=1) + width[:-1]
    count, each = indices.shape
    ones = np.ones(indices.size, np.float32)
    starts = np.arange(0, indices.size + 1, each)
    return sparse.csr_matrix((ones, indices.ravel(), starts), shape=(count, int(width[-1])))


def _together(
    seen: "NDArray[np.int64]", places: "NDArray[np.int64]", group: Sequence[int]
) -> "NDArray[np.int64]":
    """One number for what stands at these offsets from each place, taken together."""
    found = seen[places + group[0]]
    for offset in group[1:]:
        found = found * (int(seen.max(initial=0)) + 1) + seen[places + offset]
        found = np.unique(found, return_inverse=True)[1]
    return found


def _shape(unit: str) -> str:
    """What a word looks like: `Xx-00` for `Beta-12`, no sign more than twice in a row.

    >>> _shape("Beta-12"), _shape("HTTP"), _shape("漢字")
    ('Xxx-00', 'XX', 'cc')
    """
    shape = ""
    for one in unit:
        sign = "X" if one.isupper() else "x" if one.islower() else "c" if one.isalpha() else one
        sign = "0" if one.isdigit() else sign
        if not shape.endswith(2 * sign):
            shape += sign
    return shape


_View = tuple[Callable[[str], str], Sequence[Sequence[int]]]
_VIEWS: tuple[_View, ...] = (
    (str, ((-2,), (-1,), (0,), (1,), (2,), (-1, 0), (0, 1))),
    (str.lower, ((0,),)),
    (_shape, ((-2,), (-1,), (0,), (1,), (2,), (-1, 0, 1))),
    *((lambda unit, end=end: unit[:end], ((0,),)) for end in (1, 2, 3, 4)),
    *((lambda unit, end=end: unit[-end:], ((-1,), (0,), (1,))) for end in (1, 2, 3, 4)),
)
_LETTERS: tuple[_View, ...] = (
    (str, (*((offset,) for offset in range(-_AROUND, _AROUND + 1)),
           (-2, -1), (-1, 0), (0, 1), (1, 2), (-2, -1, 0), (-1, 0, 1), (0, 1, 2))),
    (_shape, ((-1,), (0,), (1,), (-2, -1, 0, 1, 2))),
)  # fmt: skip
_LINEAR = {"classification": _classes, "regression": _numbers, "tokens": _labels}
