"""Small letters: `lowercase`."""

import unicodedata
from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("lowercase")
class Lowercase(TextStep):
    """Lower-case each text as Python's `str.lower` does, which knows the final sigma.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Lowercase(), ["Hello", "ΟΔΟΣ", "İ"]) == ["hello", "οδος", "i̇"]
    True
    """

    type: Literal["lowercase"] = "lowercase"

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """ASCII at once; the others one by one, because Arrow's rule is another."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import each_of  # noqa: PLC0415 - imports pyarrow.compute

        small = pc.ascii_lower(texts)
        others = pc.invert(pc.string_is_ascii(texts))
        return each_of(small, others, str.lower)

    def identity(self) -> Any:
        """With the version of Unicode."""
        return [super().identity(), unicodedata.unidata_version]
