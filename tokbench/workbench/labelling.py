"""What examples are labelled with, as numbers: classes, values, tags of words or characters.

Labels come as text, numbers or truth values, lists of these, or spans; written as JSON or as Arrow
has them. A label's key is what it says as text; names belong to keys, or to the numbers they are.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError, nearest
from tokbench.recipe.tasks import TaskSpec

if TYPE_CHECKING:
    import pyarrow as pa

OUTSIDE = "O"
_MARKS = ("B-", "I-")
HIDDEN = "-1"
"""What `datasets` has in place of the number of a class that is not told."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""How JSON writes half of a sign, for which UTF-8 has no bytes where its other half is missing."""
_WHOLE = re.compile(r"-?\d+")
_FRACTION = re.compile(r"-?\d*\.\d+(e-?\d+)?")
_TRUTH = {"false": 0, "true": 1}
_SHOWN = 5
_LONGEST = 40
_FEW = 20
_TWO = 2


class Example(NamedTuple):
    """What a row says.

    Attributes:
        text: the sentence.
        pair: the second one; empty where the task has none.
        words: where words have labels, or characters that stand in a list.
        label: the key of a class, a number, the keys of tags, or spans.
        source: the name of what it comes from, and `row`, the number of the example in it, from 1.
    """

    text: str
    pair: str
    words: tuple[str, ...]
    label: "Any"
    source: str
    row: int

    def refused(self, what: str) -> CorpusError:
        """The error about this example, which is known by its number and how it begins."""
        text = self.text or self.pair
        begins = repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
        return refused(self.source, f"example {self.row:,}, {begins}: {what}")


class Span(NamedTuple):
    """Some characters that are something, `end` not among them."""

    start: int
    end: int
    key: str


def key(value: Any) -> str:
    """What a label says, as text: whole numbers without a fraction, truth values as JSON has them.

    >>> key(1), key(1.0), key(True), key("1"), key(0.5)
    ('1', '1', 'true', '1', '0.5')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def listed(value: Any, example: Example, what: str) -> list[Any]:
    """The items of a list, as it is or written as JSON."""
    if isinstance(value, str):
        escaped = _SURROGATE.search(value)
        with suppress(ValueError):
            value = json.loads(value)
        if escaped and any(map(_is_surrogate, json.dumps(value, ensure_ascii=False))):
            raise example.refused(f"{what} holds a lone surrogate; mend or remove the row")
    if not isinstance(value, list):
        raise example.refused(f"{what} is {_shown(value)}, where a list is expected")
    return value


def _is_surrogate(sign: str) -> bool:
    return "\ud800" <= sign <= "\udfff"


def words(value: Any, example: Example, column: str) -> tuple[str, ...]:
    """The words of an example."""
    found = listed(value, example, f"field {column!r}")
    for number, word in enumerate(found, 1):
        if not isinstance(word, str):
            raise example.refused(f"word {number} is {_shown(word)}, not text; write it as text")
    return tuple(found)


def read(spec: TaskSpec, value: Any, example: Example) -> Any:
    """The label of an example: a key, a number, keys or spans.

    Raises:
        CorpusError: it is not what the task says that it is.
    """
    if spec.kind == "tokens":
        return _tags(spec, listed(value, example, f"label {spec.label!r}"), example)
    if spec.kind == "seq2seq" and not isinstance(value, list | dict):
        return key(value)
    if isinstance(value, list | dict) or _is_list(value):
        advice = "say `kind: tokens`, or name a column of single labels"
        shown = value if isinstance(value, str) else _shown(value)
        raise example.refused(f"label {spec.label!r} is {shown:.40}, not one label; {advice}")
    if spec.kind == "classification":
        return key(value)
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, TypeError, OverflowError):  # words, dates, more digits than a float has
        number = math.nan
    if not math.isfinite(number):
        advice = "mend the row, or say `kind: classification`"
        raise example.refused(f"label {_shown(value)} is no number; {advice}")
    return number


def _is_list(value: Any) -> bool:
    """Whether it is a list or a map, written as JSON."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return False
    try:
        return isinstance(json.loads(value), list | dict)
    except ValueError:
        return False


def _tags(spec: TaskSpec, found: list[Any], example: Example) -> tuple[str, ...] | tuple[Span, ...]:
    spans = bool(found) and all(isinstance(one, dict) for one in found)
    if spec.words is None and (spans or not found):
        return tuple(sorted(_span(one, example) for one in found))
    for number, one in enumerate(found, 1):
        if one is None or isinstance(one, list | dict):
            raise example.refused(f"label {number} is {_shown(one)}, not the label of a word")
    units, what = (example.words, "words") if spec.words else (example.text, "characters")
    if len(found) != len(units):
        labels = "label" if len(found) == 1 else "labels"
        said = f"has {len(units):,} {what} and {len(found):,} {labels}"
        raise example.refused(f"{said}; each needs one")
    return tuple(map(key, found))


def _span(value: dict[str, Any], example: Example) -> Span:
    start, end, label = (value.get(name) for name in ("start", "end", "label"))
    if type(start) is not int or type(end) is not int or isinstance(label, list | dict | None):
        what = f"span {json.dumps(value, ensure_ascii=False, default=str)} is none"
        raise example.refused(f"{what}; write {{start: 0, end: 3, label: NAME}}")
    if not 0 <= start < end <= len(example.text):
        what = f"span {start} to {end} is not in the text, which has {len(example.text)} characters"
        raise example.refused(f"{what}; `end` is behind the last character")
    return Span(start, end, key(label))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 40 else f"{text[:36]}..."  # noqa: PLR2004 - as errors show strings


@dataclass(frozen=True)
class Labelling:
    """Names and numbers of the labels of a task.

    Attributes:
        spec: the task.
        names: of classes or tags, in the order of their numbers; empty for numbers.
        named: the name that each key stands for; of spans, what kind of span.
        hidden: keys that say that the label is not told.
    """

    spec: TaskSpec
    names: tuple[str, ...] = ()
    named: dict[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, spec: TaskSpec, found: dict[str, list[Example]], notes: list[str]) -> "Labelling":
        """What the labels of all splits mean.

        Args:
            spec: the task.
            found: the examples of each split.
            notes: told what training lacks.

        Raises:
            CorpusError: a label is none of those that the task names, or there is nothing to learn.
        """
        if not spec.labelled or spec.kind == "seq2seq":
            return cls(spec)
        if spec.kind == "regression":
            _refuse_one_number(spec, found, notes)
            return cls(spec)
        given = _kinds_of_span(spec.labels) if _has_spans(found) else spec.labels
        keys = {
            split: Counter(chain.from_iterable(map(_keys, rows))) for split, rows in found.items()
        }
        every, hidden = set[str]().union(*keys.values()), frozenset[str]()
        if given:
            named, hidden = _resolved(given, found, every)
        else:
            if spec.kind == "classification":
                _refuse_numbers(keys["train"], found["train"])
            given = tuple(_in_order(every))
            named = {one: one for one in given}
        learned = {named[one] for one in keys["train"] if one in named}
        _refuse_one_label(spec, found["train"], learned)
        made = cls(spec, (), named, hidden)
        _note_lacking(made, keys, notes)
        names = made._all_names(given, found)
        return cls(spec, names, named, hidden)

    def _all_names(
        self, given: tuple[str, ...], found: dict[str, list[Example]]
    ) -> tuple[str, ...]:
        """With the tags that spans, and words of several characters, are written in."""
        if self.spec.kind == "classification":
            return given
        if _has_spans(found):
            if OUTSIDE in self.spec.labels:
                return self.spec.labels
            return (OUTSIDE, *(f"{mark}-{kind}" for kind in given for mark in "BI"))
        if self.spec.of_what == "words" or self.spec.words is None:
            return given
        inner = {
            _inside(self.named[one])
            for row in chain.from_iterable(found.values())
            for word, one in zip(row.words, row.label, strict=True)
            if len(word) > 1 and one not in self.hidden
        }
        return (*given, *sorted(inner - set(given)))

    def known(self, split: str, rows: list[Example], notes: list[str]) -> list[Example]:
        """The examples whose label is told."""
        if not self.hidden:
            return rows
        kept = [row for row in rows if not self.hidden.intersection(_keys(row))]
        if len(kept) < len(rows):
            gone = len(rows) - len(kept)
            why = f"the label {HIDDEN}, which stands for none"
            notes.append(f"{split}: {gone:,} of {len(rows):,} examples were left out: {why}.")
        return kept

    def column(self, rows: Sequence[Example]) -> "pa.Array[Any]":
        """The labels of examples as `TaskData` has them."""
        import numpy as np  # noqa: PLC0415 - 0.1 s to import

        if self.spec.kind == "seq2seq":
            from tokbench.corpus.documents import array_of  # noqa: PLC0415 - as above

            return array_of([row.label.encode() for row in rows])
        if self.spec.kind == "regression":
            return _array(np.array([row.label for row in rows], np.float64))
        numbers = {name: number for number, name in enumerate(self.names)}
        if self.spec.kind == "classification":
            return _array(np.array([numbers[self.named[row.label]] for row in rows], np.int64))
        tagged = [[numbers[one] for one in self._tagged(row)] for row in rows]
        flat = np.array(list(chain.from_iterable(tagged)), np.int64)
        return lists(_array(flat), [len(one) for one in tagged])

    def _tagged(self, row: Example) -> Iterable[str]:
        """The tag of each word or character."""
        if not row.words and (not row.label or isinstance(row.label[0], Span)):
            tags = [OUTSIDE] * len(row.text)
            for span in row.label:
                if tags[span.start] != OUTSIDE:  # spans are in the order of their starts
                    what = f"two spans overlap at character {span.start}"
                    raise row.refused(f"{what}; a character has one label: keep one of them")
                tags[span.start : span.end] = [f"I-{self.named[span.key]}"] * (
                    span.end - span.start
                )
                tags[span.start] = f"B-{self.named[span.key]}"
            return tags
        names = [self.named[one] for one in row.label]
        if self.spec.of_what == "words" or not row.words:
            return names
        pairs = zip(names, row.words, strict=True)
        return [
            _inside(name) if place else name for name, word in pairs for place in range(len(word))
        ]

    def metrics(self) -> tuple[str, ...]:
        """The names of the scores.

        Raises:
            TokbenchError: one does not fit the labels.
        """
        from tokbench.downstream.scores import fitting  # noqa: PLC0415 - imports what others need

        return fitting(self.spec.metric, self.spec.kind, self.names)


def lists(values: "pa.Array[Any]", lengths: Sequence[int]) -> "pa.Array[Any]":
    """The values as lists of these lengths."""
    import numpy as np  # noqa: PLC0415 - 0.1 s to import
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    return pa.ListArray.from_arrays(cast("pa.Int32Array", _array(ends)), values)


def repeated(counts: Sequence[int]) -> "pa.Array[Any]":
    """The numbers from 0 on, each so many times."""
    import numpy as np  # noqa: PLC0415 - 0.1 s to import

    return _array(np.repeat(np.arange(len(counts), dtype=np.int64), counts))


def _array(values: Any) -> "pa.Array[Any]":
    """A NumPy array as Arrow's, without pandas, which pa.array imports where it is there."""
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values.data)])


def _has_spans(found: dict[str, list[Example]]) -> bool:
    rows = chain.from_iterable(found.values())
    return any(
        isinstance(row.label, tuple) and row.label and isinstance(row.label[0], Span)
        for row in rows
    )


def _keys(row: Example) -> Iterable[str]:
    if isinstance(row.label, str):
        return (row.label,)
    return (one.key if isinstance(one, Span) else one for one in row.label)


def _kinds_of_span(names: tuple[str, ...]) -> tuple[str, ...]:
    """What spans can be, of names that may be those of tags."""
    if OUTSIDE not in names:
        return names
    return tuple(dict.fromkeys(name[2:] for name in names if name[:2] in _MARKS))


def _inside(tag: str) -> str:
    return f"I-{tag[2:]}" if tag.startswith("B-") else tag


def _in_order(keys: Iterable[str]) -> list[str]:
    """Numbers by value, tags of one kind together behind O, all else by the alphabet.

    >>> _in_order(["10", "9"]), _in_order(["I-A", "B-B", "O", "B-A"])
    (['9', '10'], ['O', 'B-A', 'I-A', 'B-B'])
    """
    found = list(keys)
    if all(map(_WHOLE.fullmatch, found)):
        return sorted(found, key=lambda one: (int(one), one))
    if any(one.startswith("B-") for one in found):
        return sorted(found, key=lambda one: (one != OUTSIDE, one[2 * (one[:2] in _MARKS) :], one))
    return sorted(found)


def _resolved(
    names: tuple[str, ...], found: dict[str, list[Example]], keys: set[str]
) -> tuple[dict[str, str], frozenset[str]]:
    """The name of each key, and the keys that say that a label is not told."""
    if keys <= set(names):
        return {one: one for one in keys}, frozenset()
    numbers = {str(number): name for number, name in enumerate(names)}
    truth = {word: names[number] for word, number in _TRUTH.items() if len(names) == _TWO}
    for choice in () if keys & set(names) else (numbers, truth):
        if keys <= {*choice, HIDDEN}:
            return {one: choice[one] for one in keys - {HIDDEN}}, frozenset({HIDDEN})
    by_number = all(map(_WHOLE.fullmatch, keys)) and not keys & set(names)
    known = numbers if by_number else {name: name for name in names}
    rows = chain.from_iterable(found.values())
    row, wrong = next((row, one) for row in rows for one in _keys(row) if one not in known)
    if by_number:
        what = f"label {wrong} is the number of no class"
        raise row.refused(f"{what}; {len(names)} are named: 0 to {len(names) - 1}")
    raise row.refused(f"label {wrong!r} is none that the task names; {nearest(wrong, names)}")


def _refuse_numbers(keys: Counter[str], found: list[Example]) -> None:
    """Refuse classes that are measures, or different in every example."""
    for one in keys:
        if _FRACTION.fullmatch(one):
            row = next(row for row in found if row.label == one)
            what = f"label {one} is a number with a fraction, not a class"
            raise row.refused(f"{what}; say `kind: regression`")
    if len(keys) == len(found) > _FEW:
        what = f"label {_shown(found[0].label)} is this example's alone, and so for every other"
        raise found[0].refused(f"{what}; name another label column")


def _refuse_one_number(spec: TaskSpec, found: dict[str, list[Example]], notes: list[str]) -> None:
    """Refuse numbers that are all the same where they are learned, note it where models are chosen.

    No correlation with them is defined.
    """
    alike = {split: len({row.label for row in rows}) == 1 for split, rows in found.items()}
    if alike["train"]:
        raise _nothing_to_learn(
            spec, f"all training examples have the label {found['train'][0].label:g}"
        )
    if alike["valid"]:
        notes.append(
            "valid has one number throughout, so that no learning rate can be chosen by it."
        )


def _refuse_one_label(spec: TaskSpec, train: list[Example], learned: set[str]) -> None:
    """Refuse training examples that are all labelled alike; kinds of span have no span beside."""
    if spec.kind == "tokens" and _has_spans({"train": train}):
        return
    if spec.kind == "tokens" and not any(row.label for row in train):
        raise _nothing_to_learn(spec, "no training example has a span")
    if len(learned) == 1:
        what = f"{spec.of_what} of the training examples"
        what = what if spec.kind == "tokens" else "training examples"
        raise _nothing_to_learn(spec, f"all {what} have the label {learned.pop()!r}")


def _nothing_to_learn(spec: TaskSpec, what: str) -> CorpusError:
    advice = "so there is nothing to learn; name another label column, or more examples"
    return CorpusError(f"{spec.name}: {what}, {advice}")


def _note_lacking(made: Labelling, keys: dict[str, Counter[str]], notes: list[str]) -> None:
    """Note labels that cannot be learned, since no training example has them."""
    trained = {made.named[one] for one in keys["train"] if one in made.named}
    for split in ("valid", "test"):
        lacking: Counter[str] = Counter()
        for one, count in keys[split].items():
            if one in made.named and made.named[one] not in trained:
                lacking[made.named[one]] += count
        if lacking:
            shown = [f"{name!r} ({count:,})" for name, count in lacking.most_common(_SHOWN)]
            more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
            what = "has labels that no training example has, so that no model can learn them"
            notes.append(f"{split} {what}: {', '.join(shown)}{more}.")
