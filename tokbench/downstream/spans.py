"""Spans of tags, and how many of them were found: as `seqeval` counts, without it.

>>> spans(["B-PER", "I-PER", "O", "I-LOC"])
[('PER', 0, 2), ('LOC', 3, 4)]
>>> spans(["B-PER", "I-PER", "O", "I-LOC"], "strict")
[('PER', 0, 2)]
"""

import re
from collections.abc import Sequence
from typing import Literal

Mode = Literal["default", "strict"]
Span = tuple[str, int, int]

_TAG = re.compile(r"O|[BIES](-.+)?", re.DOTALL)


def is_scheme(names: Sequence[str]) -> bool:
    """Whether these are tags of spans: B-, I-, E- or S- and a type, or O.

    >>> is_scheme(["O", "B-PER", "I-PER"]), is_scheme(["NOUN", "VERB"]), is_scheme(["O"])
    (True, False, False)
    """
    return all(map(_TAG.fullmatch, names)) and any(name != "O" for name in names)


def parted(tag: str) -> tuple[str, str]:
    """The place in a span and the span's type, which is "_" where the tag has none.

    >>> parted("B-PER"), parted("I"), parted("O")
    (('B', 'PER'), ('I', '_'), ('O', '_'))
    """
    return tag[0], tag[2:] or "_"


def spans(tags: Sequence[str], mode: Mode = "default") -> list[Span]:
    """The spans of one example: type, first place, place behind the last.

    By default as `conlleval` and `seqeval` do: a span begins wherever something cannot go on with
    the one before, so an I- after O begins one. `strict` is `seqeval`'s `mode="strict"`: a span
    begins with B- and goes on with I- of its type (IOB2); where tags have E- or S-, it is S- alone
    or ends with E- (IOBES). What is not well formed is no span.

    Args:
        tags: one for each word or character: O, or B-, I-, E- or S- with a type.
        mode: how forgiving to be.

    >>> spans(["S-LOC", "B-PER", "E-PER", "B-PER", "O"])
    [('LOC', 0, 1), ('PER', 1, 3), ('PER', 3, 4)]
    """
    found: list[Span] = []
    ends = any(tag[0] in "ES" for tag in tags)
    before, kind, begin = "O", "_", -1
    for place, tag in enumerate([*tags, "O"]):
        now, now_kind = parted(tag)
        goes_on = now in "IE" and before in "BI" and now_kind == kind
        if not goes_on:
            if begin >= 0 and (mode == "default" or not ends or before in "ES"):
                found.append((kind, begin, place))
            starts = now != "O" if mode == "default" else now in "BS"
            begin = place if starts else -1
        before, kind = now, now_kind
    return found


def counts(
    gold: Sequence[str], predicted: Sequence[str], mode: Mode = "default"
) -> tuple[int, int, int]:
    """How many spans of one example were found, are there, and are right in place and type.

    Sums of these over examples give `seqeval`'s micro averages: precision is right / found, recall
    right / there, F1 twice right / (found + there), each 0 where nothing can be divided.

    >>> counts(["B-PER", "I-PER", "O"], ["B-PER", "O", "B-LOC"])
    (2, 1, 0)
    """
    here, there = spans(predicted, mode), spans(gold, mode)
    return len(here), len(there), len({*here} & {*there})


def f1(found: int, there: int, right: int) -> float:
    """The harmonic mean of precision and recall; 0 where there are no spans and none are found.

    >>> f1(2, 1, 1), f1(0, 0, 0)
    (0.6666666666666666, 0.0)
    """
    return 2 * right / (found + there) if found + there else 0.0
