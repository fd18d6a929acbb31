"""XML: an element is a row, and what stands in its children is the text and the columns."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NoReturn
from xml.parsers import expat

import pyarrow as pa

from tokbench.corpus.documents import array_with_nulls
from tokbench.corpus.formats.blocks import BLOCK
from tokbench.corpus.formats.columns import Wanted, is_absent
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.problems import refused
from tokbench.errors import nearest

_NAMES = 1000
"""So many names are kept to be told when none is the one that is asked for."""
_DEEPEST = 1000
"""Elements that stand deeper in others are a way to take time and memory from a reader."""
_NO_ENTITIES = (
    "write out what it stands for, for entities can read other files, or grow without end"
)


def read(
    stream: Readable, shown: str, wanted: Wanted, records: str | None, size: int = BLOCK
) -> Iterator[pa.RecordBatch]:
    r"""The rows of a file.

    A path leads from element to element by names with dots, and ends at one or at an attribute:
    `meta.@lang`. A name without a prefix stands for every prefix. The value of an element is all
    text in it, that of the elements in it too, as XML reads it: `\r\n` is `\n`.

    Args:
        stream: the bytes of the file.
        shown: the file, for messages.
        wanted: paths from the element that is a row; it has no other attributes or elements of one
            path that are wanted than one.
        records: the path of the element that is a row, from anywhere; None where every element
            named as the text is a row, whose columns are its attributes.
        size: how many bytes to read at once.

    Raises:
        CorpusError: the file is no XML, declares entities, or has no such rows.

    >>> import io
    >>> file = io.BytesIO(b"<all><p id='1'><text>a <b>b</b></text></p><p id='2'><text/></p></all>")
    >>> wanted = Wanted(columns=("@id",))
    >>> [batch.to_pydict() for batch in read(file, "a.xml", wanted, "p")]
    [{'text': ['a b', ''], '@id': ['1', '2']}]
    """
    rows = _Rows(shown, wanted, records)
    last = False
    while not last:
        block = stream.read(size)
        last = not block
        rows.parse(block)
        if len(rows) and (last or rows.held > size):
            yield rows.take()
    rows.finish()


class _Open:
    """An element whose text is being gathered: its depth, the field it is, its text so far."""

    def __init__(self, depth: int, field: int) -> None:
        self.depth = depth
        self.field = field
        self.text: list[str] = []


class _Rows:
    """What expat finds, gathered into rows.

    Attributes:
        held: about how many bytes are gathered.
    """

    def __init__(self, shown: str, wanted: Wanted, records: str | None) -> None:
        self.held = 0
        self._shown = shown
        self._wanted = wanted
        self._alone = records is None
        if self._alone and not wanted.text.is_column:
            what = "has texts of several elements; name the element that is a row with `records:`"
            raise refused(shown, what)
        self._path = _Path(records or wanted.text.text)
        # The same few names come again and again.
        self._begins = lru_cache(_NAMES)(self._path.ends)
        self._leading = lru_cache(_NAMES)(self._fields_at)
        self._fields = [_Path(name) for name in wanted.fields]
        self._columns: list[list[bytes | None]] = [[] for _ in self._fields]
        self._row: list[str | None] = []
        self._first_row = 1
        self._stack: list[str] = []
        self._depth = 0
        self._open: list[_Open] = []
        self._known: dict[str, None] = {}
        self._seen: set[str] = set()
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity
        self._parser.SkippedEntityHandler = self._skipped

    def __len__(self) -> int:
        return len(self._columns[0])

    def parse(self, block: bytes) -> None:
        """Go on with a block; the last one is empty."""
        try:
            self._parser.Parse(block, not block)
        except expat.ExpatError as error:
            raise self._broken(error) from error
        except (LookupError, ValueError) as error:
            what = f"is in an encoding that is not read in XML ({error})"
            raise refused(self._shown, f"{what}; convert the file to UTF-8") from error

    def take(self) -> pa.RecordBatch:
        """The rows that were gathered, and begin anew."""
        first, columns = self._first_row, self._columns
        self._first_row += len(self)
        self._columns, self.held = [[] for _ in self._fields], 0
        return self._wanted.rows(list(map(array_with_nulls, columns)), self._shown, first)

    def finish(self) -> None:
        """Refuse a file without a row, or without a column that is wanted in any of them."""
        known = list(self._known)
        if self._first_row == 1:
            option = "text" if self._alone else "records"
            what = f"no element {self._path.name!r}; {nearest(self._path.name, known)}"
            raise refused(self._shown, f"{what}; name one with `{option}:`")
        for name in self._wanted.fields:
            if name not in self._seen:
                raise self._wanted.missing(self._shown, name, known)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._stack.append(name)
        if len(self._stack) > _DEEPEST:
            what = f"has elements in elements more than {_DEEPEST:,} deep"
            raise refused(self._shown, f"{what}; take out what is not text")
        if not self._depth:
            if not self._begins(tuple(self._stack)):
                self._know(self._stack[1:] or [name])
                return
            self._begin()
        inner = self._stack[self._depth :]
        if len(self) + self._first_row == 1:
            self._know(inner, *([*inner, f"@{key}"] for key in attributes))
        for field, attribute in self._leading(tuple(inner)):
            if attribute is None:
                self._open_field(field)
            elif attribute in attributes:
                self._set(field, attributes[attribute])

    def _fields_at(self, inner: tuple[str, ...]) -> list[tuple[int, str | None]]:
        """The fields to which these names lead from the row, and the attribute that each is."""
        return [
            (field, path.attribute)
            for field, path in enumerate(self._fields)
            if path.leads_to(inner) and (path.attribute or (inner and not self._alone))
        ]

    def _begin(self) -> None:
        """Begin a row with the element that was just opened."""
        self._depth = len(self._stack)
        self._row = [None] * len(self._fields)
        if len(self) + self._first_row == 1:
            self._known = {}
        if self._alone:
            self._open_field(0)

    def _open_field(self, field: int) -> None:
        self._open.append(_Open(len(self._stack), field))
        self._parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        for element in self._open:
            element.text.append(text)

    def _end(self, _: str) -> None:
        depth = len(self._stack)
        while self._open and self._open[-1].depth == depth:
            element = self._open.pop()
            self._set(element.field, "".join(element.text))
            if not self._open:
                self._parser.CharacterDataHandler = None
        if depth == self._depth:
            self._depth = 0
            self._add()
        self._stack.pop()

    def _set(self, field: int, value: str) -> None:
        if self._row[field] is not None:
            name = self._fields[field].name
            what = f"has {name!r} more than once"
            advice = "name what they stand in, or leave out `records:` to make a row of each"
            raise refused(self._shown, f"{what}; {advice}", self._first_row + len(self))
        self._row[field] = value
        self._seen.add(self._fields[field].name)

    def _add(self) -> None:
        made_of = self._wanted.text.columns()
        for path, column, value in zip(self._fields, self._columns, self._row, strict=True):
            if value is None and path.name in made_of and not self._wanted.nulls:
                row = self._first_row + len(self._columns[-1])
                if path.name in self._seen:
                    raise is_absent(self._shown, path.name, row)
                raise self._wanted.missing(self._shown, path.name, list(self._known), row)
            column.append(None if value is None else value.encode())
            self.held += len(column[-1] or b"") + 8

    def _know(self, *paths: list[str]) -> None:
        for path in filter(None, paths):
            if len(self._known) < _NAMES:
                self._known[".".join(path)] = None

    def _entity(self, name: str, *_: Any) -> NoReturn:
        raise refused(self._shown, f"declares the entity {name!r}; {_NO_ENTITIES}")

    def _skipped(self, name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - as expat calls it
        if not _is_parameter:
            what = f"uses the entity {name!r}, which another file declares; {_NO_ENTITIES}"
            raise refused(self._shown, what)

    def _broken(self, error: expat.ExpatError) -> Exception:
        reason = expat.errors.messages.get(error.code, str(error))
        if reason in ("no element found", "unclosed token", "unclosed CDATA section"):
            what = f"is cut short or no XML ({reason}, line {error.lineno}); copy it again"
        else:
            place = f"line {error.lineno}, character {error.offset + 1}"
            what = f"is not XML: {reason} at {place}; mend the file"
        return refused(self._shown, what)


class _Path:
    """The names that lead to an element, or to an attribute of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        outer, _, last = name.rpartition(".")
        self.attribute = last.removeprefix("@") if last.startswith("@") else None
        path = name if self.attribute is None else outer
        # Names of elements may have dots themselves.
        self._ways = [path.split("."), [path]] if path else [[]]

    def leads_to(self, names: tuple[str, ...]) -> bool:
        """Whether these names are the path."""
        return any(_alike(way, names) for way in self._ways)

    def ends(self, names: tuple[str, ...]) -> bool:
        """Whether these names end in the path."""
        return any(_alike(way, names[-len(way) :]) for way in self._ways)


def _alike(way: list[str], names: tuple[str, ...]) -> bool:
    return len(way) == len(names) and all(
        name == key or (":" not in key and name.rpartition(":")[2] == key)
        for key, name in zip(way, names, strict=True)
    )
