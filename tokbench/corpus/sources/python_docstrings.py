"""What the modules, classes and functions of Python's standard library say of themselves."""

from pathlib import Path
from typing import Literal

from tokbench.corpus.python_rows import PythonRows
from tokbench.corpus.source import PYTHON, SOURCES, OpenSource, SourceSpec


@SOURCES.register("python_docstrings")
class PythonDocstringsSpec(SourceSpec):
    """How the docstrings of Python's standard library begin, one each, with what they are of.

    Some 7,000 rows: `text`, the first paragraphs, up to 300 characters where there are several;
    `area` (text, data types, numbers, files, system, concurrency, internet, documents, graphics,
    development, modules, language), `kind` (module, class, function), `module`, `name` and
    `signature`. A first paragraph that is copied elsewhere is one row, and none where the copies
    are in several areas. They differ a little between versions of Python.
    """

    type: Literal["python_docstrings"] = "python_docstrings"

    license: str | None = PYTHON
    """Python's own."""

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Nothing to look at: the library is where Python is."""
        return PythonRows("python_docstrings", "docstrings")
