"""Docstrings of Python's standard library beside signatures, their own and others'."""

from pathlib import Path
from typing import Literal

from tokbench.corpus.python_rows import PythonRows
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec


@SOURCES.register("python_signatures")
class PythonSignaturesSpec(SourceSpec):
    """How docstrings of Python's standard library begin, each beside a signature.

    Some 4,500 rows: `text`, the first paragraphs, up to 300 characters where there are several;
    `signature`, a line with `def` or `class`; `belongs`, which is `own` for half of the rows and
    `other` for those whose signature is of something else, and of another shape: a class, a
    function without parameters, one with two and more. Every docstring and every signature is
    there once. `module` and `name` are those of the docstring. They differ a little between
    versions of Python.
    """

    type: Literal["python_signatures"] = "python_signatures"

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Nothing to look at: the library is where Python is."""
        return PythonRows("python_signatures", "signatures")
