"""Spans are those of seqeval, in both of its modes."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench.downstream.spans import Mode, counts, is_scheme, spans

IOB = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B", "I", "B-a-b", "I-a-b"]
IOBES = [*IOB, "E-PER", "S-PER", "E-LOC", "S-LOC", "E", "S"]
Examples = list[tuple[list[str], list[str]]]


def seqeval(name: str, *given_: Any, **more: Any) -> Any:
    """One of its functions; it warns of what it cannot divide, and in ways of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.metrics import sequence_labeling

        return getattr(sequence_labeling, name)(*given_, **more)


def examples_of(tags: list[str]) -> st.SearchStrategy[Examples]:
    def both(length: int) -> Any:
        some = st.lists(st.sampled_from(tags), min_size=length, max_size=length)
        return st.tuples(some, some)

    return st.lists(st.integers(1, 9).flatmap(both), min_size=1, max_size=4)


def ours(examples: Examples, mode: Mode) -> list[float]:
    found, there, right = np.sum([counts(*one, mode) for one in examples], axis=0)
    parts = ((right, found), (right, there), (2 * right, found + there))
    return [float(over / under) if under else 0.0 for over, under in parts]


def theirs(examples: Examples, **how: Any) -> list[float]:
    gold, predicted = map(list, zip(*examples, strict=True))
    return [
        float(seqeval(f"{name}_score", gold, predicted, average="micro", **how))
        for name in ("precision", "recall", "f1")
    ]


@settings(derandomize=True, max_examples=40)
@given(examples=examples_of(IOBES))
def test_the_default_mode_is_theirs(examples: Examples) -> None:
    for both in examples:
        for tags in both:
            expected = [
                (kind, begin, end + 1) for kind, begin, end in seqeval("get_entities", tags)
            ]
            assert spans(tags) == expected
    assert ours(examples, "default") == pytest.approx(theirs(examples), abs=1e-12)


@settings(derandomize=True, max_examples=40)
@given(examples=examples_of(IOB))
def test_the_strict_mode_is_theirs(examples: Examples) -> None:
    from seqeval.scheme import IOB2

    expected = theirs(examples, mode="strict", scheme=IOB2)
    assert ours(examples, "strict") == pytest.approx(expected, abs=1e-12)


@settings(derandomize=True, max_examples=150)
@given(tags=st.lists(st.sampled_from(IOBES), min_size=1, max_size=9))
def test_strict_spans_with_ends_are_theirs(tags: list[str]) -> None:
    from seqeval.scheme import IOBES as SCHEME
    from seqeval.scheme import Tokens

    tags = [*tags, "O", "S-X"]
    expected = [(one.tag, one.start, one.end) for one in Tokens(tags, SCHEME).entities]
    assert spans(tags, "strict") == expected


def test_spans_of_characters_are_spans_of_tags() -> None:
    gold = ["B-PS", "I-PS", "O", "B-LC", "I-LC", "I-LC"]
    assert spans(gold) == [("PS", 0, 2), ("LC", 3, 6)]
    assert counts(gold, [*gold[:5], "O"]) == (2, 2, 1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["O", "B-X"], True),
        (["B", "I", "O"], True),
        (["O"], False),
        ([], False),
        (["NOUN", "O"], False),
        (["B-X", "U-X"], False),
        (["I", "AM"], False),
        (["B-"], False),
    ],
)
def test_tags_of_spans_are_told_by_their_names(names: list[str], expected: bool) -> None:
    assert is_scheme(names) is expected
