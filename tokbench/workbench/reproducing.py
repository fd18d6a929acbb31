"""The numbers of a published comparison once more: its own tokenizer's, and its baselines'."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tokbench import store
from tokbench.encoding import Subject
from tokbench.errors import TokbenchError
from tokbench.metrics import BenchmarkSpec
from tokbench.publishing import REPO
from tokbench.publishing.facts import Baseline
from tokbench.values import (
    Comparison,
    Corpus,
    Measured,
    Measurement,
    Recomputed,
    Split,
    Watch,
)
from tokbench.workbench.baselines import is_in
from tokbench.workbench.comparisons import given_beside, measure
from tokbench.workbench.encodings import Beside
from tokbench.workbench.find import find

_DIGITS = 6
_ELSEWHERE = re.compile(rf"(?:{REPO[1:-1]}|\w[\w.-]*)@[0-9a-f]{{40}}|tiktoken:\w+")
"""What means the same on every machine."""
_AS_BASELINES = TypeAdapter(tuple[Baseline, ...])


@dataclass(frozen=True)
class Published:
    """What was published of a comparison.

    Attributes:
        comparison: its numbers; the first tokenizer is the one that was published.
        baselines: the others, as far as the facts tell who they are.
        benchmark: what its recipe measured on beside the corpus.
        source: where it was published, in words.
    """

    comparison: Comparison
    baselines: tuple[Baseline, ...]
    benchmark: BenchmarkSpec
    source: str

    @classmethod
    def of(cls, comparison: Comparison, facts: Mapping[str, Any], source: str) -> "Published":
        """Of facts that anybody may have written: what is none of ours is left out."""
        try:
            baselines = _AS_BASELINES.validate_python(facts.get("baselines", ()))
        except ValidationError:
            baselines = ()
        try:
            said = facts["recipe"].get("benchmark") or {}
            benchmark = BenchmarkSpec.model_validate(said, strict=False)
        except ValidationError:
            benchmark = BenchmarkSpec()
        return cls(comparison, baselines, benchmark, source)


@dataclass(frozen=True)
class Again:
    """A published comparison, measured again.

    Attributes:
        made: the comparison of what could be had.
        numbers: each published number of these beside the one of now.
        missing: what could not be had, a sentence each.
    """

    made: Comparison
    numbers: tuple[Recomputed, ...]
    missing: tuple[str, ...]


def measured_again(
    own: Subject, published: Published, corpus: Corpus, split: Split, base: Path, watch: Watch
) -> Again:
    """Measure a published tokenizer and its baselines on the text that is here.

    Args:
        own: the tokenizer.
        published: what was said of it.
        corpus: the text.
        split: which of its documents.
        base: the folder that paths start from.
        watch: told how far it has come.

    Raises:
        CorpusError: there is nothing to measure on.
    """
    told = published.comparison.tokenizers
    subjects, places, missing = [own.renamed(told[0].name)], [0], []
    for place, one in enumerate(told[1:], 1):
        try:
            subjects.append(_had(one.name, published, base))
            places.append(place)
        except TokbenchError as error:
            missing.append(str(error))
    given, why = _given(published.benchmark, base)
    names = list(dict.fromkeys(name for place in places for name in _names(told[place])))
    made = measure(subjects, corpus, split, "", names, watch, beside=given)
    numbers = [
        number
        for place, now in zip(places, made.tokenizers, strict=True)
        for number in _compared(told[place], now, published.source, own=place == 0)
    ]
    return Again(made, tuple(numbers), (*missing, *why))


def _had(name: str, published: Published, base: Path) -> Subject:
    """A baseline as it was measured.

    Raises:
        TokbenchError: it cannot be had, or is another one by now.
    """
    known = next((one for one in published.baselines if one.name == name), Baseline(name))
    if not is_in(published.comparison, name, known.signature or "?"):
        raise TokbenchError(f"{name}: only its authors have it")
    if known.kind == "file":
        path = PurePath(known.at)
        if path.is_absolute() or ".." in path.parts or not (base / path).exists():
            raise TokbenchError(f"{name}: {known.at} is not here; --data names the folder with it")
        at = str((base / path).absolute())
    elif _ELSEWHERE.fullmatch(known.at):
        at = known.at
    else:
        raise TokbenchError(f"{name}: only its authors have it")
    found = find(at).subject
    if store.signature(found.state) != known.signature:
        raise TokbenchError(f"{name}: {known.at} is another tokenizer than was measured")
    return found.renamed(name)


def _given(benchmark: BenchmarkSpec, base: Path) -> tuple[Beside | None, list[str]]:
    """What the recipe measured on beside the corpus, or why it is not here."""
    try:
        return given_beside(benchmark, base), []
    except TokbenchError as error:
        return None, [str(error)]


def _names(measured: Measured) -> list[str]:
    """What can be measured again: all but what was timed and what there was none of."""
    return [
        name
        for name, one in measured.measurements.items()
        if one.value is not None and one.spread is None
    ]


def _compared(
    published: Measured, ours: Measured, source: str, *, own: bool
) -> Iterator[Recomputed]:
    """Each number, the ends of its interval, and its difference to the own one, to six digits."""
    of = "" if own else f"{published.name}: "
    for name in _names(published):
        one = ours.measurements.get(name)
        now = _told(one) if one else {}
        why = "this tokbench has no such metric" if one is None else one.why
        for part, value in _told(published.measurements[name]).items():
            told = now.get(part, None if why else "none")
            yield Recomputed(f"{of}{name}{part}", source, value, told, why)


def _told(one: Measurement) -> dict[str, str]:
    """A number, its difference and the ends of their intervals, as they are compared."""
    made = {} if one.value is None else {"": one.value}
    made |= _ends("", one.interval)
    if one.difference:
        made |= {", difference": one.difference.value}
        made |= _ends(", difference", one.difference.interval)
    return {part: f"{number:.{_DIGITS}g}" for part, number in made.items()}


def _ends(of: str, interval: Sequence[float] | None) -> dict[str, float]:
    return dict(zip((f"{of}, from", f"{of}, to"), interval or (), strict=False))
