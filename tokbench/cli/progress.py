"""How far a long command has come, on stderr, and only where someone looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from tokbench.values import Progress, Watch, ignore


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
    from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class _Left(ProgressColumn):
        """The time left, where it can be known."""

        def render(self, task: Task) -> Text:
            seconds = task.time_remaining
            if not seconds or task.total is None:
                return Text("")
            return Text(f"{timedelta(seconds=int(seconds))} left")

    class _Titled(Bars):
        """Bars below the title."""

        def get_renderables(self) -> Iterator[RenderableType]:
            if title:
                yield Text(title, style="bold")
            yield from super().get_renderables()

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        _Left(),
    )
    with _Titled(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(told: Progress) -> None:
            if told.stage not in tasks:
                for task in tasks.values():
                    bars.update(task, total=1, completed=1)
                tasks[told.stage] = bars.add_task(told.stage, total=told.total, rate="")
            task = tasks[told.stage]
            seconds = bars.tasks[list(tasks).index(told.stage)].elapsed or 0
            bars.update(task, total=told.total, completed=told.done, rate=_rate(told, seconds))

        yield watch


def _rate(told: Progress, seconds: float) -> str:
    """What was done and how fast.

    >>> _rate(Progress("reading", 20_000_000, None, "bytes", 1200), 2.0)
    '1,200 documents, 10.0 MB/s'
    """
    done = f"{told.documents:,} documents" if told.documents else ""
    if not seconds or not told.done:
        return done
    if told.unit == "bytes":
        speed = f"{told.done / seconds / 1e6:.1f} MB/s"
    else:
        speed = f"{told.done:,} {told.unit}, {told.done / seconds:,.0f}/s"
    return ", ".join(part for part in (done, speed) if part)
