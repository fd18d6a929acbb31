"""Reports of models: who won is read at once, text stays text, JSON comes back."""

import csv
import io
import json
import math
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hostile_comparison import HOSTILE, ROWS, SCRIPT, comparison, harmless
from pydantic import TypeAdapter
from referencing import Registry, Resource
from rich.cells import cell_len
from rich.console import Console
from some_models import NAMES, beside, models, renamed
from syrupy.assertion import SnapshotAssertion

from tokbench import reports
from tokbench.errors import StoreError, SubjectError
from tokbench.reports import written as comparison_written
from tokbench.reports.downstream import holds_models, plain, read, render, written
from tokbench.reports.downstream.csv import COLUMNS
from tokbench.reports.downstream.facts import remarks
from tokbench.reports.json import read as read_comparison
from tokbench.reports.json import render as comparison_plain
from tokbench.values import Comparison, Downstream

_VOID = {"meta", "link", "br", "input"}
_LONG = "a-very-long-name-" * 4
_NAMES = ("[red]markup[/red]", SCRIPT, _LONG, "مرحبا بالعالم", "\x1b[31mred\u202e")


def _printed(renderable: Any, width: int, *, colour: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    console.print(renderable)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def _compared() -> Comparison:
    made = harmless(3)
    return beside(replace(made, tokenizers=renamed(made.tokenizers, NAMES)))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("colour", [False, True])
def test_who_won_can_be_read(width: int, colour: bool, snapshot: SnapshotAssertion) -> None:
    printed = _printed(render(models()), width, colour=colour)
    assert printed == snapshot
    if not colour:
        assert max(map(cell_len, printed.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_models_stand_beside_metrics(width: int, snapshot: SnapshotAssertion) -> None:
    printed = _printed(reports.render("terminal", _compared(), rows=ROWS), width)
    assert printed == snapshot
    assert max(map(cell_len, printed.splitlines())) <= width
    said = " ".join(printed.split())
    assert "areas: wordpiece is better than bpe by 2.1 points (95% 0.4 to 3.8)" in said
    assert "With 3 the smallest p is 0.33: none can be significant." in said


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_any_name_stays_text_in_the_terminal(width: int) -> None:
    printed = _printed(render(models(_NAMES)), width)
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert "[red]markup[/red]" in printed
    for line in printed.splitlines():
        assert cell_len(line) <= max(width, 60), line  # the narrowest that tables bear


def test_of_one_tokenizer_there_is_no_gap() -> None:
    made = models()
    alone = [replace(one, outcomes=one.outcomes[:1], scores=one.scores[:1]) for one in made.tasks]
    printed = _printed(render(replace(made, tokenizers=("bpe",), tasks=tuple(alone))), 80)
    assert "to bpe" not in printed
    assert "82.2 ±2.0" in printed
    assert "no model is above majority (50.0), bag of words (71.0)" in " ".join(printed.split())


def test_the_best_of_simple_models_is_told_where_none_is_above() -> None:
    printed = _printed(render(models()), 200)
    assert printed.count("no model is above") == 1
    assert "no model is above bag of words (71.0)" in printed


def test_shapes_of_batches_are_told_where_they_are_few() -> None:
    made = models()
    outcomes = [one and replace(one, static=True) for one in made.tasks[0].outcomes]
    few = replace(made, tasks=(replace(made.tasks[0], outcomes=tuple(outcomes)), *made.tasks[1:]))
    said = "distinct shapes of batches, padded to few lengths: bpe 40, wordpiece 41, unigram 42"
    for name in ("a.md", "a.html"):
        page, plain_page = (written(name, one).decode().replace("\\:", ":") for one in (few, made))
        assert (page.count(said), plain_page.count(said)) == (1, 0)
    assert said in " ".join(_printed(render(few), 80).split())


def test_spans_that_were_cut_off_are_told_where_spans_are_scored() -> None:
    made = models()
    (task,) = (one for one in made.tasks if one.metric == "span_f1")
    of_tags = replace(task, metric="accuracy", titles={"accuracy": "accuracy"})
    told = [[one for one in remarks(made, each) if "test spans lie" in one]
            for each in (task, of_tags)]  # fmt: skip
    assert [len(one) for one in told] == [1, 0]


def test_a_model_that_diverged_is_marked_where_its_score_stands() -> None:
    made = models()
    outcomes = [one and replace(one, seeds=(replace(one.seeds[0], loss=math.nan), *one.seeds[1:]))
                for one in made.tasks[0].outcomes[:2]]  # fmt: skip
    lost = replace(made.tasks[0], outcomes=(*outcomes, *made.tasks[0].outcomes[2:]))
    made = replace(made, tasks=(lost, *made.tasks[1:]))
    for width in (80, 120):
        printed = _printed(render(made), width)
        assert re.search(r"^bpe +82.2 ±2.0 +! ", printed, re.MULTILINE)
        assert re.search(r"^wordpiece +84.3 ±2.0 +\*\*! ", printed, re.MULTILINE)
        assert len(re.findall(r" !  ", printed)) == 1
        assert "! a model diverged" in " ".join(printed.split())
    assert " ! a model" not in " ".join(_printed(render(models()), 80).split())
    assert "| bpe | 82.2 ±2.0 (diverged) |" in written("a.md", made).decode()
    for name, count in (("a.md", 2), ("a.tex", 2), ("a.html", 2)):
        assert written(name, made).decode().count("(diverged)") == count, name


class _Reader(HTMLParser):
    """Elements that are open, ids, what is pointed at, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        for name, value in attrs:
            if name == "aria-labelledby":
                self.named += (value or "").split()
            if name == "href" and (value or "").startswith("#"):
                self.named.append((value or "")[1:])
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.parametrize(
    "page",
    [
        written("a.html", models()),
        written("a.html", models(_NAMES)),
        written("a.html", models(HOSTILE)),
        comparison_written("a.html", _compared(), ROWS),
        comparison_written("a.html", beside(comparison()), ROWS),
    ],
    ids=["models", "any names", "hostile names", "comparison", "hostile comparison"],
)
def test_pages_are_whole(page: bytes) -> None:
    reader = _Reader(page.decode())
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.named) <= set(reader.ids)
    assert reader.elements.count("script") == 1
    assert not {"img", "iframe"} & set(reader.elements)
    for control in "\u202e\u202c\u2066\x00\x1b":
        assert control not in page.decode()
    assert 'id="models"' in page.decode()


def test_a_page_says_who_won() -> None:
    said = "".join(_Reader(written("a.html", models()).decode()).said)
    assert "wordpiece is better than bpe by 2.1 points (95% 0.4 to 3.8), and clearly best" in said
    assert (
        f"unigram: no difference to bpe seen: {models().tasks[0].scores[2]['accuracy'].gap.why}"
        in said
    )  # type: ignore[union-attr]
    assert "majority: n" not in said  # what is no number is not shown
    assert "nan" not in said
    page = written("a.html", models()).decode()
    assert page.count(">clearly best</span>") == 1
    assert page.count("<svg") == 3


def test_names_from_the_right_turn_nothing_round() -> None:
    page = written("a.html", models(("bpe", "wordpiece", "مرحبا"))).decode()
    assert "<li><bdi>مرحبا</bdi>: no difference to bpe seen" in page


def test_markdown_is_a_table_a_task() -> None:
    made = written("a.md", models(HOSTILE)).decode()
    table = [line for line in made.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {11}
    shown = re.sub("(`+)(?!`).*?(?<!`)\\1(?!`)", "", made)
    assert "<script" not in shown
    assert "**82.2" not in made
    plain_names = written("a.md", models()).decode()
    assert "| wordpiece | **84.3 ±2.0** \\*\\* | +2.1 [+0.4, +3.8] | 2.05M |" in plain_names
    assert "| unigram | 82.5 ±2.0 | ≈ +0.3 [-3.9, +4.5] |" in plain_names


def test_csv_has_a_line_for_each_model_and_metric() -> None:
    lines = list(csv.DictReader(io.StringIO(written("a.csv", models()).decode())))
    assert tuple(lines[0]) == COLUMNS
    found = {(one["task"], one["tokenizer"], one["metric"]): one for one in lines}
    assert len(found) == len(lines)
    one = found["areas", "wordpiece", "accuracy"]
    assert (one["value"], one["difference_seen"], one["best"]) == ("0.843", "true", "clearly best")
    assert float(one["difference_low"]) == pytest.approx(0.004)
    assert float(one["padding"]) == pytest.approx(40_000 / 450_000)
    assert found["areas", "unigram", "accuracy"]["why"].startswith("seeds vary")
    assert found["areas", "bag of words", "accuracy"]["rival"] == "true"
    assert found["python-tokens", "majority", "span_f1"]["value"] == ""


def test_latex_has_no_command_of_a_name() -> None:
    made = written("a.tex", models(HOSTILE)).decode()
    body = "".join(line for line in made.splitlines(keepends=True) if not line.startswith("%"))
    assert "\\input" not in body
    assert body.count("\\end{table}") == 1
    rows = [line for line in body.splitlines() if line.endswith("\\\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {len(HOSTILE) + 2}
    assert "\\textbf{84.3}\\rlap{$^\\ast$} {\\scriptsize $\\pm$2.0}" in body


def _schema(name: str) -> Any:
    return json.loads((Path(reports.__file__).parent / name).read_text())


def _valid(made: Any, name: str) -> None:
    own = Resource.from_contents(_schema("downstream.schema.json"))
    registry: Any = Registry().with_resource("downstream.schema.json", own)
    jsonschema.Draft202012Validator(_schema(name), registry=registry).validate(made)


@pytest.mark.parametrize("made", [models(), models(HOSTILE), beside(comparison()).downstream])
def test_json_has_the_shape_of_its_schema_and_comes_back(made: Downstream) -> None:
    text = written("a.json", made).decode()
    found = json.loads(text, parse_constant=pytest.fail)  # JSON has no NaN
    _valid(found, "downstream.schema.json")
    assert holds_models(found)
    back = read(found, "a.json")
    assert plain(back) == plain(made)
    assert written("a.html", back) == written("a.html", made)
    assert back.tasks[0].outcomes[0]
    assert math.isnan(back.tasks[0].outcomes[0].tried[1][1])


def test_a_comparison_keeps_its_models() -> None:
    made = beside(comparison())
    found = json.loads(comparison_written("a.json", made, ROWS))
    _valid(found, "comparison.schema.json")
    back = read_comparison(found, "a.json")
    assert back.downstream
    assert made.downstream
    assert plain(back.downstream) == plain(made.downstream)
    assert comparison_written("a.html", back, ROWS) == comparison_written("a.html", made, ROWS)


def test_every_key_of_the_schema_is_explained() -> None:
    docs = Path(__file__).parents[2] / "docs" / "report-json.md"
    explained = set(re.findall("`([a-z_]+)`", docs.read_text("utf-8").partition("## Models")[2]))

    def keys(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys, node))
        if not isinstance(node, dict):
            return set()
        own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
        return own.union(*map(keys, node.values()))

    assert keys(_schema("downstream.schema.json")) <= explained


def test_comparisons_of_before_are_read() -> None:
    kept = asdict(harmless(2))
    del kept["downstream"]
    assert TypeAdapter(Comparison).validate_python(kept).downstream is None
    assert (
        read_comparison({"comparison": json.loads(json.dumps(kept))}, "a.json").downstream is None
    )
    older = json.loads(json.dumps(comparison_plain(harmless(2))))
    del older["downstream"]
    assert read_comparison(older, "a.json").downstream is None


def test_a_run_keeps_a_comparison_with_models() -> None:
    made = _compared()
    kept = json.loads(json.dumps(asdict(made)))
    back = read_comparison({"comparison": kept}, "comparison.json")
    assert back.downstream
    assert made.downstream
    assert plain(back.downstream) == plain(made.downstream)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"format": 2}, r"a\.json: is of format 2, this tokbench reads 1"),
        ({"baseline": "nobody"}, "tells of no models that can be read"),
        ({"tasks": 3}, "tells of no models that can be read"),
        ({"model": 3}, "tells of no models that can be read: model"),
        ({"tokenizers": ["bpe"]}, "tasks that do not tell of each tokenizer"),
    ],
)
def test_json_that_tells_of_no_models_is_refused(broken: dict[str, Any], why: str) -> None:
    found = json.loads(json.dumps(plain(models())))
    with pytest.raises(SubjectError, match=why):
        read({**found, **broken}, "a.json")


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(StoreError, match=r"a\.pdf: its ending says no format"):
        written("a.pdf", models())


def test_tables_of_a_comparison_have_rows_of_models() -> None:
    made = _compared()
    lines = list(csv.DictReader(io.StringIO(comparison_written("a.csv", made, ROWS).decode())))
    found = {(one["tokenizer"], one["metric"]): one for one in lines}
    one = found["wordpiece", "model:areas"]
    assert (one["value"], one["unit"], one["best"]) == ("0.843", "accuracy", "clearly best")
    assert (one["difference_seen"], one["n"], one["of"]) == ("true", "402", "test examples")
    text = comparison_written("a.md", made, ROWS).decode()
    assert "| areas ↑ | accuracy points | 82.2<br>" in text
    assert "<sub>+2.1</sub>" in text
    assert "Does the better number go with the better model?" in text
    assert "areas $\\uparrow$ & 82.2" in comparison_written("a.tex", made, ROWS).decode()


def test_a_tokenizer_without_models_is_told() -> None:
    printed = _printed(reports.render("terminal", beside(comparison()), rows=ROWS), 200)
    assert re.search(r"n/a [a-z, -]*areas[^:]*: no models of these settings", printed)
    assert "\u202e" not in printed


def test_gaps_to_another_baseline_are_not_told_in_the_table() -> None:
    made = replace(_compared(), baseline=1)
    table = comparison_written("a.md", made, ROWS).decode().partition("- ")[0]
    assert "+2.1" not in table
