"""Text from anywhere as Markdown that shows it as it is."""

import html
import re

from tokbench.reports.visible import visible

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-!|~$@.:])")


def escaped(text: str) -> str:
    r"""Text that GitHub shows as it is, on one line.

    >>> escaped("a|b *c* <i>")
    'a\\|b \\*c\\* &lt;i&gt;'
    """
    return _PUNCTUATION.sub(r"\\\1", html.escape(visible(text), quote=False))


def code(text: str) -> str:
    """Text as code, fenced by more backticks than it has.

    >>> code("a `b` c")
    '`` a `b` c ``'
    """
    fence = "`" * (1 + max((len(one) for one in re.findall("`+", text)), default=0))
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{visible(text)}{space}{fence}"
