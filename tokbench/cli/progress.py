"""How far a long command has come, on stderr, and only where someone looks.

A line says the stage, a bar, the speed, the time left and the memory that the process takes; below
it, while a corpus is read, the source that is read and how many documents came out so far. While
models are trained the first line is about all of them, one line is about each that is trained now,
and below stand the loss and the last scores of one of these.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import isnan
from typing import TYPE_CHECKING

from tokbench.values import Progress, TrainingProgress, Watch, ignore

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn, TaskID

_MODELS = "models"


@contextmanager
def progress(title: str = "") -> Iterator[Watch]:
    """A watcher that draws a bar a stage; one that looks away where stderr is no terminal.

    Args:
        title: a line above the bars: which of several recipes this is.
    """
    import sys

    if not sys.stderr.isatty():
        yield ignore
        return
    from rich.console import Console, RenderableType
    from rich.progress import Progress as Bars
    from rich.text import Text

    reading: list[str] = []

    class _Titled(Bars):
        """Bars below the title, above what is read."""

        def get_renderables(self) -> Iterator[RenderableType]:
            if title:
                yield Text(title, style="bold")
            yield from super().get_renderables()
            if reading:
                yield Text(f"  {reading[-1]}", style="dim", overflow="ellipsis", no_wrap=True)

    with _Titled(*_columns(), console=Console(stderr=True), transient=True) as bars:
        lines = _Lines(bars)

        def watch(told: Progress) -> None:
            lines.tell(told)
            reading[:] = [line] if (line := _reading(told)) else []

        yield watch


class _Lines:
    """A line a stage, and while models are trained one for all of them and one for each."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, int] = {}

    def tell(self, told: Progress) -> None:
        """Draw how far it has come."""
        if isinstance(told, TrainingProgress) and told.models:
            self._one_of_many(told)
            return
        if told.stage not in self._tasks:
            for stage, task in self._tasks.items():
                if stage != _MODELS:
                    self._bars.update(task, total=1, completed=1)
        self._update(told.stage, told)

    def _update(self, key: str, told: Progress) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._bars.add_task(told.stage, total=told.total, rate="")
            self._begun[key] = told.done
        task = self._tasks[key]
        seconds = next(one.elapsed for one in self._bars.tasks if one.id == task) or 0
        rate = _rate(told, seconds, self._begun[key])
        self._bars.update(task, total=told.total, completed=told.done, rate=rate)

    def _one_of_many(self, told: TrainingProgress) -> None:
        """All models in one line, and a line for each that is not done."""
        if _MODELS not in self._tasks:
            for key in list(self._tasks):
                self._bars.remove_task(self._tasks.pop(key))
            self._tasks[_MODELS] = self._bars.add_task(_MODELS, total=told.models, rate="")
        self._bars.update(
            self._tasks[_MODELS],
            total=told.models,
            completed=told.models_done,
            rate=f"{int(told.models_done)} of {told.models} done",
        )
        key = f"{told.stage}, {told.source}"
        self._update(key, told)
        if told.done == told.total:
            self._bars.remove_task(self._tasks.pop(key))


def _columns() -> "tuple[ProgressColumn, ...]":
    """What stands in the line of a stage."""
    from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    from tokbench.memory import shown, taken

    class _Left(ProgressColumn):
        """The time left, where it can be known."""

        def render(self, task: Task) -> Text:
            seconds = task.time_remaining
            if not seconds or task.total is None:
                return Text("")
            return Text(f"{timedelta(seconds=int(seconds))} left")

    class _Memory(ProgressColumn):
        """What the process takes now, beside the stage that runs."""

        def render(self, task: Task) -> Text:
            size = 0 if task.finished else taken()
            return Text(shown(size) if size else "", style="dim")

    return (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        _Left(),
        _Memory(),
    )


def _rate(told: Progress, seconds: float, begun: int = 0) -> str:
    """How fast it goes, since so much was done.

    >>> _rate(Progress("reading", 20_000_000, None, "bytes", 1200), 2.0)
    '10.0 MB/s'
    >>> _rate(Progress("merging", 3000, 32000, "merges"), 2.0)
    '3,000 merges, 1,500/s'
    """
    done = told.done - begun
    if not seconds or done <= 0:
        return ""
    if told.unit == "bytes":
        return f"{done / seconds / 1e6:.1f} MB/s"
    return f"{told.done:,} {told.unit}, {done / seconds:,.0f}/s"


def _reading(told: Progress) -> str:
    """Which source is read, and what came of it.

    >>> _reading(Progress("reading", 20, 90, "bytes", 1200, "ko.txt"))
    '1,200 documents so far, from ko.txt'
    >>> _reading(TrainingProgress("", 9, 9, "steps", 0, "bert on sst2", 0.41, {"accuracy": 0.8}))
    'bert on sst2: loss 0.410, accuracy 0.800 on the validation split'
    """
    if isinstance(told, TrainingProgress):
        scores = ", ".join(f"{name} {score:.3f}" for name, score in told.scores.items())
        loss = "" if isnan(told.loss) else f"loss {told.loss:.3f}"
        said = [loss, scores and f"{scores} on the validation split"]
        return ": ".join(filter(None, (told.source, ", ".join(filter(None, said)))))
    done = f"{told.documents:,} documents so far" if told.documents else ""
    return ", ".join(part for part in (done, told.source and f"from {told.source}") if part)
