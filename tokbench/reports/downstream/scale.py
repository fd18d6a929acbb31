"""How scores of a metric are written: shares in hundredths, bits as they are."""

from dataclasses import dataclass

from tokbench.values import Score, TaskResult

_POINTS = 100


@dataclass(frozen=True)
class Scale:
    """From a score to text.

    Attributes:
        unit: what tables say of it.
        gaps: what differences are counted in.
        factor: what a score is multiplied by.
        digits: behind the point.
        sign: 1 where the higher score is the better one.
        highest: what no score can pass.

    >>> HUNDREDTHS.number(0.8434), BITS.number(1.2346)
    ('84.3', '1.235')
    """

    unit: str = "hundredths"
    gaps: str = "points"
    factor: int = _POINTS
    digits: int = 1
    sign: int = 1
    highest: float = 1.0

    @property
    def better(self) -> str:
        """Which of two scores is better, as tables know it."""
        return "higher" if self.sign > 0 else "lower"

    @property
    def width(self) -> int:
        """Characters of half an interval, the sign and as much before the point as is usual."""
        return 4 + self.digits

    def number(self, value: float) -> str:
        """A score."""
        return f"{self.factor * value:.{self.digits}f}"

    def signed(self, value: float) -> str:
        """A difference with its sign; none is 0.

        >>> HUNDREDTHS.signed(0.0213), HUNDREDTHS.signed(-0.0001), HUNDREDTHS.signed(0.0)
        ('+2.1', '-0.0', '0')
        """
        return f"{self.factor * value:+.{self.digits}f}" if value else "0"

    def interval(self, ends: tuple[float, float] | None) -> str:
        """An interval of a score.

        >>> HUNDREDTHS.interval((0.8, 0.85))
        '[80.0, 85.0]'
        """
        return f"[{self.number(ends[0])}, {self.number(ends[1])}]" if ends else ""

    def signed_interval(self, ends: tuple[float, float] | None) -> str:
        """An interval of a difference.

        >>> HUNDREDTHS.signed_interval((-0.01, 0.02))
        '[-1.0, +2.0]'
        """
        return f"[{self.signed(ends[0])}, {self.signed(ends[1])}]" if ends else ""

    def half(self, score: Score) -> str:
        """Half of the interval over seeds; empty with one seed.

        >>> HUNDREDTHS.half(Score(0.8, (0.78, 0.82), (0.8, 0.8)))
        '±2.0'
        """
        if score.interval is None:
            return ""
        return f"±{self.number((score.interval[1] - score.interval[0]) / 2)}"

    def gap(self, score: Score | None) -> str:
        """The difference to the baseline with its interval, where there is one."""
        if score is None or score.gap is None:
            return ""
        said = f"{self.signed(score.gap.value)} {self.signed_interval(score.gap.interval)}"
        return said.rstrip()


HUNDREDTHS = Scale()
BITS = Scale("bits", "bits", factor=1, digits=3, sign=-1, highest=float("inf"))


def scale(task: TaskResult, metric: str = "") -> Scale:
    """That of a metric, of the deciding one where none is named."""
    return BITS if (metric or task.metric) in task.lower else HUNDREDTHS


def units(tasks: "tuple[TaskResult, ...]") -> str:
    """What scores of tasks are written in, in words."""
    found = {scale(task): task for task in tasks}
    said = "hundredths" if HUNDREDTHS in found else ""
    if BITS in found:
        said += f"{', those of text in ' if said else ''}bits (lower is better)"
    return said or HUNDREDTHS.unit
