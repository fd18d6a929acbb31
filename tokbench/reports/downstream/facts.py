"""What every report says of models: scores in points, costs, who won, in the same words."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokbench.reports.downstream.scale import Scale, scale
from tokbench.values import Downstream, Gap, Outcome, Score, TaskResult

SAME = "no difference seen"
NONE = "no models of these settings"
_FEW = 3
_MINUTE, _HOUR = 60, 3600
_TWO_MINUTES, _TWO_HOURS = 120, 7200
_TEN = 10
_ALIKE, _AROUND = 1e-3, 0.05
"""What is no wider has one number at both ends of an axis; what is shown to each side then."""
_MUCH = 0.05
"""Of the test examples: a share that can move scores as far as tokenizers do."""


def title(task: TaskResult, metric: str = "") -> str:
    """What a metric is called, the deciding one where none is named."""
    return task.titles.get(metric or task.metric, metric or task.metric)


@dataclass(frozen=True)
class Line:
    """One tokenizer on one task.

    Attributes:
        place: its position among the tokenizers.
        name: its name.
        score: by the metric that decides; None where there is none.
        outcome: None where it was not trained.
        missing: why there is no score, where that is known.
    """

    place: int
    name: str
    score: Score | None
    outcome: Outcome | None
    missing: str = ""

    @property
    def instead(self) -> str:
        """What stands in the place of a score."""
        if self.outcome:
            return "n/a"
        return "failed" if self.missing else "not trained"

    @property
    def diverged(self) -> bool:
        """Whether the loss of one of its models, at the end, was not a number."""
        return self.outcome is not None and any(
            not math.isfinite(one.loss) for one in self.outcome.seeds
        )


def lines(made: Downstream, task: TaskResult) -> list[Line]:
    """Those of all tokenizers, in order."""
    whys = task.missing or ("",) * len(made.tokenizers)
    parts = zip(made.tokenizers, task.scores, task.outcomes, whys, strict=True)
    return [
        Line(place, name, scores.get(task.metric), outcome, why)
        for place, (name, scores, outcome, why) in enumerate(parts)
    ]


@dataclass(frozen=True)
class Cost:
    """What a tokenizer's models took on a task.

    Attributes:
        embeddings: parameters that the vocabulary's size decides.
        seconds: of training, a model.
        examples: a second of training.
        tokens: a second of training, padding not counted.
        padding: the share of padding in what was computed.
        memory: bytes, at the peak.
        length: tokens of a test example.
        cut: the share of test examples that were cut off.
        learning_rate: of the models.
        shapes: distinct shapes of batches, the most of a model.
    """

    embeddings: int
    seconds: float
    examples: float
    tokens: float
    padding: float
    memory: int
    length: float
    cut: float
    learning_rate: float
    shapes: int

    @classmethod
    def of(cls, outcome: Outcome, test: int) -> "Cost":
        """Those of an outcome, of so many test examples."""
        seeds = outcome.seeds
        seconds = sum(one.seconds for one in seeds)
        tokens = sum(one.tokens for one in seeds)
        padding = sum(one.padding for one in seeds)
        return cls(
            outcome.embeddings,
            seconds / len(seeds),
            sum(one.examples for one in seeds) / seconds if seconds else 0.0,
            tokens / seconds if seconds else 0.0,
            padding / (tokens + padding) if tokens + padding else 0.0,
            max(one.peak_memory for one in seeds),
            outcome.tokens_per_example,
            outcome.truncated / test if test else 0.0,
            seeds[0].learning_rate,
            max(one.shapes for one in seeds),
        )


def short(number: float) -> str:
    """A count in three digits or so.

    >>> short(397_706), short(1_024_000), short(1234), short(56)
    ('398k', '1.02M', '1,234', '56')
    """
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= unit * (1 - 5e-4):
            scale = 1e3 if name == "k" else unit
            return f"{number / scale:.0f}{name}" if name == "k" else f"{number / unit:.3g}{name}"
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """A time in few words.

    >>> duration(7.25), duration(95), duration(600), duration(9000)
    ('7.2 s', '95 s', '10 min', '2.5 h')
    """
    if seconds >= _TWO_HOURS:
        return f"{seconds / _HOUR:.1f} h"
    if seconds >= _TWO_MINUTES:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds:.0f} s" if seconds >= _TEN else f"{seconds:.1f} s"


def share(part: float) -> str:
    """A share, none and little told apart.

    >>> share(0), share(0.0001), share(0.123)
    ('0%', '<1%', '12%')
    """
    return "<1%" if 0 < part < 0.005 else f"{part:.0%}"  # noqa: PLR2004 - what rounds to none


def about(task: TaskResult) -> str:
    """What a task is, in a line."""
    train, _, test = task.sizes
    what = f", {task.labels:,} {'tags' if task.kind == 'tokens' else 'classes'}"
    return (
        f"{title(task)} on {test:,} test {examples(task)}{what if task.labels else ''}; "
        f"trained on {train:,}"
    )


def examples(task: TaskResult) -> str:
    """What an example is called, of several."""
    return "documents" if task.kind.endswith("_lm") else "examples"


def alike(made: Downstream) -> str:
    """What all models have alike, in a line."""
    outcomes = [one for task in made.tasks for one in task.outcomes if one]
    said = [made.model] if made.model else []
    if outcomes:
        body, head = ([getattr(one, part) for one in outcomes] for part in ("body", "head"))
        said.append(f"{_range(body)} parameters in the body, {_range(head)} in the head")
        many = _range([len(one.seeds) for one in outcomes])
        said.append(f"{many} seed{'' if many == '1' else 's'}")
    said += sorted({_machine(one) for one in outcomes})
    if made.settings:
        said.append(made.settings)
    return "; ".join(said)


def _range(counts: Sequence[int]) -> str:
    """A count, or the smallest and the largest where they differ."""
    ends = dict.fromkeys((short(min(counts)), short(max(counts))))
    return " to ".join(ends)


def _machine(outcome: Outcome) -> str:
    said = f"{outcome.device}, {outcome.precision}"
    if outcome.processes > 1:
        said += f", {outcome.processes} processes"
    if outcome.device == "cpu":
        said += f", {outcome.threads} thread{'' if outcome.threads == 1 else 's'}"
    return said


def rivals(task: TaskResult) -> list[tuple[str, float]]:
    """What the models without any of this reach by the metric that decides, where that is known."""
    found = [(name, scores.get(task.metric)) for name, scores in task.rivals.items()]
    return [(name, one) for name, one in found if one is not None and math.isfinite(one)]


def verdicts(made: Downstream, task: TaskResult) -> Iterator[str]:
    """Who won on a task and whether it matters, a sentence each."""
    found = lines(made, task)
    baseline = made.tokenizers[made.baseline]
    trained = [one for one in found if one.score]
    for one in trained:
        gap = one.score.gap if one.score else None
        if gap and gap.seen:
            yield _seen(one, gap, baseline, scale(task))
    whys: dict[str, list[str]] = {}
    for one in trained:
        gap = one.score.gap if one.score else None
        if gap and not gap.seen:
            whys.setdefault(gap.why, []).append(one.name)
    for why, names in whys.items():
        yield f"{listed(names)}: no difference to {baseline} seen: {why}"
    if cut := list(_cut(task, trained)):
        yield f"the length limit cuts test examples of {listed(cut)}: those models saw less of them"
    said = scale(task)
    best = max((said.sign * one.score.value for one in trained if one.score), default=0.0)
    above = [
        f"{name} ({said.number(value)})"
        for name, value in rivals(task)
        if said.sign * value >= best
    ]
    if above and trained:
        yield f"no model is {'above' if said.sign > 0 else 'below'} {listed(above)}"
    yield from _missing(found)


def _missing(found: Sequence[Line]) -> Iterator[str]:
    """Who has no score, and why."""
    missing: dict[str, list[str]] = {}
    for one in found:
        if one.score is None:
            missing.setdefault(no_score(one), []).append(one.name)
    for why, names in missing.items():
        yield f"{listed(names)}: {why}"


def no_score(line: Line) -> str:
    """Why a tokenizer has none."""
    said = line.missing or NONE
    return f"failed: {said}" if line.instead == "failed" else said


def _cut(task: TaskResult, trained: Sequence[Line]) -> Iterator[str]:
    """Who may be worse for no other reason than that examples did not fit."""
    for one in trained:
        part = one.outcome.truncated / task.sizes[2] if one.outcome else 0.0
        if part >= _MUCH:
            yield f"{one.name} ({share(part)})"


def summary(made: Downstream) -> Iterator[str]:
    """The verdicts of all tasks, each with the name of its task."""
    for task in made.tasks:
        yield from (f"{task.task}: {one}" for one in verdicts(made, task))


def _seen(one: Line, gap: Gap, baseline: str, said: Scale) -> str:
    better = "better" if said.sign * gap.value > 0 else "worse"
    low, high = sorted(abs(end) for end in gap.interval or (gap.value, gap.value))
    clear = one.score is not None and one.score.best == "clearly best"
    most = ", and clearly best" if clear else ""
    return (
        f"{one.name} is {better} than {baseline} by {said.number(abs(gap.value))} {said.gaps} "
        f"(95% {said.number(low)} to {said.number(high)}){most}"
    )


def others(made: Downstream, task: TaskResult) -> Iterator[str]:
    """What the metrics say that do not decide, a line each."""
    for metric in task.titles:
        if metric == task.metric:
            continue
        written = scale(task, metric)
        said = [
            " ".join([name, written.number(score.value), written.half(score)]).rstrip()
            for name, scores in zip(made.tokenizers, task.scores, strict=True)
            if (score := scores.get(metric))
        ]
        said += [
            f"{name} {written.number(some[metric])}"
            for name, some in task.rivals.items()
            if math.isfinite(some.get(metric, math.nan))
        ]
        if said:
            yield f"{title(task, metric)}: {', '.join(said)}"


def remarks(made: Downstream, task: TaskResult) -> list[str]:
    """What else there is to know of a task's models, a sentence each."""
    said = list(task.notes)
    outcomes = [(one.name, one.outcome) for one in lines(made, task) if one.outcome]
    most = max((len(one.seeds) for _, one in outcomes), default=0)
    about_spans = any(metric.startswith("span_") for metric in task.titles)
    for name, one in outcomes:
        if len(one.seeds) < most:
            said.append(f"{name} has {len(one.seeds)} of {most} seeds: differences are of those")
        if one.cut_spans and about_spans:
            said.append(
                f"{name}: {one.cut_spans:,} test spans lie in or across what was cut off; "
                "they count as not found"
            )
        if one.ceiling is not None and one.ceiling < 1:
            said.append(
                f"{name}: no model on its tokens can pass {scale(task).number(one.ceiling)} by "
                f"{title(task)}: {_above(task)}"
            )
        if stopped := sum(seed.stopped_early for seed in one.seeds):
            said.append(f"{name}: {stopped} of {len(one.seeds)} models stopped early")
    if static := [(name, one) for name, one in outcomes if one.static]:
        counts = [f"{name} {max(seed.shapes for seed in one.seeds):,}" for name, one in static]
        said.append(f"distinct shapes of batches, padded to few lengths: {', '.join(counts)}")
    said += [
        f"{name}: {sum(seed.programs for seed in one.seeds):,} programs were compiled for the "
        f"device, in {duration(sum(seed.compiling for seed in one.seeds))}"
        for name, one in outcomes
        if any(seed.programs for seed in one.seeds)
    ]
    notes: dict[str, list[str]] = {}
    for name, one in outcomes:
        for note in one.notes:
            notes.setdefault(note, []).append(name)
    said += [f"{listed(names)}: {note}" for note, names in notes.items()]
    return said


def _above(task: TaskResult) -> str:
    """Why no model reaches all."""
    if task.kind == "seq2seq":
        return "they do not say all of the texts to be written"
    if task.metric.startswith("span_"):
        return "other spans have a border inside a token, or were cut off"
    return "other words or characters have no token that can say their label, or were cut off"


@dataclass(frozen=True)
class Continued:
    """How the models of all tokenizers go on with a text, or what they write for it.

    Attributes:
        begins: what that is called: "goes on with" or "writes for".
        prompt: the text.
        ways: of each model its tokenizer's name, whether it was drawn ("sampled") or not
            ("greedy"), and what it said; before them what is "right", where something is.
    """

    begins: str
    prompt: str
    ways: tuple[tuple[str, str, str], ...]


def continued(made: Downstream, task: TaskResult) -> list[Continued]:
    """What models say that say something, for people to look at; nothing of other models."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in lines(made, task):
        for said in one.outcome.continuations if one.outcome else ():
            ways = found.setdefault(said.prompt, [])
            if said.right and not ways:
                ways.append(("right", "as given", said.right))
            ways.append((one.name, "greedy", said.greedy))
            if said.sampled:
                ways.append((one.name, "sampled", said.sampled))
    begins = "writes for" if task.kind == "seq2seq" else "goes on with"
    return [Continued(begins, prompt, tuple(ways)) for prompt, ways in found.items()]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first ones where there are many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b and 3 more')
    """
    if len(names) <= _FEW:
        return ", ".join(names)
    return f"{', '.join(names[: _FEW - 1])} and {len(names) - _FEW + 1} more"


def caution(made: Downstream) -> str:
    """What rank correlations over so few tokenizers can say, empty where there are none."""
    counts = sorted({one.n for one in made.correlations})
    if not counts:
        return ""
    least = 1.0
    for one in range(2, counts[-1] + 1):
        least /= one
    n = f"{counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else "")
    said = (
        f"Kendall's tau-b over {n} tokenizers: 1 where what is better by the metric is better in "
        "the task, -1 where it is worse; of the means alone, whether differences are seen or not."
    )
    smallest = 2 * least
    if smallest > 0.05:  # noqa: PLR2004 - the usual one
        return (
            f"{said} With {counts[-1]} the smallest p is {smallest:.2g}: none can be significant."
        )
    return f"{said} p is two-sided, and not corrected for many comparisons."


@dataclass(frozen=True)
class Axis:
    """From scores to places in a line of so many characters."""

    low: float
    high: float

    @classmethod
    def of(cls, scores: Sequence[Score], highest: float = 1.0) -> "Axis | None":
        """Wide enough for every seed and mean, and for intervals as far as they make sense.

        Around scores that are all alike it is five points to each side, as far as scores go there.

        >>> Axis.of([Score(0.0, (0.0, 0.0), (0.0, 0.0))]), Axis.of([Score(0.5, None, (0.5,))])
        (Axis(low=0.0, high=0.05), Axis(low=0.45, high=0.55))
        """
        if not scores:
            return None
        every = [value for one in scores for value in one.by_seed]
        low, high = min(every), max(every)
        room = high - low
        ends = [end for one in scores for end in one.interval or ()]
        # two seeds may give an interval many times as wide as all that was seen
        low, high = (
            max(min([low, *ends]), low - room, min(low, 0.0)),
            min(max([high, *ends]), high + room, highest),
        )
        if high - low < _ALIKE:
            return cls(max(low - _AROUND, min(low, 0.0)), min(high + _AROUND, highest))
        margin = 0.05 * (high - low)
        return cls(low - margin, high + margin)

    def at(self, value: float, width: int) -> int:
        """The character of a score; outside of 0 to width - 1 for what lies beyond."""
        return round((value - self.low) / (self.high - self.low) * (width - 1))
