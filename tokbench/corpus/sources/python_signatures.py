"""Docstrings of Python's standard library beside signatures, their own and others'."""

from pathlib import Path
from typing import Literal

from tokbench.corpus.python_rows import PythonRows
from tokbench.corpus.source import PYTHON, SOURCES, OpenSource, SourceSpec


@SOURCES.register("python_signatures")
class PythonSignaturesSpec(SourceSpec):
    """How docstrings of Python's standard library begin, each beside two signatures.

    Some 5,000 rows, two for each docstring: `text`, the first paragraphs, up to 300 characters
    where there are several; `signature`, a line with `def` or `class`; `belongs`, which is `own`
    where the signature is the docstring's own, and `other` where it is that of another one: of a
    class beside the docstring of a function, of a function beside that of a class. `module` and
    `name` are those of the docstring. They differ a little between versions of Python.
    """

    type: Literal["python_signatures"] = "python_signatures"

    license: str | None = PYTHON
    """Python's own."""

    split: Literal["train", "valid", "test"] | None = None
    """The part that is read: 70, 10 or 20% of the docstrings, by hash, none of whose signatures
    stands in another part; by default all."""

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Nothing to look at: the library is where Python is."""
        return PythonRows("python_signatures", f"signatures {self.split or ''}".strip())
