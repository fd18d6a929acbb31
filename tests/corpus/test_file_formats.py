"""Every format in every compression, against readers that share nothing with ours."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from corpus_files import CODECS, TEXTS, Documents, as_arrow, as_csv, as_parquet, in_zip, written
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tokbench.corpus import OpenCorpus
from tokbench.corpus.formats import delimited, json_lines, json_rows
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Unpacked
from tokbench.errors import CorpusError

STREAMED = ["a.txt", "a.tsv", "a.csv", "a.json", "a.jsonl"]


def streamed() -> dict[str, bytes]:
    files = written(TEXTS)
    lines = [text for text in TEXTS if "\n" not in text and "\t" not in text]
    files["a.txt"] = "\n".join(lines).encode() + b"\n"
    rows = [f"{number}\t{line}\r\n" for number, line in enumerate(lines)]
    files["a.tsv"] = "".join(["id\ttext\r\n", *rows]).encode()
    return files


def expected(name: str) -> list[str]:
    lines = [text for text in TEXTS if "\n" not in text and "\t" not in text]
    return lines if name.split(".")[1] in ("txt", "tsv") else TEXTS


@pytest.mark.parametrize("name", [*STREAMED, "a.parquet", "a.arrow", "a.feather"])
def test_format(name: str, tmp_path: Path, documents: Documents) -> None:
    (tmp_path / name).write_bytes(streamed()[name])
    assert documents(name) == expected(name)


@pytest.mark.parametrize("codec", [*CODECS, ".zip"])
@pytest.mark.parametrize("name", STREAMED)
def test_compressed(name: str, codec: str, tmp_path: Path, documents: Documents) -> None:
    data = streamed()[name]
    packed = in_zip(data, name) if codec == ".zip" else CODECS[codec](data)
    (tmp_path / f"{name}{codec}").write_bytes(packed)
    assert documents(f"{name}{codec}") == expected(name)


@pytest.mark.parametrize("codec", CODECS)
def test_file_of_several_members(codec: str, tmp_path: Path, documents: Documents) -> None:
    pack = CODECS[codec]
    (tmp_path / f"a.txt{codec}").write_bytes(pack(b"one\ntw") + pack(b"") + pack(b"o\nthree"))
    assert documents(f"a.txt{codec}") == ["one", "two", "three"]


@pytest.mark.parametrize("codec", [".gz", ".xz"])
def test_zeros_after_a_member_are_padding(codec: str, tmp_path: Path, documents: Documents) -> None:
    pack = CODECS[codec]
    (tmp_path / f"a.txt{codec}").write_bytes(pack(b"one\n") + bytes(8) + pack(b"two\n") + bytes(4))
    assert documents(f"a.txt{codec}") == ["one", "two"]


@pytest.mark.parametrize("codec", CODECS)
def test_file_cut_short(codec: str, tmp_path: Path, documents: Documents) -> None:
    whole = CODECS[codec](b"".join(b"line %d\n" % number for number in range(500)))
    for length in {0, 1, 2, 3, 5, 7, 11, len(whole) // 2, *range(len(whole) - 24, len(whole))}:
        (tmp_path / f"a.txt{codec}").write_bytes(whole[:length])
        with pytest.raises(CorpusError, match=rf"^a\.txt\{codec}: is "):
            documents(f"a.txt{codec}")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", STREAMED)
def test_cut_short_inside_every_parser(
    name: str, codec: str, tmp_path: Path, documents: Documents
) -> None:
    data = streamed()[name]
    for length in range(1, 10, 4):
        (tmp_path / f"{name}{codec}").write_bytes(CODECS[codec](data)[:-length])
        with pytest.raises(CorpusError, match=rf"^{name}\{codec}: is cut short: "):
            documents(f"{name}{codec}")


@pytest.mark.parametrize("codec", CODECS)
def test_second_member_cut_short_or_damaged(
    codec: str, tmp_path: Path, documents: Documents
) -> None:
    member = CODECS[codec](b"some lines\n" * 50)
    for second in (member[:-1], member[: len(member) // 2], b"XX" + member[2:], b"garbage"):
        (tmp_path / f"a.txt{codec}").write_bytes(member + second)
        with pytest.raises(CorpusError, match=rf"^a\.txt\{codec}: is (cut short|damaged)"):
            documents(f"a.txt{codec}")


def test_a_bomb_is_unpacked_block_by_block(
    tmp_path: Path, opened: Callable[..., OpenCorpus]
) -> None:
    (tmp_path / "a.txt.gz").write_bytes(CODECS[".gz"]((b"x" * 99 + b"\n") * 500_000))
    batches = opened("a.txt.gz").batches("all")
    assert next(batches).nbytes < 5 << 20


def test_zip_members_by_name_each_by_its_extension(tmp_path: Path, documents: Documents) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b/2.jsonl", '{"text": "three"}\n')
        archive.mkdir("c.txt")
        archive.writestr("b/1.txt.gz", CODECS[".gz"](b"one\ntwo"))
        archive.writestr("__MACOSX/b/._1.txt", b"\xff")
        archive.writestr("d.csv", "text\nfour\n")
    assert documents("a.zip") == ["one", "two", "three", "four"]


def test_format_given_beats_the_name(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.log.gz").write_bytes(CODECS[".gz"](b"one\ntwo"))
    assert documents("a.log.gz", format="txt") == ["one", "two"]


CELLS = st.text(st.sampled_from('ab",\n\r é\t'), max_size=6)


class Kept(Unpacked):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), lambda: 0)


QUOTINGS = [("\r\n", csv.QUOTE_MINIMAL), ("\n", csv.QUOTE_ALL)]


@settings(max_examples=50)
@example([('aa"é\r\n', "")], 1, QUOTINGS[0])  # a block that ends between \r and \n
@given(st.lists(st.tuples(CELLS, CELLS)), st.integers(1, 64), st.sampled_from(QUOTINGS))
def test_csv_as_the_csv_module(
    rows: list[tuple[str, str]], size: int, how: tuple[str, int]
) -> None:
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator=how[0], quoting=how[1]).writerows([("text", "b"), *rows])
    data = sink.getvalue()
    expected = [row[0] for row in csv.reader(io.StringIO(data, newline="")) if row][1:]
    dialect = delimited.Dialect(",", '"')
    batches = delimited.read(lambda: Kept(data.encode()), "a.csv", Wanted(), dialect, size)
    assert [text for batch, _ in batches for text in batch["text"].to_pylist()] == expected


def test_field_longer_than_a_block(tmp_path: Path, documents: Documents) -> None:
    texts = ["short", "a\n" * 3_000_000, "end"]
    (tmp_path / "a.csv").write_bytes(as_csv(texts))
    assert documents("a.csv") == texts


def test_quotes_in_tsv_are_text_unless_said(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.tsv").write_bytes(b'id\ttext\n1\t"so\n2\t"yes"\n')
    assert documents("a.tsv") == ['"so', '"yes"']
    (tmp_path / "b.tsv").write_bytes(b"id\ttext\n1\t'a\nb'\n")
    assert documents("b.tsv", quote="'") == ["a\nb"]
    (tmp_path / "c.csv").write_bytes(b'text\n"so\n')
    assert documents("c.csv", quote=None) == ['"so']


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
ROWS = st.lists(
    st.builds(lambda text, rest: {**rest, "text": text},
              st.text(max_size=8), st.dictionaries(st.text(max_size=4), JSON)),
    max_size=8,
)  # fmt: skip


@settings(max_examples=40)
@given(ROWS, st.integers(1, 80), st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n \n"]))
def test_json_lines_as_the_json_module(
    rows: list[dict[str, object]],
    size: int,
    ascii_only: bool,
    end: str,
) -> None:
    data = "".join(json.dumps(row, ensure_ascii=ascii_only) + end for row in rows)
    batches = json_lines.read(io.BytesIO(data.encode()), "a.jsonl", Wanted(), size=size)
    assert [text for batch in batches for text in batch["text"].to_pylist()] == [
        r["text"] for r in rows
    ]


@settings(max_examples=40)
@given(ROWS, st.integers(1, 80), st.sampled_from([None, 2]), st.booleans())
def test_json_list_as_the_json_module(
    rows: list[dict[str, object]],
    size: int,
    indent: int | None,
    deep: bool,
) -> None:
    value = {"version": [1, {"rows": []}], "data": {"x": [], "rows": rows}, "z": 1}
    data = json.dumps(value if deep else rows, indent=indent, ensure_ascii=deep).encode()
    records = "data.rows" if deep else None
    batches = json_rows.read(io.BytesIO(data), "a.json", Wanted(), records, size)
    assert [text for batch in batches for text in batch["text"].to_pylist()] == [
        r["text"] for r in rows
    ]


NESTED = [{"data": {"text": "a", "n": 1}}, {"data": {"text": "b"}, "more": [1]}]


def test_nested_fields(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, NESTED)))
    (tmp_path / "a.json").write_text(json.dumps(NESTED))
    table = pa.Table.from_pylist(NESTED)
    (tmp_path / "a.parquet").write_bytes(as_parquet(table))
    (tmp_path / "a.arrow").write_bytes(as_arrow(table, "file"))
    assert documents("a.*", text="data.text") == ["a", "b"] * 4


def test_literal_key_with_a_dot_wins(tmp_path: Path, documents: Documents) -> None:
    row = {"data.text": "literal", "data": {"text": "nested"}}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    (tmp_path / "a.json").write_text(json.dumps([row]))
    table = pa.Table.from_pylist([row])
    (tmp_path / "a.parquet").write_bytes(as_parquet(table))
    (tmp_path / "a.arrow").write_bytes(as_arrow(table, "stream"))
    assert documents("a.*", text="data.text") == ["literal"] * 4


def test_json_file_with_an_object_a_line(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"text": "a"}\n{"text": "b"}\n')
    assert documents("a.json") == ["a", "b"]


def test_what_arrow_takes_otherwise_is_read_by_python(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        b'{"text": "twice", "text": "last wins"}\n{"x": "\\ud800", "text": "beside"}\n'
        b'{"text": "not ours", "x": "\xff"}\n'
    )
    assert documents("a.jsonl") == ["last wins", "beside", "not ours"]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_every_kind_of_arrow_string(
    kind: pa.DataType, tmp_path: Path, documents: Documents
) -> None:
    table = pa.table({"text": pa.array(["a", "b", "a"]).cast(kind)})
    (tmp_path / "a.arrow").write_bytes(as_arrow(table, "stream"))
    assert documents("a.arrow") == ["a", "b", "a"]
    if not pa.types.is_string_view(kind):
        (tmp_path / "a.parquet").write_bytes(as_parquet(table))
        assert documents("a.parquet") == ["a", "b", "a"]


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.parquet", "a.arrow", "a.txt"])
def test_no_rows_give_nothing(name: str, tmp_path: Path, documents: Documents) -> None:
    (tmp_path / name).write_bytes(b"" if name == "a.txt" else written([])[name])
    assert documents(name) == []
