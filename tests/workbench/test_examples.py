"""From sources of any kind to examples: what a label is, which split it lies in, what is told."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokbench.errors import TokbenchError
from tokbench.recipe.tasks import TaskSpec
from tokbench.values import TaskData
from tokbench.workbench.examples import _parted, examples
from tokbench.workbench.labelling import Example

Read = Callable[..., TaskData]
Rows = list[dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes splits as files and reads the task over them; options are those of the task."""

    def call(
        train: Rows, test: Rows | float = 0.2, valid: Rows | float = 0.2, *, kind: str = "jsonl",
        task: str = "classification", source: dict[str, Any] | None = None, **options: Any,
    ) -> TaskData:  # fmt: skip
        said: dict[str, Any] = {"name": "t", "kind": task, **options}
        for split, rows in {"train": train, "test": test, "valid": valid}.items():
            if isinstance(rows, list):
                path = tmp_path / f"{split}.{kind}"
                if kind == "parquet":
                    pq.write_table(pa.Table.from_pylist(rows), path)
                else:
                    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
                said[split] = {"type": "files", "paths": path.name, **(source or {})}
            else:
                said[split] = rows
        return examples(TaskSpec.model_validate(said), tmp_path)

    return call


def rows(*labels: Any, **more: Any) -> Rows:
    return [{"text": f"text {n}", "label": one, **more} for n, one in enumerate(labels)]


def classes(data: TaskData, split: str = "train") -> list[str]:
    return [data.labels[one] for one in getattr(data, split)["label"].to_pylist()]


BOTH = pytest.mark.parametrize("kind", ["jsonl", "parquet"])


@BOTH
@pytest.mark.parametrize(("found", "labels", "names", "expected"), [
    (["b", "a", "b"], (), ("a", "b"), ["b", "a", "b"]),
    ([10, 9, 10], (), ("9", "10"), ["10", "9", "10"]),
    ([-1, 1, 0], (), ("-1", "0", "1"), ["-1", "1", "0"]),
    ([True, False], (), ("false", "true"), ["true", "false"]),
    ([True, False], ("no", "yes"), ("no", "yes"), ["yes", "no"]),
    ([0, 1, 0], ("same", "different"), ("same", "different"), ["same", "different", "same"]),
    (["0", "1"], ("no", "yes"), ("no", "yes"), ["no", "yes"]),
    ([0.0, 1.0], ("no", "yes"), ("no", "yes"), ["no", "yes"]),
    (["1", "0"], ("1", "0"), ("1", "0"), ["1", "0"]),  # names come before numbers
    (["neg", "pos"], ("pos", "neg", "neu"), ("pos", "neg", "neu"), ["neg", "pos"]),
    (["O", "B-PER", "no"], (), ("O", "B-PER", "no"), ["O", "B-PER", "no"]),
])  # fmt: skip
def test_classes(
    kind: str, found: list[Any], labels: Any, names: Any, expected: list[str], read: Read
) -> None:
    data = read(rows(*found), rows(*found), rows(*found), kind=kind, labels=labels)
    assert data.labels == names
    assert classes(data) == classes(data, "test") == expected
    assert data.metrics == ("accuracy", "macro_f1")
    assert data.train.schema.names == ["text", "label"]
    assert data.train.schema.field("label").type == pa.int64()
    assert data.train.schema.field("text").type == pa.large_string()


@BOTH
def test_what_is_lacking_is_left_out_and_told(kind: str, read: Read) -> None:
    train = [
        {"text": "a", "label": "x", "pair": "b"}, {"text": None, "label": "x", "pair": "b"},
        {"text": " ", "label": "x", "pair": "b"}, {"text": "a", "label": None, "pair": "b"},
        {"text": "a", "label": "", "pair": "b"}, {"text": "a", "label": "y", "pair": None},
        {"text": "c", "label": "y", "pair": " "}, {"text": "d", "label": "y", "pair": "e"},
    ]  # fmt: skip
    other = [{"text": "q", "label": "x", "pair": "r"}]
    data = read(train, other, other, kind=kind, pair="pair")
    assert data.train.to_pylist() == [
        {"text": "a", "pair": "b", "label": 0}, {"text": "d", "pair": "e", "label": 1},
    ]  # fmt: skip
    assert data.notes == (
        "train: 6 of 8 rows were left out: 2 without a label, 2 without a second sentence, "
        "2 without a text.",
    )
    assert data.pair


@BOTH
def test_hidden_labels(kind: str, read: Read) -> None:
    names = {"labels": ["no", "yes"], "kind": kind}
    data = read(rows(0, 1, -1), rows(1, -1), rows(0), **names)
    assert (len(data.train), len(data.test)) == (2, 1)
    assert data.notes[0] == (
        "train: 1 of 3 examples were left out: the label -1, which stands for none."
    )
    with pytest.raises(TokbenchError, match="the test split has no examples"):
        read(rows(0, 1), rows(-1, -1), rows(0), **names)


@BOTH
def test_numbers(kind: str, read: Read) -> None:
    found = [{"text": "a", "label": {"score": one, "n": 1}} for one in (4.9, 0.0, 3.0)]
    data = read(found, found, found, kind=kind, task="regression", label="label.score")
    assert data.train["label"].to_pylist() == [4.9, 0.0, 3.0]
    assert data.train.schema.field("label").type == pa.float64()
    assert (data.labels, data.metrics) == ((), ("pearson", "spearman"))


TAGS = ["O", "B-PER", "I-PER"]


@BOTH
def test_words(kind: str, read: Read) -> None:
    found = [
        {"tokens": ["In", "Oslo", "é"], "ner_tags": [0, 1, 2]},
        {"tokens": [], "ner_tags": []},
        {"tokens": ["x"], "ner_tags": [0]},
    ]
    data = read(
        found, found, found, kind=kind, task="tokens", words="tokens", label="ner_tags", labels=TAGS
    )
    assert data.train.to_pylist() == [
        {"words": ["In", "Oslo", "é"], "label": [0, 1, 2]}, {"words": ["x"], "label": [0]},
    ]  # fmt: skip
    assert data.unit == "words"
    assert data.metrics == ("span_f1", "span_f1_strict")
    assert "1 of 3 rows was left out" in data.notes[0]
    named = [
        {"tokens": one["tokens"], "ner_tags": [TAGS[tag] for tag in one["ner_tags"]]}
        for one in found
    ]
    same = read(
        named, named, named, kind=kind, task="tokens", words="tokens", label="ner_tags", labels=TAGS
    )
    assert same.fingerprint == data.fingerprint


@BOTH
def test_characters(kind: str, read: Read) -> None:
    spread = [{"words": ["서", " ", "ab"], "label": ["B-LC", "O", "B-PS"]}]
    data = read(spread, spread, spread, kind=kind, task="tokens", words="words", unit="characters")
    assert data.unit == "characters"
    assert data.labels == ("O", "B-LC", "B-PS", "I-PS")
    assert data.train.to_pylist() == [{"text": "서 ab", "label": [1, 0, 2, 3]}]
    listed = [{"text": "서 ab", "label": ["B-LC", "O", "B-PS", "I-PS"]}]
    same = read(listed, listed, listed, kind=kind, task="tokens")
    assert same.train.to_pylist() == data.train.to_pylist()


@BOTH
@pytest.mark.parametrize("labels", [(), ("LC", "PS"), ("O", "B-LC", "I-LC", "B-PS", "I-PS")])
def test_spans(kind: str, labels: Any, read: Read) -> None:
    spans = [{"start": 3, "end": 5, "label": "PS"}, {"start": 0, "end": 1, "label": "LC"},
             {"start": 1, "end": 3, "label": "LC"}]  # fmt: skip
    found = [{"text": "서 😀ab", "label": spans}, {"text": "ab", "label": []}]
    data = read(found, found, found, kind=kind, task="tokens", labels=labels)
    assert data.labels == ("O", "B-LC", "I-LC", "B-PS", "I-PS")
    assert data.train["label"].to_pylist() == [[1, 1, 2, 3, 4], [0, 0]]
    numbered = [{"text": "ab", "label": [{"start": 0, "end": 1, "label": 1}]}] * 2
    if labels == ("LC", "PS"):
        data = read(numbered, numbered, numbered, kind=kind, task="tokens", labels=labels)
        assert data.train["label"].to_pylist()[0] == [3, 0]


def span(text: str, *spans: tuple[int, int]) -> Rows:
    found = [{"start": start, "end": end, "label": "X"} for start, end in spans]
    return [{"text": text, "label": found}]


WRONG: dict[str, tuple[Rows, dict[str, Any], str]] = {
    "no such class": (rows("a", "b", "aa"), {"labels": ["a", "b"]},
        "train.jsonl: example 3, 'text 2': label 'aa' is none that the task names; did you mean"),
    "some names": (rows(0, 1), {"labels": ["1", "2"]}, "label '0' is none that the task names"),
    "no such number": (rows(0, 1, 2), {"labels": ["a", "b"]},
        ": label 2 is the number of no class; 2 are named: 0 to 1"),
    "no number": (rows(1.5, "x"), {"task": "regression"},
        ': label "x" is no number; mend the row, or say `kind: classification`'),
    "not finite": (rows(1.5, "nan"), {"task": "regression"}, ': label "nan" is no number'),
    "fractions": (rows(1, 0.5), {}, ": label 0.5 is a number with a fraction, not a class"),
    "each its own": (rows(*(f"id-{n}" for n in range(30))), {}, "is this example's alone"),
    "one class": (rows("a", "a", "a"), {},
        "t: all training examples have the label 'a', so there is nothing to learn"),
    "one number": (rows(2.5, 2.5), {"task": "regression"},
        "t: all training examples have the label 2.5, so there is nothing to learn"),
    "too many digits": (rows("1", "9" * 400), {"task": "regression"}, "is no number"),
    "half a sign": ([{"w": '["a"]', "label": '["\\ud83d"]'}], {"task": "tokens", "words": "w"},
        ": label 'label' holds a lone surrogate; mend or remove the row"),
    "one tag": ([{"w": ["a", "b"], "label": ["O", "O"]}], {"task": "tokens", "words": "w"},
        "t: all words of the training examples have the label 'O', so there is nothing to learn"),
    "one label of characters": ([{"text": "ab", "label": ["O", "O"]}], {"task": "tokens"},
        "t: all characters of the training examples have the label 'O', so there is nothing"),
    "no spans": ([{"text": "ab", "label": []}], {"task": "tokens"},
        "t: no training example has a span, so there is nothing to learn"),
    "a list": (rows(["a"], ["b"]), {},
        ": label 'label' is [\"a\"], not one label; say `kind: tokens`"),
    "f1 of three": (rows("a", "b", "c"), {"metric": "f1"}, "score 'f1' needs two classes"),
    "no list": ([{"text": "ab", "label": "O"}], {"task": "tokens"},
        ": label 'label' is \"O\", where a list is expected"),
    "another length": ([{"w": ["a", "b"], "label": ["O"]}], {"task": "tokens", "words": "w"},
        ": has 2 words and 1 label; each needs one"),
    "null in a list": ([{"w": ["a", "b"], "label": ["O", None]}], {"task": "tokens", "words": "w"},
        ": label 2 is null, not the label of a word"),
    "a span outside": (span("ab", (0, 3)), {"task": "tokens"},
        ": span 0 to 3 is not in the text, which has 2 characters"),
    "an empty span": (span("ab", (1, 1)), {"task": "tokens"},
        ": span 1 to 1 is not in the text"),
    "overlapping": (span("abc", (0, 2), (1, 3)), {"task": "tokens"},
        ": two spans overlap at character 1"),
    "no span": ([{"text": "ab", "label": [{"begin": 0, "label": "X"}]}], {"task": "tokens"},
        ': span {"begin": 0, "label": "X"} is none; write {start: 0'),
    "no such column": (rows("a"), {"label": "klass"}, "no field 'klass'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_labels(case: str, read: Read) -> None:
    found, options, said = WRONG[case]
    with pytest.raises(TokbenchError) as caught:
        read(found, found, found, **options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [
    date(2020, 1, 2), datetime(2020, 1, 2, 3, tzinfo=UTC), time(3, 4), timedelta(seconds=5),
])  # fmt: skip
def test_times_are_no_numbers(value: object, read: Read) -> None:
    found = rows(value, value)
    with pytest.raises(TokbenchError, match="is no number; mend the row"):
        read(found, found, found, kind="parquet", task="regression")


def test_a_kind_of_span_stands_beside_no_span(read: Read) -> None:
    assert read(*[span("ab", (0, 1))] * 3, task="tokens").labels == ("O", "B-X", "I-X")


def test_learning_rates_cannot_be_chosen_by_one_number(read: Read) -> None:
    data = read(rows(1, 2), rows(1, 1), rows(3, 3), task="regression")
    assert data.notes[0].startswith("valid has one number throughout")


def test_a_sign_in_two_halves_is_whole(read: Read) -> None:
    found = [{"w": '["a", "b"]', "label": json.dumps(["O", "😀"])}]
    assert read(found, found, found, task="tokens", words="w").labels == ("O", "😀")


def test_labels_that_training_lacks(read: Read) -> None:
    data = read(rows("a", "b"), rows("c", "c", "d", "a"), rows("a"))
    assert data.labels == ("a", "b", "c", "d")
    assert data.notes[0] == (
        "test has labels that no training example has, so that no model can learn them: "
        "'c' (2), 'd' (1)."
    )


def test_leaks_are_counted(read: Read) -> None:
    train = [{"text": "a", "pair": "b", "label": 0}, {"text": "c", "pair": "d", "label": 1}]
    test = [{"text": "a", "pair": "b", "label": 1}, {"text": "a", "pair": "d", "label": 1}]
    data = read(train, test, test, pair="pair")
    assert data.notes == (
        "1 example of test (50.0%) is in train too, text by text.",
        "1 more example of test (50.0%) has a sentence in common with train, in another pair.",
    )
    others = [{"text": "b", "pair": "x", "label": 0}, {"text": "y", "pair": "z", "label": 1}]
    assert read(train, others, test, pair="pair").notes == (
        "1 example of test (50.0%) has a sentence in common with train, in another pair.",
    )


def test_shares_and_counts(read: Read) -> None:
    found = rows(*([0, 1] * 300))
    data = read(found, 100, 0.25)
    assert (len(data.test), len(data.train) + len(data.valid)) == (100, 500)
    assert 115 < len(data.valid) < 185
    assert data.notes == (
        "test is 100 of the 600 examples of train, by hash (100 asked for).",
        f"valid is {len(data.valid)} of the 600 examples of train, by hash (0.25 asked for).",
    )
    again = read(list(reversed(found)), 100, 0.25)
    assert set(again.test["text"].to_pylist()) == set(data.test["text"].to_pylist())
    assert set(again.valid["text"].to_pylist()) == set(data.valid["text"].to_pylist())
    assert again.fingerprint != data.fingerprint
    assert read(found, 100, 0.25).fingerprint == data.fingerprint
    with pytest.raises(TokbenchError, match=r"t: test \(600\) and valid \(0\) take all of the 600"):
        read(found, 600, 0.1)
    with pytest.raises(TokbenchError, match=r"t: test \(600\) takes all of the 600 training"):
        read(found, 600, rows(0))
    with pytest.raises(TokbenchError, match=r"the test split has no examples; 0\.0001 of the"):
        read(rows(0, 1), 0.0001, 0.5)


def test_a_limit_leaves_the_other_splits_as_they_are(read: Read) -> None:
    found = rows(*([0, 1] * 300))
    whole, part, more = (read(found, 100, 50, limit=limit) for limit in (None, 40, 200))
    assert (len(part.train), len(more.train), len(whole.train)) == (40, 200, 450)
    assert part.test.equals(whole.test)
    assert part.valid.equals(whole.valid)
    some, others, every = (set(one.train["text"].to_pylist()) for one in (part, more, whole))
    assert some < others < every
    assert part.notes[-1] == "train is 40 of its 450 examples, by hash (limit 40)."
    assert len({one.fingerprint for one in (whole, part, more)}) == 3
    beyond = read(found, 100, 50, limit=1000)
    assert (beyond.fingerprint, beyond.notes) == (whole.fingerprint, whole.notes)


def test_an_empty_source(read: Read) -> None:
    with pytest.raises(
        TokbenchError, match="the valid split has no examples; look at its source, its"
    ):
        read(rows("a", "b"), rows("a"), [{"text": " ", "label": "a"}])


SAID = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["", "x"])), max_size=30)


@given(
    SAID, st.one_of(st.integers(1, 40), st.floats(0.01, 0.99)), st.sampled_from(["test", "valid"])
)
def test_examples_of_one_first_sentence_are_on_one_side(
    said: list[tuple[str, str]], part: float, split: str
) -> None:
    given_ = [Example(text, pair, (), "a", "s", n) for n, (text, pair) in enumerate(said)]
    taken, rest = _parted(given_, split, part, len(given_))
    assert sorted(taken + rest, key=lambda row: row.row) == given_
    assert not {row.text for row in taken} & {row.text for row in rest}
    if isinstance(part, int):
        assert len(taken) >= min(part, len(given_))


def test_fingerprints_tell_examples_apart(read: Read) -> None:
    base = rows("a", "b")
    prints = {
        read(base, base, base).fingerprint,
        read(rows("b", "a"), base, base).fingerprint,
        read(base, rows("b", "a"), base).fingerprint,
        read(base, base, base, labels=["b", "a"]).fingerprint,
        read(base, base, base, metric="mcc").fingerprint,
        read([{"text": "text 0text", "label": "a"}, {"text": " 1", "label": "b"}], base,
             base).fingerprint,
        read(base, base, base, label="label", pair="text").fingerprint,
    }  # fmt: skip
    assert len(prints) == 7
    assert read(base, base, base, description="Other words.").fingerprint in prints


def test_steps_of_sources(read: Read) -> None:
    found = [{"text": f"T {n}", "label": n % 2, "lang": "en" if n < 4 else "de"} for n in range(8)]
    steps = [{"type": "filter", "column": "lang", "equals": "en"}, "lowercase"]
    data = read(found, found, found, source={"steps": steps})
    assert data.train.to_pylist() == [{"text": f"t {n}", "label": n % 2} for n in range(4)]


def test_steps_that_change_labelled_text(read: Read) -> None:
    lower = {"source": {"steps": ["lowercase"]}, "task": "tokens"}
    spans = span("İAb", (0, 1)) * 2
    with pytest.raises(
        TokbenchError, match="its steps change the text of 2 examples, whose labels"
    ):
        read(spans, spans, spans, **lower)
    words = [{"words": ["A", "b"], "label": ["O", "X"]}]
    data = read(words, words, words, words="words", **lower)
    assert data.train["words"].to_pylist() == [["A", "b"]]
    assert "the words that have labels stay as they are" in data.notes[0]


def test_a_task_made_in_python_is_looked_at(tmp_path: Path) -> None:
    spec = TaskSpec(name="t", train="python_docs", words="w")
    with pytest.raises(TokbenchError, match="t: words: says what has a label where `kind` is tok"):
        examples(spec, tmp_path)


def test_csv_and_a_template(tmp_path: Path) -> None:
    rows_ = b'q,title,y\r\nwhy,T,1\r\nhow,U,0\r\n"a, b",V,1\r\nd,W,0\r\ne,X,1\r\nf,Y,0\r\n'
    (tmp_path / "a.csv").write_bytes(rows_)
    spec = TaskSpec.model_validate({
        "name": "t", "label": "y", "labels": ["no", "yes"], "test": 1, "valid": 1,
        "train": {"type": "files", "paths": "a.csv", "text": "{title}: {q}"},
    })  # fmt: skip
    data = examples(spec, tmp_path)
    found = {row["text"]: row["label"] for table in (data.train, data.valid, data.test)
             for row in table.to_pylist()}  # fmt: skip
    assert found == {"T: why": 1, "U: how": 0, "V: a, b": 1, "W: d": 0, "X: e": 1, "Y: f": 0}
