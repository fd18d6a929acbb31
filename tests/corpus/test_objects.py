"""Python objects as corpora: all that can be read again, and nothing else."""

import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pyarrow as pa
import pytest
from corpus_files import TEXTS
from hypothesis import given
from hypothesis import strategies as st

import tokbench
from tokbench import corpus
from tokbench.corpus.datasets.given_tables import Digest
from tokbench.corpus.opening import OpenCorpus
from tokbench.errors import CorpusError
from tokbench.workbench import find

NUMBERS = list(range(len(TEXTS)))
COLUMNS = {"text": TEXTS, "n": NUMBERS}


@pytest.fixture(autouse=True)
def own_hub_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")


def texts_of(opened: OpenCorpus, split: str = "all") -> list[str]:
    batches = opened.batches(split)  # type: ignore[arg-type]
    return [text for batch in batches for text in batch.column("text").to_pylist()]


def generate() -> Iterator[str]:
    yield from TEXTS


def generate_rows() -> Iterator[dict[str, str]]:
    yield from ({"text": text} for text in TEXTS)


class Listed:
    """Something that can be iterated over again, and is no list."""

    def __iter__(self) -> Iterator[str]:
        return iter(TEXTS)


def dataset() -> datasets.Dataset:
    return datasets.Dataset.from_dict(COLUMNS)


READABLE: dict[str, Callable[[], Any]] = {
    "list": lambda: TEXTS,
    "tuple": lambda: tuple(TEXTS),
    "object": Listed,
    "generator function": lambda: generate,
    "function of a list": lambda: lambda: TEXTS,
    "lists": lambda: [TEXTS[:3], TEXTS[3:]],
    "rows": lambda: [{"text": text, "n": number} for number, text in enumerate(TEXTS)],
    "columns": lambda: COLUMNS,
    "batches of columns": lambda: [{"text": TEXTS[:2]}, {"text": TEXTS[2:]}],
    "table": lambda: pa.table(COLUMNS),
    "record batch": lambda: pa.record_batch(COLUMNS),
    "tables": lambda: [pa.table(COLUMNS).slice(0, 3), pa.table(COLUMNS).slice(3)],
    "record batches": lambda: [pa.record_batch(COLUMNS)],
    "array": lambda: pa.array(TEXTS),
    "chunked array": lambda: pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
    "frame": lambda: pd.DataFrame(COLUMNS),
    "series": lambda: pd.Series(TEXTS),
    "Dataset": dataset,
    "Dataset with a selection": lambda: datasets.Dataset.from_dict({"text": TEXTS[::-1]}).select(
        NUMBERS[::-1]
    ),
    "IterableDataset": lambda: dataset().to_iterable_dataset(num_shards=2),
    "IterableDataset of a generator": lambda: datasets.IterableDataset.from_generator(
        generate_rows
    ),
    "DatasetDict": lambda: datasets.DatasetDict(
        a=dataset().select(range(2)), b=dataset().select(range(2, len(TEXTS)))
    ),
    "IterableDatasetDict": lambda: datasets.IterableDatasetDict(a=dataset().to_iterable_dataset()),
}


@pytest.mark.parametrize("kind", READABLE)
def test_whatever_can_be_read_again(kind: str) -> None:
    opened = corpus.of(READABLE[kind](), held_out=0)
    assert texts_of(opened) == texts_of(opened) == TEXTS
    assert str(opened.fingerprint()) == str(corpus.of(TEXTS).fingerprint())
    assert opened.size == sum(len(text.encode()) for text in TEXTS)
    assert opened.identity() == corpus.of(READABLE[kind](), held_out=0).identity()


class UsedUp:
    """Says that it can be read again, and cannot."""

    def __init__(self) -> None:
        self._texts = generate()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._texts))


def half_used() -> Callable[[], Iterator[str]]:
    texts = generate()
    return lambda: texts


def first_of(_texts: list[str]) -> Iterator[str]:
    yield "one"


AGAIN = "give a list, a datasets.Dataset, or a function that gives a new iterator at every call"
ONCE = f"given from Python: can be read only once, and a corpus is read again; {AGAIN}"
OTHER = (
    "given from Python: gave other documents than the first time (0 of them); "
    "give something that is the same at every read, as a list or a datasets.Dataset"
)
NOTHING = (
    "which holds no documents; give a function that gives a new iterator of documents at every call"
)
KINDS = (
    "neither a document nor a batch of them; give strings, lists of strings, or tables of columns"
)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (generate, f"generator {ONCE}"),
        (lambda: map(str, NUMBERS), f"map {ONCE}"),
        (lambda: iter(TEXTS), f"list_iterator {ONCE}"),
        (lambda: pa.table(COLUMNS).to_reader(), f"RecordBatchReader {ONCE}"),
        (UsedUp, f"UsedUp {OTHER}"),
        (half_used, f"function {OTHER}"),
        (
            lambda: "one",
            "str given from Python: a string is one document; give a list of documents",
        ),
        (lambda: 5, f"int given from Python: cannot be iterated over; {AGAIN}"),
        (lambda: ["a", 1], f"list given from Python: row 2: gives int, {KINDS}"),
        (lambda: [["a", b"b"]], f"list given from Python: row 1: gives list of bytes, {KINDS}"),
        (
            lambda: [*TEXTS, "a\ud800"],
            f"list given from Python: row {len(TEXTS) + 1}: holds a lone surrogate (character 2); "
            "mend or remove the document",
        ),
        (
            lambda: ["a", None],
            "list given from Python: row 2: field 'text' is null; "
            "fill it in, remove the row, or add the step `drop_empty`",
        ),
        (
            lambda: {"txt": ["a"]},
            "dict given from Python: no field 'text'; did you mean 'txt'? known: txt; "
            "name one with `text:`",
        ),
        (
            lambda: {"text": ["a"], "n": []},
            "dict given from Python: row 1: holds a batch that is no table (Column 1 named n "
            "expected length 1 but got length 0); give {column: [value, ...]}",
        ),
        (
            lambda: pd.DataFrame({"text": [1]}),
            "DataFrame given from Python: field 'text' is int64, not text; "
            "name a text field with `text:`",
        ),
        (
            lambda: pd.DataFrame([["a", "b"]], columns=["text", "text"]),
            "DataFrame given from Python: has several columns called 'text'; "
            "give each a name of its own",
        ),
        (
            lambda: pd.DataFrame({"text": ["a", 3]}),
            "DataFrame given from Python: row 1: holds a batch that is no table (Expected bytes, "
            "got a 'int' object: Conversion failed for column text with type object); "
            "give {column: [value, ...]}",
        ),
        (
            lambda: {"text": "ab"},
            "dict given from Python: 'text' is a string where a column is a list; "
            "give {'text': [text, ...]}, or a list of rows",
        ),
        (lambda: lambda: None, f"function given from Python: returns NoneType, {NOTHING}"),
        (lambda: lambda: "ab", f"function given from Python: returns str, {NOTHING}"),
        (
            lambda: first_of,
            "function given from Python: is called without arguments, and that does not work "
            "(missing a required argument: '_texts'); give a function that takes none",
        ),
    ],
)
def test_what_cannot_be_read(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(CorpusError) as error:
        texts_of(corpus.of(make()))
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"steps": ["dedup"]}, "steps.0: unknown step 'dedup': did you mean 'dedupe'? known: "),
        ({"steps": "dedupe"}, "steps: expected a list, got 'dedupe'"),
        ({"steps": [3]}, "steps.0: expected a name or a dict, got 3"),
        ({"steps": [{"type": "map"}]}, "steps.0.function: must be given"),
        ({"steps": [{"type": "min_chars", "char": 1}]}, "steps.0.char: there is no such option; "),
        ({"steps": ["limit"]}, "steps.0: needs a number of `documents` or of `bytes`, one of both"),
        ({"held_out": 2}, "held_out: must be less than 1, got 2"),
        ({"held_out": "x"}, "held_out: expected a number, got 'x'"),
        ({"name": ""}, "name: must not be empty"),
        ({"messages": "x", "text": "y"}, "`messages` needs a `chat_template`"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CorpusError) as error:
        corpus.of(["a"], **options)
    assert str(error.value).startswith(sentence)


def test_columns_templates_and_steps() -> None:
    rows = {"q": ["a", "b", ""], "a": [1, 2, 3], "text": ["x", None, "z"]}
    assert texts_of(corpus.of(rows, text="{q}={a}")) == ["a=1", "b=2", "=3"]
    assert texts_of(corpus.of(rows, text="q", steps=["drop_empty"])) == ["a", "b"]
    assert texts_of(corpus.of(rows, steps=["drop_empty"])) == ["x", "z"]
    (batch,) = corpus.of(rows, text="q").batches("all", columns=("a",))
    assert batch.column("a").to_pylist() == [1, 2, 3]
    chats = [{"chat": [{"role": "user", "content": "hi"}], "id": "1"}]
    template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert texts_of(corpus.of(chats, messages="chat", chat_template=template)) == ["hi"]


def test_identity() -> None:
    one = corpus.of(COLUMNS).identity()
    others = [
        corpus.of({**COLUMNS, "text": [*TEXTS[:-1], "other"]}),
        corpus.of({**COLUMNS, "n": [*NUMBERS[:-1], 0]}),  # a step may look at it
        corpus.of({"text": TEXTS[::-1], "n": NUMBERS}),
        corpus.of(COLUMNS, text="{n}{text}"),
        corpus.of(COLUMNS, held_out=0.5),
    ]
    assert len({one, *(other.identity() for other in others)}) == 6
    assert corpus.of(pa.table(COLUMNS), name="mine").identity() == one


def test_what_changes_between_two_reads_is_noticed() -> None:
    texts = list(TEXTS)
    opened = corpus.of(texts)
    assert texts_of(opened) == TEXTS
    texts[0] = "other"
    with pytest.raises(CorpusError, match="gave other documents than the first time"):
        texts_of(opened)


@given(st.lists(st.none() | st.text(max_size=5), max_size=20), st.integers(0, 20))
def test_digest_does_not_depend_on_batches(texts: list[str | None], cut: int) -> None:
    whole, parts = Digest(), Digest()
    whole.update(pa.array(texts, pa.string()))
    parts.update(pa.array(["before", *texts[:cut]], pa.large_string())[1:])
    parts.update(pa.array(texts[cut:], pa.large_string()))
    assert str(whole) == str(parts)
    other = Digest()
    other.update(pa.array([*texts, ""], pa.large_string()))
    assert str(other) != str(whole)


def test_large_objects_come_in_bounded_batches() -> None:
    opened = corpus.of({"text": ["x" * 1000] * 20_000, "n": list(range(20_000))}, held_out=0)
    batches = list(opened.batches(columns=("n",)))
    assert max(batch.column("text").nbytes for batch in batches) <= 5 << 20
    assert [n for batch in batches for n in batch.column("n").to_pylist()] == list(range(20_000))
    splits = corpus.of(datasets.DatasetDict(a=dataset(), b=dataset()))
    rows = list(splits.opened[0].source.read(first=1))
    assert {each.piece for each in rows} == {1}
    assert [text for each in rows for text in each.texts.to_pylist()] == TEXTS


def test_in_other_processes() -> None:
    for made in (TEXTS, generate, dataset()):
        copy = pickle.loads(pickle.dumps(corpus.of(made)))
        assert texts_of(copy) == TEXTS
    with pytest.raises(CorpusError, match="cannot be handed to another process"):
        pickle.dumps(corpus.of(lambda: TEXTS))


BODY = """pre_tokenizer: Whitespace
model: BPE
trainer: {vocab_size: 60}
special_tokens: {unk: "<unk>"}
"""


@pytest.mark.usefixtures("in_process")
def test_runs_with_documents_from_python(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    texts = [f"low lower lowest {number}" for number in range(200)]
    recipe = write_recipe(BODY)
    recipe.write_text(recipe.read_text().replace("{type: files, paths: [corpus.txt]}", "given"))
    runs = tmp_path / "runs"
    with pytest.raises(CorpusError) as error:
        tokbench.train(recipe, runs=runs)
    assert str(error.value) == (
        "given: the documents are given from Python only, by tokbench.run(recipe, corpus=...); "
        "name another source or text"
    )
    table = pa.table({"text": texts})
    made = tokbench.run(recipe, corpus=table, runs=runs)
    assert made.measurements["tokens"].value > 0
    manifest = json.loads((made.folder / "run.json").read_text())
    assert manifest["corpus"]["origins"] == [{"given from Python": "Table"}]
    assert manifest["corpus"]["documents"] == sum(
        len(batch) for batch in corpus.of(texts, held_out=0.1).batches("train")
    )
    assert manifest["recipe"]["corpus"]["sources"][0]["type"] == "given"
    again = tokbench.run(recipe, corpus=texts, runs=runs)
    assert (again.signature, again.done_before[:2]) == (made.signature, ("train", "wrap"))
    other = tokbench.train(recipe, corpus=corpus.of(texts, held_out=0.5, name="half"), runs=runs)
    assert other.signature != made.signature
    with pytest.raises(CorpusError, match="half: the documents are given from Python only"):
        find(str(other.folder)).corpus()


def test_given_documents_replace_those_of_the_recipe(write_recipe: Callable[..., Path]) -> None:
    from tokbench.recipe import load
    from tokbench.workbench import Plan

    recipe = load(write_recipe(BODY))
    plan = Plan.of(recipe, given=TEXTS)
    assert texts_of(plan.corpus) == TEXTS  # type: ignore[arg-type]
    assert plan.corpus.held_out == recipe.corpus.held_out
    assert plan.corpus_identity != Plan.of(recipe).corpus_identity
