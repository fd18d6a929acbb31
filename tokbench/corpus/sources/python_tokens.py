"""Lines of Python's standard library with the types that Python's own tokenizer gives."""

from pathlib import Path
from typing import Literal

from tokbench.corpus.python_rows import PythonRows
from tokbench.corpus.source import PYTHON, SOURCES, OpenSource, SourceSpec


@SOURCES.register("python_tokens")
class PythonTokensSpec(SourceSpec):
    """7,500 logical lines of Python's standard library, drawn by hash, word by word.

    `text` is the line as it stands, with the comments right above it; `words` a list, `types` one
    for each: NAME, KEYWORD, OP, NUMBER, STRING, COMMENT, as Python's `tokenize` and `keyword` have
    them. Strings and comments are several words, each of the type of the whole.
    """

    type: Literal["python_tokens"] = "python_tokens"

    license: str | None = PYTHON
    """Python's own."""

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Nothing to look at: the library is where Python is."""
        return PythonRows("python_tokens", "lines")
