"""Text and columns come back as they were written, whatever the format; what is missing is told."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pytest
from corpus_files import as_arrow, as_parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench import corpus
from tokbench.corpus.formats import json_lines, json_rows
from tokbench.corpus.formats.columns import Wanted
from tokbench.errors import CorpusError

Row = dict[str, Any]
SCHEMA = pa.schema({"text": pa.string(), "label": pa.string(), "n": pa.int64(),
                    "score": pa.float64()})  # fmt: skip
COLUMNS = ["label", "n", "score"]
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
HOSTILE = st.text() | st.text(st.sampled_from('",\n\r\t é\0\ufeff&<>\u2028😀'), max_size=8)
ROWS = st.lists(
    st.fixed_dictionaries({"text": st.none() | HOSTILE, "label": st.none() | HOSTILE,
                           "n": st.none() | st.integers(-(2**63), 2**63 - 1),
                           "score": st.none() | FLOATS}),
    min_size=1, max_size=6,
)  # fmt: skip
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def spelled(values: list[Any], kind: pa.DataType) -> list[str | None]:
    return pa.array(values, kind).cast(pa.large_string()).to_pylist()


def as_csv(rows: list[Row]) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.DictWriter(sink, list(SCHEMA.names), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()


def as_xml(rows: list[Row]) -> bytes:
    def child(name: str, value: Any) -> str:
        text = escape(str(value), {"\r": "&#13;"})
        return "" if value is None else f"<{name}>{text}</{name}>"

    said = ["".join(child(*each) for each in row.items()) for row in rows]
    return f"<all>{''.join(f'<row>{each}</row>' for each in said)}</all>".encode()


def as_pickle(rows: list[Row]) -> bytes:
    pd = pytest.importorskip("pandas")
    kinds = {"text": object, "label": object, "n": "Int64", "score": "Float64"}
    sink = io.BytesIO()
    columns = {name: pd.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    pd.DataFrame(columns).to_pickle(sink)
    return sink.getvalue()


def written(rows: list[Row]) -> dict[str, bytes]:
    """The rows in each format that can hold them; of nulls, csv makes empty text."""
    table = pa.Table.from_pylist(rows, SCHEMA)
    files = {
        "a.csv": as_csv(rows),
        "a.json": json.dumps(rows).encode(),
        "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(),
        "a.parquet": as_parquet(table),
        "a.arrow": as_arrow(table, "file"),
        "a.feather": as_arrow(table, "stream"),
        "a.pkl": as_pickle(rows),
    }
    if not any(NOT_XML.search(str(value)) for row in rows for value in row.values()):
        files["a.xml"] = as_xml(rows)
    return files


def expected(name: str, rows: list[Row]) -> dict[str, list[Any]]:
    columns = {column: [row[column] for row in rows] for column in SCHEMA.names}
    if name in ("a.parquet", "a.arrow", "a.feather", "a.pkl"):
        return columns
    if name == "a.xml":
        return {key: [None if v is None else str(v) for v in column]
                for key, column in columns.items()}  # fmt: skip
    if name == "a.csv":
        return {key: ["" if v is None else str(v) for v in column]
                for key, column in columns.items()}  # fmt: skip
    return {key: spelled(column, SCHEMA.field(key).type) for key, column in columns.items()}


def opened(folder: Path, name: str, *steps: str, **options: object) -> corpus.OpenCorpus:
    known = {"a.xml": {"records": "row"}, "a.pkl": {"trust_pickle": True}}
    source = {"type": "files", "paths": name, **known.get(name, {}), **options}
    spec = corpus.CorpusSpec.model_validate({"sources": [source], "steps": list(steps)})
    return corpus.open(spec, folder)


def read(found: corpus.OpenCorpus, columns: list[str], **how: Any) -> dict[str, list[Any]]:
    (cleaned,) = found.opened
    batches = [rows.batch for rows in cleaned.source.read(columns, **how)]
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema.names == ["text", *columns]
        assert batch.schema.field("text").type == pa.large_string()
    return pa.Table.from_batches(batches).to_pydict()


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_every_format_gives_the_same_rows(rows: list[Row]) -> None:
    prints = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in written(rows).items():
            (folder / file).write_bytes(data)
            wanted = expected(file, rows)
            missing = {key for key, column in wanted.items() if {None} == set(column)}
            if file == "a.xml" and missing:
                with pytest.raises(CorpusError, match=r"^a.xml: no field"):
                    read(opened(folder, file), COLUMNS, nulls=True)
                continue
            assert read(opened(folder, file), COLUMNS, nulls=True) == wanted
            prints.add(str(opened(folder, file, "drop_empty").fingerprint()))
    assert len(prints) == 1


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(1, 80), st.sampled_from(["\n", "\r\n", "\n\n \n"]))
def test_json_columns_do_not_depend_on_blocks(rows: list[Row], size: int, end: str) -> None:
    wanted = Wanted(columns=tuple(COLUMNS), nulls=True)
    lines = "".join(json.dumps(row) + end for row in rows).encode()
    made = [
        *json_lines.read(io.BytesIO(lines), "a.jsonl", wanted, size=size),
        *json_rows.read(io.BytesIO(json.dumps(rows).encode()), "a.json", wanted, None, size),
    ]
    table = pa.Table.from_batches(made)
    assert set(table.schema.types) == {pa.large_string()}
    one = expected("a.json", rows)
    assert table.to_pydict() == {key: column * 2 for key, column in one.items()}


@pytest.mark.parametrize("more", [1, "s", 1.5, True, None, [1], {"a": None}])
def test_json_values_of_all_kinds_are_text_as_json_writes_it(more: Any, tmp_path: Path) -> None:
    values = ["s", 1, 1.0, 0.5, 10**20, True, None, [1, "é"], {"a": None}, more, more, more]
    rows = [{"text": "t", "x": {"y": value}} for value in values]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    said = ["s", "1", "1", "0.5", "1" + "0" * 20, "true", None, '[1, "é"]', '{"a": null}']
    kinds = {1: "1", "s": "s", 1.5: "1.5"}
    again = kinds.get(more) if type(more) in (int, str, float) else None
    if isinstance(more, bool | list | dict):
        again = json.dumps(more)
    wanted = Wanted(columns=("x.y",))
    for size in (1, 1 << 20):
        batches = json_lines.read(io.BytesIO((tmp_path / "a.jsonl").read_bytes()), "a.jsonl",
                                  wanted, size=size)  # fmt: skip
        assert pa.Table.from_batches(batches)["x.y"].to_pylist() == said + [again] * 3


def test_whole_numbers_keep_their_digits_beside_fractions() -> None:
    numbers = [1, 0.5, 2**60 + 1, 10**15 + 1, -(2**63)]
    lines = "".join(json.dumps({"text": "t", "n": number}) + "\n" for number in numbers * 3)
    for size in (1, 60, 1 << 20):
        made = json_lines.read(io.BytesIO(lines.encode()), "a", Wanted(columns=("n",)), size=size)
        assert pa.Table.from_batches(made)["n"].to_pylist() == [str(n) for n in numbers] * 3


def test_a_field_and_what_is_in_it(tmp_path: Path) -> None:
    row = {"text": "t", "data": {"n": 1, "deep": {"x": "y"}}}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    (tmp_path / "a.parquet").write_bytes(as_parquet(pa.Table.from_pylist([row])))
    found = read(opened(tmp_path, "a.jsonl"), ["data.n", "data", "data.deep.x"])
    assert found == {"text": ["t"], "data.n": ["1"], "data": ['{"n": 1, "deep": {"x": "y"}}'],
                     "data.deep.x": ["y"]}  # fmt: skip
    found = read(opened(tmp_path, "a.parquet"), ["data.n", "data", "data.deep.x"])
    assert found == {"text": ["t"], "data.n": [1], "data": [row["data"]], "data.deep.x": ["y"]}


NAMES = ["a.csv", "a.json", "a.jsonl", "a.parquet", "a.arrow", "a.xml", "a.pkl"]
FULL = {"text": "t", "label": "l", "n": 1, "score": 0.5}


@pytest.mark.parametrize("name", NAMES)
def test_column_that_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(written([FULL, FULL])[name])
    known = "known: text, label, n, score"
    advice = "name one of them where a step or a group asks for it"
    said = f"{name}: no field 'lable'; did you mean 'label'? {known}; {advice}"
    with pytest.raises(CorpusError, match=f"^{re.escape(said)}$"):
        read(opened(tmp_path, name), ["lable"])


@pytest.mark.parametrize("name", NAMES)
def test_rows_without_a_text(name: str, tmp_path: Path) -> None:
    rows = [FULL, {**FULL, "text": None, "label": None}, {**FULL, "text": " "}]
    (tmp_path / name).write_bytes(written(rows)[name])
    found = opened(tmp_path, name, "drop_empty")
    ledger = corpus.opening.Ledger()
    texts = [text for batch in found.batches("all", ledger=ledger)
             for text in batch["text"].to_pylist()]  # fmt: skip
    assert texts == ["t"]
    (tally,) = ledger.sources[0].steps
    assert tally.reasons == ({"blank": 2} if name == "a.csv" else {"null": 1, "blank": 1})
    if name == "a.csv":
        return
    said = "has no 'text'" if name == "a.xml" else "field 'text' is null"
    with pytest.raises(CorpusError, match=rf"^{name}: row 2: {said}; fill it in, remove"):
        list(opened(tmp_path, name).batches())


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_key_that_some_rows_lack(name: str, tmp_path: Path) -> None:
    rows: list[Row] = [{"text": "a"}, {"text": None, "x": 1}, {"x": None, "k": "text"}]
    write = json.dumps(rows) if name == "a.json" else "\n".join(map(json.dumps, rows))
    (tmp_path / name).write_text(write)
    found = read(opened(tmp_path, name), ["x", "k"], nulls=True)
    assert found == {"text": ["a", None, None], "x": [None, "1", None], "k": [None, None, "text"]}
    with pytest.raises(CorpusError, match=rf"^{name}: row 2: field 'text' is null; fill it in"):
        read(opened(tmp_path, name), [])
    with pytest.raises(CorpusError, match=rf"^{name}: row 1: no field 'x'; known: text; name on"):
        read(opened(tmp_path, name, text="{x}"), [])
    with pytest.raises(CorpusError, match=rf"^{name}: no field 'y'; known: text; name one"):
        read(opened(tmp_path, name), ["y"], nulls=True)
    with pytest.raises(CorpusError, match=rf"^{name}: no field 'body'; known: text; name one"):
        read(opened(tmp_path, name, text="body"), [], nulls=True)


def test_row_that_lacks_what_others_have(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1, "b": 1}\n{"a": 1}\n')
    with pytest.raises(CorpusError, match=r"^a.jsonl: row 2: has no 'b'; fill it in, remove the"):
        read(opened(tmp_path, "a.jsonl", text="{a}{b}"), [])


def test_key_that_is_null_in_all_rows_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "x": null}\n' * 3)
    assert read(opened(tmp_path, "a.jsonl"), ["x"]) == {"text": ["a"] * 3, "x": [None] * 3}


def test_header_that_changes_between_files(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("text,label\na,b\n")
    (tmp_path / "2.csv").write_text("label,text\nb,a\n")
    assert read(opened(tmp_path, "*.csv"), ["label"]) == {"text": ["a", "a"], "label": ["b", "b"]}
    (tmp_path / "3.csv").write_text("text,tag\na,b\n")
    with pytest.raises(CorpusError, match=r"^3.csv: no field 'label'; known: text, tag; name one"):
        read(opened(tmp_path, "*.csv"), ["label"])


@pytest.mark.parametrize("again", ["text,label", "label,text"])
def test_header_in_the_midst_of_a_file(again: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'text,label\n"a\n",b\n\n{again}\nb,a\n')
    with pytest.raises(CorpusError, match=r"^a.csv: row 5: names the columns again; give each"):
        read(opened(tmp_path, "a.csv"), [])
    (tmp_path / "a.csv").write_text("text,label\ntext,x\nlabel,y\n")
    assert read(opened(tmp_path, "a.csv"), ["label"])["text"] == ["text", "label"]
    (tmp_path / "a.csv").write_text("text\ntext\n")
    assert read(opened(tmp_path, "a.csv"), [])["text"] == ["text"]


def test_invalid_utf8_names_its_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,text,label\n1,a,b\n2,b,\xff\n")
    with pytest.raises(CorpusError, match=r"^a.csv: row 3: field 'label' is not valid UTF-8"):
        read(opened(tmp_path, "a.csv"), ["label"])
    assert read(opened(tmp_path, "a.csv"), ["id"])["id"] == ["1", "2"]
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "a", "x": "\\ud800"}')
    with pytest.raises(CorpusError, match=r"^a.jsonl: row 1: field 'x' holds a lone surrogate"):
        read(opened(tmp_path, "a.jsonl"), ["x"])
    bad = pa.array([b"x\xff"]).view(pa.string())
    in_a_list = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), bad)
    for column, row in ((bad, "row 1: "), (in_a_list, "")):
        table = pa.table({"text": ["a"], "x": column})
        (tmp_path / "a.parquet").write_bytes(as_parquet(table))
        with pytest.raises(CorpusError, match=rf"^a.parquet: {row}field 'x' .*not valid UTF-8"):
            read(opened(tmp_path, "a.parquet"), ["x"])


def test_columns_of_other_types_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "1.parquet").write_bytes(as_parquet(pa.table({"text": ["a"], "x": [1]})))
    (tmp_path / "2.parquet").write_bytes(as_parquet(pa.table({"text": ["a"], "x": [0.5]})))
    said = r"^2.parquet: field 'x' is double, where it is int64 in 1.parquet; write the files alike"
    with pytest.raises(CorpusError, match=said):
        read(opened(tmp_path, "*.parquet"), ["x"])


def test_read_from_a_later_file(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.csv").write_text(f"text,x\na{number},{number}\n")
    found = opened(tmp_path, "*.csv").opened[0].source.read(["x"], first=1)
    assert [(each.piece, each.done, each.batch.to_pydict()) for each in found] == [
        (1, 24, {"text": ["a1"], "x": ["1"]}), (2, 36, {"text": ["a2"], "x": ["2"]})
    ]  # fmt: skip


def test_text_of_several_columns(tmp_path: Path) -> None:
    rows = [FULL, {**FULL, "n": 2, "score": 3.0}, {**FULL, "label": None}]
    for name, data in written(rows).items():
        (tmp_path / name).write_bytes(data)
        found = opened(tmp_path, name, text="{n}: {label}{{{score}}}")
        texts = read(found, ["n"], nulls=True)["text"]
        assert texts[0] == "1: l{0.5}"
        assert texts[1] == ("2: l{3.0}" if name in ("a.csv", "a.xml") else "2: l{3}")
        assert texts[2] == ("1: {0.5}" if name == "a.csv" else None)
        if name not in ("a.csv", "a.xml"):
            with pytest.raises(CorpusError, match=rf"^{name}: row 3: field 'label' is null; fill"):
                read(found, [])
    (tmp_path / "a.jsonl").write_text('{"n": 1, "label": "x"}\n{"n": [1], "label": "x"}')
    said = r"^a.jsonl: row 2: field 'n' is a list, neither text nor a number; name another field"
    with pytest.raises(CorpusError, match=said):
        read(opened(tmp_path, "a.jsonl", text="{n}{label}"), [])


CHATS = [[{"role": "user", "content": "hi"}], [{"role": "user", "content": "é"},
         {"role": "assistant", "content": "yes", "calls": 1}], None]  # fmt: skip
CHAT = {"messages": "chat", "chat_template": "{% for m in messages %}{{m.role[0]}}: {{m.content}}"
        "{% if m.calls is defined %}!{% endif %};{% endfor %}"}  # fmt: skip


def test_chats_in_every_format_that_has_lists(tmp_path: Path) -> None:
    rows = [{"id": number, "chat": chat} for number, chat in enumerate(CHATS)]
    table = pa.Table.from_pylist(rows)
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "a.parquet").write_bytes(as_parquet(table))
    (tmp_path / "a.arrow").write_bytes(as_arrow(table, "stream"))
    texts = ["u: hi;", "u: é;a: yes!;", None]
    for name in ("a.json", "a.jsonl", "a.parquet", "a.arrow"):
        found = read(opened(tmp_path, name, **CHAT), ["id"], nulls=True)
        assert found["text"] == texts
        assert list(map(int, found["id"])) == [0, 1, 2]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.parquet"])
def test_a_list_without_messages_is_not_null(name: str, tmp_path: Path) -> None:
    rows = [{"chat": CHATS[0]}, {"chat": []}]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "a.parquet").write_bytes(as_parquet(pa.Table.from_pylist(rows)))
    with pytest.raises(CorpusError, match=rf"^{name}: row 2: field 'chat' has no messages; fill "):
        read(opened(tmp_path, name, **CHAT), [])
    assert read(opened(tmp_path, name, **CHAT), [], nulls=True)["text"] == ["u: hi;", None]


def test_row_of_a_chat_that_is_refused_counts_blank_lines(tmp_path: Path) -> None:
    lines = [json.dumps({"chat": chat}) for chat in (CHATS[0], [{"from": "x"}])]
    (tmp_path / "a.jsonl").write_text("\n\n".join(lines))
    with pytest.raises(CorpusError, match=r"^a.jsonl: row 3: field 'chat' has a message without"):
        read(opened(tmp_path, "a.jsonl", **CHAT), [])


def test_plain_text_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(CorpusError, match=r"^a.txt: has documents and no columns, so no 'x'"):
        read(opened(tmp_path, "a.txt"), ["x"])
    with pytest.raises(CorpusError, match=r"^a.txt: option 'messages' does nothing for txt"):
        opened(tmp_path, "a.txt", **CHAT)


def test_the_source_is_known_by_how_its_text_is_made(
    tmp_path: Path, opened: Callable[..., corpus.OpenCorpus]
) -> None:
    (tmp_path / "a.jsonl").write_text("")
    options = [{}, {"text": "b"}, {"text": "{b}"}, CHAT, {**CHAT, "chat_template": "x"}]
    assert len({opened("a.jsonl", **each).identity() for each in options}) == len(options)
