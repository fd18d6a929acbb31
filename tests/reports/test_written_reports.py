"""Pages and files of a comparison: whole, self-contained, text stays text, JSON comes back."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hostile_comparison import HOSTILE, HUGE, ROWS, SCRIPT, comparison, harmless
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench import reports
from tokbench.errors import StoreError, SubjectError
from tokbench.reports.csv import COLUMNS
from tokbench.reports.github import escaped as for_github
from tokbench.reports.html import tokens
from tokbench.reports.json import read, render
from tokbench.reports.markup import shown
from tokbench.reports.pictures import pictures
from tokbench.reports.written import written
from tokbench.values import Comparison, Cut, Measured, Measurement, Sample, Shape

_VOID = {"meta", "link", "br", "input"}
_OWN_SCRIPTS = 1


class _Reader(HTMLParser):
    """What a browser would see: elements that are open, attributes, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return written("a.html", comparison(), ROWS).decode()


def test_every_element_is_closed_and_ids_differ(page: str) -> None:
    reader = _Reader(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    named = {
        part
        for _, name, value in reader.attributes
        if name in ("aria-labelledby", "aria-describedby")
        for part in value.split()
    }
    assert named <= set(reader.ids)
    assert {value[1:] for _, name, value in reader.attributes if name == "href"} <= {
        *reader.ids,
        "ata:,",
    }


def test_the_page_points_nowhere_else(page: str) -> None:
    reader = _Reader(page)
    for tag, name, value in reader.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "srcset", "style", "action", "xlink:href"), (tag, name)
        assert name != "href" or value.startswith(("#", "data:,")), value
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert set(reader.elements) & {"img", "iframe", "object", "embed", "form", "base"} == set()


def test_hostile_text_makes_no_element(page: str) -> None:
    reader = _Reader(page)
    plain = _Reader(written("a.html", harmless(len(HOSTILE)), ROWS).decode())
    assert reader.elements.count("script") == plain.elements.count("script") == _OWN_SCRIPTS
    assert set(reader.elements) - {"span", "bdi"} == set(plain.elements) - {"span", "bdi"}
    assert SCRIPT in "".join(reader.said)
    assert "{{ 7 * 7 }}" in "".join(reader.said)
    assert HUGE[:1000] not in page
    assert "(100,000 characters)" in page
    assert 'data-n="100,000"' in page
    for control in "\u202e\u202c\u2066\u2069\x00\x1b":
        assert control not in page
    assert "202E" in page


def test_a_page_of_ten_tokenizers_is_small() -> None:
    ids = range(60)
    made = harmless(8)
    ten = (*made.tokenizers, *(replace(one, name=f"{one.name}!") for one in made.tokenizers[:2]))
    cuts = tuple(Cut("tok", id=one) for one in ids)
    texts = tuple(Sample(f"{k} tok", (cuts,) * 10, str(k)) for k in range(16))
    size = len(written("a.html", replace(made, tokenizers=ten, scripts=texts), ROWS))
    assert size < 500_000, size


def test_pictures_say_what_they_show(page: str) -> None:
    reader = _Reader(page)
    pictures = [value for tag, name, value in reader.attributes if (tag, name) == ("svg", "role")]
    assert len(pictures) == 6  # vocabulary, parameters, lengths, ranks, two groupings
    assert page.count("<desc ") == 6
    assert "No other has both fewer parameters and more bytes per token" in page
    assert "median 3" in page
    assert "loses 50%" in page


def test_the_best_and_no_difference_are_told_in_words(page: str) -> None:
    assert page.count(">clearly best</span>") == 1
    assert page.count(">no difference seen</span>") == 1
    assert "Δ [-0.550, +0.050]" in page


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_stays_text(text: str) -> None:
    reader = _Reader(str(tokens([Cut(text, id=1)])))
    assert reader.elements[0] == "bdi"
    assert set(reader.elements) <= {"bdi", "span"}
    assert reader.open == []
    bare = _Reader(str(shown(text)))
    assert set(bare.elements) <= {"span"}


def _one(place: int, across: float, up: float, spread: float | None) -> Measured:
    ends = None if spread is None else (up - up * spread, up + up * spread)
    return Measured(
        f"t{place}",
        {
            "vocabulary_size": Measurement(across, 9, "tokens", None),
            "embedding_parameters": Measurement(across / 1e3, 9, "M", "lower"),
            "bytes_per_token": Measurement(up, 9, "bytes/token", "higher", interval=ends),
        },
        shape=Shape((0, 5), (1, 2), 3, ((1, 9), (7, 1))),
    )


_NUMBERS = st.tuples(st.integers(1, 10**7), st.floats(1e-3, 1e3), st.none() | st.floats(0, 0.9))


@given(st.lists(_NUMBERS, min_size=1, max_size=12))
@settings(max_examples=60)
def test_all_that_is_drawn_is_in_the_picture(
    numbers: list[tuple[int, float, float | None]],
) -> None:
    made = tuple(_one(place, *one) for place, one in enumerate(numbers))
    for one in pictures(Comparison("a", 9, 9, made), ROWS):
        drawn = str(one.svg)
        high = float(re.search(r'viewBox="0 0 480 (\d+)"', drawn)[1])  # type: ignore[index]
        for path in re.findall(r' d="([^"]*)"', drawn):
            for x, y in re.findall(r"[ML](-?[\d.]+|nan|inf) (-?[\d.]+|nan|inf)", path):
                assert -1 <= float(x) <= 481
                assert -1 <= float(y) <= high + 1
        told = 3 if "in a document" in drawn else 4  # numbers on the axes, what they are of
        assert drawn.count('class="a"') >= told


def test_without_shapes_and_samples_there_is_a_page_all_the_same() -> None:
    plain = {"tokens": Measurement(3.0, 9, "tokens", "lower")}
    one = Comparison("a", 9, 9, (Measured("only", plain),))
    page = written("a.html", one, {}).decode()
    assert _Reader(page).open == []
    assert "<svg" not in page
    assert 'id="samples"' not in page


def test_markdown_is_a_table_on_github() -> None:
    made = written("a.md", comparison(), ROWS).decode()
    table = [line for line in made.splitlines() if line.startswith("|")]
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in table]
    assert set(bars) == {3}  # eight tokenizers are lines, each family has one metric here
    assert len(table) == (2 + len(HOSTILE)) * (len(ROWS) - 1)  # unk_rate applies to none
    few = written("a.md", harmless(3), ROWS).decode()
    columns = [line for line in few.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in columns} == {3 + 3}
    assert len(columns) == 2 + len(ROWS) - 1
    shown = re.sub("(`+)(?!`).*?(?<!`)\\1(?!`)", "", made)  # code is shown as it is
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert "**4.000** \\*\\*<br><sub>[3.900, 4.100]</sub>" in made
    assert "no difference seen" in made
    assert for_github("a_b") == "a\\_b"


def test_csv_has_a_line_for_each_tokenizer_and_metric() -> None:
    lines = list(csv.reader(io.StringIO(written("a.csv", comparison(), ROWS).decode())))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == 1 + len(HOSTILE) * len(ROWS)
    assert {len(line) for line in lines} == {len(COLUMNS)}
    cells = dict(zip(COLUMNS, lines[1 + len(ROWS) + 1], strict=True))
    assert cells["metric"] == "bytes_per_token"
    assert (cells["value"], cells["low"], cells["high"]) == ("3.75", "3.65", "3.85")
    assert (cells["baseline"], cells["difference"]) == (HOSTILE[0], "-0.25")
    assert cells["difference_seen"] == "false"
    assert cells["n"] == "9"
    assert cells["unit"] == "bytes/token"


def test_latex_has_no_command_of_the_text() -> None:
    made = written("a.tex", comparison(), ROWS).decode()
    body = "".join(line for line in made.splitlines(keepends=True) if not line.startswith("%"))
    assert "\\input" not in body
    assert body.count("\\end{table}") == len(ROWS) - 1
    assert "100\\% \\$x\\textasciicircum{}2\\$ \\#1" in body
    rows = [line for line in body.splitlines() if line.endswith("\\\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {1}
    assert not re.search(r"(?<!\\)%", body)
    assert "^^" not in made
    assert "\\textbf{4.000}\\rlap{$^\\ast$}" in made


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex")
def test_pdflatex_sets_any_name(tmp_path: Path) -> None:
    names = ('_ & % $ # { } ~ ^ \\ "', "한국어 مرحبا", "👩‍👩‍👧 �", "naïve ß œ ą €", "`` -- ^^M <|>")
    for many in (False, True):
        made = comparison()
        some = made.tokenizers if many else made.tokenizers[: len(names)]
        named = [
            replace(one, name=names[k]) if k < len(names) else one for k, one in enumerate(some)
        ]
        table = replace(made, tokenizers=tuple(named), samples=(), scripts=(), on=" ".join(names))
        body = written("a.tex", table, ROWS).decode()
        (tmp_path / "a.tex").write_text(
            "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
            f"{body}\\end{{document}}\n"
        )
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"],  # noqa: S607 - found
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-600:]
        assert b"Missing character" not in (tmp_path / "a.log").read_bytes()


def test_what_looks_better_than_it_is_is_marked_everywhere() -> None:
    made = harmless(3)
    first = made.tokenizers[0]
    parity = replace(
        first.measurements["parity"],
        flattered=0.2,
        detail={"unknown_tokens": 0.2, "reference": "en"},
    )
    flattered = replace(first, measurements={**first.measurements, "parity": parity})
    made = replace(made, tokenizers=(flattered, *made.tokenizers[1:]))
    for ending in ("md", "html"):
        page = written(f"a.{ending}", made, ROWS).decode()
        assert "†" in page
        assert "of the tokens of the parallel text are unknown" in page
        assert "†" not in written(f"a.{ending}", harmless(3), ROWS).decode()
    table = written("a.tex", made, ROWS).decode()
    assert "2.000$^\\dagger$" in table
    assert "looks better than it is" in table
    lines = csv.DictReader(io.StringIO(written("a.csv", made, ROWS).decode()))
    assert [one["flattered"] for one in lines if one["metric"] == "parity"] == ["0.2", "", ""]
    plain = render(made)["tokenizers"][0]["metrics"]["parity"]
    assert plain["flattered"] == 0.2
    assert read(render(made), "here").tokenizers[0].measurements["parity"].flattered == 0.2


def test_of_many_tokenizers_a_page_says_who_is_best() -> None:
    page = written("a.html", harmless(8), ROWS).decode()
    assert 'id="best"' in page
    assert "★★ 4.000" in page
    assert "Show differences to" in page
    few = written("a.html", harmless(3), ROWS).decode()
    assert 'id="best"' not in few
    assert "Show differences to" not in few


def _schema() -> Any:
    return json.loads((Path(reports.__file__).parent / "comparison.schema.json").read_text())


def test_json_has_the_shape_of_its_schema_and_comes_back() -> None:
    made = comparison()
    plain = json.loads(written("a.json", made, ROWS))
    jsonschema.Draft202012Validator(_schema()).validate(plain)
    back = read(plain, "a.json")
    assert json.loads(json.dumps(render(back))) == plain
    assert back.samples == made.samples
    assert back.scripts == made.scripts
    assert written("a.html", back, ROWS) == written("a.html", made, ROWS)


def test_every_key_of_the_schema_is_explained() -> None:
    docs = Path(__file__).parents[2] / "docs" / "report-json.md"
    explained = set(re.findall("`([a-z_]+)`", docs.read_text("utf-8")))

    def keys(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys, node))
        if not isinstance(node, dict):
            return set()
        own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
        return own.union(*map(keys, node.values()))

    assert keys(_schema()) <= explained


def test_json_of_before_is_read() -> None:
    plain = json.loads(json.dumps(render(harmless(2))))
    for key in ("format", "samples", "signature", "repeat"):
        del plain[key]
    for one in plain["tokenizers"]:
        del one["shape"], one["encoded_by"]
    back = read(plain, "old.json")
    assert [one.name for one in back.tokenizers] == ["tokenizer-0", "tokenizer-1"]
    assert _Reader(written("a.html", back, ROWS).decode()).open == []


def test_json_that_is_no_comparison_is_refused() -> None:
    plain = json.loads(json.dumps(render(harmless(2))))
    with pytest.raises(SubjectError, match=r"a\.json: is of format 2, this tokbench reads 1"):
        read({**plain, "format": 2}, "a.json")
    with pytest.raises(SubjectError, match="is no comparison that can be read: documents"):
        read({**plain, "documents": "many"}, "a.json")
    with pytest.raises(SubjectError, match="is no comparison that can be read"):
        read({**plain, "baseline": "nobody"}, "a.json")
    with pytest.raises(SubjectError, match="is no comparison that can be read"):
        read({"on": "a", "tokenizers": 3}, "a.json")
    sample = {"text": "a", "script": "", "ours": False, "cuts": []}
    with pytest.raises(SubjectError, match="samples that are not cut by each"):
        read({**plain, "samples": [sample]}, "a.json")


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(StoreError, match=r"a\.pdf: its ending says no format"):
        written("a.pdf", harmless(1), ROWS)
