"""`docs/scores.md` is what the code says."""

from pathlib import Path

from tokbench.downstream import SCORES
from tokbench.downstream.score_table import table


def test_the_page_is_that_of_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "scores.md"
    assert page.read_text("utf-8") == table(), (
        "write it anew: from tokbench.downstream.score_table import table; "
        "print(table(), end='') > docs/scores.md"
    )
    for name in SCORES:
        assert f"### `{name}`" in table()
