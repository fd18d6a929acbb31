"""Read HTML's character references: `unescape_html`."""

import html
from typing import TYPE_CHECKING, Literal

from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("unescape_html")
class UnescapeHtml(TextStep):
    """Turn `&amp;`, `&#39;` and the like into the characters that they stand for, once.

    What is no reference stays: `AT&T`. The rules are HTML 5's, by Python's `html.unescape`.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(UnescapeHtml(), ["fish &amp; chips &#128031;", "AT&T", "&amp;lt;"])
    ['fish & chips 🐟', 'AT&T', '&lt;']
    """

    type: Literal["unescape_html"] = "unescape_html"

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """Those with an ampersand one by one."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import each_of  # noqa: PLC0415 - imports pyarrow.compute

        suspects = pc.match_substring(texts, "&")
        return each_of(texts, suspects, html.unescape)
