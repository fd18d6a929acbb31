"""Conditions on measurements, for continuous integration: `bytes_per_token < 0.98 * gpt2`."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from tokbench.errors import SubjectError, nearest
from tokbench.metrics import METRICS
from tokbench.values import Comparison, Measured, Measurement

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_CONDITION = re.compile(
    rf"\s*(?:(?P<who>\S+)\s*:\s*)?(?P<metric>\w+)\s*(?P<sign><=|>=|<|>)\s*"
    rf"(?:(?P<factor>{_NUMBER})\s*(?:\*\s*(?P<times>\S.*?))?|(?P<other>\S.*?))\s*"
)
_EXAMPLE = "'bytes_per_token < 4.2' or 'bytes_per_token < 0.98 * gpt2'"


@dataclass(frozen=True)
class Condition:
    """What must not hold.

    Attributes:
        text: as it was written.
        who: the tokenizer it is about, empty for all that it is not compared with.
        metric: the name of the metric.
        sign: of the comparison.
        factor: a number, or what the other tokenizer's is multiplied by.
        other: the tokenizer to compare with, empty for none.
    """

    text: str
    who: str
    metric: str
    sign: str
    factor: float
    other: str

    @classmethod
    def parsed(cls, text: str) -> "Condition":
        """A condition from what a user wrote.

        >>> Condition.parsed("mine: bytes_per_token < 0.98 * gpt2").other
        'gpt2'

        Raises:
            SubjectError: it is no condition.
            UnknownNameError: there is no such metric.
        """
        found = _CONDITION.fullmatch(text)
        if found is None:
            raise SubjectError(f"{text!r} is no condition; write {_EXAMPLE}")
        METRICS[found["metric"]]
        other = found["times"] or found["other"] or ""
        factor = float(found["factor"]) if found["factor"] else 1.0
        return cls(text, found["who"] or "", found["metric"], found["sign"], factor, other)

    def broken_by(self, comparison: Comparison) -> list[str]:
        """A sentence for each tokenizer of which it holds.

        Raises:
            SubjectError: a tokenizer that it names was not measured, or has no such number.
        """
        limit, said = self.factor, f"{self.factor:g}"
        if self.other:
            limit *= self._value(_named(comparison, self.other))
            said = f"{self.factor:g} * {self.other}" if self.factor != 1 else self.other
            said = f"{said} = {limit:.6g}"
        about = [_named(comparison, self.who)] if self.who else list(comparison.tokenizers)
        return [
            f"{one.name}: {self.metric} is {self._value(one):.6g}, {self.sign} {said}"
            for one in about
            if one.name != self.other and _OPERATORS[self.sign](self._value(one), limit)
        ]

    def _value(self, one: Measured) -> float:
        measured: Measurement | None = one.measurements.get(self.metric)
        if measured is None or measured.value is None:
            why = measured.why if measured else "it was not measured; add it with --metric"
            raise SubjectError(f"{one.name}: has no {self.metric} for {self.text!r}: {why}")
        return measured.value


def _named(comparison: Comparison, name: str) -> Measured:
    for one in comparison.tokenizers:
        if one.name == name:
            return one
    known = [one.name for one in comparison.tokenizers]
    raise SubjectError(f"{name}: is none of the tokenizers measured: {nearest(name, known)}")
