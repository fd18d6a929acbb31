"""Files on this machine."""

import io
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import xxhash

from tokbench.corpus.problems import unreadable


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine.

    Attributes:
        path: where it lies.
        shown: the path as the user wrote it.
    """

    path: Path
    shown: str

    packing = ""

    @property
    def name(self) -> str:
        """The last part of its path, as it was written: a link may lead to any name."""
        return PurePath(self.shown).name

    @property
    def size(self) -> int:
        """Its bytes on disk now."""
        return self.path.stat().st_size

    @property
    def version(self) -> str:
        """When it was last written, and its size."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise unreadable(self.shown, error) from error
        return f"modified {found.st_mtime_ns} ns, {found.st_size} bytes"

    def stream(self) -> "AbstractContextManager[io.BufferedReader[Any]]":
        """The open file."""
        return self.path.open("rb")

    def seekable(self) -> AbstractContextManager[io.BufferedIOBase]:
        """The open file."""
        return self.path.open("rb")

    def identity(self) -> str:
        """The XXH3 of its bytes: moving it changes nothing."""
        digest = xxhash.xxh3_128()
        try:
            with self.path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise unreadable(str(self.path), error) from error
        return digest.hexdigest()
