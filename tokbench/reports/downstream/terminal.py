"""Models side by side in the terminal: for each task who won, by how much, at what cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.reports.downstream import facts
from tokbench.reports.downstream.facts import Axis, Cost, Line
from tokbench.reports.downstream.scale import Scale, scale, units
from tokbench.reports.names import shortened
from tokbench.reports.sizes import size
from tokbench.reports.visible import visible
from tokbench.reports.warning import MODELS_NOTE
from tokbench.values import Downstream, RankCorrelation, Score, TaskResult

_GAP = 2
_SCORE_WIDTH = 14
_MARK_WIDTH = 3
_HALF_WIDTH = 5
_LEAST_PICTURE, _MOST_PICTURE = 14, 40
_SAME = "≈"
_DIVERGED = "!"
_LOW = 0.05
_TAU_WIDTH = 13


def render(made: Downstream) -> RenderableType:
    """A block for each task, what goes with what, the warning, how to repeat it."""
    parts: list[RenderableType] = [_heading(made)]
    for task in made.tasks:
        parts += ["", _Task(made, task)]
    parts += ["", _legend(made), *_correlations(made, {}), "", Text(MODELS_NOTE, style="dim")]
    if made.signature:
        parts.append(Text(f"cite: {visible(made.signature)}", style="dim", overflow="fold"))
    if made.repeat:
        parts.append(Text(f"again: {visible(made.repeat)}", style="dim", overflow="fold"))
    return Group(*parts)


def _heading(made: Downstream) -> Text:
    count = len(made.tokenizers)
    return Text.assemble(
        ("models that differ in the tokenizer alone", "bold"),
        (f": {count} tokenizer{'' if count == 1 else 's'}; ", "dim"),
        (visible(facts.alike(made)), "dim"),
    )


def _legend(made: Downstream) -> Text:
    """What the marks mean, of those that there are."""
    found = [score for task in made.tasks for some in task.scores for score in some.values()]
    said = [f"scores in {units(made.tasks)}, the mean over seeds"]
    if any(one.interval for one in found):
        said.append("± half of the 95% interval over seeds, by Student's t")
    if any(one.gap and one.gap.interval for one in found):
        said.append(
            "[ ] 95% of the difference by seed, over seeds and test examples (paired bootstrap)"
        )
    if any(one.best for one in found):
        said.append("* best")
    if any(one.best == "clearly best" for one in found):
        said.append("** best, and a difference to every other is seen")
    if any(one.gap and not one.gap.seen for one in found):
        said.append(f"{_SAME} {facts.SAME}")
    if any(one.diverged for task in made.tasks for one in facts.lines(made, task)):
        said.append(f"{_DIVERGED} a model diverged")
    return Text("; ".join(said), style="dim")


class _Task:
    """One task: scores with a picture as wide as the terminal lets it be, sentences, costs."""

    def __init__(self, made: Downstream, task: TaskResult) -> None:
        self._made = made
        self._task = task
        self._lines = facts.lines(made, task)
        self._scale = scale(task)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        task = self._task
        yield Text.assemble((visible(task.task), "bold"), (f"  {facts.about(task)}", "dim"))
        names = [*self._made.tokenizers, *task.rivals]
        width = min(max(map(cell_len, names)), options.max_width // 3)
        yield self._scores(width, options.max_width)
        for said in facts.verdicts(self._made, task):
            yield Text.assemble(("→ ", "bold"), visible(said))
        for said in facts.others(self._made, task):
            yield Text(visible(said), style="dim")
        yield from self._costs(width, options.max_width)
        for said in facts.remarks(self._made, task):
            yield Text(visible(said), style="dim")
        for one in facts.continued(self._made, task):
            yield from _continued(one, width, options.max_width)

    def _scores(self, names: int, width: int) -> Table:
        """A line for each tokenizer, then the rivals."""
        task, said = self._task, self._scale
        score_width = _SCORE_WIDTH + said.width - _HALF_WIDTH
        gaps = [_gap(one.score, said) for one in self._lines]
        gap_width = max((cell_len(one.plain) for one in gaps), default=0)
        baseline = visible(self._made.tokenizers[self._made.baseline])
        head = f"to {baseline}"
        gap_width = max(gap_width, min(cell_len(head), 12)) if gap_width else 0
        left = width - names - score_width - _GAP - (gap_width + _GAP if gap_width else 0) - _GAP
        axis = Axis.of([one.score for one in self._lines if one.score], said.highest)
        drawn = axis if axis and left >= _LEAST_PICTURE else None
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
        table.add_column("", width=names, no_wrap=True)
        head_of = shortened(facts.title(task), score_width)
        table.add_column(head_of, width=score_width, no_wrap=True)
        if gap_width:
            table.add_column(shortened(head, gap_width), width=gap_width, no_wrap=True)
        across = min(left, _MOST_PICTURE)
        if drawn:
            table.add_column(_ends(drawn, across, said), width=across, no_wrap=True)
        for one, gap in zip(self._lines, gaps, strict=True):
            cells = [_score(one, said)]
            cells += [gap] if gap_width else []
            cells += [_line(drawn, one.score, across)] if drawn else []
            table.add_row(shortened(one.name, names), *cells)
        for name, value in facts.rivals(task):
            cells = [Text(f"{said.number(value):>5}", style="dim")]
            cells += [Text()] if gap_width else []
            cells += [_line(drawn, value, across)] if drawn else []
            table.add_row(Text(visible(name), style="dim"), *cells)
        return table

    def _costs(self, names: int, width: int) -> Iterator[Table]:
        """A line for each tokenizer; columns of less interest go where there is no room."""
        found = [
            (one, Cost.of(one.outcome, self._task.sizes[2])) for one in self._lines if one.outcome
        ]
        if not found:
            return
        columns = [one for one in _COLUMNS if one.worth_showing([cost for _, cost in found])]
        while len(columns) > 1 and names + sum(_GAP + one.width(found) for one in columns) > width:
            columns.remove(max(columns, key=lambda one: one.rank))
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="dim")
        table.add_column("", width=names, no_wrap=True)
        for one in columns:
            table.add_column(one.title, width=one.width(found), justify="right", vertical="bottom")
        for line, cost in found:
            cells = [Text(one.said(cost), style="dim") for one in columns]
            table.add_row(shortened(line.name, names, style="dim"), *cells)
        yield table


@dataclass(frozen=True)
class _Column:
    """A cost: its title of two lines, how interesting it is (0 most)."""

    name: str
    title: str
    rank: int

    def said(self, cost: Cost) -> str:
        value = getattr(cost, self.name)
        match self.name:
            case "embeddings" | "examples" | "tokens" | "shapes":
                return facts.short(value)
            case "seconds":
                return facts.duration(value)
            case "padding" | "cut":
                return facts.share(value)
            case "memory":
                return size(value)
            case "learning_rate":
                return f"{value:g}"
        return f"{value:.1f}"

    def width(self, found: Sequence[tuple[Line, Cost]]) -> int:
        cells = [len(self.said(cost)) for _, cost in found]
        return max(*map(len, self.title.split()), *cells)

    def worth_showing(self, costs: Sequence[Cost]) -> bool:
        return any(getattr(one, self.name) for one in costs)


_COLUMNS = (
    _Column("embeddings", "embedding parameters", 0),
    _Column("seconds", "time a model", 1),
    _Column("examples", "examples a second", 2),
    _Column("tokens", "tokens a second", 3),
    _Column("padding", "share of padding", 4),
    _Column("memory", "peak memory", 6),
    _Column("cut", "cut off", 5),
    _Column("length", "tokens an example", 7),
    _Column("learning_rate", "learning rate", 8),
    _Column("shapes", "shapes of batches", 9),
)


def _continued(one: facts.Continued, names: int, width: int) -> Iterator[RenderableType]:
    """A line for each way to go on; what has no room is cut."""
    prompt = Text(f"{one.begins}: {visible(one.prompt)}")
    prompt.truncate(width, overflow="ellipsis")
    yield prompt
    for name, way, said in one.ways:
        line = shortened(name, names).append(f"{' ' * _GAP}{way:<8} ", "dim")
        line.append(visible(said))
        line.truncate(width, overflow="ellipsis")
        yield line


def _score(line: facts.Line, said: Scale) -> Text:
    score = line.score
    if score is None:
        return Text(line.instead, style="dim")
    mark = {"": "", "best": " *", "clearly best": " **"}[score.best]
    mark = f"{mark or ' '}{_DIVERGED}"[-_MARK_WIDTH:] if line.diverged else mark
    style = {"": "", "best": "green", "clearly best": "bold green"}[score.best]
    text = Text(f"{said.number(score.value):>5}", style=style)
    text.append(f" {said.half(score):<{said.width}}", "dim")
    return text.append(mark.rstrip(), style)


def _gap(score: Score | None, scale: Scale) -> Text:
    """The difference to the baseline; dim and marked where none is seen."""
    if score is None or score.gap is None:
        return Text()
    gap = score.gap
    said = f"{scale.signed(gap.value):>5} {scale.signed_interval(gap.interval)}".rstrip()
    if not gap.seen:
        return Text(f"{_SAME} {said}", style="dim")
    return Text(f"  {said}", style="green" if scale.sign * gap.value > 0 else "red")


def _ends(axis: Axis, width: int, said: Scale) -> Text:
    """The ends of the axis."""
    low, high = said.number(axis.low), said.number(axis.high)
    return Text(f"{low}{high:>{width - len(low)}}", style="not bold dim")


def _line(axis: Axis, score: Score | float | None, width: int) -> Text:
    """Every seed, the mean and its interval; of a rival a mark."""
    cells = [" "] * width
    if isinstance(score, float):
        if 0 <= (at := axis.at(score, width)) < width:
            cells[at] = "◇"
        return Text("".join(cells), style="dim")
    if score is None:
        return Text()
    if score.interval:
        first, last = (axis.at(end, width) for end in score.interval)
        for place in range(max(0, first), min(width - 1, last) + 1):
            cells[place] = "─"
        cells[max(0, first)] = "├" if first >= 0 else "◂"
        cells[min(width - 1, last)] = "┤" if last < width else "▸"
    for value in score.by_seed:
        cells[axis.at(value, width)] = "∙"
    cells[axis.at(score.value, width)] = "●"
    return Text("".join(cells), style="green" if score.best else "")


def models(made: Downstream, titles: Mapping[str, str]) -> list[RenderableType]:
    """What a comparison says of models below its table: who won, what goes with what.

    Args:
        made: the models.
        titles: of the metrics, as reports show them.
    """
    said = [Text.assemble(("→ ", "bold"), visible(one)) for one in facts.summary(made)]
    return [*said, *_correlations(made, titles)]


def _correlations(made: Downstream, titles: Mapping[str, str]) -> list[RenderableType]:
    """How far intrinsic metrics order the tokenizers as the tasks do; nothing where none is."""
    if not made.correlations:
        return []
    return [
        "",
        Text("does the better number go with the better model?", style="bold"),
        _Correlations(made.correlations, titles),
        Text(facts.caution(made), style="dim"),
    ]


class _Correlations:
    """A line for each metric, as many tasks side by side as the width holds."""

    def __init__(self, found: Sequence[RankCorrelation], titles: Mapping[str, str]) -> None:
        self._found = {(one.metric, one.task): one for one in found}
        self._metrics = list(dict.fromkeys(one.metric for one in found))
        self._tasks = list(dict.fromkeys(one.task for one in found))
        self._titles = {name: visible(titles.get(name, name)) for name in self._metrics}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        left = min(max(map(cell_len, self._titles.values())), options.max_width // 3)
        longest = max(map(cell_len, self._tasks))
        width = max(_TAU_WIDTH, min(longest, (options.max_width - left) // 2 - _GAP))
        step = max(1, (options.max_width - left) // (width + _GAP))
        for first in range(0, len(self._tasks), step):
            tasks = self._tasks[first : first + step]
            table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
            table.add_column("", width=left, no_wrap=True)
            for one in tasks:
                table.add_column(shortened(one, width), width=width, no_wrap=True)
            for name in self._metrics:
                cells = [_tau(self._found.get((name, one))) for one in tasks]
                table.add_row(shortened(self._titles[name], left, style=""), *cells)
            yield table


def _tau(found: RankCorrelation | None) -> Text:
    if found is None:
        return Text("n/a", style="dim")
    style = "bold" if found.p < _LOW else ""
    return Text.assemble((f"{found.value:+.2f}", style), (f"  p {found.p:.2g}", "dim"))
