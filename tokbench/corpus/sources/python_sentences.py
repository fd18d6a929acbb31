"""What functions and classes of Python's standard library say of themselves, in a sentence."""

from pathlib import Path
from typing import Literal

from tokbench.corpus.python_rows import PythonRows
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec


@SOURCES.register("python_sentences")
class PythonSentencesSpec(SourceSpec):
    """Signatures of Python's standard library, each with the first sentence of its docstring.

    Some 5,000 rows: `text`, the module and a line with `def` or `class`; `sentence`. Special
    methods are left out, and docstrings that show how they are called. They differ a little
    between versions of Python.
    """

    type: Literal["python_sentences"] = "python_sentences"

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Nothing to look at: the library is where Python is."""
        return PythonRows("python_sentences", "sentences")
