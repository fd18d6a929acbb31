"""Linear models of scikit-learn's over words and their letters, none of them tuned.

Of a sentence TF-IDF of words, pairs of words and groups of letters; of two sentences also what they
share; of words and characters those around them, their first and last letters and what they look
like.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tokbench.values import TaskData

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_EXAMPLES, MOST_UNITS = 40_000, 300_000
"""Training examples, and words or characters of them, that they learn from."""

_AROUND = 4
"""How many characters to each side it looks at; of words half as many."""

_TOGETHER = 256
"""Examples that are compared with all others at once."""

_WORD = r"\w+|[^\w\s]"

Answers = Sequence[Any]


def column(table: "pa.Table", name: str) -> list[Any]:
    """Its values, as Python has them; none is null."""
    return cast("list[Any]", table[name].to_pylist())


def most_frequent(labels: Any) -> int:
    """The first in the order of the labels where several are."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label), default=0)


def classes(data: TaskData, train: "pa.Table") -> Answers:
    """A class of each test example, from its words and letters."""
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - takes a second

    labels = column(train, "label")
    if len(set(labels)) == 1:
        return [labels[0]] * len(data.test)
    known, asked = _features(data, train)
    model = LinearSVC(C=0.3, random_state=0)
    return list(map(int, model.fit(known, labels).predict(asked)))


def numbers(data: TaskData, train: "pa.Table") -> Answers:
    """A number for each test example, from its words and letters."""
    from sklearn.linear_model import Ridge  # noqa: PLC0415 - takes a second

    known, asked = _features(data, train)
    model = Ridge(solver="sparse_cg", random_state=0).fit(known, column(train, "label"))
    return list(map(float, model.predict(asked)))


def _features(data: TaskData, train: "pa.Table") -> tuple[Any, Any]:
    """Of each training and each test example a sparse row."""
    columns = ["text", "pair"] if data.pair else ["text"]
    texts = [text for name in columns for text in column(train, name)]
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
        sides = [kind.transform(column(table, name)) for name in columns]
        blocks += sides
        if len(sides) > 1:
            shared = sides[0].multiply(sides[1]).tocsr()
            blocks += [shared, abs(sides[0] - sides[1]), sparse.csr_matrix(shared.sum(axis=1))]
    return sparse.hstack(blocks, format="csr")


def nearest(data: TaskData, train: "pa.Table") -> list[int]:
    """Of each test example the training example whose words and letters are most like its own."""
    from sklearn.preprocessing import normalize  # noqa: PLC0415 - takes a second

    known, asked = (normalize(rows) for rows in _features(data, train))
    found: list[int] = []
    for start in range(0, asked.shape[0], _TOGETHER):
        alike = (asked[start : start + _TOGETHER] @ known.T).toarray()
        found += alike.argmax(axis=1).tolist()
    return found


def tags(data: TaskData, train: "pa.Table") -> Answers:
    """A label for each word or character of each test example, from what is around it."""
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415 - takes a second

    labels = [label for one in column(train, "label") for label in one]
    if len(set(labels)) <= 1:
        most = most_frequent(label for one in column(data.train, "label") for label in one)
        return [[most] * len(one) for one in column(data.test, "label")]
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
    return column(table, "words" if data.unit == "words" else "text")


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
