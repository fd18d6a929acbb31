"""Facts as Markdown that the Hub shows as they are, and that reads well as a file."""

import html
import re
from collections.abc import Iterable, Sequence

from tokbench.errors import printable

_MARKS = re.compile(r"([\\`*\[\]|~$]|(?<!\w)_|_(?!\w)|^[#>+-])")


def plain(text: str) -> str:
    r"""Text that stands in a paragraph or a cell as it is, on one line.

    >>> plain("a|b *c* <i> python_docs _x_")
    'a\\|b \\*c\\* &lt;i&gt; python_docs \\_x\\_'
    """
    one_line = printable(text.replace("\n", " ").replace("\r", " "))
    return _MARKS.sub(r"\\\1", html.escape(one_line, quote=False))


def code(text: str) -> str:
    """Text as code, between more backticks than it has.

    >>> code("a `b`"), code("")
    ('`` a `b` ``', '(empty)')
    """
    if not text:
        return "(empty)"
    fence = "`" * (1 + max((len(one) for one in re.findall("`+", text)), default=0))
    space = " " if "`" in text or not text.strip(" ") else ""
    return f"{fence}{space}{_visible(text)}{space}{fence}"


def spaced(text: str) -> str:
    """The same with spaces that can be seen.

    >>> spaced("  a")
    '`··a`'
    """
    return code(text.replace(" ", "·"))


def cell(text: str) -> str:
    r"""The same inside a table, where a bar would end the cell.

    >>> cell("a|b")
    '`a\\|b`'
    """
    return code(text).replace("|", "\\|")


def block(language: str, lines: Iterable[str]) -> list[str]:
    """A fenced block of code, an empty line behind it."""
    found = [line for one in lines for line in one.split("\n")]
    ticks = max((len(one) for one in re.findall("`{3,}", "\n".join(found))), default=2)
    fence = "`" * (ticks + 1)
    return [f"{fence}{language}", *found, fence, ""]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> list[str]:
    """A table whose last columns hold numbers, an empty line behind it; nothing without rows.

    >>> table(["a", "n"], [["x", "1"]], 1)
    ['| a | n |', '| --- | ---: |', '| x | 1 |', '']
    """
    found = [f"| {' | '.join(one)} |" for one in rows]
    if not found:
        return []
    marks = ["---"] * (len(heads) - numbers) + ["---:"] * numbers
    return [f"| {' | '.join(heads)} |", f"| {' | '.join(marks)} |", *found, ""]


def listed(items: Sequence[str]) -> str:
    """Words in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def size(count: int) -> str:
    """Bytes in the largest unit that leaves a digit before the point.

    >>> size(512), size(82_345), size(999_980)
    ('512 bytes', '82.3 kB', '1.0 MB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit * _ROUNDED:
            return f"{count / unit:.1f} {name}"
    return f"{count} bytes"


_ROUNDED = 0.99995
"""What is a whole unit when it is rounded."""


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "document"), counted(1200, "document")
    ('1 document', '1,200 documents')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _visible(text: str) -> str:
    """Line ends and tabs as people write them, controls as signs."""
    return printable(text.replace("\n", "⏎").replace("\t", "⇥").replace("\r", "␍"))
