"""Lists of words as texts, tables whose first row is no header, rows that do not fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from corpus_files import as_arrow, as_parquet
from pydantic import ValidationError

from tokbench import corpus
from tokbench.corpus import CorpusSpec, Ledger, OpenCorpus
from tokbench.errors import CorpusError

Opened = Callable[..., OpenCorpus]
WORDS = [["EU", "rejects"], ["ein", "Wort", "é"], []]
TEXTS = ["EU rejects", "ein Wort é", ""]


def rows(opened: OpenCorpus, *columns: str, ledger: Ledger | None = None) -> list[tuple[Any, ...]]:
    found = [row for batch in opened.batches("all", columns=columns, ledger=ledger)
             for row in batch.to_pylist()]  # fmt: skip
    return [tuple(row[name] for name in ("text", *columns)) for row in found]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.arrow", "a.csv"])
def test_words_are_the_text(name: str, tmp_path: Path, opened: Opened) -> None:
    said = [{"data": {"tokens": words}, "id": number} for number, words in enumerate(WORDS)]
    table = pa.table({"data": [{"tokens": one} for one in WORDS], "id": [0, 1, 2]})
    quoted = [json.dumps(one, ensure_ascii=False).replace('"', '""') for one in WORDS]
    data = {
        "a.jsonl": "\n".join(map(json.dumps, said)).encode(),
        "a.json": json.dumps(said).encode(),
        "a.parquet": as_parquet(table),
        "a.arrow": as_arrow(table, "file"),
        "a.csv": "id,tokens\n{}".format(
            "".join(f'{n},"{q}"\n' for n, q in enumerate(quoted))
        ).encode(),
    }
    (tmp_path / name).write_bytes(data[name])
    column = "tokens" if name == "a.csv" else "data.tokens"
    found = rows(opened(name, words=column), column, "id")
    assert [row[0] for row in found] == TEXTS
    listed = [json.loads(row[1]) if isinstance(row[1], str) else row[1] for row in found]
    assert listed == WORDS
    assert [row[0] for row in rows(opened(name, words=column, joined_by=""))][1] == "einWorté"


def test_large_lists_and_dictionaries(tmp_path: Path, opened: Opened) -> None:
    kind = pa.large_list(pa.dictionary(pa.int32(), pa.string()))
    table = pa.table({"words": pa.array([["a", "b", "a"]], pa.list_(pa.string())).cast(kind)})
    (tmp_path / "a.parquet").write_bytes(as_parquet(table))
    assert rows(opened("a.parquet", words="words")) == [("a b a",)]


@pytest.mark.parametrize(("value", "said"), [
    ("a b", "a.jsonl: row 2: field 'w' is no list of words; write [\"one\", \"two\"], or name"),
    (["a", 1], "row 2: field 'w' is no list of words"),
    ({"a": "b"}, "row 2: field 'w' is no list of words"),
    (None, "row 2: field 'w' is null; fill it in"),
    ("\ud800", "row 2: field 'w' holds a lone surrogate"),
    (json.dumps(["a", "\ud800"]), "a.jsonl: row 2: field 'w' holds a lone surrogate; mend or"),
])  # fmt: skip
def test_no_words(value: Any, said: str, tmp_path: Path, opened: Opened) -> None:
    first = '["a"]' if isinstance(value, str) else ["a"]
    lines = [json.dumps({"w": first}), json.dumps({"w": value})]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    with pytest.raises(CorpusError) as caught:
        rows(opened("a.jsonl", words="w"))
    assert said in str(caught.value)


def test_a_column_that_is_not_there(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.csv").write_text("tokens\n[]\n")
    with pytest.raises(CorpusError, match=r"did you mean 'tokens'.*name one with `words:`"):
        rows(opened("a.csv", words="token"))


def test_one_text_only() -> None:
    for other in ({"text": "a"}, {"messages": "a", "chat_template": "b"}):
        source = {"type": "files", "paths": "a.csv", "words": "w", **other}
        with pytest.raises(ValidationError, match="exclude each other"):
            CorpusSpec.model_validate({"sources": [source]})


def test_identities_are_as_before(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.csv").write_text("text\nb\n")
    plain = opened("a.csv").opened[0].identity()
    assert not {"words", "joined_by", "column_names", "wrong_rows"} & set(plain)
    assert opened("a.csv", column_names=["text"]).identity() != opened("a.csv").identity()
    given = corpus.of(["a"]).opened[0].source_identity()
    assert not {"words", "joined_by"} & set(given)


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.tsv", "\t")])
def test_no_header(name: str, mark: str, tmp_path: Path, opened: Opened) -> None:
    text = f"gj04{mark}1{mark}{mark}One.\r\ngj04{mark}0{mark}*{mark}Two .\r\n"
    (tmp_path / name).write_bytes(text.encode("utf-8-sig"))
    names = ["source", "label", "star", "text"]
    opened_ = opened(
        name, column_names=names, steps=[{"type": "filter", "column": "star"} | {"not_null": True}]
    )
    assert rows(opened_, "label") == [("One.", "1"), ("Two .", "0")]
    with pytest.raises(CorpusError, match=rf"{name}: no field 'txt'; did you mean 'text'"):
        rows(opened(name, column_names=names, text="txt"))


def test_wrong_number_of_fields(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.tsv").write_text("one\t1\ntwo\nthree\t3\nfour\t4\t4\n")
    names = ["text", "n"]
    with pytest.raises(CorpusError, match=r"a\.tsv: row 2: has 1 field where 2 are named"):
        rows(opened("a.tsv", column_names=names))
    ledger = Ledger()
    found = rows(opened("a.tsv", column_names=names, wrong_rows="drop"), "n", ledger=ledger)
    assert found == [("one", "1"), ("three", "3")]
    assert ledger.sources[0].read.notes == [
        "left out of a.tsv: 2 rows with too many or too few fields"
    ]


def test_a_name_given_twice() -> None:
    source = {"type": "files", "paths": "a.csv", "column_names": ["a", "_", "_", "a"]}
    with pytest.raises(ValidationError, match="'a' is named twice"):
        CorpusSpec.model_validate({"sources": [source]})
