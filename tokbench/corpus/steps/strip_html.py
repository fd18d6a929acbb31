"""From HTML to the text that is read: `strip_html`."""

import platform
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa

UNSEEN = frozenset({"script", "style", "template"})
"""Elements whose content nobody reads."""
# fmt: off
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd",
        "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
        "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header",
        "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup",
        "option", "p", "pre", "search", "section", "select", "summary", "table", "tbody", "td",
        "tfoot", "th", "thead", "title", "tr", "ul",
    }
)
# fmt: on
"""Elements that begin and end a line."""


@STEPS.register("strip_html")
class StripHtml(TextStep):
    r"""Take away tags, comments, scripts and styles; where a block begins or ends a line ends.

    Character references are read too, so `unescape_html` is not needed. White space stays as it is.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(StripHtml(), ["<h1>One</h1><p>two <b>three</b>", "a<script>x < y</script>b"])
    ['One\ntwo three', 'ab']
    >>> after(StripHtml(), ["1 < 2 &amp; 3", "x<br>y<!-- z -->"])
    ['1 < 2 & 3', 'x\ny']
    """

    type: Literal["strip_html"] = "strip_html"

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """Those with a tag or a reference one by one."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import each_of  # noqa: PLC0415 - imports pyarrow.compute

        suspects = pc.match_substring_regex(texts, "[<&]")
        return each_of(texts, suspects, stripped)

    def identity(self) -> Any:
        """With Python's version, whose parser it is."""
        return [super().identity(), platform.python_version()]


def stripped(text: str) -> str:
    """The text of a piece of HTML."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return "".join(reader.found)


class _Reader(HTMLParser):
    """Gathers what is read.

    Attributes:
        found: stretches of text, and a line end for each boundary between two.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._unseen: list[str] = []
        self._boundary = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser gives them
        """A block, or what is not seen, begins."""
        if tag in UNSEEN:
            self._unseen.append(tag)
        self._boundary |= tag in BLOCKS

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser gives them
        """`<br/>`; what is empty hides nothing."""
        self._boundary |= tag in BLOCKS

    def handle_endtag(self, tag: str) -> None:
        """A block, or what is not seen, ends."""
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        self._boundary |= tag in BLOCKS

    def handle_data(self, data: str) -> None:
        """Text between two tags."""
        if self._unseen:
            return
        if self._boundary and self.found and self.found[-1][-1:] != "\n" and data[:1] != "\n":
            self.found.append("\n")
        self._boundary = False
        self.found.append(data)
