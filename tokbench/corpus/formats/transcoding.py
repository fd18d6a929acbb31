"""Text in other encodings than UTF-8, turned into UTF-8 while it is read."""

import codecs
from typing import TYPE_CHECKING

from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError, nearest

if TYPE_CHECKING:
    from tokbench.corpus.formats.compression import Readable

UTF8 = "utf-8"

_BLOCK = 1 << 18
_NO_TEXT = ("idna", "punycode", "undefined")
"""Codecs of names and of nothing, which no file is written in."""


def text_codec(name: str) -> str:
    """Python's own name of an encoding.

    Raises:
        ValueError: there is no such encoding, or it is none of text.

    >>> text_codec("Shift-JIS"), text_codec("UTF8"), text_codec("sjis")
    ('shift_jis', 'utf-8', 'shift_jis')
    """
    try:
        info = codecs.lookup(name)
        "a".encode(name)
    except LookupError as error:
        if "not a text encoding" in str(error):
            raise ValueError(f"an encoding of text, which {name!r} is not") from error
        known = ["utf-8", "utf-16", "latin-1", "cp1252", "shift_jis", "euc_jp", "euc_kr", "gb18030",
                 "big5", "koi8_r"]  # fmt: skip
        raise ValueError(f"an encoding that Python knows; {nearest(name, known)}, ...") from error
    except (ValueError, UnicodeError) as error:
        raise ValueError(f"an encoding of text, which {name!r} is not") from error
    if info.name in _NO_TEXT or info.incrementaldecoder is None:
        raise ValueError(f"an encoding of files, which {name!r} is not")
    return info.name


class Transcoded:
    r"""A stream of bytes in some encoding, as UTF-8.

    >>> import io
    >>> Transcoded(io.BytesIO(b"\xff\xfea\x00\n\x00"), "utf-16", "a.txt").read(5)
    b'a\n'
    >>> Transcoded(io.BytesIO(b"a\xff"), "ascii", "a.txt").read(9)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tokbench.errors.CorpusError: a.txt: row 1: byte 2 is not ascii (ordinal not in range(128)); ...
    """

    def __init__(self, source: "Readable", encoding: str, shown: str) -> None:
        self._source, self._encoding, self._shown = source, encoding, shown
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._held = b""
        self._fed, self._lines = 0, 0
        self._more = True

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, fewer only at the end."""
        parts, length = [self._held], len(self._held)
        while length < size and self._more:
            parts.append(self._next())
            length += len(parts[-1])
        data = b"".join(parts)
        self._held = data[size:]
        return data[:size]

    def _next(self) -> bytes:
        block = self._source.read(_BLOCK)
        self._more = bool(block)
        state, before = self._decoder.getstate(), self._fed
        self._fed += len(block)
        try:
            text = self._decoder.decode(block, final=not block)
            data = text.encode()
        except UnicodeDecodeError as error:
            # The decoder looked at what was left of the last block, too.
            at = self._fed - len(error.object) + error.start
            self._decoder.setstate(state)
            good = self._decoder.decode(block[: max(0, at - before)])
            raise self._bad(f"byte {at + 1:,}", error.reason, good) from error
        except UnicodeEncodeError as error:
            what = f"character {text[error.start]!a}"
            raise self._bad(what, "half of a pair", text[: error.start]) from error
        self._lines += text.count("\n")
        return data

    def _bad(self, what: str, reason: str, before: str) -> CorpusError:
        row = self._lines + before.count("\n") + 1
        said = f"{what} is not {self._encoding} ({reason})"
        return refused(self._shown, f"{said}; say with `encoding:` how the file is written", row)
