"""Tables of delimited text: csv and tsv, whose first row names the columns."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from tokbench.corpus.documents import array_of
from tokbench.corpus.formats.blocks import BLOCK
from tokbench.corpus.formats.columns import Wanted, checked
from tokbench.corpus.formats.compression import Readable, Unpacked
from tokbench.corpus.problems import RECODE, refused
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

_COLUMN = re.compile(r"CSV column #(\d+)")
_ROW = re.compile(r"Row #(\d+): ?(.*)", re.DOTALL)


def read(
    opened: Opener,
    shown: str,
    wanted: Wanted,
    dialect: Dialect,
    size: int = BLOCK,
    names: Sequence[str] = (),
    notes: list[str] | None = None,
) -> Iterator[tuple[pa.RecordBatch, int]]:
    """The rows of a table, all columns as text and none null, with the bytes consumed so far.

    Args:
        opened: opens the file afresh.
        shown: the file, for messages.
        wanted: names of columns; a dot in them means nothing.
        dialect: how the fields are delimited and quoted.
        size: how many bytes to parse at once; more where a field is longer.
        names: of the columns, where the first row does not say them.
        notes: told how many rows with too many or too few fields were left out; None refuses them.

    Raises:
        CorpusError: no such column, a row with too many or too few fields, invalid UTF-8, or the
            names of the columns once more in the midst of the rows.
    """
    table = _Table(opened, shown, wanted, dialect, names, drops=notes is not None)
    table.check_header()
    given = 0
    while True:
        table.dropped = 0
        try:
            with opened() as stream:
                quotes = _Bytes(stream, dialect.quote)
                skip = given
                for batch in table.parsed(Unpacked(quotes, stream.done), size):
                    fresh = batch.slice(skip)
                    skip -= len(batch) - len(fresh)
                    if len(fresh):
                        yield table.rows(fresh, given + 1 + (not names)), stream.done()
                        given += len(fresh)
        except pa.ArrowException as error:
            # A field longer than a block: start again with larger ones, past what was given.
            if not any(sign in str(error) for sign in _BLOCK_TOO_SMALL):
                raise table.bad_row(str(error)) from error
            size *= 8
            if size > LARGEST_BLOCK:
                raise refused(
                    shown, f"a quoted field does not end within 1 GB; {_CLOSE}"
                ) from error
        else:
            if quotes.count % 2:
                _check_last_quote(opened, shown, dialect)
            if table.dropped and notes is not None:
                rows = "row" if table.dropped == 1 else "rows"
                what = f"{table.dropped:,} {rows} with too many or too few fields"
                notes.append(f"left out of {shown}: {what}")
            return


class _Bytes:
    r"""What Arrow's parser is given.

    It takes a `\n` at the start of a block for the rest of a `\r\n` that the last block ended in,
    inside quotes too, and drops it. So no block ends in `\r`.

    Attributes:
        count: of quotes that were read; an odd number may leave one open at the end.
    """

    def __init__(self, source: Readable, quote: str | None) -> None:
        self._source = source
        self._quote = (quote or "").encode()
        self._held = b""
        self.count = 0

    def read(self, size: int, /) -> bytes:
        """Two bytes are asked for at least."""
        data = self._held + self._source.read(size - len(self._held))
        self._held = b"\r" if len(data) > 1 and data.endswith(b"\r") else b""
        data = data.removesuffix(self._held)
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


class _Table:
    """One file of delimited text.

    Attributes:
        dropped: how many rows were left out.
    """

    def __init__(
        self,
        opened: Opener,
        shown: str,
        wanted: Wanted,
        dialect: Dialect,
        names: Sequence[str],
        *,
        drops: bool,
    ) -> None:
        self.dropped = 0
        self._drops = drops
        self._opened = opened
        self._shown = shown
        self._wanted = wanted
        self._dialect = dialect
        self._given = list(names)
        self._names: list[str] = []
        self._one_header = bool(names)

    def check_header(self) -> None:
        """Refuse a file without the columns that are wanted."""
        with self._opened() as stream:
            head = stream.read(1 << 20)
        if not head:
            raise refused(self._shown, "is empty; the first row of a table names its columns")
        with _any_field_size():
            rows = _rows(cast("io.RawIOBase", io.BytesIO(head)), self._dialect, "utf-8-sig")
            self._names = self._given or next(filter(None, rows), [])
        for name in self._wanted.fields:
            count = self._names.count(name)
            if not count:
                raise self._wanted.missing(self._shown, name, self._names)
            if count > 1:
                raise refused(self._shown, f"has {count} columns {name!r}; rename all but one")

    def parsed(self, stream: Unpacked, size: int) -> Iterator[pa.RecordBatch]:
        """The columns that are wanted, as Arrow parses them."""
        quote, fields = self._dialect.quote, self._wanted.fields
        yield from pacsv.open_csv(
            cast("IO[bytes]", stream),
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=max(size, 2), column_names=self._given or None
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self._dialect.delimiter,
                quote_char=quote or False,
                double_quote=True,
                newlines_in_values=quote is not None,
                invalid_row_handler=self._drop if self._drops else None,
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(fields),
                column_types=dict.fromkeys(fields, pa.large_string()),
                strings_can_be_null=False,
            ),
        )

    def _drop(self, _: pacsv.InvalidRow) -> Literal["skip"]:
        self.dropped += 1
        return "skip"

    def rows(self, batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
        """What is wanted of parsed rows."""
        self._check_repeated(batch.column(0))
        found = [
            checked(column, self._shown, first_row, name)
            for name, column in zip(self._wanted.fields, batch.columns, strict=True)
        ]
        return self._wanted.rows(found, self._shown, first_row)

    def _check_repeated(self, column: "pa.Array[Any]") -> None:
        """Refuse a file that names its columns again, as files do that were put together."""
        if self._one_header or len(self._names) == 1:
            return
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only tables need

        names = array_of([name.encode("utf-8", "replace") for name in self._names])
        if not pc.any(pc.is_in(column, value_set=names)).as_py():
            return
        # It may be a row like others, so that all are looked at once, slowly.
        with self._opened() as stream, _any_field_size():
            rows = _rows(stream, self._dialect, "utf-8-sig")
            next(filter(None, rows), None)
            named, last = sorted(self._names), rows.line_num
            for row in rows:
                if sorted(row) == named:
                    what = "names the columns again; give each table a file of its own"
                    raise refused(self._shown, what, last + 1)
                last = rows.line_num
        self._one_header = True

    def bad_row(self, message: str) -> CorpusError:
        """The error for a row that Arrow cannot parse."""
        match = _ROW.search(message)
        if match is None:
            return refused(self._shown, f"cannot be read as a table ({message}); mend it")
        number, what = int(match[1]), match[2].splitlines()[0]
        if "UTF8" in what:
            column = _COLUMN.search(message)
            name = self._names[int(column[1])] if column else self._wanted.fields[0]
            advice = f"field {name!r} is not valid UTF-8; {RECODE}"
        else:
            counts = re.match(r"Expected (\d+) columns, got (\d+)", what)
            wrong = _counted(int(counts[2]), int(counts[1])) if counts else what
            quote = self._dialect.quote
            quoting = "no quoting" if quote is None else f"`quote: {quote}`"
            advice = f"{wrong}; mend the row, or the quoting, which is {quoting} here"
        with self._opened() as stream:
            return refused(self._shown, advice, _line_of(stream, self._dialect, number))


def _counted(found: int, named: int) -> str:
    fields, are = "field" if found == 1 else "fields", "is" if named == 1 else "are"
    return f"has {found} {fields} where {named} {are} named"


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
