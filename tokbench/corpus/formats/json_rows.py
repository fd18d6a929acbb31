"""JSON files that hold a list of objects, read row by row with Python's own parser.

A streaming parser such as yajl changes lone surrogates to question marks and knows no NaN, so the
rows are cut out of the text here and each is parsed by `json`.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from tokbench.corpus.formats.blocks import BLOCK
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.formats.json_values import JsonRows
from tokbench.corpus.problems import RECODE, refused
from tokbench.errors import CorpusError, nearest

_LITERAL = 16
"""No token that can be cut in two at the end of a block is longer, but for strings."""


def read(
    stream: Readable, shown: str, wanted: Wanted, records: str | None, size: int = BLOCK
) -> Iterator[pa.RecordBatch]:
    """The rows of a list of objects.

    Args:
        stream: the bytes of the file.
        shown: the file, for messages.
        wanted: keys, with dots for nested keys.
        records: the keys, with dots, that lead to the list; None where the list is the file.
        size: how many bytes to read at once.

    Raises:
        CorpusError: the file is not such JSON, or what makes the text of a row is missing, null or
            not text.

    >>> import io
    >>> file = io.BytesIO(b'{"data": [{"text": "a"}, {"text": "b"}]}')
    >>> [batch.to_pydict() for batch in read(file, "a.json", Wanted(), "data")]
    [{'text': ['a', 'b']}]
    """
    text = Text(stream, shown, size)
    if records is not None:
        _go_to(text, records)
    rows = JsonRows(shown, wanted, "" if records else HINT)
    text.row = 1
    for value in text.items():
        rows.add(value, text.row)
        text.row += 1
        if rows.held > size:
            yield rows.take()
    if rows.held:
        yield rows.take()
    text.finish(whole=records is None)
    rows.finish()


HINT = ", or the list of rows with `records:`"


def starts_with_object(stream: Readable) -> bool:
    """Whether the first character that is not white space is a brace."""
    head = stream.read(1 << 12).removeprefix(codecs.BOM_UTF8).lstrip()
    return head.startswith(b"{")


def _go_to(text: "Text", records: str) -> None:
    keys = _find(text, records)
    if keys is not None:
        what = f"no list of rows at {records!r}; {nearest(records, keys)}" if keys else (
            f"is not an object with a list at {records!r}; leave `records:` out")  # fmt: skip
        raise refused(text.shown, what)


def _find(text: "Text", path: str) -> list[str] | None:
    """Move to the list at `path`; the keys that were passed where there is none."""
    seen = []
    if text.peek() != "{":
        return []
    for key in text.members():
        seen.append(key)
        if key == path and text.peek() == "[":
            return None
        inner = path.removeprefix(f"{key}.")
        if inner != path and text.peek() == "{":
            below = _find(text, inner)
            if below is None:
                return None
            seen.extend(f"{key}.{name}" for name in below)
        else:
            text.skip()
    return seen


class Text:
    """The characters of a JSON file, of which only a few blocks are in memory.

    Attributes:
        shown: the file, for messages.
        row: the row that is being read, None outside of the rows.
    """

    def __init__(self, stream: Readable, shown: str, size: int = BLOCK) -> None:
        self.shown = shown
        self.row: int | None = None
        self._stream = stream
        self._size = size
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self._bad: UnicodeDecodeError | None = None
        self._ended = False

    def peek(self) -> str:
        """The next character that is not white space; nothing at the end."""
        while True:
            rest = self._buffer[self._at : self._at + 1]
            if rest and rest not in " \t\r\n":
                return rest
            if rest:
                self._at += 1
            elif not self._more():
                return ""

    def items(self) -> Iterator[Any]:
        """The values of the list that begins here."""
        self._take("[", "a list of objects")
        if self.peek() != "]":
            yield self._value()
            while self.peek() == ",":
                self._at += 1
                yield self._value()
        self._take("]", "`,` or `]`")

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; the value is the caller's to read."""
        self._take("{", "an object")
        separator = ""
        while self.peek() != "}":
            if separator:
                self._take(separator, "`,` or `}`")
            if self.peek() != '"':
                raise self._broken("a key is expected")
            key = self._value()
            self._take(":", "`:`")
            yield key
            separator = ","
        self._at += 1

    def skip(self) -> None:
        """Pass over the value that begins here, holding one element of it at a time."""
        if self.peek() == "[":
            for _ in self.items():
                pass
        else:
            self._value()

    def finish(self, *, whole: bool) -> None:
        """Read to the end, so that a file cut short is noticed.

        Args:
            whole: whether nothing but white space may follow.
        """
        self.row = None
        if whole and self.peek():
            raise self._broken("something follows the list")
        while self._stream.read(self._size):
            pass

    def _take(self, wanted: str, name: str) -> None:
        if self.peek() != wanted:
            raise self._broken(f"{name} is expected")
        self._at += 1

    def _value(self) -> Any:
        if not self.peek():
            raise self._broken("a value is expected")
        while True:
            try:
                value, end = self._json.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                # Near the end of what was read so far it may only be incomplete.
                unfinished = error.msg.startswith("Unterminated string")
                near_end = error.pos + _LITERAL > len(self._buffer)
                if (unfinished or near_end) and self._more():
                    continue
                ended = unfinished or error.pos >= len(self._buffer)
                raise self._broken(error.msg, ended=ended) from error
            except (ValueError, RecursionError) as error:
                raise self._broken(str(error)) from error
            if end < len(self._buffer) or not self._more():
                self._at = end
                return value

    def _more(self) -> bool:
        """Read on; false at the end."""
        if self._bad is not None:
            raise refused(self.shown, f"is not valid UTF-8; {RECODE}", self.row) from self._bad
        if self._ended:
            return False
        rest = self._buffer[self._at :]
        block = self._stream.read(max(self._size, len(rest)))
        self._ended = not block
        try:
            added = self._decoder.decode(block, final=self._ended)
        except UnicodeDecodeError as error:
            # The rows before the bad byte are still given, so that the error can name its row.
            self._bad = error
            added = error.object[: error.start].decode()
        self._buffer, self._at = rest + added, 0
        return bool(added) or self._more()

    def _broken(self, detail: str, *, ended: bool = False) -> CorpusError:
        end = " but the file ends here" if ended or not self.peek() else ""
        what = f"is not JSON: {detail}{end}; mend the file, or write one object a line (.jsonl)"
        return refused(self.shown, what, self.row)
