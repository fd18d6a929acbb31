"""The documentation that every Python installation carries: some megabytes without a download."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


@SOURCES.register("python_docs")
class PythonDocsSpec(SourceSpec):
    """Python's help topics and the docstrings of its standard library, one document each.

    They are in English, with code in them, and differ a little between versions of Python.
    """

    type: Literal["python_docs"] = "python_docs"

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

    def read(self) -> "Iterator[tuple[pa.LargeStringArray, int]]":
        """All documents: the topics by name, then the docstrings by file."""
        texts = _documents()
        yield texts, texts.nbytes

    def identity(self) -> Any:
        """The version of Python and the documents."""
        from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import

        return [self.name, python_library.VERSION, python_library.fingerprint(_documents())]


def _documents() -> "pa.LargeStringArray":
    from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import

    return python_library.documents()
