"""Real files of many languages and formats: as many rows as their README says."""

from collections.abc import Callable
from pathlib import Path

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
