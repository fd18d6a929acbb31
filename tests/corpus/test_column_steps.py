"""Steps that look at columns or make them, and the user's own functions."""

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tokbench.corpus import StepSpec
from tokbench.corpus.cleaning.step import Tally, applied, needed
from tokbench.corpus.cleaning.trying import after, tried
from tokbench.corpus.rows import Rows
from tokbench.corpus.steps.add_column import AddColumn
from tokbench.corpus.steps.filter import Filter
from tokbench.corpus.steps.language import Language
from tokbench.corpus.steps.map import Map
from tokbench.corpus.steps.rename import Rename
from tokbench.errors import CorpusError

DAYS = [dt.date(2020, 1, 1), dt.date(2021, 6, 1), None]


@pytest.mark.parametrize(
    ("tests", "values", "kept"),
    [
        ({"equals": 3}, [1, 3, None], "b"),
        ({"equals": "3"}, ["1", "3", None], "b"),
        ({"equals": 3}, ["1", " 3.0 ", ""], "b"),
        ({"equals": True}, [True, False, None], "a"),
        ({"at_least": 2}, [1.5, 2.0, float("nan")], "b"),
        ({"at_least": 2.5}, [2, 3, None], "b"),
        ({"at_most": 2, "at_least": 1}, [0, 2, 3], "b"),
        ({"at_least": "b"}, ["a", "b", "c"], "bc"),
        ({"at_least": "2021-01-01"}, DAYS, "b"),
        ({"one_of": [1, 3]}, [1, 2, 3], "ac"),
        ({"one_of": "x"}, ["x", None, "y"], "a"),
        ({"one_of": ["x"]}, pa.array(["x", None, "y"]).dictionary_encode(), "a"),
        ({"not_null": True}, [None, 0, ""[:0] or None], "b"),
        ({"equals": "x"}, [None, None, None], ""),
    ],
)
def test_filter(tests: dict[str, Any], values: list[Any], kept: str) -> None:
    step = Filter.model_validate({"column": "c", **tests})
    assert "".join(map(str, after(step, ["a", "b", "c"], {"c": values}))) == kept


@pytest.mark.parametrize(
    ("tests", "values", "said"),
    [
        ({"equals": "5"}, [5], "holds int64, and '5' is text; write 5 without quotes"),
        ({"equals": "x"}, [5], "holds int64, and 'x' is text"),
        ({"equals": 5}, [True], "holds true or false, not numbers, and 5 is one"),
        ({"equals": True}, [5], "holds int64, not true or false"),
        ({"at_least": 5}, ["4", "many"],
         "holds 'many', which is no number; quote the value to compare text"),
        ({"at_least": 5}, [[1]], "holds list<item: int64>, not numbers, and 5 is one"),
        ({"at_least": "soon"}, DAYS[:1],
         "holds date32[day], and 'soon' is none; write it like 2026-01-31"),
    ],
)  # fmt: skip
def test_filter_of_another_type(tests: dict[str, Any], values: list[Any], said: str) -> None:
    step = Filter.model_validate({"column": "c", **tests})
    with pytest.raises(CorpusError) as error:
        after(step, ["a"] * len(values), {"c": values})
    assert str(error.value) == f"step filter: column 'c' {said}"


def test_filter_says_why() -> None:
    _, tally = tried(
        Filter(column="c", at_least=2, at_most=3), {"text": list("abcd"), "c": [1, 2, 4, None]}
    )
    assert tally.reasons == {"no c": 1, "c not at least 2": 1, "c not at most 3": 1}
    assert tally.examples == [("d", None), ("a", None), ("c", None)]


def test_language_by_column() -> None:
    step = Language(keep=["en", "ko"], column="lang")
    assert step.needs(frozenset()) == {"lang"}
    assert after(step, list("abc"), {"lang": ["ko", None, "de"]}) == ["a"]


def columns_behind(
    steps: list[StepSpec], asked: list[str], there: dict[str, list[Any]]
) -> dict[str, list[Any]]:
    """What comes of steps when only the columns that they need are read."""
    read = {name: there[name] for name in needed(steps, asked)}
    texts = pa.array(there["text"], pa.large_string())
    batch = pa.RecordBatch.from_pydict({"text": texts, **read})
    tallies = [Tally(step.type) for step in steps]
    (rows,) = applied(iter([Rows(batch, 0)]), steps, tallies, asked)
    found: dict[str, list[Any]] = rows.batch.to_pydict()
    return found


ROWS = {"text": ["t", "u"], "a": [1, 2], "b": ["x", None]}


def test_what_steps_read_is_asked_for_even_if_nothing_asks_for_what_they_make() -> None:
    steps = [
        Rename(columns={"a": "number", "b": "letter"}),
        AddColumn(column="both", template="{{{letter}{number}}}{text}"),
        AddColumn(column="kind", value=True),
        Filter(column="kind", equals=True),
    ]
    assert needed(steps, ["both"]) == ("a", "b")
    assert needed(steps, []) == ("a", "b")
    assert columns_behind(steps, [], ROWS) == {"text": ["t", "u"]}
    assert columns_behind(steps, ["both", "number"], ROWS) == {
        "text": ["t", "u"], "both": ["{x1}t", None], "number": [1, 2],
    }  # fmt: skip


def test_add_column_replaces_one() -> None:
    step = AddColumn(column="b", template="<{b}>")
    assert columns_behind([step], ["b"], ROWS)["b"] == ["<x>", None]
    assert needed([AddColumn(column="b", value=1)], ["b", "a"]) == ("a",)
    assert columns_behind([AddColumn(column="b", value=0.5)], ["b"], ROWS)["b"] == [0.5, 0.5]


def test_rename_swaps_and_refuses_the_old_name() -> None:
    swap = Rename(columns={"a": "b", "b": "a"})
    assert columns_behind([swap], ["a", "b"], ROWS) == {
        "text": ["t", "u"], "a": ["x", None], "b": [1, 2],
    }  # fmt: skip
    said = "^step rename: column 'a' is called 'c' behind it; ask for 'c'$"
    with pytest.raises(CorpusError, match=said):
        needed([Rename(columns={"a": "c"})], ["a"])


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["elsewhere", *sys.path])
    file = tmp_path / "my_steps_for_tests.py"
    file.write_text(
        "def shout(text):\n    return None if text == 'no' else text.upper()\n"
        "def tagged(row):\n    return f\"{row['lang']}: {row['text']}\"\n"
        "def number(text):\n    return len(text)\n"
        "def half(text):\n    return '\\ud800'\n"
        "def fail(text):\n    return text[99]\n"
        "value = 3\n"
        "def leave(text):\n    import sys\n    sys.exit(3)\n"
        "def loud(text):\n    print('heard', text)\n    return text\n"
        "def unheard(text):\n    raise BrokenPipeError\n"
    )
    monkeypatch.delitem(sys.modules, file.stem, raising=False)
    return file


def test_map(mine: Path) -> None:
    out, tally = tried(Map(function=f"{mine.stem}:shout"), {"text": ["a", "no", None, "B"]}, 3)
    assert out["text"] == ["A", None, "B"]
    assert tally.reasons == {"dropped by the function": 1}
    assert (tally.changed, tally.examples) == (1, [("no", None), ("a", "A")])
    step = Map.model_validate({"function": f"{mine.stem}:tagged", "columns": "lang"})
    assert step.needs(frozenset()) == {"lang"}
    assert after(step, ["a", None], {"lang": ["en", "de"]}) == ["en: a", None]


def test_map_is_known_by_its_source_code(mine: Path) -> None:
    step = Map(function=f"{mine.stem}:shout")
    before = step.identity()
    assert step.identity() == before
    mine.write_text(mine.read_text() + "# other\n")
    assert step.identity() != before


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (
            "number",
            "{}:number returns int, not a str or None, on the text 'abc'; mend the function",
        ),
        (
            "half",
            "{}:half returns half of a surrogate pair on the text 'abc'; mend the function",
        ),
        (
            "fail",
            "{}:fail fails with IndexError: string index out of range ({}.py:10) on the text "
            "'abc'; mend the function",
        ),
        ("leave", "{}:leave calls sys.exit ({}.py:14) on the text 'abc'; mend the function"),
        ("shot", "{} has no function 'shot'"),
        ("value", "{} has no function 'value'"),
    ],
)
def test_map_with_mistakes(function: str, said: str, mine: Path) -> None:
    with pytest.raises(CorpusError) as error:
        after(Map(function=f"{mine.stem}:{function}"), ["abc"])
    assert str(error.value) == f"step map: {said.format(mine.stem, mine.stem)}"


def test_what_a_map_prints_is_not_written_to_stdout(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine.write_text("print('imported')\n" + mine.read_text())
    assert after(Map(function=f"{mine.stem}:loud"), ["a", "b"]) == ["a", "b"]
    assert capsys.readouterr() == ("", "imported\nheard a\nheard b\n")


def test_a_closed_pipe_is_no_fault_of_a_map(mine: Path) -> None:
    with pytest.raises(BrokenPipeError):
        after(Map(function=f"{mine.stem}:unheard"), ["a"])


def test_map_without_its_module(mine: Path) -> None:
    said = r"^step map: there is no module 'no_such_thing'; it is searched for in "
    for step in (Map(function="no_such_thing:f"), Map(function="no_such_thing.inner:f")):
        with pytest.raises(CorpusError, match=r"^step map: there is no module 'no_such_thing"):
            after(step, ["a"])
        with pytest.raises(CorpusError, match=r"^step map: there is no module 'no_such_thing"):
            step.identity()
    with pytest.raises(CorpusError, match=said):
        after(Map(function="no_such_thing:f"), ["a"])
    mine.write_text("1 +\n")
    with pytest.raises(
        CorpusError, match=f"^step map: importing {mine.stem} fails with SyntaxError"
    ):
        after(Map(function=f"{mine.stem}:f"), ["a"])
    mine.write_text("import sys\nsys.exit()\n")
    with pytest.raises(CorpusError, match=f"^step map: importing {mine.stem} fails with sys.exit;"):
        after(Map(function=f"{mine.stem}:f"), ["a"])
