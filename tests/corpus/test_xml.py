"""XML by the names of elements: what is a row, what is in it, and what is refused."""

import io
import re
from pathlib import Path

import pyarrow as pa
import pytest

from tokbench.corpus.formats import xml
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.texts import TextFields
from tokbench.errors import CorpusError

WIKI = """<?xml version="1.0"?><!DOCTYPE mediawiki>
<mediawiki xmlns="http://www.mediawiki.org/xml/" xmlns:x="y"><siteinfo><text>no</text></siteinfo>
<page id="1"><title>A &amp; B</title><revision><id>7</id><text bytes="2">a <x:b>b</x:b>\r\nc</text>
</revision></page>
<x:page id="2"><title/><revision><text><![CDATA[<raw>]]>&#13;</text></revision></x:page>
</mediawiki>"""


def read(
    data: str | bytes,
    text: str = "text",
    records: str | None = None,
    columns: tuple[str, ...] = (),
    size: int = 1 << 20,
    *,
    nulls: bool = False,
) -> dict[str, list[str | None]]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    wanted = Wanted(TextFields(text=text), columns, nulls)
    return pa.Table.from_batches(xml.read(stream, "a.xml", wanted, records, size)).to_pydict()


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_rows_and_what_is_in_them(size: int) -> None:
    columns = ("@id", "title", "revision.id", "revision.text.@bytes")
    assert read(WIKI, "revision.text", "page", columns, size) == {
        "text": ["a b\nc", "<raw>\r"], "@id": ["1", "2"], "title": ["A & B", ""],
        "revision.id": ["7", None], "revision.text.@bytes": ["2", None],
    }  # fmt: skip
    assert read(WIKI, "{title}|{@id}", "page", size=size)["text"] == ["A & B|1", "|2"]


def test_every_element_of_a_name_is_a_document() -> None:
    assert read(WIKI)["text"] == ["no", "a b\nc", "<raw>\r"]
    assert read(WIKI, "revision.text", columns=("@bytes",)) == {
        "text": ["a b\nc", "<raw>\r"], "@bytes": ["2", None]
    }  # fmt: skip
    assert read("<all><p>a<p>b</p>c</p><p/></all>", "p")["text"] == ["abc", ""]
    assert read("<p>a</p>", "p")["text"] == ["a"]


def test_prefixes_count_only_where_they_are_said() -> None:
    assert read(WIKI, "@id", "x:page")["text"] == ["2"]
    assert read(WIKI, "@id", "mediawiki.page")["text"] == ["1", "2"]
    assert read("<a.b><c.d>t</c.d></a.b>", "c.d", "a.b")["text"] == ["t"]


def test_encodings_that_the_file_names() -> None:
    text = "<?xml version='1.0' encoding='{}'?><p>é</p>"
    for encoding in ("iso-8859-1", "utf-16", "cp1252", "koi8-r"):
        letter = "é" if encoding != "koi8-r" else "ж"
        data = text.format(encoding).replace("é", letter).encode(encoding)
        assert read(data, "p")["text"] == [letter]


def test_rows_that_lack_something() -> None:
    rows = "<all><r><text>a</text></r><r><x>b</x></r></all>"
    assert read(rows, records="r", columns=("x",), nulls=True) == {
        "text": ["a", None], "x": [None, "b"]
    }  # fmt: skip
    with pytest.raises(
        CorpusError, match=r"^a.xml: row 2: has no 'text'; fill it in, remove the row"
    ):
        read(rows, records="r")
    with pytest.raises(CorpusError, match=r"^a.xml: no field 'y'; known: text; name one of them"):
        read(rows, records="r", columns=("y",), nulls=True)


BOMB = """<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><p>&b;</p>"""
OUTSIDE = """<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;</p>"""
UNKNOWN = """<!DOCTYPE html SYSTEM "html.dtd"><p>a&nbsp;b</p>"""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (BOMB, "declares the entity 'a'; write out what it stands for, for entities can"),
        (OUTSIDE, "declares the entity 'a'; write out what it stands for"),
        (UNKNOWN, "uses the entity 'nbsp', which another file declares; write out"),
        ("<p>a&nbsp;b</p>", "is not XML: undefined entity at line 1, character 5; mend the file"),
        ("<all><p>a</q></all>", "is not XML: mismatched tag at line 1, character 12; mend"),
        ("<p>a</p><p>b</p>", "is not XML: junk after document element at line 1, character 9"),
        ("<p>a", "is cut short or no XML (no element found, line 1); copy it again"),
        ("", "is cut short or no XML (no element found, line 1); copy it again"),
        ("<p>&#xD800;</p>", "is not XML: reference to invalid character number at line 1"),
        (b"<p>\xff</p>", "is not XML: not well-formed (invalid token) at line 1, character 4"),
        ("<?xml version='1.0' encoding='x-none'?><p/>", "is in an encoding that is not read in"),
        (b"<?xml version='1.0' encoding='euc-kr'?><p/>", "is in an encoding that is not read in"),
        ("<all><r><q>a</q></r></all>", "no element 'p'; known: all, r, r.q; name one with `text:`"),
        ("<q>" * 100_000, "has elements in elements more than 1,000 deep; take out what is not"),
        ("<all><pp>a</pp></all>", "no element 'p'; did you mean 'pp'? known: all, pp; name one"),
    ],
)
def test_what_is_refused(data: str | bytes, said: str) -> None:
    with pytest.raises(CorpusError, match=f"^{re.escape(f'a.xml: {said}')}"):
        read(data, "p")


def test_rows_that_are_not_clear() -> None:
    rows = "<all><r><p>a</p></r><r><p>a</p><p>b</p></r></all>"
    with pytest.raises(CorpusError, match=r"^a.xml: row 2: has 'p' more than once; name what"):
        read(rows, "p", "r")
    with pytest.raises(CorpusError, match=r"^a.xml: no element 's'; .*; name one with `records:`"):
        read(rows, "p", "s")
    with pytest.raises(CorpusError, match=r"^a.xml: has texts of several elements; name the elem"):
        read(rows, "{p}{q}")


def test_memory_stays_flat() -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            if self.given > 40 * size:
                return b""
            return (b"<p x='1'>" + b"y" * 991 + b"</p>") * (size // 1004)

    stream = Endless()
    begun = iter([b"<all>"])
    stream_read = stream.read
    stream.read = lambda size: next(begun, b"") or stream_read(size)  # type: ignore[method-assign]
    batches = xml.read(stream, "a.xml", Wanted(TextFields(text="p")), None, 1 << 16)
    assert max(batch.nbytes for batch in take_all(batches)) < 1 << 18
    assert stream.given > 40 << 16


def take_all(batches):
    with pytest.raises(CorpusError, match="cut short"):
        yield from batches


def test_by_name_and_option(tmp_path: Path) -> None:
    from tokbench import corpus

    (tmp_path / "a.rss").write_text(WIKI)
    source = {"type": "files", "paths": "a.rss", "format": "xml", "text": "title"}
    spec = corpus.CorpusSpec.model_validate({"sources": [{**source, "records": "page"}]})
    (batch,) = corpus.open(spec, tmp_path).batches("all")
    assert batch["text"].to_pylist() == ["A & B", ""]
