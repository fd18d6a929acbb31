"""How a table that the standard library gives is read as a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokbench.corpus.problems import refused
from tokbench.corpus.rows import TEXT, Rows, Stream, rows_of, texts_of
from tokbench.errors import nearest

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class PythonRows:
    """The rows of one of the tables of `python_tables`.

    Attributes:
        name: of the source.
        table: its name there.
    """

    name: str
    table: str

    @property
    def size(self) -> int:
        """Bytes of all columns."""
        return self._batch().nbytes

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:  # noqa: ARG002 - one piece without nulls
        """All rows."""
        batch = self._batch()
        known = [name for name in batch.schema.names if name != TEXT]
        for name in columns:
            if name not in known:
                advice = "name one of them where a step, a group or a task asks for it"
                raise refused(self.name, f"no field {name!r}; {nearest(name, known)}; {advice}")
        yield Rows(rows_of(texts_of(batch), [(name, batch.column(name)) for name in columns]),
                   batch.nbytes)  # fmt: skip

    def identity(self) -> Any:
        """The version of Python and all columns."""
        from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import

        return [self.name, python_library.VERSION, python_library.digest(self._batch())]

    def _batch(self) -> "pa.RecordBatch":
        from tokbench.corpus import python_tables  # noqa: PLC0415 - pyarrow is slow to import

        return python_tables.TABLES[self.table]()
