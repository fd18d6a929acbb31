"""Text files: what a line is, and what a paragraph is, for every mixture of bytes."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokbench.corpus.formats import plain
from tokbench.errors import CorpusError

PIECES = ["a", "é", "한", "\n", "\n", "\r", "\r\n", "\r\n", "\u2028", "\x85", "\v", "\f", "\0", " "]
MIXTURES = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
SIZES = st.integers(1, 12)


def read(text: str | bytes, sample_by: plain.SampleBy, size: int = plain.BLOCK) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    arrays = plain.read(io.BytesIO(data), "a.txt", sample_by, size)
    return [document for array in arrays for document in array.to_pylist()]


def lines(text: str) -> list[tuple[str, str]]:
    """Each line with its end, by the plainest scan there is."""
    found, start = [], 0
    for at, character in enumerate(text):
        if character == "\n":
            crlf = at > start and text[at - 1] == "\r"
            found.append((text[start : at - crlf], text[at - crlf : at + 1]))
            start = at + 1
    return found + ([(text[start:], "")] if start < len(text) else [])


@given(MIXTURES, SIZES)
def test_line(text: str, size: int) -> None:
    assert read(text, "line", size) == [line for line, _ in lines(text)]


@given(MIXTURES, SIZES)
def test_paragraph(text: str, size: int) -> None:
    expected: list[str] = []
    paragraph: list[tuple[str, str]] = []
    for line, end in [*lines(text), ("", "")]:
        if line:
            paragraph.append((line, end))
        elif paragraph:
            whole = "".join(line + end for line, end in paragraph)
            expected.append(whole.removesuffix(paragraph[-1][1]))
            paragraph = []
    assert read(text, "paragraph", size) == expected


@given(MIXTURES, SIZES)
def test_document_keeps_every_byte(text: str, size: int) -> None:
    assert read(text, "document", size) == [text]


@given(st.binary(max_size=30), st.sampled_from(["line", "paragraph", "document"]), SIZES)
def test_any_bytes_are_read_or_refused(data: bytes, sample_by: plain.SampleBy, size: int) -> None:
    try:
        expected = data.decode()
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        with pytest.raises(CorpusError, match=rf"^a.txt: row {row}: is not valid UTF-8 "):
            read(data, sample_by, size)
    else:
        assert read(data, sample_by, size) == read(expected, sample_by)


def test_line_longer_than_many_blocks() -> None:
    long = "x" * 5_000_000
    assert read(f"a\n{long}\n{long}", "line", 1 << 16) == ["a", long, long]


@pytest.mark.parametrize("bad", [b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xff"])
def test_surrogates_and_overlong_forms_are_not_utf8(bad: bytes) -> None:
    with pytest.raises(CorpusError, match=re.escape("a.txt: row 3: is not valid UTF-8 (byte 2)")):
        read(b"one\ntwo\nx" + bad + b"\n", "line")
