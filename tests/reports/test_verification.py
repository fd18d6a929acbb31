"""Published values beside ours, as people and scripts see them."""

import io

from rich.console import Console

from tokbench.reports import verification
from tokbench.values import Recomputed

FOUND = (
    Recomputed("one", "somebody", 0.25, 0.25),
    Recomputed("two", "somebody", 0.5, 0.75),
    Recomputed("three", "others", 3, None, "needs a file"),
)


def test_a_line_each_and_why_one_is_skipped():
    console = Console(file=io.StringIO(), width=80)
    console.print(verification.render(FOUND))
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert lines == [
        ["published", "ours"], ["one", "0.25", "0.25", "="], ["two", "0.5", "0.75", "differs"],
        ["somebody"], ["three", "3", "skipped"], ["others"], ["skipped:", "needs", "a", "file"],
    ]  # fmt: skip


def test_as_data():
    assert [one["agrees"] for one in verification.as_json(FOUND)] == [True, False, None]
