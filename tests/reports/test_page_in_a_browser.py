"""The page in headless Chromium: silent, sealed off, sorts, tells ids, text stays text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import Page, browser, installed
from hostile_comparison import HOSTILE, ROWS, SCRIPT, comparison, harmless

from tokbench.reports.written import written

pytestmark = pytest.mark.skipif(
    not installed(), reason="there is no Chromium (apt-get install chromium)"
)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(tab: Page, tmp_path: Path) -> Page:
    path = tmp_path / "page.html"
    path.write_bytes(written(path, comparison(), ROWS))
    tab.size(1280, 900)
    tab.events.clear()
    tab.open(path)
    tab.run("document.getElementById('all').click()")
    return tab


def _column(page: Page, column: int) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('table.sortable')]"
        ".find((one) => one.innerText.includes('bytes per token'))"
        f".querySelectorAll('tbody tr > :nth-child({column})').values()"
        ".map((one) => one.innerText.split('\\n')[0]).toArray()"
    )
    return found


def test_nothing_is_complained_of_and_nothing_is_asked_for(page: Page) -> None:
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.run("new Promise((done) => setTimeout(done, 200))")
    assert page.complaints == []
    assert len(page.requests) == 1
    assert page.requests[0].startswith("file:")
    assert page.run("window.hurt") is None
    assert page.run("document.scripts.length") == 1


def test_hostile_text_is_read_as_text(page: Page) -> None:
    text = page.run("document.body.innerText")
    assert SCRIPT in text
    assert HOSTILE[1] in text
    assert page.run("document.querySelector('.tokens[role=group] bdi').textContent") == SCRIPT
    longest = (
        "Math.max(...[...document.querySelectorAll('bdi')].map((one) => one.textContent.length))"
    )
    assert page.run(longest) < 1000
    assert page.run("document.querySelectorAll('img, iframe, a[href^=http]').length") == 0


def test_even_a_script_that_got_in_would_not_run(tab: Page, tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    made = written(path, harmless(2), ROWS).decode()
    image = "<img src=https://example.org/x>"
    path.write_text(made.replace("</main>", f"<script>window.hurt = 1</script>{image}</main>"))
    tab.events.clear()
    tab.open(path)
    assert tab.run("window.hurt") is None
    for _ in range(100):  # what was blocked is told when the browser has time for it
        blocked = [one for one in tab.complaints if "Content Security Policy" in str(one)]
        if len(blocked) >= 2:
            break
        tab.run("new Promise((done) => setTimeout(done, 50))")
    assert len(blocked) >= 2


def test_a_heading_sorts_and_says_so(page: Page) -> None:
    given = _column(page, 2)
    assert given == sorted(given, reverse=True)
    find = (
        "[...document.querySelectorAll('table.sortable thead button')]"
        ".find((one) => one.textContent === 'bytes per token')"
    )
    sort = f"{find}.closest('th').getAttribute('aria-sort')"
    page.run(f"{find}.focus()")
    assert page.run(sort) == "none"
    page.press("Enter")  # what is better comes first
    assert page.run(sort) == "descending"
    assert _column(page, 2) == given
    page.press("Enter")
    assert page.run(sort) == "ascending"
    assert _column(page, 2) == given[::-1]
    page.press("Enter")
    assert page.run(sort) == "none"
    assert _column(page, 2) == given


def test_ids_are_told_on_pointing_and_on_focus(page: Page) -> None:
    tip = (
        "document.getElementById('tip').hidden ? null : document.getElementById('tip').textContent"
    )
    assert page.run(tip) is None
    page.point(".tokens[role=group] bdi")
    assert page.run(tip) == f"id 3 · “{SCRIPT}”"
    page.run("document.querySelector('.tokens[role=group] bdi').focus({preventScroll: true})")
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert page.run(tip) == "id 5 · part of a character, its bytes"
    page.press("ArrowRight")
    assert page.run(tip) == "id 6 · 100,000 characters"
    page.press("Tab")  # one stop a row: on to the next one
    assert page.run("document.activeElement.dataset.i") == "3"


def test_arrows_follow_the_direction_of_writing(page: Page) -> None:
    page.run("document.querySelector('.tokens[dir=rtl] bdi').focus()")
    page.press("ArrowLeft")
    assert page.run("document.activeElement.dataset.i") == "9"
    places = page.run(
        "[...document.querySelector('.tokens[dir=rtl]').querySelectorAll('bdi')]"
        ".map((one) => one.getBoundingClientRect().left)"
    )
    assert places == sorted(places, reverse=True)  # no override turns what stands around it


def test_names_that_are_pressed_stay_strong(page: Page) -> None:
    weak = "document.querySelectorAll('figure > svg .off').length"
    pressed = "document.querySelector('.legend button[data-k=\"1\"]')"
    assert page.run(weak) == 0
    page.run(f"{pressed}.click()")
    assert page.run(f"{pressed}.getAttribute('aria-pressed')") == "true"
    assert page.run(weak) > 0
    assert page.run("document.querySelectorAll('figure > svg .off[data-k=\"1\"]').length") == 0
    page.run(f"{pressed}.click()")
    assert page.run(weak) == 0


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_scrolls_down_only(page: Page, *, dark: bool) -> None:
    page.size(390, 800, dark=dark)
    assert page.run("document.documentElement.scrollWidth") <= 390
    back = page.run("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(22, 23, 27)" if dark else "rgb(255, 255, 255)")
    sizes = page.run(
        "[...document.querySelectorAll('figure svg text')]"
        ".map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) > 9


def test_text_stands_out_from_what_is_behind_it(page: Page) -> None:
    """WCAG AA: 4.5 to 1 for words, 3 to 1 for marks, in both schemes."""
    ratio = """(names) => {
      const style = getComputedStyle(document.documentElement);
      const light = (name) => {
        const value = style.getPropertyValue(name).trim().slice(1);
        const wide = value.length === 3 ? [...value].map((c) => c + c).join('') : value;
        const parts = [0, 2, 4].map((k) => parseInt(wide.slice(k, k + 2), 16) / 255)
          .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const [a, b] = names.map(light).sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    }"""
    words = [("--fg", "--bg"), ("--dim", "--bg"), ("--dim", "--soft"), ("--link", "--bg")]
    words += [("--good", "--bg"), ("--bad", "--bg")]
    words += [("--fg", back) for back in ("--t0", "--t1", "--byte", "--unk")]
    for dark in (False, True):
        page.size(1280, 900, dark=dark)
        for pair in words:
            assert page.run(f"({ratio})({list(pair)})") >= 4.5, (dark, pair)
        for number in range(8):
            assert page.run(f"({ratio})(['--c{number}', '--bg'])") >= 3, (dark, number)


def test_names_do_not_cover_each_other(tab: Page, tmp_path: Path) -> None:
    made = harmless(8)
    close = tuple(replace(one, name=f"variant-number-{k}") for k, one in enumerate(made.tokenizers))
    path = tmp_path / "close.html"
    path.write_bytes(written(path, replace(made, tokenizers=close), ROWS))
    tab.size(1280, 900)
    tab.open(path)
    covered = tab.run(
        """(() => {
        const texts = [...document.querySelectorAll('svg[aria-labelledby^=vocabulary] text')]
          .filter((one) => one.textContent.startsWith('variant'));
        const boxes = texts.map((one) => one.getBoundingClientRect());
        return boxes.flatMap((a, k) => boxes.slice(k + 1).filter((b) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)).length;
        })()"""
    )
    assert covered == 0
