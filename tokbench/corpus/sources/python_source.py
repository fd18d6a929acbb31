"""The source code that every Python installation carries, for tokenizers of code."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tokbench.corpus.problems import refuse_columns, refused, unreadable
from tokbench.corpus.rows import Rows, Stream, rows_of
from tokbench.corpus.source import PYTHON, SOURCES, OpenSource, SourceSpec


@SOURCES.register("python_source")
class PythonSourceSpec(SourceSpec):
    """The files of Python's standard library, one document each.

    Some 12 MB, with the tests 32 MB; they differ between versions of Python. Left out are empty
    files, and some tests that are in no encoding on purpose.
    """

    type: Literal["python_source"] = "python_source"

    license: str | None = PYTHON
    """Python's own."""

    tests: bool = False
    """Whether to read folders of tests, too."""

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Find the files."""
        from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import

        paths = tuple(python_library.sources(tests=self.tests))
        if not paths:
            raise refused("python_source", "this Python has no source files; use files of your own")
        return PythonSource(paths, tuple(map(_size, paths)))


@dataclass(frozen=True)
class PythonSource:
    """The source files of the Python that runs.

    Attributes:
        paths: the files, sorted; each is a piece.
        sizes: the bytes of each.
    """

    paths: tuple[Path, ...]
    sizes: tuple[int, ...]
    name: str = "python_source"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.sizes)

    @property
    def piece_sizes(self) -> tuple[int, ...]:
        """Bytes of each file."""
        return self.sizes

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:  # noqa: ARG002 - no file is null
        """One file after the other."""
        from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import
        from tokbench.corpus.documents import array_of  # noqa: PLC0415 - likewise

        refuse_columns(self.name, columns)
        done = sum(self.sizes[:first])
        for number, path in enumerate(self.paths[first:], first):
            done += self.sizes[number]
            if text := python_library.source_code(path):
                yield Rows(rows_of(array_of([text])), done, number)

    def identity(self) -> Any:
        """The version of Python and the documents."""
        from tokbench.corpus import python_library  # noqa: PLC0415 - pyarrow is slow to import
        from tokbench.fingerprint import Fingerprint  # noqa: PLC0415 - numpy is slow to import

        print_ = Fingerprint()
        for rows in self.read():
            print_.update(rows.texts)
        return [self.name, python_library.VERSION, str(print_)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(str(path), error) from error
