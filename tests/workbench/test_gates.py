"""Conditions that stop a pipeline."""

import pytest

from tokbench.errors import SubjectError, UnknownNameError
from tokbench.values import Comparison, Measured, Measurement
from tokbench.workbench import Condition


def measured(name, value):
    one = Measurement(value, 9, "bytes/token", "higher", why="" if value else "there is no text")
    return Measured(name, {"bytes_per_token": one})


MADE = Comparison("a", 9, 9, (measured("mine", 4.0), measured("gpt2", 4.1), measured("no", None)))
TWO = Comparison("a", 9, 9, MADE.tokenizers[:2])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bytes_per_token < 3.9", []),
        ("bytes_per_token<4.1", ["mine: bytes_per_token is 4, < 4.1"]),
        (
            "bytes_per_token <= 4.1",
            ["mine: bytes_per_token is 4, <= 4.1", "gpt2: bytes_per_token is 4.1, <= 4.1"],
        ),
        ("bytes_per_token < 0.98 * gpt2", ["mine: bytes_per_token is 4, < 0.98 * gpt2 = 4.018"]),
        ("bytes_per_token < 0.97 * gpt2", []),
        ("bytes_per_token < gpt2", ["mine: bytes_per_token is 4, < gpt2 = 4.1"]),
        ("gpt2: bytes_per_token > 4", ["gpt2: bytes_per_token is 4.1, > 4"]),
        ("mine : bytes_per_token >= 1e1", []),
    ],
)  # fmt: skip
def test_what_holds_is_said(text, said):
    assert Condition.parsed(text).broken_by(TWO) == said


@pytest.mark.parametrize("text", ["", "bytes_per_token", "bytes_per_token = 4", "< 4"])
def test_what_is_no_condition(text):
    with pytest.raises(SubjectError, match=r"is no condition; write 'bytes_per_token < 4.2'"):
        Condition.parsed(text)


def test_names_that_nobody_has():
    with pytest.raises(UnknownNameError, match="did you mean 'bytes_per_token'"):
        Condition.parsed("bytes_per_tokens < 4")
    with pytest.raises(SubjectError, match=r"gpt3: is none of the tokenizers measured"):
        Condition.parsed("bytes_per_token < gpt3").broken_by(TWO)
    with pytest.raises(SubjectError, match=r"no: has no bytes_per_token .*: there is no text"):
        Condition.parsed("bytes_per_token < 4").broken_by(MADE)
    with pytest.raises(SubjectError, match=r"mine: has no fertility .*: it was not measured"):
        Condition.parsed("fertility > 2").broken_by(MADE)
