"""Models side by side as a section of a page, or a page of its own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional

from markupsafe import Markup, escape

from tokbench.reports import svg
from tokbench.reports.downstream import facts
from tokbench.reports.downstream.facts import Axis, Cost, Line
from tokbench.reports.downstream.scale import Scale, scale, units
from tokbench.reports.markup import plain, shown
from tokbench.reports.pages import name, page
from tokbench.reports.sizes import size
from tokbench.reports.warning import MODELS_NOTE
from tokbench.values import Downstream, Score, TaskResult

_FROM_THE_RIGHT = ("R", "AL")
_ROW, _TOP, _LABEL = 24, 8, 150
_LONGEST_NAME = 17


def render(made: Downstream) -> str:
    """A page about models alone."""
    names = list(made.tokenizers)
    return page(
        "finetuned.html",
        heading="Models of tokenizers",
        title=plain(", ".join(names), 200),
        names=[name(one) for one in names],
        models=section(made, {}),
        repeat=shown(made.repeat, 20_000),
        signature=shown(made.signature, 20_000),
    )


def section(made: Downstream, titles: Mapping[str, str]) -> dict[str, Any]:
    """What the template says of models.

    Args:
        made: the models.
        titles: of intrinsic metrics, as reports show them.
    """
    scores = [one for task in made.tasks for some in task.scores for one in some.values()]
    return {
        "alike": shown(facts.alike(made), 2000),
        "warning": MODELS_NOTE,
        "baseline": name(made.tokenizers[made.baseline]),
        "same": facts.SAME,
        "units": units(made.tasks),
        "gaps": any(one.gap for one in scores),
        "best": any(one.best for one in scores),
        "tasks": [_task(made, task, number) for number, task in enumerate(made.tasks)],
        "correlations": _correlations(made, titles),
    }


def _task(made: Downstream, task: TaskResult, number: int) -> dict[str, Any]:
    found = facts.lines(made, task)
    names = made.tokenizers
    said = [*facts.others(made, task), *facts.remarks(made, task)]
    return {
        "name": shown(task.task),
        "about": shown(facts.about(task), 2000),
        "verdicts": [_sentence(one, names) for one in facts.verdicts(made, task)],
        "remarks": [_sentence(one, names) for one in said],
        "svg": _picture(task, found, f"task-{number}"),
        "continued": [
            {
                "begins": one.begins.capitalize(),
                "prompt": shown(one.prompt, 2000),
                "ways": [(name(who), way, shown(text, 2000)) for who, way, text in one.ways],
            }
            for one in facts.continued(made, task)
        ],
        "columns": [_Column(facts.title(task), scale(task).unit, scale(task).better), *_COSTS],
        "rows": [
            *_models(found, task),
            *_rivals(task),
        ],
    }


def _sentence(said: str, names: Sequence[str]) -> Markup:
    """A sentence in which names that are written from the right turn nothing round."""
    turning = [one for one in names if any(bidirectional(sign) in _FROM_THE_RIGHT for sign in one)]
    if not turning:
        return shown(said, 2000)
    longest_first = sorted(turning, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", said)
    return Markup("").join(
        name(part) if place % 2 else shown(part, 2000) for place, part in enumerate(parts)
    )


@dataclass(frozen=True)
class _Column:
    title: str
    unit: str = ""
    better: str = ""


@dataclass(frozen=True)
class _Cell:
    value: float | None
    number: str
    best: str = ""
    interval: str = ""
    difference: str = ""
    same: str = ""


_COSTS = (
    _Column("embeddings", "parameters"),
    _Column("training", "time a model"),
    _Column("examples", "a second", "higher"),
    _Column("tokens", "a second", "higher"),
    _Column("padding", "share"),
    _Column("memory", "at the peak"),
    _Column("cut off", "share"),
    _Column("length", "tokens an example"),
    _Column("learning rate"),
    _Column("shapes", "of batches"),
)


def _models(found: Sequence[Line], task: TaskResult) -> Iterator[dict[str, Any]]:
    for one in found:
        yield {"name": name(one.name), "rival": False, "cells": _cells(one, task)}


def _cells(one: Line, task: TaskResult) -> list[_Cell]:
    if one.score is None or one.outcome is None:
        return [_Cell(None, one.instead), *[_Cell(None, "")] * len(_COSTS)]
    cost = Cost.of(one.outcome, task.sizes[2])
    return [
        _score(one.score, scale(task), diverged=one.diverged),
        _Cell(cost.embeddings, facts.short(cost.embeddings)),
        _Cell(cost.seconds, facts.duration(cost.seconds)),
        _Cell(cost.examples, facts.short(cost.examples)),
        _Cell(cost.tokens, facts.short(cost.tokens)),
        _Cell(cost.padding, facts.share(cost.padding)),
        _Cell(cost.memory, size(cost.memory)),
        _Cell(cost.cut, facts.share(cost.cut)),
        _Cell(cost.length, f"{cost.length:.1f}"),
        _Cell(cost.learning_rate, f"{cost.learning_rate:g}"),
        _Cell(cost.shapes, f"{cost.shapes}"),
    ]


def _score(score: Score, said: Scale, *, diverged: bool) -> _Cell:
    gap = score.gap
    return _Cell(
        score.value,
        f"{said.number(score.value)}{' (diverged)' if diverged else ''}",
        score.best,
        said.interval(score.interval),
        said.gap(score),
        facts.SAME if gap and not gap.seen else "",
    )


def _rivals(task: TaskResult) -> Iterator[dict[str, Any]]:
    for who, value in facts.rivals(task):
        cells = [_Cell(value, scale(task).number(value)), *[_Cell(None, "")] * len(_COSTS)]
        yield {"name": name(who), "rival": True, "cells": cells}


def _picture(task: TaskResult, found: Sequence[Line], key: str) -> Markup | None:
    """A line for each tokenizer: seeds, their mean and its interval; below, the rivals."""
    known = [one for one in found if one.score]
    said = scale(task)
    axis = Axis.of([one.score for one in known if one.score], said.highest)
    if axis is None:
        return None
    rivals = facts.rivals(task)
    bottom = _TOP + _ROW * (len(known) + len(rivals))
    x = svg.Scale(said.factor * axis.low, said.factor * axis.high, _LABEL, svg.WIDTH - 12)
    parts = []
    for tick in x.ticks():
        parts.append(svg.line(x(tick), _TOP, x(tick), bottom, "g"))
        parts.append(svg.text(x(tick), bottom + 16, svg.short(tick), anchor="middle", css="a"))
    title = f"{facts.title(task)}, in {said.unit}"
    parts.append(svg.text((x.start + x.end) / 2, bottom + 33, title, anchor="middle", css="a"))
    for row, one in enumerate(known):
        parts += _line(one, x, said, _TOP + _ROW * (row + 0.5))
    for row, (who, value) in enumerate(rivals, len(known)):
        parts += _rival(who, value, x, said, _TOP + _ROW * (row + 0.5))
    told = ". ".join(
        f"{one.name}: {said.number(one.score.value)} {said.interval(one.score.interval)}"
        for one in known
        if one.score
    )
    heading = f"{task.task}: {facts.title(task)}"
    return svg.picture(key, bottom + 42, heading, told, parts)


def _line(one: Line, x: svg.Scale, scale: Scale, y: float) -> list[str]:
    score = one.score
    if score is None:
        return []
    parts = [svg.text(_LABEL - 10, y + 4, svg.shortened(one.name, _LONGEST_NAME), anchor="end")]
    if score.interval:
        low, high = (min(max(x(scale.factor * end), x.start), x.end) for end in score.interval)
        whisker = svg.line(low, y, high, y, "w")
        parts.append(f'<g class="s{one.place % svg.COLOURS}">{whisker}</g>')
    parts += [
        f'<circle class="seed s{one.place % svg.COLOURS}" cx="{x(scale.factor * value):.1f}" '
        f'cy="{y:.1f}" r="2"/>'
        for value in score.by_seed
    ]
    said = f"{one.name}: {scale.number(score.value)} {scale.interval(score.interval)}"
    return [*parts, svg.mark(one.place, x(scale.factor * score.value), y, said)]


def _rival(who: str, score: float, x: svg.Scale, scale: Scale, y: float) -> list[str]:
    """A mark, or at the edge an arrow and the number where the score lies beyond."""
    label = svg.text(_LABEL - 10, y + 4, svg.shortened(who, _LONGEST_NAME), anchor="end", css="a")
    value, number = scale.factor * score, scale.number(score)
    if value < x.low:
        return [label, svg.text(x.start, y + 4, f"◂ {number}", css="a")]
    if value > x.high:
        return [label, svg.text(x.end, y + 4, f"{number} ▸", anchor="end", css="a")]
    at = x(value)
    said = escape(plain(f"{who}: {number}"))
    shape = f"M{at:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z"
    return [label, f'<path class="rivalmark" d="{shape}"><title>{said}</title></path>']


def _correlations(made: Downstream, titles: Mapping[str, str]) -> dict[str, Any] | None:
    if not made.correlations:
        return None
    tasks = list(dict.fromkeys(one.task for one in made.correlations))
    metrics = dict.fromkeys(one.metric for one in made.correlations)
    found = {(one.metric, one.task): one for one in made.correlations}
    return {
        "tasks": [shown(one) for one in tasks],
        "rows": [
            {
                "name": shown(titles.get(metric, metric)),
                "cells": [found.get((metric, task)) for task in tasks],
            }
            for metric in metrics
        ],
        "caution": facts.caution(made),
    }
