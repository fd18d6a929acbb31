"""Text in any encoding is read as the same documents; what is not in it is named."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from corpus_files import CODECS, Documents, as_parquet, in_zip, written
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tokbench.corpus import OpenCorpus
from tokbench.corpus.formats import transcoding
from tokbench.corpus.formats.transcoding import Transcoded
from tokbench.corpus.sources.files import FilesSpec
from tokbench.errors import CorpusError

Open = Callable[..., OpenCorpus]
WORDS = {
    "shift_jis": "吾輩は猫である。名前はまだ無い。",
    "euc_kr": "안녕하세요, 세계",
    "cp1252": "naïve café: “déjà vu” – 5 €",
    "koi8_r": "Все счастливые семьи",
    "utf-16": "both 한국어 and 😀",
    "utf-16-be": "both 한국어 and 😀",
    "utf-32": "both 한국어 and 😀",
    "utf-8-sig": "both 한국어 and 😀",
    "iso2022_jp": "吾輩は猫である。",
    "gb18030": "中文 and 😀",
    "utf-7": "a + b = 한",
}


def says(message: str) -> pytest.RaisesExc[CorpusError]:
    return pytest.raises(CorpusError, match=f"^{re.escape(message)}$".replace(r"\.\.\.", ".+"))


@pytest.mark.parametrize("encoding", WORDS)
def test_every_format(encoding: str, tmp_path: Path, documents: Documents) -> None:
    texts = [WORDS[encoding], "plain", WORDS[encoding] * 2]
    rows = [{"text": text} for text in texts]
    made = {
        "a.txt": "\n".join(texts),
        "a.csv": "text\n" + "".join(f'"{text}"\n' for text in texts),
        "a.tsv": "text\r\n" + "".join(f"{text}\r\n" for text in texts),
        "a.json": json.dumps(rows, ensure_ascii=False),
        "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
    }
    if "“" in WORDS[encoding]:
        assert made["a.txt"].encode(encoding).find(b"\x93") >= 0
    for name, text in made.items():
        data = text.encode(encoding)
        (tmp_path / name).write_bytes(data)
        assert documents(name, encoding=encoding) == texts
        (tmp_path / f"{name}.gz").write_bytes(CODECS[".gz"](data))
        assert documents(f"{name}.gz", encoding=encoding) == texts
        (tmp_path / f"{name}.zip").write_bytes(in_zip(data, name))
        assert documents(f"{name}.zip", encoding=encoding) == texts


@given(
    st.sampled_from(list(WORDS)), st.lists(st.integers(0, 99)), st.integers(1, 9),
    st.integers(1, 40),
)  # fmt: skip
def test_any_blocks(encoding: str, picks: list[int], block: int, size: int) -> None:
    text = "".join((WORDS[encoding] + "\n")[pick % (len(WORDS[encoding]) + 1)] for pick in picks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcoding, "_BLOCK", block)
        stream = Transcoded(io.BytesIO(text.encode(encoding)), encoding, "a.txt")
        parts = list(iter(lambda: stream.read(size), b""))
    assert b"".join(parts) == text.encode()
    assert all(len(part) == size for part in parts[:-1])


@pytest.mark.parametrize("block", [1, 3, 1 << 18])
@pytest.mark.parametrize(
    ("encoding", "data", "where"),
    [
        ("shift_jis", b"one\n\x82\xa0\n\xff\xffx", "row 3: byte 8"),
        ("euc_kr", b"one\n\xb0", "row 2: byte 5"),
        ("cp1252", b"one\ntwo\x81\n", "row 2: byte 8"),
        ("utf-16", b"\xfe\xff\0a\0\n\xd8\0\0b", "row 2: byte 7"),
        ("utf-16", b"\xff\xfea\0\n\0b", "row 2: byte 7"),
        ("utf-8-sig", b"\xef\xbb\xbfa\n\n\xff", "row 3: byte 7"),
        ("ascii", b"a\r\n\xc3", "row 2: byte 4"),
    ],
)
def test_a_wrong_byte_is_named(
    encoding: str,
    data: bytes,
    where: str,
    block: int,
    tmp_path: Path,
    documents: Documents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transcoding, "_BLOCK", block)
    (tmp_path / "a.txt").write_bytes(data)
    said = "say with `encoding:` how the file is written"
    with says(f"a.txt: {where} is not {encoding} (...); {said}"):
        documents("a.txt", encoding=encoding)


def test_half_of_a_pair(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\n" + "\ud800".encode("utf-7", "surrogatepass") + b"\n")
    with says("a.txt: row 2: character '\\ud800' is not utf-7 (half of a pair); ..."):
        documents("a.txt", encoding="utf-7")


@pytest.mark.parametrize("name", ["base64", "rot13", "zlib", "hex", "punycode", "idna",
                                  "undefined", "nonsense", "utf_9", ""])  # fmt: skip
def test_what_is_no_encoding(name: str) -> None:
    with pytest.raises(ValidationError):
        FilesSpec(paths="a.txt", encoding=name)


def test_names_of_utf8_change_nothing(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "a.txt").write_text("한국어")
    assert opened("a.txt", encoding="UTF8").identity() == opened("a.txt").identity()
    assert opened("a.txt", encoding="cp949").identity() != opened("a.txt").identity()


def test_columnar_files_have_none(tmp_path: Path, opened: Open, documents: Documents) -> None:
    (tmp_path / "a.parquet").write_bytes(written(["a"])["a.parquet"])
    with says("a.parquet: option 'encoding' does nothing for parquet; it is for txt, csv, ..."):
        opened("a.parquet", encoding="cp1252")
    (tmp_path / "b.parquet").write_bytes(as_parquet(pa.table({"text": ["é"]})))
    (tmp_path / "a.txt").write_bytes("é".encode("cp1252"))
    assert documents("a.txt", "b.parquet", encoding="cp1252") == ["é", "é"]


UTF16 = [
    ("utf-16", "utf-16"), ("utf-16-be", "utf-16"), ("utf-32", "utf-32"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.json", "a.jsonl"])
@pytest.mark.parametrize(("written_in", "said"), UTF16)
def test_the_encoding_that_a_file_begins_with_is_told(
    written_in: str, said: str, name: str, tmp_path: Path, documents: Documents
) -> None:
    mark = "\ufeff" if written_in == "utf-16-be" else ""
    (tmp_path / name).write_bytes((mark + '{"text": "a"}\n').encode(written_in))
    with says(f"{name}: is {said.upper()}, not UTF-8; say so with `encoding: {said}`"):
        documents(name)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.xml", "a.tar"])
def test_packed_data_under_a_plain_name(
    codec: str, name: str, tmp_path: Path, documents: Documents
) -> None:
    (tmp_path / name).write_bytes(CODECS[codec](b"text\none\n"))
    with says(f"{name}: is ..., whatever its name says; rename it, so that it ends in {codec}"):
        documents(name)


def test_packed_twice(tmp_path: Path, documents: Documents) -> None:
    twice = CODECS[".gz"](CODECS[".bz2"](b"text"))
    (tmp_path / "a.txt.gz").write_bytes(twice)
    with says("a.txt.gz: is bzip2 once more, in the other; unpack it once"):
        documents("a.txt.gz")


def test_text_that_begins_as_the_name_of_a_codec(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.txt").write_text("BZh9 is how bzip2 begins")
    assert documents("a.txt") == ["BZh9 is how bzip2 begins"]


def test_text_in_no_encoding_that_is_told(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.txt").write_bytes("café".encode("latin-1"))
    advice = "convert the file to UTF-8, or name its encoding with `encoding:`"
    with says(f"a.txt: row 1: is not valid UTF-8 (byte 4); {advice}"):
        documents("a.txt")
