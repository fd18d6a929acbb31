"""What every step must keep to, whatever it does."""

import json
import pickle
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tokbench.corpus import STEPS, StepSpec
from tokbench.corpus.cleaning.step import Steps, Tally, applied
from tokbench.corpus.rows import Rows
from tokbench.registry import Registry

ONE = TypeAdapter(Steps)
CASES: dict[str, list[dict[str, Any]]] = {
    "add_column": [{"column": "kind", "value": 3}, {"column": "kind", "template": "{lang}/{text}"}],
    "dedupe": [{}, {"exempt": {"lang": ["en", "de"]}}, {"near": {"threshold": 0.5, "ngram": 2}}],
    "drop_empty": [{}],
    "filter": [
        {"column": "stars", "at_least": 2, "at_most": 4},
        {"column": "lang", "one_of": ["en", "ko"]},
        {"column": "stars", "not_null": True},
        {"column": "stars", "equals": 3},
    ],
    "filter_regex": [{"keep": "[a-z]"}, {"drop": r"\s"}],
    "fix_text": [{}],
    "language": [{"keep": "en", "column": "lang"}, {"keep": ["en"], "min_confidence": 0.2}],
    "limit": [{"documents": 3}, {"bytes": 10}],
    "lowercase": [{}],
    "map": [{"function": "textwrap:dedent"}],
    "max_chars": [{"chars": 3, "too_long": how} for how in ("split", "cut", "drop")],
    "min_chars": [{"chars": 3}],
    "normalize_newlines": [{}],
    "normalize_unicode": [{"form": "NFKC"}],
    "rename": [{"columns": {"lang": "language"}}],
    "replace_regex": [{"pattern": "[aeiou]", "replacement": "-"}],
    "sample": [{"documents": 3}, {"bytes": "12"}, {"share": 0.4}],
    "shuffle": [{"seed": 5}],
    "sort": [{"by": "stars"}, {"by": "length", "descending": True}, {"by": "text"}],
    "strip_html": [{}],
    "unescape_html": [{}],
}
SAMPLES = [{"type": name, **options} for name, cases in CASES.items() for options in cases]
REORDERS = {"sort", "shuffle"}
STOPS = {"limit"}
RETELLS = {"fix_text", "lowercase", "map", "max_chars", "normalize_newlines", "normalize_unicode",
           "replace_regex", "strip_html", "unescape_html"}  # fmt: skip

Row = tuple[str | None, str | None, int | None]
pieces = st.sampled_from(
    ["a", "B", " ", "\n", "\r\n", "é", "한", "👩‍👩‍👧", "&amp;", "<p>", "word", "Σ", "\0"]
)
texts = st.lists(pieces, max_size=6).map("".join) | st.text(max_size=8)
rows = st.tuples(
    st.none() | texts,
    st.sampled_from(["en", "ko", "de", None]),
    st.none() | st.integers(0, 5),
)
corpora = st.lists(rows, max_size=12).flatmap(
    lambda found: st.tuples(
        st.just(found), st.lists(st.integers(0, len(found)), max_size=4).map(sorted)
    )
)


def step_of(options: dict[str, Any]) -> StepSpec:
    (step,) = ONE.validate_python([options])
    return step


def run(step: StepSpec, found: Sequence[Row], cuts: Sequence[int] = ()) -> tuple[list[Any], Tally]:
    whole = pa.RecordBatch.from_arrays(
        [
            pa.array([text for text, _, _ in found], pa.large_string()),
            pa.array(range(len(found)), pa.int64()),
            pa.array([lang for _, lang, _ in found], pa.large_string()),
            pa.array([stars for _, _, stars in found], pa.int64()),
        ],
        names=["text", "number", "lang", "stars"],
    )
    bounds = [0, *cuts, len(found)]
    batches = [whole[a:b] for a, b in pairwise(bounds)]
    stream = (Rows(batch, number) for number, batch in enumerate(batches, 1))
    tally = Tally(step.type)
    out = []
    for each in applied(stream, [step], [tally]):
        each.batch.validate(full=True)
        assert each.texts.type == pa.large_string()
        out += each.batch.to_pylist()
    return out, tally


def test_every_step_is_tried() -> None:
    assert set(CASES) == set(STEPS.names())


@pytest.mark.parametrize("options", SAMPLES, ids=str)
@settings(max_examples=25)
@given(corpora)
def test_contract(options: dict[str, Any], corpus: tuple[list[Row], list[int]]) -> None:
    found, cuts = corpus
    step = step_of(options)
    out, tally = run(step, found, cuts)

    assert out == run(step, found)[0], "where batches end does not matter"
    assert (out, tally) == run(step, found, cuts), "a second read gives the same"

    assert tally.documents_in - tally.dropped + tally.added == tally.documents_out == len(out)
    assert tally.bytes_out == sum(len((row["text"] or "").encode()) for row in out)
    if step.type not in STOPS:
        assert tally.documents_in == len(found)
        assert tally.bytes_in == sum(len((text or "").encode()) for text, _, _ in found)
    shown = tally.changed + tally.dropped - tally.reasons.get("null", 0)
    assert step.type in STOPS or len(tally.examples) == min(3, shown)

    numbers = [row["number"] for row in out]
    assert step.type in REORDERS or numbers == sorted(numbers)
    changed = 0
    for row in out:
        text, lang, stars = found[row["number"]]
        assert row["stars"] == stars
        assert row.get("language", row.get("lang")) == lang
        assert (row["text"] is None) == (text is None)
        if step.type not in RETELLS:
            assert row["text"] == text
        changed += row["text"] != text
    assert options.get("too_long") == "split" or tally.changed == changed
    if step.type not in STOPS | {"drop_empty"}:
        nulls = {number for number, (text, _, _) in enumerate(found) if text is None}
        assert nulls <= set(numbers), "rows without a text pass"


@pytest.mark.parametrize("options", SAMPLES, ids=str)
def test_travels(options: dict[str, Any]) -> None:
    step = step_of(options)
    other = pickle.loads(pickle.dumps(step))
    assert other == step
    assert json.dumps(other.identity()) == json.dumps(step.identity())
    assert step.needs(frozenset({"number"})) >= {"number"}


def test_identities_differ() -> None:
    told = [json.dumps(step_of(options).identity()) for options in SAMPLES]
    assert len(set(told)) == len(told)


def test_steps_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    class Found:
        name = "shout"

        def load(self) -> type[StepSpec]:
            return STEPS["lowercase"]

    groups = []
    monkeypatch.setattr(
        "tokbench.registry.entry_points", lambda *, group: groups.append(group) or [Found()]
    )
    steps: Registry[type[StepSpec]] = Registry("step", STEPS._package)
    steps._members = dict(STEPS._members)
    assert steps["shout"] is STEPS["lowercase"]
    assert groups == ["tokbench.corpus.steps"]
