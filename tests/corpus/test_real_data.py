"""Real files of many languages and formats: as many rows as their README says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tokbench import corpus

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}")

ROWS = [
    ("text/ar_tashkeela_val.txt", "", 2500),
    ("text/de_eltec_novels.parquet", "text", 7),
    ("text/en_alice.txt", "", 3330),
    ("text/en_novels_1.txt.xz", "", 313_117),
    ("text/en_novels_2.txt.zst", "", 282_262),
    ("text/en_novels_3.jsonl.gz", "text", 22),
    ("text/en_tfdocs.jsonl.zst", "text", 445),
    ("text/fi_libreoffice_help.txt.xz", "", 16_409),
    ("text/hi_libreoffice_help.jsonl.zst", "text", 1059),
    ("text/ja_aozora.txt.gz", "", 20_998),
    ("text/ja_tfdocs.jsonl.gz", "text", 587),
    ("text/ko_movie_reviews.txt.zst", "", 178_519),
    ("text/ko_tfdocs.jsonl.zst", "text", 576),
    ("text/multi_opensource_guide.jsonl.gz", "text", 350),
    ("text/ru_dostoevsky.txt.xz", "", 13_151),
    ("text/sw_bible_nt.txt.gz", "", 7853),
    ("text/th_thaigov_202101.jsonl.zst", "text", 525),
    ("text/tr_libreoffice_help.jsonl.gz", "text", 2010),
    ("text/zh_tfdocs.parquet", "text", 574),
    ("classify/afrisenti_swa_*.tsv", "tweet", 453 + 748 + 1810),
    ("classify/banking77_*.csv", "text", 3080 + 10_003),
    ("classify/movie_polarity_*.csv", "text", 1000 + 8662 + 1000),
    ("classify/nsmc_*.tsv", "document", 5000 + 20_000 + 2000),
    ("classify/subjectivity_*.jsonl.gz", "sentence", 2000 + 8000),
    ("classify/wisesight_th_*.parquet", "texts", 2671 + 21_628 + 2404),
    ("pairs/klue_nli_dev.json", "premise", 3000),
    ("pairs/klue_sts_dev.json", "sentence1", None),
    ("pairs/snli_*.jsonl.gz", "premise", None),
]


@pytest.fixture
def rows() -> Callable[[str, str], int]:
    def count(path: str, field: str) -> int:
        source = {"type": "files", "paths": path, **({"text": field} if field else {})}
        spec = corpus.CorpusSpec.model_validate({"sources": [source]})
        return sum(len(batch) for batch in corpus.open(spec, DATA).batches("all"))

    return count


@pytest.mark.parametrize(("path", "field", "expected"), ROWS, ids=[path for path, _, _ in ROWS])
def test_rows(path: str, field: str, expected: int | None, rows: Callable[[str, str], int]) -> None:
    found = rows(path, field)
    assert found == expected if expected is not None else found > 500


@pytest.fixture
def table() -> Callable[..., pa.Table]:
    def read(columns: list[str], **source: Any) -> pa.Table:
        spec = corpus.CorpusSpec.model_validate({"sources": [{"type": "files", **source}]})
        batches = corpus.open(spec, DATA).batches("all", columns=columns)
        return pa.Table.from_batches(batches).drop_columns("source")

    return read


def test_nested_labels(table: Callable[..., pa.Table]) -> None:
    columns = ["labels.label", "labels.binary-label", "sentence2"]
    found = table(columns, paths="pairs/klue_sts_dev.json", text="sentence1")
    assert found.column_names == ["text", *sorted(columns)]
    scores = [float(score) for score in found["labels.label"].to_pylist()]
    assert 0 <= min(scores) < max(scores) <= 5
    assert set(found["labels.binary-label"].to_pylist()) == {"0", "1"}


def test_pairs_through_a_template(table: Callable[..., pa.Table]) -> None:
    pair = "{sentence1}\n{sentence2} {labels.label}"
    found = table(["sentence1", "sentence2", "labels.label"], paths="pairs/klue_sts_dev.json",
                  text=pair)  # fmt: skip
    rows = found.to_pylist()
    assert [row["text"] for row in rows] == [
        f"{row['sentence1']}\n{row['sentence2']} {row['labels.label']}" for row in rows
    ]


def test_columns_of_a_table_without_quotes(table: Callable[..., pa.Table]) -> None:
    found = table(["label", "id"], paths="classify/nsmc_*.tsv", text="document")
    assert len(found) == 27_000
    assert set(found["label"].to_pylist()) == {"0", "1"}
    assert all(value.isdecimal() for value in found["id"].to_pylist())


def test_columns_of_windows_lines(table: Callable[..., pa.Table]) -> None:
    found = table(["category"], paths="classify/banking77_train.csv")
    assert len(set(found["category"].to_pylist())) == 77


def test_pickled_pairs(table: Callable[..., pa.Table]) -> None:
    pytest.importorskip("pandas")
    paths = "pairs/ko_question_pair_*.pkl"
    found = table(["question2", "is_duplicate"], paths=paths, text="question1", trust_pickle=True)
    assert len(found) > 5000
    assert found.schema.field("question2").type == pa.large_string()
    assert set(map(str, found["is_duplicate"].to_pylist())) == {"0", "1"}


def test_articles_of_a_declaration(table: Callable[..., pa.Table]) -> None:
    text = "{segments.1}\n{segments.30}"
    found = table(["script", "bcp47"], paths="parallel/udhr.jsonl.xz", text=text)
    assert len(found) == 521
    assert len(set(found["script"].to_pylist())) == 40
