"""Models side by side as Markdown that renders on GitHub."""

from collections.abc import Iterator, Mapping

from tokbench.reports.downstream import facts
from tokbench.reports.downstream.facts import Cost, Line
from tokbench.reports.downstream.scale import Scale, scale, units
from tokbench.reports.github import code, escaped
from tokbench.reports.sizes import size
from tokbench.reports.warning import MODELS_NOTE
from tokbench.values import Downstream, RankCorrelation, TaskResult

_MARKS = {"": "{}", "best": "**{}** \\*", "clearly best": "**{}** \\*\\*"}


def render(made: Downstream) -> str:
    """A table for each task, a line for each tokenizer."""
    count = len(made.tokenizers)
    parts = [
        (
            f"Models that differ in the tokenizer alone: {count} "
            f"tokenizer{'' if count == 1 else 's'}; {escaped(facts.alike(made))}."
        ),
        "",
    ]
    parts += tasks(made)
    parts += correlations(made, {})
    parts += ["", f"> {escaped(MODELS_NOTE)}", ""]
    if made.signature:
        parts += [f"Cite: {code(made.signature)}", ""]
    if made.repeat:
        parts += [f"Again: {code(made.repeat)}", ""]
    return "\n".join(parts)


def tasks(made: Downstream) -> Iterator[str]:
    """A table and sentences for each task, then what the marks mean."""
    baseline = made.tokenizers[made.baseline]
    for task in made.tasks:
        yield f"### {escaped(task.task)}"
        yield ""
        yield f"{escaped(facts.about(task))}."
        yield ""
        yield (
            f"| | {escaped(facts.title(task))} | to {escaped(baseline)} | embedding parameters | "
            "time a model | examples/s | tokens/s | padding | peak memory | cut off |"
        )
        yield "| --- |" + " ---: |" * 9
        for one in facts.lines(made, task):
            yield f"| {escaped(one.name)} | {' | '.join(_cells(one, task))} |"
        for name, value in facts.rivals(task):
            yield f"| _{escaped(name)}_ | {scale(task).number(value)} |" + " |" * 8
        yield ""
        said = [*facts.verdicts(made, task), *facts.others(made, task), *facts.remarks(made, task)]
        yield from (f"- {escaped(one)}" for one in said)
        yield ""
        for text in facts.continued(made, task):
            yield f"{text.begins.capitalize()} {code(text.prompt)}:"
            yield ""
            yield from (f"- {escaped(who)}, {way}: {code(what)}" for who, way, what in text.ways)
            yield ""
    yield (
        f"Scores in {units(made.tasks)}, the mean over seeds ± half of the 95% interval over seeds "
        "(Student's t); [95% of the difference by seed, over seeds and test examples]; "
        f"\\* best, \\*\\* best and a difference to every other is seen; ≈ {facts.SAME}."
    )


def _cells(one: Line, task: TaskResult) -> list[str]:
    if one.score is None or one.outcome is None:
        return [one.instead, *[""] * 8]
    said = scale(task)
    score = f"{said.number(one.score.value)} {said.half(one.score)}".rstrip()
    cost = Cost.of(one.outcome, task.sizes[2])
    marked = _MARKS[one.score.best].format(score)
    return [
        f"{marked} (diverged)" if one.diverged else marked,
        _gap(one, said),
        facts.short(cost.embeddings),
        facts.duration(cost.seconds),
        facts.short(cost.examples),
        facts.short(cost.tokens),
        facts.share(cost.padding),
        size(cost.memory),
        facts.share(cost.cut),
    ]


def _gap(one: Line, scale: Scale) -> str:
    gap = one.score.gap if one.score else None
    if gap is None:
        return ""
    said = scale.gap(one.score)
    return said if gap.seen else f"≈ {said}"


def correlations(made: Downstream, titles: Mapping[str, str]) -> Iterator[str]:
    """How far intrinsic metrics order the tokenizers as the tasks do; nothing where unknown."""
    if not made.correlations:
        return
    names = list(dict.fromkeys(one.task for one in made.correlations))
    metrics = dict.fromkeys(one.metric for one in made.correlations)
    found = {(one.metric, one.task): one for one in made.correlations}
    yield ""
    yield "### Does the better number go with the better model?"
    yield ""
    yield "| | " + " | ".join(map(escaped, names)) + " |"
    yield "| --- |" + " ---: |" * len(names)
    for metric in metrics:
        cells = [_tau(found.get((metric, name))) for name in names]
        yield f"| {escaped(titles.get(metric, metric))} | {' | '.join(cells)} |"
    yield ""
    yield escaped(facts.caution(made))


def _tau(found: RankCorrelation | None) -> str:
    return f"{found.value:+.2f} <sub>p {found.p:.2g}</sub>" if found else "n/a"
