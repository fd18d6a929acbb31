"""Pages of models in headless Chromium: silent, as wide as a phone, sorted, text stays text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import Page, browser, installed
from hostile_comparison import HOSTILE, ROWS, SCRIPT, comparison
from some_models import beside, models

from tokbench.reports import written as comparison_written
from tokbench.reports.downstream import written

pytestmark = pytest.mark.skipif(
    not installed(), reason="there is no Chromium (apt-get install chromium)"
)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


def _opened(tab: Page, path: Path, made: bytes) -> Page:
    path.write_bytes(made)
    tab.size(1280, 900)
    tab.events.clear()
    tab.open(path)
    return tab


@pytest.fixture(params=["models alone", "beside metrics"])
def page(request: pytest.FixtureRequest, tab: Page, tmp_path: Path) -> Page:
    if request.param == "models alone":
        return _opened(tab, tmp_path / "models.html", written("a.html", models(HOSTILE)))
    made = comparison_written("a.html", beside(comparison()), ROWS)
    return _opened(tab, tmp_path / "comparison.html", made)


def test_nothing_is_complained_of_and_names_are_text(page: Page) -> None:
    assert page.complaints == []
    assert len(page.requests) == 1
    assert page.run("window.hurt") is None
    assert SCRIPT in page.run("document.getElementById('models').innerText")
    assert page.run("document.querySelectorAll('img, iframe, a[href^=http]').length") == 0


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_scrolls_down_only(page: Page, *, dark: bool) -> None:
    page.size(390, 800, dark=dark)
    assert page.run("document.documentElement.scrollWidth") <= 390
    assert (
        page.run(
            "Math.min(...[...document.querySelectorAll('#models svg text')]"
            ".map((one) => one.getBoundingClientRect().height))"
        )
        > 9
    )


def test_costs_can_be_sorted_by(tab: Page, tmp_path: Path) -> None:
    made = models(("bpe", "wordpiece", "unigram"))
    page = _opened(tab, tmp_path / "a.html", written("a.html", replace(made, tasks=made.tasks[:1])))
    names = (
        "[...document.querySelectorAll('.task tbody tr')]"
        ".map((one) => one.cells[0].innerText.trim())"
    )
    given = page.run(names)
    assert given == ["bpe", "wordpiece", "unigram", "majority", "bag of words"]
    page.run(
        "[...document.querySelectorAll('.task thead button')]"
        ".find((one) => one.textContent === 'accuracy').click()"
    )
    assert page.run(names) == ["wordpiece", "unigram", "bpe", "bag of words", "majority"]


def test_all_that_is_drawn_is_in_the_picture(page: Page) -> None:
    outside = """[...document.querySelectorAll('#models svg')].flatMap((one) => {
      const box = one.getBoundingClientRect();
      return [...one.querySelectorAll('text, path, circle')].filter((part) => {
        const own = part.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1;
      }).map((part) => part.outerHTML);
    })"""
    assert page.run(outside) == []
