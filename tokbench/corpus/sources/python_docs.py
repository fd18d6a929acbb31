"""The documentation that every Python installation carries: some megabytes without a download."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.problems import refuse_columns
from tokbench.corpus.rows import Rows, Stream, rows_of
from tokbench.corpus.source import PYTHON, SOURCES, OpenSource, SourceSpec

if TYPE_CHECKING:
    import pyarrow as pa


@SOURCES.register("python_docs")
class PythonDocsSpec(SourceSpec):
    """Python's help topics and the docstrings of its standard library, one document each.

    They are in English, with code in them, and differ a little between versions of Python.
    """

    type: Literal["python_docs"] = "python_docs"

    license: str | None = PYTHON
    """Python's own."""

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Nothing to look at: the documentation is where Python is."""
        return PythonDocsSource()


@dataclass(frozen=True)
class PythonDocsSource:
    """The documentation of the Python that runs."""

    name: str = "python_docs"

    @property
    def size(self) -> int:
        """Bytes of all documents."""
        return _documents().nbytes

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:  # noqa: ARG002 - one piece without nulls
        """All documents: the topics by name, then the docstrings by file."""
        refuse_columns(self.name, columns)
        texts = _documents()
        yield Rows(rows_of(texts), texts.nbytes)

    def identity(self) -> Any:
        """The version of Python and the documents."""
        from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import

        return [self.name, python_library.VERSION, python_library.fingerprint(_documents())]


def _documents() -> "pa.LargeStringArray":
    from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import

    return python_library.documents()
