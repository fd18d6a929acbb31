"""Texts that commands are given: as arguments, from a file or from standard input."""

import sys
from collections.abc import Iterable
from pathlib import Path


def given(texts: Iterable[str], file: Path | None) -> list[str]:
    """All of them, that of the file first; `-` stands for standard input.

    Raises:
        SubjectError: one is not UTF-8.
    """
    found = [_text(file.read_bytes(), str(file))] if file else []
    return found + [
        _text(sys.stdin.buffer.read(), "standard input") if text == "-" else text for text in texts
    ]


def _text(data: bytes, origin: str) -> str:
    """The text of some bytes, the last line's end left out."""
    from tokbench.errors import SubjectError

    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise SubjectError(f"{origin}: is not UTF-8 (byte {error.start:,})") from error
