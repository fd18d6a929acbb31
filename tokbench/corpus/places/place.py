"""What every place that holds the bytes of a file can do."""

import io
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Place(Protocol):
    """A file somewhere, looked at and not read; it can be pickled and read any number of times."""

    @property
    def shown(self) -> str:
        """The file as the user wrote it, without credentials."""

    @property
    def name(self) -> str:
        """The last part of its path, whose extensions say what it holds."""

    @property
    def size(self) -> int:
        """Its bytes; 0 where nobody says."""

    @property
    def packing(self) -> str:
        """The codec that it is sent in although its name has none, or nothing."""

    @property
    def version(self) -> str:
        """What changes when the file does and is known without reading it; nothing if nothing is.

        It says what it is: `etag "5f3a"`, `modified Sun, 22 Nov 2026 20:00:00 GMT, 1234 bytes`.
        """

    def stream(self) -> "AbstractContextManager[io.BufferedReader[Any]]":
        """Its bytes from the first to the last; `raw.tell()` says how many were consumed.

        Raises:
            CorpusError: it cannot be reached, or changed since it was looked at.
        """

    def seekable(self) -> AbstractContextManager[io.BufferedIOBase]:
        """Its bytes, to be read in any order."""

    def identity(self) -> Any:
        """JSON-able; changes whenever the bytes do, and says what it is made of."""
