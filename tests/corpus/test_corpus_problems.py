"""Each mistake gets one sentence: where, what, and what instead."""

import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from corpus_files import CODECS, Documents, as_arrow, as_parquet, in_zip, written
from pydantic import ValidationError

from tokbench import corpus
from tokbench.corpus import OpenCorpus
from tokbench.corpus.formats import delimited
from tokbench.corpus.problems import RECODE
from tokbench.errors import CorpusError

Open = Callable[..., OpenCorpus]

ROWS = "csv, tsv, json, jsonl, parquet, arrow, xml, pickle, conll, conllu"


def says(message: str) -> pytest.RaisesExc[CorpusError]:
    """Expect a `CorpusError` of this whole sentence; `...` stands for anything."""
    return pytest.raises(CorpusError, match=f"^{re.escape(message)}$".replace(r"\.\.\.", ".+"))


def test_missing_file(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "data").mkdir()
    with says(f"data/x.txt: no such file; {str(tmp_path / 'data')!r} is empty"):
        opened("data/x.txt")
    (tmp_path / "data" / "novel.txt").touch()
    with says("data/novle.txt: no such file; did you mean 'novel.txt'? known: novel.txt"):
        opened("data/novle.txt")
    with says("dta/novel.txt: no such file; nor the folder ...; check the path"):
        opened("dta/novel.txt")


def test_glob_without_match(tmp_path: Path, opened: Open) -> None:
    with says(f"*.txt: matches no file; it was looked for in {tmp_path}"):
        opened("*.txt")
    (tmp_path / "folder").mkdir()
    with says(
        f"f*: matches folders only; name one, or the files in them; it was looked for in {tmp_path}"
    ):
        opened("f*")


def test_folder(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "data").mkdir()
    with says("data: holds no file; one of .txt, ... is looked for"):
        opened("data")
    for name in "abcd":
        (tmp_path / "data" / f"{name}.pdf").touch()
    named = "only a.pdf, b.pdf, c.pdf and 1 more"
    with says(f"data: holds no file of a known kind, {named}; name files with a glob, ..."):
        opened("data")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.pdf", "unknown extension '.pdf'"),
        ("a", "no extension"),
        ("a.gz", "unknown extension '.gz'"),
    ],
)
def test_unknown_extension(name: str, said: str, tmp_path: Path, opened: Open) -> None:
    (tmp_path / name).touch()
    choices = f"txt, {ROWS}"
    with says(f"{name}: {said}; say what it is with `format:`, one of {choices}"):
        opened(name)


@pytest.mark.parametrize(
    ("name", "option", "value", "formats", "fits"),
    [
        ("a.parquet", "sample_by", "line|paragraph", "parquet", "txt"),
        (
            "a.txt",
            "text",
            "body",
            "txt",
            ROWS,
        ),
        ("a.jsonl", "quote", "'", "jsonl", "csv, tsv"),
        ("a.csv", "records", "data", "csv", "json, xml"),
    ],
)
def test_option_that_does_not_fit(
    name: str, option: str, value: str, formats: str, fits: str, tmp_path: Path, opened: Open
) -> None:
    (tmp_path / name).touch()
    what = f"option {option!r} does nothing for {formats}; it is for {fits}: leave it out"
    with says(f"{name}: {what}"):
        opened(name, **{option: value.rsplit("|", maxsplit=1)[-1]})


def test_not_a_regular_file(tmp_path: Path, opened: Open) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with says("a.txt: is no regular file; a corpus is read more than once: save it"):
        opened("a.txt")


def test_file_that_may_not_be_read(
    tmp_path: Path, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").touch()

    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with says("a.txt: cannot be read: Permission denied; check the path and its permissions"):
        documents("a.txt")


def test_file_that_went_away(tmp_path: Path, opened: Open) -> None:
    for name, data in written(["a"]).items():
        (tmp_path / name).write_bytes(data)
        found = opened(name)
        (tmp_path / name).unlink()
        with says(f"{name}: cannot be read: No such file or directory; ..."):
            list(found.batches())


@pytest.mark.parametrize(
    ("codec", "name"), [(".gz", "gzip"), (".bz2", "bzip2"), (".xz", "xz"), (".zst", "Zstandard")]
)
def test_not_what_the_extension_says(
    codec: str, name: str, tmp_path: Path, documents: Documents
) -> None:
    shown = f"a.txt{codec}"
    (tmp_path / shown).write_bytes(b"plain text\n")
    with says(
        f"{shown}: is not {name}, whatever its name says; give it the extension of what it is"
    ):
        documents(shown)
    (tmp_path / shown).write_bytes(b"")
    with says(f"{shown}: is cut short: no {name} data; copy it again"):
        documents(shown)
    (tmp_path / shown).write_bytes(CODECS[codec](b"text\n" * 1000)[:-4])
    with says(f"{shown}: is cut short: the {name} data ends too early; copy it again"):
        documents(shown)


def test_zip(tmp_path: Path, documents: Documents) -> None:
    whole = in_zip(b"text\n" * 1000, "a.txt")
    (tmp_path / "a.zip").write_bytes(whole[:-30])
    with says("a.zip: is not a whole zip (File is not a zip file); make or copy it again"):
        documents("a.zip")
    (tmp_path / "a.zip").write_bytes(whole.replace(whole[40:44], b"\xff\xff\xff\xff"))
    with says("a.zip/a.txt: is damaged (...); copy it again"):
        documents("a.zip")
    (tmp_path / "a.zip").write_bytes(in_zip(whole, "b.zip"))
    held = "holds no file of a known kind, but archives (b.zip)"
    with says(f"a.zip: {held}; unpack the outer one"):
        documents("a.zip")
    (tmp_path / "a.zip").write_bytes(in_zip(b"text", "b"))
    known = "holds no file of a known kind, only b; say what they are with `format:`"
    with says(f"a.zip: {known}"):
        documents("a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.mkdir("empty")
    with says("a.zip: is an archive without a file in it; leave it out"):
        documents("a.zip")
    encrypted = bytearray(whole)
    encrypted[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(encrypted)
    with says("a.zip/a.txt: is encrypted; unpack the zip and name the files"):
        documents("a.zip")


ROW = {"id": 1, "body": "b", "data": {"texts": "c", "none": None}}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.arrow"])
def test_no_such_field(name: str, tmp_path: Path, documents: Documents) -> None:
    row = {**ROW, "data": {"texts": "c"}}
    table = pa.Table.from_pylist([row])
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    (tmp_path / "a.json").write_text(json.dumps([row]))
    (tmp_path / "a.parquet").write_bytes(as_parquet(table))
    (tmp_path / "a.arrow").write_bytes(as_arrow(table, "file"))
    place = f"{name}: row 1" if "json" in name else name
    more = ", or the list of rows with `records:`" if name == "a.json" else ""
    known = f"known: id, body, data.texts; name one with `text:`{more}"
    with says(f"{place}: no field 'bdy'; did you mean 'body'? {known}"):
        documents(name, text="bdy")
    with says(f"{place}: no field 'data.text'; did you mean 'data.texts'? {known}"):
        documents(name, text="data.text")


def test_no_such_column(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.csv").write_text("id,Text,label\n1,a,0\n")
    with says("a.csv: no field 'text'; did you mean 'Text'? known: id, Text, label; ..."):
        documents("a.csv")
    (tmp_path / "a.csv").write_text("text,text\n1,a\n")
    with says("a.csv: has 2 columns 'text'; rename all but one"):
        documents("a.csv")
    (tmp_path / "a.csv").write_text("")
    with says("a.csv: is empty; the first row of a table names its columns"):
        documents("a.csv")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("null", "field 'text' is null; fill it in, remove the row, or add the step `drop_empty`"),
        ("5", "field 'text' is a number, not text; name a text field with `text:`"),
        ("true", "field 'text' is a boolean, not text; name a text field with `text:`"),
        ('["a"]', "field 'text' is a list, not text; name a text field with `text:`"),
        ('{"a": 1}', "field 'text' is an object, not text; name a text field with `text:`"),
        (
            r'"ab\ud800"',
            "field 'text' holds a lone surrogate (character 3); mend or remove the row",
        ),
        (r'"\udc00\ud83d\ude00"', "field 'text' holds a lone surrogate (character 1); ..."),
    ],
)
def test_value_that_is_not_text(
    value: str, what: str, tmp_path: Path, documents: Documents
) -> None:
    rows = ['{"text": "one"}', '{"text": "two"}', f'{{"text": {value}}}', '{"text": "four"}']
    (tmp_path / "a.jsonl").write_text("\n\n" + "\n".join(rows))
    with says(f"a.jsonl: row 5: {what}"):
        documents("a.jsonl")
    (tmp_path / "a.json").write_text(f"[{','.join(rows)}]")
    with says(f"a.json: row 3: {what}"):
        documents("a.json")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ('["a"]', 'is a list, not an object; write {"text": ...}'),
        ('"a"', 'is a string, not an object; write {"text": ...}'),
        ("null", 'is null, not an object; write {"text": ...}'),
    ],
)
def test_row_that_is_no_object(row: str, what: str, tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n' + row)
    with says(f"a.jsonl: row 2: {what}"):
        documents("a.jsonl")
    (tmp_path / "a.json").write_text(f'[{{"text": "one"}}, {row}]')
    with says(f"a.json: row 2: {what}"):
        documents("a.json")


def test_broken_json_lines(tmp_path: Path, documents: Documents) -> None:
    for broken, detail in [
        ('{"text": "a"', "Expecting ',' delimiter at character 13"),
        ('{"text": "a"} {"text": "b"}', "Extra data at character 15"),
        ("[" * 100_000, "nested too deeply"),
    ]:
        (tmp_path / "a.jsonl").write_text('{"text": "one"}\n' + broken)
        with says(f"a.jsonl: row 2: is not a JSON object on one line ({detail}); mend the row"):
            documents("a.jsonl")
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "one"}\n{"text": "\xff"}')
    with says("a.jsonl: row 2: field 'text' is not valid UTF-8 (byte 11); convert the file ..."):
        documents("a.jsonl")


def test_broken_json(tmp_path: Path, documents: Documents) -> None:
    end = "; mend the file, or write one object a line (.jsonl)"
    ended = " but the file ends here"
    for text, what in [
        (
            '[{"text": "a"}, {"text": "b"',
            f"row 2: is not JSON: Expecting ',' delimiter{ended}{end}",
        ),
        ('[{"text": "a"}', f"row 2: is not JSON: `,` or `]` is expected{ended}{end}"),
        ('[{"text": "a"}, ', f"row 2: is not JSON: a value is expected{ended}{end}"),
        ('[{"text": "a"} {"text": "b"}]', f"row 2: is not JSON: `,` or `]` is expected{end}"),
        ('[{"text": "a"}] 1', f"is not JSON: something follows the list{end}"),
        ('[{"text": tru}]', f"row 1: is not JSON: Expecting value{end}"),
        ("5", f"row 1: is not JSON: a list of objects is expected{end}"),
        ("", f"row 1: is not JSON: a list of objects is expected{ended}{end}"),
        (
            "{\n}",
            "row 1: is not a JSON object on one line (...); mend the row, or the list of rows ...",
        ),
    ]:
        (tmp_path / "a.json").write_text(text)
        with says(f"a.json: {what}"):
            documents("a.json")
    (tmp_path / "a.json").write_bytes(b'[{"text": "one"}, {"text": "\xff"}]')
    with says(f"a.json: row 2: is not valid UTF-8; {RECODE}"):
        documents("a.json")


def test_no_list_at_records(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.json").write_text('{"data": {"rows": [], "n": 1}, "other": 2}')
    with says(
        "a.json: no list of rows at 'data.row'; did you mean 'data.rows'? "
        "known: data, data.rows, data.n, other"
    ):
        documents("a.json", records="data.row")
    (tmp_path / "a.json").write_text('[{"text": "a"}]')
    with says("a.json: is not an object with a list at 'data'; leave `records:` out"):
        documents("a.json", records="data")


def test_row_of_another_width(tmp_path: Path, documents: Documents) -> None:
    mend = "mend the row, or the quoting, which is"
    (tmp_path / "a.csv").write_text('text,b\n"x\n\ny",1\n\nonly\n')
    with says(f'a.csv: row 6: has 1 field where 2 are named; {mend} `quote: "` here'):
        documents("a.csv")
    (tmp_path / "a.tsv").write_text("text\tb\nx\t1\nx\t1\t2\n")
    with says(f"a.tsv: row 3: has 3 fields where 2 are named; {mend} no quoting here"):
        documents("a.tsv")


def test_row_number_beyond_the_first_block(tmp_path: Path, documents: Documents) -> None:
    rows = "some text of a row,1\n" * 150_000
    (tmp_path / "a.csv").write_text(f"text,b\n{rows}x\n")
    with says("a.csv: row 150002: has 1 field where 2 are named; ..."):
        documents("a.csv")
    (tmp_path / "a.csv").write_bytes(f"text,b\n{rows}".encode() + b"\xff,1\n")
    with says(f"a.csv: row 150002: field 'text' is not valid UTF-8; {RECODE}"):
        documents("a.csv")


def test_quote_that_is_never_closed(
    tmp_path: Path, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    mend = "close its quote, or say `quote: null` if nothing is quoted"
    (tmp_path / "a.csv").write_text('id,text\n1,a\n2,"so\n3,b\n4,c\n')
    with says(f"a.csv: row 3: begins a quoted field that does not end; {mend}"):
        documents("a.csv")
    (tmp_path / "a.csv").write_text('id,text\n1,5" disk\n2,"all is well"\n')
    assert documents("a.csv") == ['5" disk', "all is well"]
    monkeypatch.setattr(delimited, "LARGEST_BLOCK", delimited.BLOCK)
    (tmp_path / "a.csv").write_text('id,text\n1,"' + "some text of a row,1\n" * 500_000)
    with says(f"a.csv: a quoted field does not end within 1 GB; {mend}"):
        documents("a.csv")


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_column_that_is_not_text(name: str, tmp_path: Path, documents: Documents) -> None:
    write = as_parquet if name == "a.parquet" else lambda table: as_arrow(table, "stream")
    for values, kind in [([1], "int64"), ([["a"]], "list<...>"), ([b"a"], "binary")]:
        (tmp_path / name).write_bytes(write(pa.table({"text": values})))
        with says(f"{name}: field 'text' is {kind}, not text; name a text field with `text:`"):
            documents(name)
    (tmp_path / name).write_bytes(write(pa.table({"text": ["a", "b", None]})))
    with says(f"{name}: row 3: field 'text' is null; ..."):
        documents(name)
    (tmp_path / name).write_bytes(write(pa.table({"text": pa.nulls(1)})))
    with says(f"{name}: row 1: field 'text' is null; ..."):
        documents(name)
    bad = pa.array([b"ok", b"x\xed\xa0\x80"]).view(pa.string())
    (tmp_path / name).write_bytes(write(pa.table({"text": bad})))
    with says(
        f"{name}: row 2: field 'text' is not valid UTF-8 (byte 2); convert the file to UTF-8"
    ):
        documents(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.parquet", "Parquet file"), ("a.arrow", "Arrow file or stream"),
     ("a.feather", "Arrow file or stream")],
)  # fmt: skip
def test_columnar_file_cut_short(
    name: str, kind: str, tmp_path: Path, documents: Documents
) -> None:
    whole = written([f"text {number}" for number in range(100)])[name]
    for length in [0, 1, 7, len(whole) // 2, *range(len(whole) - 20, len(whole))]:
        (tmp_path / name).write_bytes(whole[:length])
        with pytest.raises(CorpusError, match=rf"^{name}: is (not a whole {kind} \(|cut short)"):
            documents(name)


def test_arrow_stream_without_its_end(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.arrow").write_bytes(written(["a"])["a.feather"][:-8])
    with says("a.arrow: is cut short: the Arrow stream has no end mark; save it again"):
        documents("a.arrow")


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.feather"])
def test_damage_leaks_no_other_error(name: str, tmp_path: Path, documents: Documents) -> None:
    whole = written([f"text {number}" for number in range(20)])[name]
    refused = 0
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        (tmp_path / name).write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        try:
            documents(name)
        except CorpusError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    "source",
    [
        "files", "nothing", {"type": "files", "paths": []}, {"type": "files", "paths": 3},
        {"type": "files", "paths": "a", "quote": "''"},
        {"type": "files", "paths": "a", "quote": "«"},
        {"type": "files", "paths": "a", "colum": "text"}, {"type": "python_docs", "paths": "a"},
        {"type": "files", "paths": "a", "sample_by": "sentence"}, {"paths": "a"}, 3,
    ],
)  # fmt: skip
def test_wrong_source(source: object) -> None:
    with pytest.raises(ValidationError):
        corpus.CorpusSpec.model_validate({"sources": [source]})


@pytest.mark.parametrize("held_out", [-0.1, 1, 1.5, "0.1", float("nan")])
def test_wrong_share(held_out: object) -> None:
    with pytest.raises(ValidationError):
        corpus.CorpusSpec.model_validate({"sources": ["python_docs"], "held_out": held_out})


def test_no_source() -> None:
    with pytest.raises(ValidationError):
        corpus.CorpusSpec.model_validate({"sources": []})
