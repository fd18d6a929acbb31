"""Parallel text and gold segmentations from the files that people have."""

import gzip

import pyarrow as pa
import pytest
from pyarrow import parquet

from tokbench.errors import CorpusError
from tokbench.workbench import gold_segmentations, parallel_text


def test_a_column_a_language(tmp_path):
    path = tmp_path / "text.tsv"
    path.write_text('sent_id\tko\ten\nn01\t"하나 ""둘"""\tone\nn02\t\ttwo\nn03\t셋\tthree\n')
    languages, reference = parallel_text([str(path)])
    assert languages == {"ko": ['하나 "둘"', "셋"], "en": ["one", "three"]}
    assert reference == "en"
    assert parallel_text([str(path)], "ko")[1] == "ko"
    with pytest.raises(CorpusError, match="has no language 'de'; it has ko, en"):
        parallel_text([str(path)], "de")


def test_parquet_and_columns_that_are_no_language(tmp_path):
    path = tmp_path / "text.parquet"
    parquet.write_table(pa.table({"kjv_index": [1, 2], "de": ["a", "b"], "vi": ["c", "d"]}), path)
    languages, reference = parallel_text([str(path)])
    assert (list(languages), reference) == (["de", "vi"], "de")


def test_a_file_a_language(tmp_path):
    for name, text in (("en", "one\ntwo\n"), ("ko", "하나\n둘\n"), ("de", "eins\n")):
        (tmp_path / f"{name}.txt").write_text(text)
    files = [str(tmp_path / f"{name}.txt") for name in ("ko", "en")]
    assert parallel_text(files) == ({"ko": ["하나", "둘"], "en": ["one", "two"]}, "en")
    with pytest.raises(CorpusError, match=r"have not the same lines \(ko 2, de 1\)"):
        parallel_text([files[0], str(tmp_path / "de.txt")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,number\n1,2\n", "has no column named by a language"),
        ("en,ko\na,b\nc\n", "row 3 has 1 columns where the first has 2"),
        ("en,ko\na,\n", "has no line that has text in every language"),
    ],
)
def test_what_is_no_parallel_text(tmp_path, text, said):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(CorpusError, match=said):
        parallel_text([str(tmp_path / "x.csv")])


def test_gold_segmentations(tmp_path):
    (tmp_path / "m.tsv").write_text('word\tsegments\n"quoted\t"quot ed\ncats\tcat s\n')
    assert gold_segmentations(str(tmp_path / "m.tsv")).words == ('"quoted', "cats")
    with gzip.open(tmp_path / "m.tsv.gz", "wt") as file:
        file.write("taping\ttape @@ing\t110\n")
    assert gold_segmentations(str(tmp_path / "m.tsv.gz")).aligned == 1
    (tmp_path / "e.tsv").write_text("\n")
    with pytest.raises(CorpusError, match="holds no words with their morphemes"):
        gold_segmentations(str(tmp_path / "e.tsv"))
    with pytest.raises(CorpusError, match="cannot be read"):
        gold_segmentations(str(tmp_path / "nowhere.tsv"))
