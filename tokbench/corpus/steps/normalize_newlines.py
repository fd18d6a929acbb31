"""One kind of line end: `normalize_newlines`."""

from typing import TYPE_CHECKING, Literal

from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("normalize_newlines")
class NormalizeNewlines(TextStep):
    r"""Turn the line ends `\r\n` and `\r` into `\n`.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(NormalizeNewlines(), ["a\r\nb\rc\n\r\n", "d"])
    ['a\nb\nc\n\n', 'd']
    """

    type: Literal["normalize_newlines"] = "normalize_newlines"

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """All at once, if one has such an end."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        if not pc.any(pc.match_substring(texts, "\r")).as_py():
            return texts
        both = pc.replace_substring(texts, "\r\n", "\n")
        return pc.replace_substring(both, "\r", "\n")
