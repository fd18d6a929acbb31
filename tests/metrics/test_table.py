"""`docs/metrics.md` is what the code says."""

from pathlib import Path

from tokbench.metrics import METRICS
from tokbench.metrics.table import table


def test_the_page_is_that_of_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert page.read_text("utf-8") == table(), (
        "write it anew: "
        "from tokbench.metrics.table import table; print(table(), end='') > docs/metrics.md"
    )
    for name in METRICS:
        assert f"### `{name}`" in table()
