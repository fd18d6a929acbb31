"""Tables of delimited text: csv and tsv, whose first row names the columns."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from tokbench.corpus.formats.blocks import BLOCK
from tokbench.corpus.formats.columns import documents, no_field
from tokbench.corpus.formats.compression import Readable, Unpacked
from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    from _csv import Reader

Opener = Callable[[], AbstractContextManager[Unpacked]]


class Dialect(NamedTuple):
    """How fields are told apart; a quote that is doubled inside a field stands for itself."""

    delimiter: str
    quote: str | None


LARGEST_BLOCK = 1 << 30
"""A field longer than this is taken for a quote that is never closed."""

_BLOCK_TOO_SMALL = ("straddling object", "Empty CSV file or block")

_CLOSE = "close its quote, or say `quote: null` if nothing is quoted"

_ROW = re.compile(r"Row #(\d+): ?(.*)", re.DOTALL)


def read(
    opened: Opener, shown: str, field: str, dialect: Dialect, size: int = BLOCK
) -> Iterator[tuple[pa.LargeStringArray, int]]:
    """The documents of one column, with the bytes on disk consumed so far.

    Args:
        opened: opens the file afresh.
        shown: the file, for messages.
        field: the name of the column.
        dialect: how the fields are delimited and quoted.
        size: how many bytes to parse at once; more where a field is longer.

    Raises:
        CorpusError: no such column, a row with too many or too few fields, invalid UTF-8.
    """
    with opened() as stream:
        _check_header(stream, shown, field, dialect)
    given = 0
    while True:
        try:
            with opened() as stream:
                quotes = _QuoteCount(stream, dialect.quote)
                skip = given
                for texts in _parsed(Unpacked(quotes, stream.done), field, dialect, size):
                    fresh = texts[skip:]
                    skip -= len(texts) - len(fresh)
                    if len(fresh):
                        yield documents(fresh, shown, given + 2, field), stream.done()
                        given += len(fresh)
        except pa.ArrowException as error:
            # A field longer than a block: start again with larger ones, past what was given.
            if not any(sign in str(error) for sign in _BLOCK_TOO_SMALL):
                raise _bad_row(opened, shown, field, dialect, str(error)) from error
            size *= 8
            if size > LARGEST_BLOCK:
                raise refused(
                    shown, f"a quoted field does not end within 1 GB; {_CLOSE}"
                ) from error
        else:
            if quotes.count % 2:
                _check_last_quote(opened, shown, dialect)
            return


class _QuoteCount:
    """Counts the quotes that are read: an odd number may leave one open at the end."""

    def __init__(self, source: Readable, quote: str | None) -> None:
        self._source = source
        self._quote = (quote or "").encode()
        self.count = 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self.count += data.count(self._quote) if self._quote else 0
        return data


def _check_last_quote(opened: Opener, shown: str, dialect: Dialect) -> None:
    """Refuse a file whose last field swallowed all the rest for want of a quote."""
    with opened() as stream, _any_field_size():
        rows = _rows(stream, dialect, "latin-1", strict=True)
        last = 0
        try:
            for _ in rows:
                last = rows.line_num
        except csv.Error as error:
            # Strict parsing finds fault with stray quotes too, which are text to everyone else.
            if "unexpected end" in str(error):
                what = f"begins a quoted field that does not end; {_CLOSE}"
                raise refused(shown, what, last + 1) from error


def _parsed(stream: Unpacked, field: str, dialect: Dialect, size: int) -> "Iterator[pa.Array[Any]]":
    quote = dialect.quote
    reader = pacsv.open_csv(
        cast("IO[bytes]", stream),
        read_options=pacsv.ReadOptions(use_threads=False, block_size=size),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=quote or False,
            newlines_in_values=quote is not None,
        ),
        convert_options=pacsv.ConvertOptions(
            include_columns=[field],
            column_types={field: pa.large_string()},
            strings_can_be_null=False,
        ),
    )
    for batch in reader:
        yield batch.column(0)


def _check_header(stream: Unpacked, shown: str, field: str, dialect: Dialect) -> None:
    head = stream.read(1 << 20)
    if not head:
        raise refused(shown, "is empty; the first row of a table names its columns")
    with _any_field_size():
        rows = _rows(cast("io.RawIOBase", io.BytesIO(head)), dialect, "utf-8-sig")
        names = next(filter(None, rows), [])
    if field not in names:
        raise no_field(shown, field, names)
    if names.count(field) > 1:
        raise refused(shown, f"has {names.count(field)} columns {field!r}; rename all but one")


def _bad_row(opened: Opener, shown: str, field: str, dialect: Dialect, message: str) -> CorpusError:
    match = _ROW.search(message)
    if match is None:
        return refused(shown, f"cannot be read as a table ({message}); mend it")
    number, what = int(match[1]), match[2].splitlines()[0]
    if "UTF8" in what:
        advice = f"field {field!r} is not valid UTF-8; convert the file to UTF-8"
    else:
        counts = re.match(r"Expected (\d+) columns, got (\d+)", what)
        wrong = f"has {counts[2]} fields where {counts[1]} are named" if counts else what
        quoting = "no quoting" if dialect.quote is None else f"`quote: {dialect.quote}`"
        advice = f"{wrong}; mend the row, or the quoting, which is {quoting} here"
    with opened() as stream:
        return refused(shown, advice, _line_of(stream, dialect, number))


def _line_of(stream: Unpacked, dialect: Dialect, number: int) -> int:
    """The line on which a row begins, empty lines counted; rows count from 1 with the header."""
    with _any_field_size():
        rows = _rows(stream, dialect, "latin-1")
        last, found = 0, 0
        for row in rows:
            found += bool(row)
            if found == number:
                break
            last = rows.line_num
        return last + 1


@contextmanager
def _any_field_size() -> Iterator[None]:
    # The limit is global to the module, and a value that a user's file may well exceed.
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _rows(
    stream: io.RawIOBase, dialect: Dialect, encoding: str, *, strict: bool = False
) -> "Reader":
    text = io.TextIOWrapper(io.BufferedReader(stream), encoding, errors="replace", newline="")
    quote = dialect.quote
    return csv.reader(
        text,
        delimiter=dialect.delimiter,
        strict=strict,
        quotechar=quote,
        quoting=csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL,
    )
